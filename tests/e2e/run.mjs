// Runs the journeys (`*.test.mjs` here, or those whose file name contains one of the arguments) on the built site, all
// in one browser. One file alone also runs with `node --test tests/e2e/page.test.mjs`.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { LAUNCH } from "./browser.mjs";
import { serve } from "./serve.mjs";

const folder = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs") && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .map((name) => join(folder, name));
if (files.length === 0) throw new Error(`no journey is called ${wanted.join(" or ")}`);

const site = await serve();
const browser = await chromium.launchServer(LAUNCH);
const env = { ...process.env, KMS_E2E_BROWSER: browser.wsEndpoint(), KMS_E2E_SITE: site.url };
const tests = spawn(process.execPath, ["--test", "--test-concurrency=2", "--test-reporter=spec", ...files], { env, stdio: "inherit" });
const status = await new Promise((resolve) => tests.on("close", resolve));
await browser.close();
await site.close();
process.exitCode = status ?? 1;
