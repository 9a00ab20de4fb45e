// The policy view: a question, the checks it passes, the text that decided, and what another text would change.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const path = "#/policy";
const wide = { viewport: { width: 1440, height: 900 } };

const button = (page, name, exact = true) => page.getByRole("button", { name, exact });
const verdict = (page, words) => page.locator(".sentence .verdict", { hasText: new RegExp(`^. ${words}$`) }).waitFor();
const editor = (page) => page.locator(".cm-content");
const who = (page, label) => page.getByLabel("Who").selectOption({ label });
const preset = (page, title) => page.getByLabel("Begin with").selectOption({ label: title });
const text = (page) => editor(page).evaluate((it) => [...it.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));

/** Replaces all of the document that is open, as a person would paste it. */
async function paste(page, words) {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(words);
}

const DENY = '{"Version": "2012-10-17", "Statement": [{"Sid": "Nobody", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}]}';

journey("on a wide screen its panes scroll, and the page does not", { path, context: wide }, async ({ page }) => {
  await editor(page).waitFor();
  const [long, high] = await page.evaluate(() => [document.documentElement.scrollHeight, innerHeight]);
  assert.equal(long, high);
});

journey("a question is answered with the checks in order, and the one that decided is marked", { path, context: wide }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await verdict(page, "allowed");
  const titles = await page.locator(".path .title b").allInnerTexts();
  assert.deepEqual(titles.slice(0, 2), ["Explicit deny anywhere", "Account border"]);
  await page.locator(".path .decides").getByText("Identity policies").waitFor();
  await page.locator(".path .decides").getByText("UseKeys").first().waitFor();
  await page.getByLabel("Operation").selectOption("kms:ScheduleKeyDeletion");
  await verdict(page, "not allowed");
  await page.locator(".path .decides.denied").getByText("the caller’s half").waitFor();
  await page.getByLabel("Operation").selectOption("kms:ReEncrypt");
  await button(page, /^kms:ReEncryptTo on alias/, false).click();
});

journey("statements and text point at each other", { path, context: wide }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await editor(page).waitFor();
  const action = page.locator(".path .decides .parts li", { hasText: "action" });
  await action.hover();
  await page.locator(".cm-content .lit", { hasText: "kms:Decrypt" }).first().waitFor();
  await action.focus();
  await page.locator(".cm-content .lit", { hasText: "kms:Decrypt" }).first().waitFor();
  await page.locator(".cm-content .mark", { hasText: "kms:Decrypt" }).first().hover();
  await page.locator(".path .statement.pointed", { hasText: "UseKeys" }).waitFor();
});

journey("an edit answers at once, everywhere, and changes nothing until it is put", { path, context: wide }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await button(page, "key policy").click();
  await verdict(page, "allowed");
  await paste(page, DENY);
  await verdict(page, "denied");
  await page.locator(".path .check.deny", { hasText: "Nobody" }).waitFor();
  await page.locator(".pins li", { hasText: /Developer Decrypt/ }).first().getByText("denied").waitFor();
  await button(page, "Discard").click();
  await verdict(page, "allowed");

  await paste(page, DENY);
  await button(page, /^Put it on the key, as /, false).click();
  await page.getByRole("alert").getByText(/The new key policy will not allow you to update the key policy in the future/).waitFor();
  await page.getByLabel("skip the lockout check").check();
  await button(page, /^Put it on the key, as /, false).click();
  await page.locator(".unsaved").waitFor({ state: "detached" });
  await verdict(page, "denied");
  await button(page, "↶ Undo").click();
  await verdict(page, "allowed");
});

journey("the matrix marks what an edit changes, and can be saved", { path, context: wide }, async ({ page }) => {
  await button(page, "key policy").click();
  await paste(page, DENY);
  await button(page, "Open the matrix").click();
  await page.getByText(/^\d+ answers differ from before the edit\.$/).waitFor();
  await button(page, "user/Developer Decrypt: denied, before the edit allowed").first().waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Save as CSV").click()]);
  assert.equal(file.suggestedFilename(), "who-can-do-what.csv");
  await assertAccessible(page);
});

journey("what is no policy is said at line and column, and one click puts it right", { path, context: wide }, async ({ page }) => {
  await preset(page, "Notes 1: the account, as printed");
  const finding = page.locator(".findings li", { hasText: "typographic quotes" });
  await finding.getByText("line 2, column 3").waitFor();
  await button(page, /^Put it on the key, as /, false).click();
  await page.getByRole("alert").getByText("KMS refused it: ValidationException").waitFor();
  await finding.getByRole("button", { name: "line 2, column 3" }).click();
  assert.equal(await page.evaluate(() => getSelection().toString() || document.querySelector("kms-playground").shadowRoot.getSelection?.().toString()), "“");
  await finding.getByRole("button", { name: "Make all quotes straight" }).click();
  await page.locator(".cm-content", { hasText: '"Sid": "xxx"' }).waitFor();
  await page.locator(".findings li", { hasText: "this is a statement without its policy" }).getByRole("button").last().click();
  await page.locator(".findings").waitFor({ state: "detached" });
  await verdict(page, "allowed");
});

journey("the fixes of a fragment leave only what nobody can know: whom it means", { path, context: wide }, async ({ page }) => {
  await preset(page, "Notes 3: use, as printed");
  await page.getByText("actions under Resource, and a ReEncrypt").waitFor();
  const fixes = page.locator(".findings .btn");
  for (let left = 12; left > 0 && await fixes.count() > 0; left--) {
    const before = await text(page);
    await fixes.first().click();
    while (await text(page) === before) await page.waitForTimeout(20);
    await page.waitForTimeout(100);
  }
  await page.locator(".findings li", { hasText: "`Principal` is missing" }).waitFor();
  assert.match(await text(page), /kms:ReEncrypt\*/);
});

journey("a policy of one's own user is edited in IAM, as a step of the history", { path, context: wide }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await button(page, "UseKeys").click();
  await paste(page, '{"Statement": {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}}');
  await verdict(page, "not allowed");
  await button(page, "Save it").click();
  await page.locator(".history .last", { hasText: "5/5" }).getByText("policy UseKeys").waitFor();
  await button(page, "↶ Undo").click();
  await verdict(page, "allowed");
});

journey("a layer is added as a draft, saved, and left out of the question again", { path, context: wide }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await verdict(page, "allowed");
  await page.getByLabel("Add a layer").selectOption({ label: "a permissions boundary" });
  await verdict(page, "not allowed");
  await page.locator(".path .decides").getByText("Permissions boundary").waitFor();
  await button(page, "Save it").click();
  await page.locator(".history .last", { hasText: "5/5" }).getByText("policy Boundary").waitFor();
  await page.getByLabel("Add a layer").selectOption({ label: "an SCP on the whole organization" });
  await page.getByLabel("Operation").selectOption("kms:DisableKey");
  await verdict(page, "denied");
  await button(page, "boundary").click();
  await button(page, "Ask without this policy").click();
  await page.getByText("Left out: the answers are those without it.").waitFor();
  await page.getByLabel("Operation").selectOption("kms:Decrypt");
  await verdict(page, "allowed");
  await button(page, "Ask with it").click();
  await verdict(page, "not allowed");
});

journey("words are completed where they belong", { path, context: wide }, async ({ page }) => {
  await button(page, "key policy").click();
  await paste(page, '{"Statement": [{"Action": "kms:Gener"}]}');
  for (let left = 0; left < 4; left++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "kms:GenerateMac" }).click();
  assert.equal(await text(page), '{"Statement": [{"Action": "kms:GenerateMac"}]}');
});

const broken = async (page) => page.route("**/editor.js", (route) => route.abort());
journey("without the editor a plain text field does the same", { path, context: wide, before: broken, allow: [/editor\.js/, /Failed to load/] }, async ({ page }) => {
  await who(page, "user/Developer of 111122223333");
  await button(page, "key policy").click();
  const field = page.getByLabel("key policy", { exact: true });
  await field.fill(DENY);
  await verdict(page, "denied");
  await field.fill(`${DENY.slice(0, -1)},}`);
  await page.locator(".findings").getByText("no comma after the last").waitFor();
  await button(page, "Remove the comma").first().click();
  assert.equal(await field.inputValue(), DENY);
});

journey("the checks are walked through, and pins, matrix and a step of the Console lead here", { path, context: wide }, async ({ page }) => {
  await button(page, "One step back").click();
  await page.locator(".segments [aria-current]").waitFor();
  await page.locator(".pins button", { hasText: /KMSKeyAdmin Encrypt/ }).click();
  await verdict(page, "not allowed");
  await button(page, "Open the matrix").click();
  await page.getByLabel("Operations with").fill("deletion");
  assert.equal(await page.locator(".whole tbody tr").count(), 2);
  await button(page, "user/Administrator ScheduleKeyDeletion: allowed").first().click();
  await verdict(page, "allowed");
  await button(page, "Pin this question").click();
  await page.locator(".pins button", { hasText: "Administrator ScheduleKeyDeletion" }).waitFor();

  await page.getByRole("link", { name: "Console", exact: true }).click();
  await button(page, "CreateAlias").click();
  await page.goBack();
  await page.goto(page.url().replace(/#.*/, "#/console/CreateAlias/2"));
  await page.getByRole("tab", { name: "Reasons" }).click();
  await page.getByRole("link", { name: "Open in Policy" }).click();
  assert.match(page.url(), /#\/policy\/2$/);
  await page.getByText("As step 2 of the history recorded it.").waitFor();
  await button(page, "Ask it now, and try other policies").click();
  assert.match(page.url(), /#\/policy$/);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing in the policy view, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path, context }, async ({ page }) => {
      await who(page, "user/KMSKeyAdmin of 111122223333");
      await editor(page).waitFor();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
      await preset(page, "Notes 3: use, as printed");
      await page.locator(".findings li").first().waitFor();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
    });
  }
}
