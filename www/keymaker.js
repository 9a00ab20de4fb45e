// Has slow keys made beside the page, so that it never stands still: a worker that runs the same program.

/**
 * A function that promises the key it is told of, or nothing where there can be no worker: in a page of another site,
 * or under a policy that forbids it. `rest` promises the other file of a program in two.
 */
export function startKeymaker(program, rest) {
  const waiting = new Map();
  let worker, last = 0, problem;
  const fail = (reason) => {
    problem = reason;
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  try {
    const address = new URL("keymaker-worker.js", import.meta.url).href;
    const createScriptURL = (url) => {
      if (url !== address) throw new TypeError(`${url} is not the keymaker`);
      return url;
    };
    const policy = globalThis.trustedTypes?.createPolicy("kms-playground", { createScriptURL });
    worker = new Worker(policy ? policy.createScriptURL(address) : address, { type: "module" });
    Promise.resolve(rest).then((rest) => worker.postMessage({ program, rest }), fail);
  } catch {
    return undefined;
  }
  worker.onerror = (event) => {
    event.preventDefault();
    fail(new Error(event.message || "the worker could not start"));
  };
  worker.onmessage = ({ data: { number, key, problem } }) => {
    const { resolve, reject } = waiting.get(number) ?? {};
    waiting.delete(number);
    if (key) resolve?.(key);
    else reject?.(new Error(problem));
  };
  return (wanted) => new Promise((resolve, reject) => {
    if (problem) return void reject(problem);
    waiting.set(++last, { resolve, reject });
    worker.postMessage({ number: last, wanted });
  });
}
