// What every journey has in common: a fresh page on the built site, watched for anything it must not do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reaches } from "./browser.mjs";
import { running } from "./running.mjs";

/** How long anything on the page may take. */
const PATIENCE = 10_000;

const run = running();

/**
 * A test that opens the page, does `steps({ page, url })`, and then fails if the page ever broke its content security
 * or Trusted Types policy, wrote an error or warning, threw, or sent a request after it had loaded.
 *
 * Options:
 * - `allow`: patterns of complaints that belong to the journey
 * - `before(page)`: what to do before the page is opened, such as breaking the browser
 * - `state`: what the element must reach, "ready" unless told; or null not to wait
 * - `path`: what to open below the site, such as "#/lesson"
 * - `context`: options for the browser context, such as `viewport` or `colorScheme`; without `serviceWorkers: "allow"` the
 *   page is not kept for offline
 */
export function journey(name, options, steps) {
  if (typeof options === "function") [options, steps] = [{}, options];
  test(name, { timeout: 120_000 }, async () => {
    const context = await run.chromium.newContext({ serviceWorkers: "block", ...options.context });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints = watch(page);
    try {
      await options.before?.(page);
      await page.goto(run.site.url + (options.path ?? ""), { waitUntil: "load" });
      if (options.state !== null) await reaches(page, options.state ?? "ready");
      await page.waitForLoadState("networkidle");
      page.on("request", (request) => {
        // The browser looks at the icon again after a new history entry; that is not the page. The editor is fetched when
        // one first opens, a language when it is chosen, and the element's script when it is embedded, to be hashed.
        if (/^https?:/.test(request.url()) && !/\/(icon\.svg|editor\.js|element\.js|languages\/[\w-]+\.json)$/.test(request.url())) complaints.push(`request after load: ${request.url()}`);
      });
      await steps({ page, url: run.site.url });
      // What the page does a moment later still counts.
      await page.waitForTimeout(100);
    } finally {
      await context.close();
    }
    const unexpected = complaints.filter((complaint) => !(options.allow ?? []).some((pattern) => pattern.test(complaint)));
    assert.deepEqual(unexpected, [], "the page complained");
  });
}

/** What the tests themselves do to most journeys. */
const BLOCKED = /^Service Worker registration blocked by Playwright$/;

/** Collects whatever a page must not do. */
export function watch(page) {
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !BLOCKED.test(message.text())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("crash", () => complaints.push("the page crashed"));
  // Chromium also writes violations to the console; this one says which directive and what.
  page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`);
    });
  });
  return complaints;
}
