// How many calls a second the playground serves in wasm, under Node. Same names as in benches/throughput.rs.
// `cargo xtask bench` builds the bindings, whose folder is the one argument, and prints both tables as one.

import { createRequire } from "node:module";
import { resolve } from "node:path";

const { Session } = createRequire(import.meta.url)(resolve(process.argv[2], "kms_playground.js"));

const session = new Session();
measure("Session.version", () => session.version());

/** Repeats `work` for about half a second, after a tenth of that to warm up. */
function measure(name, work) {
  const run = (milliseconds) => {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < milliseconds) {
      for (let i = 0; i < 16; i++) work();
      calls += 16;
    }
    return (calls * 1000) / (performance.now() - start);
  };
  run(50);
  console.log(`${name}\t${run(500).toFixed(0)}`);
}
