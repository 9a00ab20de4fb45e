// Runs `cargo xtask language site` in the middle of a build for the page, whose settings are not for the tools.

import { spawnSync } from "node:child_process";

const theirs = /^(RUSTFLAGS|RUSTC_BOOTSTRAP|CARGO_UNSTABLE_|CARGO_ENCODED_RUSTFLAGS)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !theirs.test(name)));
const { status, error } = spawnSync("cargo", ["xtask", "language", "site", "target/languages"], { stdio: "inherit", env });
if (error) console.error(`cargo cannot be started: ${error.message}`);
process.exit(status ?? 1);
