// The standalone page without a network, and a new version of it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";
import { DIST, serve } from "./serve.mjs";
import { VIEWS } from "./views.mjs";

/** A copy of the built site, served from another path, in whose folder `steps` may change files. */
async function withCopy(steps) {
  const root = mkdtempSync(join(tmpdir(), "kms-playground-"));
  cpSync(DIST, root, { recursive: true });
  const site = await serve({ root, base: "/elsewhere/kms/" });
  const publish = () => execFileSync(process.execPath, ["xtask/offline.mjs", root], { cwd: join(DIST, "..") });
  try {
    await steps({ root, site, publish });
  } finally {
    await site.close();
    rmSync(root, { recursive: true });
  }
}

const kept = (page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready;
});

// The page is opened anew, which is a request, and Chromium looks for a new version, which is a failed one.
const visits = { context: { serviceWorkers: "allow" }, allow: [/request after load/, /Failed to (load|update)|ServiceWorker/i] };

journey("the second visit works without a network, from any path", visits, ({ page }) => withCopy(async ({ site }) => {
  await page.goto(site.url);
  await reaches(page, "ready");
  await kept(page);
  await site.close();
  await page.context().setOffline(true);
  for (const { path } of VIEWS) {
    await page.goto(`${site.url}?again${path}`);
    await reaches(page, "ready");
  }
  await page.goto(`${site.url}index.html#/policy`);
  await reaches(page, "ready");
  // Fetched when it first opens.
  await page.locator(".cm-content").waitFor();
}));

journey("a new version is offered, and comes when it is asked for", visits, ({ page }) => withCopy(async ({ root, site, publish }) => {
  await page.goto(site.url);
  await reaches(page, "ready");
  await kept(page);
  await page.reload();
  await reaches(page, "ready");
  const update = page.getByRole("status").filter({ hasText: "A new version is there." });
  assert.equal(await update.count(), 0);

  appendFileSync(join(root, "styles/page.css"), "\nbody { --version: 2; }\n");
  publish();
  await page.reload();
  await reaches(page, "ready");
  await update.waitFor();
  const version = () => page.evaluate(() => getComputedStyle(document.body).getPropertyValue("--version"));
  assert.equal(await version(), "", "the old version stays until it is told");
  await Promise.all([page.waitForEvent("load"), update.getByRole("button", { name: "Reload" }).click()]);
  await reaches(page, "ready");
  assert.equal(await version(), "2");
  assert.equal(await update.count(), 0);
  assert.equal((await page.evaluate(() => caches.keys())).length, 1, "the old version is gone");
}));

journey("half an upload replaces nothing", visits, ({ page }) => withCopy(async ({ root, site, publish }) => {
  await page.goto(site.url);
  await reaches(page, "ready");
  await kept(page);
  appendFileSync(join(root, "element.js"), "\n// new\n");
  publish();
  appendFileSync(join(root, "program.js"), "\n// not what the list says\n");
  await page.reload();
  await reaches(page, "ready");
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update().catch(() => {});
    const { installing } = registration;
    if (installing) await new Promise((resolve) => installing.addEventListener("statechange", resolve));
  });
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting), null);
  await site.close();
  await page.reload();
  await reaches(page, "ready");
}));

journey("an element on another page keeps nothing", { context: { serviceWorkers: "allow" }, state: null, path: "embedding.html",
  before: (page) => page.route("**/embedding.html", (route) => route.fulfill({ contentType: "text/html",
    body: '<!doctype html><html lang="en"><title>Documentation</title><script type="module" src="element.js"></script><kms-playground></kms-playground>' })),
}, async ({ page }) => {
  await reaches(page, "ready");
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
});
