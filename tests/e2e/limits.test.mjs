// The load lab: traffic over its quota, whose it is, what helps, what it costs.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const wide = { viewport: { width: 1440, height: 900 } };

journey("the media site is refused by the older figures, and each remedy changes it", { path: "#/limits", context: wide }, async ({ page }) => {
  const verdict = page.getByRole("status").getByRole("heading", { level: 2 });
  await page.getByRole("heading", { level: 1, name: "A media site, by the older figures" }).waitFor();
  assert.match(await verdict.innerText(), /requests are refused/);
  await page.getByText("5,500 requests a second are shared by Encrypt, Decrypt").waitFor();
  await page.getByLabel("Figures", { exact: true }).selectOption("today");
  await page.getByText("All 36,180,000 requests are served").waitFor();
  await page.getByLabel("Region", { exact: true }).last().selectOption("eu-north-1");
  await page.getByText("requests are refused").first().waitFor();
  await page.getByLabel("S3 Bucket Keys").check();
  await page.getByText("All 361,800 requests are served").waitFor();
  await page.getByRole("row", { name: /without S3 Bucket Keys/ }).waitFor();
});

journey("a script that makes keys has a quota of its own, and numbers change as one types", { path: "#/limits/create-loop", context: wide }, async ({ page }) => {
  await page.getByText("5 requests a second are for these requests alone").waitFor();
  await page.getByLabel("a second", { exact: true }).fill("5");
  await page.getByText("All 600 requests are served").waitFor();
});

journey("a request counts for the account that sends it", { path: "#/limits/two-accounts", context: wide }, async ({ page }) => {
  await page.getByRole("button", { name: /account 444455556666/ }).press("Enter");
  await page.getByText("a request counts for the account that sends it").waitFor();
});

journey("what cannot be read of a recording is told with its place", { path: "#/limits", context: wide }, async ({ page }) => {
  await page.getByLabel("Pattern", { exact: true }).selectOption("recorded");
  await page.getByLabel("Lines of requests").fill("0,5\n1,NaN\n");
  await page.getByRole("alert").getByText("line 2 column 3: not a whole number").waitFor();
  await page.getByLabel("Lines of requests").fill("0,5\n1,7\n");
  await page.getByText("All 12 requests are served").waitFor();
});

journey("the picture is a table and a file too", { path: "#/limits/create-loop", context: wide }, async ({ page }) => {
  await page.getByText("The same as a table").click();
  await page.getByRole("columnheader", { name: "sent again" }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as CSV" }).click()]);
  const lines = (await text(await download.createReadStream())).trim().split("\n");
  assert.equal(lines[0], "region,account,key store,quota,second,seconds,sent,sent again,served,refused");
  assert.equal(lines.length, 121);
});

journey("a custom key store has a quota beside the account's", { path: "#/limits/media-site-today", context: wide }, async ({ page }) => {
  await page.getByLabel("Key store", { exact: true }).selectOption({ label: "in a custom key store" });
  await page.getByText("1,800 requests a second are shared by all accounts for the keys in that store").waitFor();
  await page.getByRole("button", { name: /Custom key store.*refused/ }).waitFor();
});

journey("ReplicateKey counts twice as CreateKey in the other Region", { path: "#/limits/create-loop", context: wide }, async ({ page }) => {
  await page.getByLabel("Operation", { exact: true }).selectOption("ReplicateKey");
  await page.getByLabel("Other Region").selectOption("eu-west-1");
  await page.getByRole("button", { name: /CreateKey\s*account 111122223333 in eu-west-1\s*at most 24 of 5 a second/ }).waitFor();
});

journey("how long the served ones waited, and what CloudWatch has of it", { path: "#/limits/nightly-batch", context: wide }, async ({ page }) => {
  await page.getByRole("heading", { name: "How long the served ones waited" }).waitFor();
  assert.match(await page.getByText("the longest").locator("..").innerText(), /\d s/);
  await page.getByRole("row", { name: /AWS\/Usage CallCount.*CryptographicOperationsSymmetric/ }).waitFor();
  await page.getByRole("row", { name: /AWS\/KMS SuccessfulRequest.*GenerateDataKey/ }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save metrics as CSV" }).click()]);
  const lines = (await text(await download.createReadStream())).trim().split("\n");
  assert.equal(lines[0], "account,region,namespace,metric,dimensions,statistic,period,minute,value,utilization percent");
  // Sixty minutes of CallCount and of two operations.
  assert.equal(lines.length, 1 + 3 * 60);
});

journey("the world counts requests when it is told to, as a step that can be undone", { path: "#/limits", context: wide }, async ({ page }) => {
  await page.getByText("All keys of the world together cost $2.00 a month").waitFor();
  const counts = page.getByLabel("Count requests and refuse too many");
  await counts.check();
  assert.ok(await counts.isChecked());
  await page.getByRole("button", { name: "↶ Undo" }).click();
  assert.ok(!(await counts.isChecked()));
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing in the load lab, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path: "#/limits/nightly-batch", context }, async ({ page }) => {
      await page.getByRole("heading", { level: 1, name: "A nightly batch" }).waitFor();
      await page.getByText("The same as a table").click();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
    });
  }
}
