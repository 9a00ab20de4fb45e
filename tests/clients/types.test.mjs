// The package's own description of itself, held against the TypeScript compiler and the SDK's types.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("the package's types fit the SDK's", () => {
  const compiler = fileURLToPath(new URL("node_modules/.bin/tsc", import.meta.url));
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "--types", "node", "types.ts"];
  const { status, stdout } = spawnSync(compiler, options, { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
