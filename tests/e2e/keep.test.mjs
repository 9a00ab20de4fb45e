// Worlds that stay: stored step by step and sealed, several of them, one tab at a time, as a file, and without storage.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { assertAccessibleInBoth } from "./axe.mjs";
import { LAUNCH, reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";
import { serve } from "./serve.mjs";
import { kept, offered, stored } from "./stored.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const clock = (page) => page.locator("time.now").getAttribute("datetime");
const count = (page) => page.locator(".history .last b").innerText();
const worlds = (page) => page.getByRole("dialog", { name: "Your worlds" });
const entry = (page, name) => worlds(page).getByRole("listitem").filter({ hasText: name });

async function openWorlds(page) {
  await button(page, "Worlds").click();
  await worlds(page).locator(".worlds-list li").first().waitFor();
}

/** Everything as a file, read. */
async function everything(page) {
  return (await offered(page, () => button(page, "Save everything").click())).text;
}

/** A world that was kept in the way of before, in a page that has not been opened yet. */
const keptTheOldWay = (text) => (page) => page.addInitScript((text) => {
  if (sessionStorage.getItem("began")) return;
  sessionStorage.setItem("began", "yes");
  localStorage.setItem("kms-playground/world", text);
}, text);

const OLD = readFileSync(new URL("../data/worlds/saved-1-with-history.json", import.meta.url), "utf8");

journey("a world is kept after every step, and comes back with what was undone", { allow: [/request after load/] }, async ({ page }) => {
  for (let step = 0; step < 3; step++) await button(page, "+1 d").click();
  const last = await clock(page);
  await button(page, "↶ Undo").click();
  const now = await clock(page);
  await kept(page, 7);
  await page.reload();
  await reaches(page, "ready");
  assert.deepEqual([await clock(page), await count(page)], [now, "6/7"]);
  await button(page, "↷ Redo").click();
  assert.equal(await clock(page), last);
  // What is done after an undo takes the place of what was undone, also where it is stored.
  await button(page, "↶ Undo").click();
  await button(page, "↶ Undo").click();
  await button(page, "+1 h").click();
  const other = await clock(page);
  await kept(page, 6);
  await page.reload();
  await reaches(page, "ready");
  assert.deepEqual([await clock(page), await count(page)], [other, "6/6"]);
});

journey("nothing that opens anything is in the database", async ({ page }) => {
  await page.getByRole("link", { name: "Console", exact: true }).click();
  await button(page, "+1 d").click();
  await kept(page, 5);
  const database = await stored(page);
  assert.deepEqual(database.keys, [{ type: "secret", extractable: false, usages: ["wrapKey", "unwrapKey"] }]);
  assert.equal(database.records.length, 6, "a beginning and a record for each step");
  assert.equal(new Set(database.records.map(({ nonce }) => nonce)).size, 6, "no nonce is used twice");
  await openWorlds(page);
  const file = JSON.parse(await everything(page));
  const [world] = file.worlds;
  const { entropy } = JSON.parse(world.beginning).state.start;
  const all = JSON.stringify(database);
  const secrets = [Buffer.from(entropy.seed), Buffer.from(JSON.stringify(entropy.seed)), Buffer.from("CreateKey"), Buffer.from("orders")];
  for (const secret of secrets) assert.ok(!all.includes(secret.toString("hex")), secret.toString("hex"));
  // The same search finds them in what is not sealed.
  assert.ok(Buffer.from(JSON.stringify(file)).toString("hex").includes(Buffer.from("CreateKey").toString("hex")));
  assert.ok(world.beginning.includes(JSON.stringify(entropy.seed)));
});

journey("the page shows how a world is kept, by the figures of the database", async ({ page }) => {
  await kept(page);
  await openWorlds(page);
  const { worlds: [world], records } = await stored(page);
  const text = await worlds(page).locator(".how-kept").innerText();
  const spaced = (hex) => hex.match(/../g).join(" ");
  for (const shown of [
    "AES-GCM, 256 bits", "no script can read it", "32 bytes, wrapped: 48 bytes", `${records.length} records`,
    spaced(world.wrapped.bytes.slice(0, 64)), spaced(world.wrapped.nonce), spaced(world.wrapped.bytes.slice(64)),
    `${records.reduce((sum, { bytes }) => sum + bytes.length / 2, 0)} bytes`,
  ]) assert.ok(text.includes(shown), `${shown} is not in: ${text}`);
  await assertAccessibleInBoth(page);
});

journey("a world that was kept the old way moves, whole, and is kept once", { before: keptTheOldWay(OLD), allow: [/request after load/] }, async ({ page }) => {
  assert.equal(await clock(page), "2030-04-11T00:00:00Z");
  await kept(page, 14);
  await page.waitForFunction(() => localStorage.getItem("kms-playground/world") === null);
  await page.reload();
  await reaches(page, "ready");
  assert.deepEqual([await clock(page), await count(page)], ["2030-04-11T00:00:00Z", "14/14"]);
  assert.equal((await stored(page)).worlds.length, 1);
});

journey("a world that is open in one tab is not written by another, which can keep a copy", async ({ page, url }) => {
  await button(page, "+1 d").click();
  await kept(page);
  const second = await page.context().newPage();
  await second.goto(url);
  await reaches(second, "ready");
  await second.getByText("is open in another tab, which keeps it").waitFor();
  assert.equal(await clock(second), await clock(page));
  await button(second, "+1 y").click();
  await button(second, "Open it here").click();
  await second.getByText("Close that tab, then try again").waitFor();
  await button(second, "Keep a copy").click();
  await second.getByText("is open in another tab, which keeps it").waitFor({ state: "detached" });
  await kept(second, 6);
  await openWorlds(second);
  assert.match(await entry(second, "My world (copy)").innerText(), /6 steps\s+Here/);
  assert.match(await entry(second, /My world(?! \()/).innerText(), /5 steps\s+Open in another tab/);
  await second.close();
  assert.equal((await stored(page)).worlds.find(({ name }) => name === "My world").steps, 5);
});

journey("worlds are begun, named, duplicated, gone to and deleted, by keyboard", async ({ page }) => {
  const press = async (target, key = "Enter") => (await target.focus(), await page.keyboard.press(key));
  await button(page, "+1 y").click();
  const later = await clock(page);
  await kept(page);
  await press(button(page, "Worlds"));
  await press(button(page, "Rename “My world”"));
  await page.keyboard.type("A year later");
  await page.keyboard.press("Enter");
  await worlds(page).getByText("It is called “A year later” now.").waitFor();
  await press(button(page, "Duplicate “A year later”"));
  await entry(page, "A year later (copy)").waitFor();
  await press(button(page, "New world"));
  await worlds(page).waitFor({ state: "hidden" });
  await page.waitForFunction((later) => document.querySelector("kms-playground").shadowRoot.querySelector("time.now").dateTime !== later, later);
  await kept(page, 4);
  await press(button(page, "Worlds"));
  await press(button(page, "Delete… “A year later”"));
  await press(button(page, "Delete “A year later”"));
  await worlds(page).getByText("“A year later” is deleted.").waitFor();
  await press(button(page, "Go to “A year later (copy)”"));
  await worlds(page).waitFor({ state: "hidden" });
  await page.waitForFunction((later) => document.querySelector("kms-playground").shadowRoot.querySelector("time.now").dateTime === later, later);
  const { worlds: left, records } = await stored(page);
  assert.deepEqual(left.map(({ name }) => name).sort(), ["A year later (copy)", "My world"]);
  assert.equal(records.length, 5 + 6, "the records of a deleted world are gone");
});

journey("everything is saved to one file and opened elsewhere", async ({ page }) => {
  await button(page, "+1 y").click();
  const later = await clock(page);
  await kept(page);
  await openWorlds(page);
  const text = await everything(page);
  await worlds(page).getByText("The file holds the keys in the clear").waitFor();
  const other = await page.context().browser().newContext();
  try {
    const elsewhere = await other.newPage();
    await elsewhere.goto(page.url());
    await reaches(elsewhere, "ready");
    await kept(elsewhere);
    await openWorlds(elsewhere);
    const file = elsewhere.getByLabel("A file with worlds");
    const give = (text) => file.setInputFiles({ name: "worlds.json", mimeType: "application/json", buffer: Buffer.from(text) });
    for (const [damaged, words] of [
      [text.slice(0, 900), "the file is damaged at line 1"],
      ["{}", "this is not a saved world"],
      [text.replace('"version":1', '"version":7'), "format version 7"],
    ]) {
      await give(damaged);
      await worlds(elsewhere).getByText(words).waitFor();
    }
    assert.equal((await stored(elsewhere)).worlds.length, 1);
    await give(text);
    await worlds(elsewhere).getByText("1 world was added.").waitFor();
    await button(elsewhere, "Go to “My world 2”").click();
    await elsewhere.waitForFunction((later) => document.querySelector("kms-playground").shadowRoot.querySelector("time.now").dateTime === later, later);
  } finally {
    await other.close();
  }
});

journey("where storage is denied all works, and the page says what that means", {
  before: (page) => page.addInitScript(() => { IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); }; }),
}, async ({ page }) => {
  await page.getByText("This browser keeps nothing for this page.").waitFor();
  await button(page, "+1 d").click();
  await button(page, "Worlds").click();
  await worlds(page).getByText("This browser keeps no worlds for this page.").waitFor();
  assert.equal(JSON.parse(await everything(page)).worlds[0].steps.length, 5);
});

journey("where storage is full it is said once, and what is missing is written when there is room", async ({ page }) => {
  await kept(page);
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
    globalThis.makeRoom = () => { IDBObjectStore.prototype.put = put; };
  });
  await button(page, "+1 d").click();
  await page.getByText("The browser has no room for the last steps").waitFor();
  await button(page, "Close").first().click();
  await button(page, "+1 d").click();
  await page.waitForTimeout(200);
  assert.equal(await page.getByText("The browser has no room").count(), 0);
  assert.equal((await stored(page)).worlds[0].steps, 4);
  await page.evaluate(() => makeRoom());
  await button(page, "+1 d").click();
  await kept(page, 7);
});

test("a browser that is killed while it writes has lost the last step at most", { timeout: 120_000 }, async () => {
  const site = process.env.KMS_E2E_SITE ? { url: process.env.KMS_E2E_SITE, close() {} } : await serve();
  const profile = mkdtempSync(join(tmpdir(), "kms-keep-"));
  try {
    for (const steps of [3, 8]) {
      const [browser, first] = await started(profile);
      const page = await first.contexts()[0].newPage();
      await page.goto(site.url);
      await reaches(page, "ready");
      const before = Number((await count(page)).split("/")[1]);
      await kept(page, before);
      for (let step = 1; step < steps; step++) await button(page, "+1 h").click();
      await kept(page, before + steps - 1);
      await button(page, "+1 h").click();
      // Of the browser itself, with no time to put anything away.
      browser.kill("SIGKILL");
      await new Promise((resolve) => browser.on("exit", resolve));
      const [again, second] = await started(profile);
      const reopened = await second.contexts()[0].newPage();
      await reopened.goto(site.url);
      await reaches(reopened, "ready");
      const least = before + steps - 1;
      await reopened.waitForFunction((least) => {
        const shown = document.querySelector("kms-playground").shadowRoot.querySelector(".history .last b").innerText;
        return Number(shown.split("/")[1]) >= least;
      }, least);
      const there = Number((await count(reopened)).split("/")[1]);
      assert.ok([before + steps - 1, before + steps].includes(there), `${there} of ${before + steps} steps are there`);
      assert.equal(await reopened.getByText("could not be opened").count(), 0);
      again.kill();
      await new Promise((resolve) => again.on("exit", resolve));
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    await site.close();
  }
});

/** A browser of its own with that profile, as a process that can be killed, and a connection to it. */
async function started(profile) {
  const port = join(profile, "DevToolsActivePort");
  rmSync(port, { force: true });
  const args = [...LAUNCH.args, "--headless=new", "--no-sandbox", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const browser = spawn(LAUNCH.executablePath, args, { stdio: "ignore" });
  for (let tries = 0; !existsSync(port) && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  const [number] = readFileSync(port, "utf8").split("\n");
  return [browser, await chromium.connectOverCDP(`http://127.0.0.1:${number}`)];
}
