// A page of somebody else's, on another origin than the playground and under a policy of its own.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { watch } from "./journey.mjs";
import { running } from "./running.mjs";

const run = running();
let pages, origin;
const bodies = new Map();
before(async () => {
  pages = createServer((request, response) => {
    const { body, type = "text/html", headers } = bodies.get(request.url.split("?")[0]) ?? { body: "not found" };
    response.writeHead(body === "not found" ? 404 : 200, { "Content-Type": `${type}; charset=utf-8`, ...headers });
    response.end(body);
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${pages.address().port}`;
});
after(() => {
  pages?.closeAllConnections();
  pages?.close();
});

/** The strictest policy that EMBED.md asks of a host. */
export const strict = (url) => `default-src 'none'; script-src 'self' ${new URL(url).origin} 'wasm-unsafe-eval'; connect-src 'self' ${new URL(url).origin}; style-src ${new URL(url).origin}; frame-src ${new URL(url).origin}; require-trusted-types-for 'script'`;

/**
 * A test in a page whose body is `body(url)`, with the playground at `url`. Fails if the page complained or if
 * its address or storage changed.
 *
 * Options: `allow`, `policy(url)`, `context`, and `files(url)`: more to serve, by path.
 */
export function inHost(name, body, options, steps) {
  if (typeof options === "function") [options, steps] = [{}, options];
  test(name, { timeout: 120_000 }, async () => {
    const context = await run.chromium.newContext(options.context);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = watch(page);
    const policy = (options.policy ?? strict)(run.site.url);
    const head = `<meta charset="utf-8"><title>Host</title><link rel="icon" href="${run.site.url}icon.svg"><link rel="stylesheet" href="${run.site.url}element.css">`;
    bodies.clear();
    bodies.set("/", {
      body: `<!doctype html><html lang="en"><head>${head}<script type="module" src="${run.site.url}element.js"></script></head><body>${body(run.site.url)}</body></html>`,
      headers: policy ? { "Content-Security-Policy": policy.replace("default-src", `img-src ${new URL(run.site.url).origin}; default-src`) } : {},
    });
    for (const [path, file] of Object.entries(options.files?.(run.site.url) ?? {})) bodies.set(path, file);
    try {
      await page.goto(`${origin}/#here`);
      await steps({ page, url: run.site.url, origin });
      await page.waitForTimeout(100);
      assert.equal(page.url(), `${origin}/#here`, "the address of the host");
      assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0], "the storage of the host");
    } finally {
      await context.close();
    }
    const unexpected = complaints.filter((complaint) => !(options.allow ?? []).some((pattern) => pattern.test(complaint)));
    assert.deepEqual(unexpected, [], "the page complained");
  });
}
