// The page itself: what it sends, what it shows while and when it cannot run, and how it comes up.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertAccessible } from "./axe.mjs";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";
import { DIST } from "./serve.mjs";
import { kept } from "./stored.mjs";

const html = readFileSync(join(DIST, "index.html"), "utf8");

test("nothing in the page is inline, and every address in it is relative", () => {
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/i, "inline script");
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/i, "inline style or handler");
  for (const [, address] of html.matchAll(/\s(?:src|href)="([^"]*)"/g)) {
    assert.doesNotMatch(address, /^(?:[a-z]+:|\/)/i);
  }
});

test("every address in the page is a shipped file, and nothing from the build is shipped", () => {
  const shipped = readdirSync(DIST, { recursive: true }).map(String);
  for (const [, address] of html.matchAll(/\s(?:src|href)="([^"]*)"/g)) {
    assert.ok(shipped.includes(address.replace("./", "")), `${address} is not in dist`);
  }
  assert.doesNotMatch(html, /data-trunk|Cargo\.toml|\{\{/);
});

test("the body holds the element and nothing else; without JavaScript it says what is needed", () => {
  const body = html.match(/<body>(.*)<\/body>/s)[1].trim();
  assert.match(body, /^<kms-playground standalone>.*<\/kms-playground>$/s);
  assert.equal(body.match(/<kms-playground/g).length, 1);
  assert.match(body, /<noscript>.*needs JavaScript.*<\/noscript>/s);
});

journey("the element comes up under a sub-path and shows its heading", async ({ page, url }) => {
  assert.match(url, /\/some\/path\/$/);
  await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
  assert.deepEqual(await page.evaluate(() => [...document.body.children].map((it) => it.localName)), ["kms-playground"]);
  assert.equal(await page.evaluate(() => document.querySelector("kms-playground").shadowRoot.mode), "open");
});

journey("axe finds nothing to complain about", async ({ page }) => assertAccessible(page));

journey("the help opens at its beginning, however long it is", async ({ page }) => {
  await page.getByRole("button", { name: "Help and differences from AWS" }).click();
  const dialog = page.getByRole("dialog", { name: "Help" });
  await dialog.waitFor();
  assert.equal(await dialog.evaluate((it) => it.scrollTop), 0);
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
});

journey("the help shows every difference from AWS, each once", async ({ page }) => {
  const table = readFileSync(new URL("../../www/differs.md", import.meta.url), "utf8");
  const rows = table.split("\n").filter((line) => line.startsWith("| ")).slice(2).map((line) => line.slice(2, -2).split(" | "));
  await page.getByRole("button", { name: "Help and differences from AWS" }).click();
  const shown = await page.getByRole("dialog", { name: "Help" }).getByRole("listitem").allInnerTexts();
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  assert.deepEqual(shown.map(plain), rows.map(([aws, here, why, source]) => plain(`${aws} ${here} ${why} (${source})`)));
});

journey("the placeholder shows until the program is there", {
  state: null,
  before: (page) => page.addInitScript(() => { WebAssembly.instantiateStreaming = () => new Promise(() => {}); }),
}, async ({ page }) => {
  await page.getByText("Nothing you do here leaves your browser.").waitFor();
  assert.equal(await page.locator("kms-playground").getAttribute("data-state"), "loading");
});

/** Keeps the rest of the program from being compiled until the page is told `releaseRest()`. */
const holdRest = (page) => page.addInitScript(() => {
  const { compile } = WebAssembly;
  const released = new Promise((resolve) => { globalThis.releaseRest = resolve; });
  WebAssembly.compile = async (bytes) => (await released, compile.call(WebAssembly, bytes));
});

journey("the first lesson can be read while the rest of the program is on its way", { state: null, before: holdRest }, async ({ page }) => {
  await page.getByRole("link", { name: /Why not just Encrypt/ }).click();
  await page.getByRole("button", { name: "Next ▶" }).click();
  await page.getByText("page 2 of").waitFor();
  await page.getByRole("link", { name: "Console" }).click();
  assert.equal(await page.locator("kms-playground").getAttribute("data-state"), "loading");
  await page.locator(".view:not([hidden])").getByText("Loading…").waitFor();
  await page.evaluate(() => releaseRest());
  await reaches(page, "ready");
  await page.getByRole("button", { name: /^Send as/ }).waitFor();
});

journey("a saved world waits for the rest of the program and is whole again", async ({ page, url }) => {
  await page.getByRole("button", { name: "+1 h" }).click();
  const clock = () => page.locator("time.now").getAttribute("datetime");
  const then = await clock();
  await kept(page);
  const again = await page.context().newPage();
  await page.goto("about:blank");
  await holdRest(again);
  await again.goto(url);
  await again.getByText("Opening the world of your last visit").waitFor();
  await again.evaluate(() => releaseRest());
  await reaches(again, "ready");
  assert.equal(await again.locator("time.now").getAttribute("datetime"), then);
});

journey("a moved element goes on; a removed one is taken down and comes back anew", async ({ page }) => {
  const element = page.locator("kms-playground");
  const bars = () => element.evaluate((it) => it.shadowRoot.querySelectorAll("header.bar").length);
  const bar = await element.evaluateHandle((it) => it.shadowRoot.querySelector("header.bar"));
  await element.evaluate((it) => document.body.append(it));
  assert.equal(await bar.evaluate((it) => it.isConnected), true);

  await page.evaluate(() => { globalThis.removed = document.querySelector("kms-playground"); removed.remove(); });
  assert.equal(await page.evaluate(() => removed.shadowRoot.querySelectorAll("header.bar").length), 0);
  await page.evaluate(() => document.body.append(removed));
  await page.locator('kms-playground[data-state="ready"]').waitFor();
  assert.equal(await bars(), 1);
});

journey("two elements on one page share the program", async ({ page }) => {
  await page.evaluate(() => {
    const second = document.createElement("kms-playground");
    second.setAttribute("loading", "eager");
    document.body.append(second);
  });
  await page.locator('kms-playground[data-state="ready"]').nth(1).waitFor();
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 2);
});
