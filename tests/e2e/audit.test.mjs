// The audit trail: every call as a record, found again, and led back to its step.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const path = "#/audit";

const records = (page) => page.locator(".trail li");
const filter = (page, name) => page.getByRole("group", { name: "Filter" }).getByLabel(name, { exact: true });

async function refusal(page) {
  await page.getByRole("link", { name: "Console", exact: true }).click();
  await page.getByRole("button", { name: "CreateKey", exact: true }).click();
  await page.getByRole("button", { name: /^Send as/ }).click();
  await page.getByText("400 AccessDeniedException").first().waitFor();
  await page.getByRole("link", { name: "Audit", exact: true }).click();
}

journey("every call is there, and is found by event, principal, result and key", { path, context: { viewport: { width: 1440, height: 900 } } }, async ({ page }) => {
  await page.getByText("4 of 4 records, the latest first.").waitFor();
  await refusal(page);
  await page.getByText("5 of 5 records").waitFor();
  for (const [name, value, count] of [
    ["Event", "CreateAlias", 2],
    ["Principal", "role/OrdersApp 111122223333", 1],
    ["Result", "AccessDenied", 1],
    ["Key", "alias/orders", 2],
  ]) {
    await filter(page, name).selectOption(value);
    assert.equal(await records(page).count(), count, `${name} ${value}`);
    await page.getByRole("button", { name: "Show all" }).click();
  }
  assert.equal(await records(page).count(), 5);
});

journey("a record opens, has an address, and leads to its step", { path, context: { viewport: { width: 1440, height: 900 } } }, async ({ page }) => {
  await refusal(page);
  await records(page).first().getByRole("button").click();
  await page.waitForURL(/#\/audit\/5$/);
  const record = page.getByRole("complementary", { name: "Record" });
  const text = JSON.parse(await record.locator("pre").innerText());
  assert.equal(text.errorCode, "AccessDenied");
  assert.equal(text.eventSource, "kms.amazonaws.com");
  await record.getByRole("link", { name: "Open step 5 in the Console" }).click();
  await page.getByRole("heading", { level: 1, name: "CreateKey" }).waitFor();
  await page.getByText("Step 5 of 5").waitFor();
  await page.goBack();
  await record.getByText("Record 5, of step 5").waitFor();
});

journey("what was undone is not in the trail", { path }, async ({ page }) => {
  await page.getByRole("button", { name: "↶ Undo" }).click();
  await page.getByText("3 of 3 records").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing in the audit trail, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path: "#/audit/2", context }, async ({ page }) => {
      await page.getByText("Record 2, of step 2").waitFor();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
    });
  }
}
