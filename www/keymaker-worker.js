// The other end of keymaker.js: starts the program when the first key is asked for.

import start, { makeSlowKey } from "./kms-playground.js";

let files, program;

onmessage = async ({ data }) => {
  if (data.program) return void (files = data);
  const { number, wanted } = data;
  try {
    await (program ??= begin(files));
    postMessage({ number, key: makeSlowKey(wanted) });
  } catch (reason) {
    postMessage({ number, problem: String(reason?.message ?? reason) });
  }
};

async function begin({ program, rest }) {
  const main = await start({ module_or_path: program });
  if (rest) await WebAssembly.instantiate(rest, { main });
}
