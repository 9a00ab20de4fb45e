// The rotation view: keys through time, what opens a ciphertext now, and what can be done to a key.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertAccessible } from "./axe.mjs";
import { slowest } from "./inp.mjs";
import { journey } from "./journey.mjs";
import { lookAbout, thousand } from "./thousand.mjs";

const path = "#/rotation";
const wide = { viewport: { width: 1440, height: 900 } };

const button = (page, name, exact = true) => page.getByRole("button", { name, exact });
const begin = (page, title) => page.locator(".start", { hasText: title }).click();
const dots = (page) => page.locator(".cipher");
const bars = (page, name, tense) => page.locator(".lane", { hasText: name }).locator(`.version.${tense}`);
const bubble = (page, words) => page.locator(".bubble", { hasText: words });
const inspector = (page) => page.getByRole("region", { name: "Inspector" });
const days = (page, which, text) => page.getByLabel(`${which} period in days`).fill(text);

journey("a key that rotates has a bar for each version, and a ciphertext opens by the one that sealed it", { path, context: wide }, async ({ page }) => {
  await begin(page, "A key gets older");
  assert.equal(await bars(page, "orders", "kept").count(), 3);
  assert.equal(await bars(page, "orders", "current").count(), 1);
  assert.equal(await dots(page).count(), 5);
  // Of its three rotations two are charged.
  await inspector(page).getByText("$3.00 a month").waitFor();
  await dots(page).first().click();
  await bubble(page, "opens now: v1 is kept, only retired").waitFor();
  await page.locator(".version.opens", { hasText: "v1" }).waitFor();
  await inspector(page).getByText("KMS takes version 1, whichever one is current").waitFor();
  await button(page, "Disable key").click();
  await bubble(page, "nothing opens it now: DisabledException").waitFor();
  await page.locator(".thread.closed").waitFor();
  await button(page, "↶ Undo").click();
  await bubble(page, "opens now: v1 is kept, only retired").waitFor();
});

journey("each control is a request, and a refusal is explained", { path, context: wide }, async ({ page }) => {
  await page.locator(".lane button.name", { hasText: "orders" }).click();
  assert.match(page.url(), /#\/rotation\/[0-9a-f-]{36}$/);
  await days(page, "Rotation", "89");
  await button(page, "Turn rotation on").click();
  await page.getByRole("alert").getByText("EnableKeyRotation as user/KMSKeyAdmin: ValidationException").waitFor();
  await days(page, "Rotation", "90");
  await button(page, "Turn rotation on").click();
  await page.getByText("automatic rotation every 90 days").waitFor();
  await page.getByText("because role/OrdersApp may not").waitFor();
  await button(page, "+90 days").click();
  await inspector(page).getByText("retired").waitFor();
  await button(page, "Rotate now").click();
  await inspector(page).getByText("1 of 25 used").waitFor();
  await days(page, "Waiting", "31");
  await button(page, "Schedule deletion").click();
  await page.getByRole("alert").getByText("ScheduleKeyDeletion as user/KMSKeyAdmin: ValidationException").waitFor();
  await days(page, "Waiting", "7");
  await button(page, "Schedule deletion").click();
  await page.locator(".flag", { hasText: "gone in 7 d" }).waitFor();
  await button(page, "Cancel the deletion").click();
  await inspector(page).getByText("Disabled", { exact: true }).waitFor();
  await page.getByLabel("only as role/OrdersApp").check();
  await button(page, "Enable key").click();
  await page.getByRole("alert").getByText("EnableKey as role/OrdersApp: AccessDeniedException").waitFor();
});

journey("what is deleted takes its ciphertexts along", { path, context: wide }, async ({ page }) => {
  await begin(page, "A deletion, slowly");
  await page.locator(".flag.is-ahead", { hasText: "gone in 29 d, with 2 ciphertexts" }).waitFor();
  await button(page, /^To the next event: reports is deleted in 29 d/, false).click();
  await page.locator(".lane.gone", { hasText: "reports" }).waitFor();
  await page.locator(".flag", { hasText: "deleted, with 2 ciphertexts" }).waitFor();
  await dots(page).first().click();
  await bubble(page, "nothing opens it now: AccessDeniedException").waitFor();
});

journey("an alias that moved has a row of its own, and the old key opens what it sealed", { path, context: wide }, async ({ page }) => {
  await begin(page, "An alias moves");
  await page.locator(".lane.alias", { hasText: "alias/ledger" }).locator(".move").waitFor();
  const before = page.locator(".lane", { hasText: "ledger, before" });
  await before.locator(".cipher").click();
  await before.getByText("opens now: v1 is the current version").waitFor();
});

journey("keys of AWS rotate by themselves, every year", { path, context: wide }, async ({ page }) => {
  await begin(page, "A key of AWS");
  assert.equal(await bars(page, "aws/s3", "kept").count(), 3);
  await page.locator(".lane button.name", { hasText: "aws/s3" }).click();
  await button(page, "Turn rotation off").click();
  await page.getByRole("alert").getByText("AccessDeniedException").first().waitFor();
});

journey("one looks closer and farther, earlier and later, by buttons and keys", { path, context: wide }, async ({ page }) => {
  await begin(page, "A key gets older");
  const shown = page.locator(".zoom output");
  await button(page, "Look closer").click();
  assert.equal(await shown.innerText(), "3 years");
  const chart = page.getByRole("group", { name: /^Keys through time\./ });
  await chart.focus();
  await page.keyboard.press("-");
  await page.keyboard.press("-");
  assert.equal(await shown.innerText(), "15 years");
  await page.keyboard.press("ArrowLeft");
  assert.ok(await button(page, "now").isEnabled());
  await page.keyboard.press("Home");
  assert.ok(await button(page, "now").isDisabled());
  await dots(page).last().focus();
  await page.keyboard.press("ArrowLeft");
  await bubble(page, "opens now: v3 is kept").waitFor();
  assert.equal(await page.evaluate(() => document.querySelector("kms-playground").shadowRoot.activeElement.getAttribute("aria-pressed")), "true");
  while (await button(page, "Look closer").isEnabled()) await button(page, "Look closer").click();
  assert.equal(await shown.innerText(), "6 hours");
});

journey("the same as a table, and as an SVG to keep", { path, context: wide }, async ({ page }) => {
  await begin(page, "A key gets older");
  await button(page, "As a table").click();
  const table = page.getByRole("region", { name: "Keys through time, as a table" });
  assert.equal(await table.getByRole("row").count(), 1 + 1 + 4);
  await table.getByRole("button", { name: /step 10/ }).click();
  await inspector(page).getByText("KMS takes version 2").waitFor();
  await assertAccessible(page);
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Save as SVG").click()]);
  assert.match(file.suggestedFilename(), /^keys-\d{4}-\d\d-\d\d\.svg$/);
  const kept = join(mkdtempSync(join(tmpdir(), "keys-")), "keys.svg");
  await file.saveAs(kept);
  const text = readFileSync(kept, "utf8");
  assert.match(text, /^<svg [^]*orders[^]*<\/svg>\n$/);
});

const reopened = [/request after load/];
journey("a thousand keys are pages of rows, found by their names, and nobody waits", { path, context: wide, allow: reopened }, async ({ page }) => {
  await thousand(page);
  await page.getByText("1 to 24 of 1003").waitFor();
  await page.getByLabel("Keys with").fill("customer 77");
  await page.locator(".lane", { hasText: "customer 777" }).waitFor();
  await page.getByLabel("Keys with").fill("");
  const found = await lookAbout(page);
  console.log(`among 1,003 keys at a quarter of the speed, in milliseconds: ${JSON.stringify(found)}`);
  // The limit, 150 ms, is for a machine that does nothing else, and the bench holds it. Here only a page that hangs fails.
  assert.ok(slowest(found) <= 2_000, JSON.stringify(found));
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing in the rotation view, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path, context }, async ({ page }) => {
      const check = async () => {
        await assertAccessible(page);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
      };
      await check();
      for (const start of ["A key gets older", "An alias moves", "A deletion, slowly"]) await begin(page, start);
      await dots(page).first().click();
      await check();
    });
  }
}
