// The other end of keymaker.js: starts the program when the first key is asked for.

import start, { makeSlowKey } from "./kms-playground.js";

let program;

onmessage = async ({ data }) => {
  if (data.program) return void (program = data.program);
  const { number, wanted } = data;
  try {
    await start({ module_or_path: program });
    postMessage({ number, key: makeSlowKey(wanted) });
  } catch (reason) {
    postMessage({ number, problem: String(reason?.message ?? reason) });
  }
};
