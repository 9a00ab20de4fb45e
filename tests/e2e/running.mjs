// The browser and the site that the tests of one file share: those of run.mjs, or their own.

import { after, before } from "node:test";
import { browser } from "./browser.mjs";
import { serve } from "./serve.mjs";

/**
 * `{ chromium, site }`, there as soon as the first test of the file begins and closed after the last. `then` is done in between:
 * hooks of their own do not wait for each other.
 */
export function running(then) {
  const running = {};
  before(async () => {
    running.chromium = await browser();
    running.site = process.env.KMS_E2E_SITE ? { url: process.env.KMS_E2E_SITE, close() {} } : await serve();
    await then?.(running);
  });
  after(async () => {
    await running.chromium?.close();
    await running.site?.close();
  });
  return running;
}
