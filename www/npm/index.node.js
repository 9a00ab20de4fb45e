// The package where Node loads it, whose `fetch` reads no files.

import { readFile } from "node:fs/promises";
import { loadFrom } from "./session.js";

loadFrom(() => readFile(new URL("./kms_playground_bg.wasm", import.meta.url)));

export { Scenario, Session, accessMatrix, checkLesson, exam, lintPolicy, markAnswers, provePolicy, simulate, simulateLoad, suggestChanges } from "./session.js";
