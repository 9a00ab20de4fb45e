// The package where a browser or a bundler loads it.

import { loadFrom } from "./session.js";

loadFrom(() => new URL("./kms_playground_bg.wasm", import.meta.url));

export { Scenario, Session, accessMatrix, checkLesson, exam, lintPolicy, markAnswers, provePolicy, simulate, simulateLoad, suggestChanges } from "./session.js";
