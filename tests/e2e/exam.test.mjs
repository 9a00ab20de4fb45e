// Exams: a set by keyboard, its result, what is passed on, and the marking of it.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const wide = { viewport: { width: 1440, height: 900 } };
const dark = { viewport: { width: 1440, height: 900 }, colorScheme: "dark" };
const narrow = { viewport: { width: 320, height: 640 } };

/** The heading and the choices of the question that shows. */
async function asked(page) {
  await page.getByRole("group").getByRole("radio").nth(3).waitFor();
  return [await page.getByRole("heading", { level: 1 }).innerText(), ...(await page.locator(".exam .choice").allInnerTexts())];
}

async function fits(page) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
}

journey("a set is done by keyboard, from the front page to its result, and its answers are marked again", { context: wide }, async ({ page }) => {
  const tabTo = async (role, name) => {
    const target = page.getByRole(role, { name });
    await target.focus();
    await page.keyboard.press("Enter");
  };
  await tabTo("link", /Test yourself/);
  await page.getByRole("heading", { level: 1, name: "Test yourself" }).waitFor();
  await page.getByLabel("Number of the set").fill("4711");
  await page.getByLabel(/^Questions/).selectOption("5");
  await page.getByLabel("Number of the set").press("Enter");
  for (let number = 1; number <= 5; number += 1) {
    await page.getByText(`question ${number} of 5`).waitFor();
    assert.equal((await asked(page)).length, 5);
    await page.keyboard.press(String(1 + (number % 4)));
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "What KMS recorded" }).waitFor();
    assert.match(await page.locator(".verdict").innerText(), /^(Right|Not quite)/);
    await tabTo("link", number < 5 ? /Next question/ : /^Result ▶/);
  }
  await page.getByRole("heading", { level: 1, name: /^\d of 5 right$/ }).waitFor();
  const points = (await page.getByRole("heading", { level: 1 }).innerText()).split(" ")[0];
  const text = await page.locator(".result pre").innerText();
  assert.match(text, /Answers: 4711-5-BCDAB$/);
  await tabTo("link", "All exams");
  await page.getByLabel(/one on each line/).fill(`${text}\n4711-5-BC\nnonsense`);
  await page.getByRole("cell", { name: `${points} of 5` }).waitFor();
  assert.equal(await page.locator(".marking .problem").count(), 2);
  await page.getByRole("link", { name: "The result of the set 4711-5" }).waitFor();
});

journey("a set can be about one thing and of one level, and its address says so", { path: "#/exam", context: wide }, async ({ page }) => {
  const sets = [];
  for (const level of ["basics", "advanced"]) {
    await page.getByLabel("Number of the set").fill("4711");
    await page.getByLabel(/^About/).selectOption("Keys and time");
    await page.getByLabel(/^Level/).selectOption({ label: level });
    await page.getByRole("button", { name: "Begin" }).click();
    await page.waitForURL(new RegExp(`#/exam/4711/10~keys-and-time~${level}/1$`));
    sets.push((await asked(page)).join());
    await page.goBack();
  }
  assert.notEqual(...sets);
});

journey("an address gives everybody the same questions, and a reload keeps the answers", { path: "#/exam/4711/10/1", context: wide }, async ({ page, url }) => {
  const first = [];
  for (let number = 1; number <= 3; number += 1) {
    await page.getByText(`question ${number} of 10`).waitFor();
    first.push(await asked(page));
    await page.getByRole("link", { name: /Leave it open/ }).click();
  }
  const other = await (await page.context().browser().newContext()).newPage();
  await other.goto(`${url}#/exam/4711/10`);
  for (let number = 1; number <= 3; number += 1) {
    await other.getByText(`question ${number} of 10`).waitFor();
    assert.deepEqual(await asked(other), first[number - 1]);
    await other.getByRole("link", { name: /Leave it open/ }).click();
  }
  await other.goto(`${url}#/exam/4711/10/2`);
  await other.getByRole("radio").nth(2).check();
  await other.getByRole("button", { name: "Answer" }).click();
  await other.locator(".verdict").waitFor();
  await other.reload();
  await other.locator(".verdict").waitFor();
  assert.ok(await other.getByRole("radio").nth(2).isChecked());
  await other.context().close();
});

journey("the world of a question opens in the sandbox", { path: "#/exam/4711/13/1", context: wide }, async ({ page }) => {
  for (let number = 1; number <= 13; number += 1) {
    await page.getByText(`question ${number} of 13`).waitFor();
    await page.getByRole("radio").first().check();
    await page.getByRole("button", { name: "Answer" }).click();
    const open = page.getByRole("button", { name: "Open in the sandbox" });
    await open.click();
    await page.getByText(`You are in the world of question ${number} of the set 4711-13.`).waitFor();
    assert.match(page.url(), /#\/(policy|rotation|services|console)/);
    await page.goBack();
    await page.getByText(`question ${number} of 13`).waitFor();
    await page.locator(".steps a").last().click();
  }
  await page.getByRole("heading", { level: 1, name: /of 13 right/ }).waitFor();
});

journey("a set that cannot be is refused in words", { path: "#/exam/4711/99", context: wide }, async ({ page }) => {
  await page.getByText("There is nothing at the address #/exam/4711/99").waitFor();
  await page.getByRole("link", { name: /Test yourself/ }).click();
  await page.getByLabel("Number of the set").fill("many");
  await page.getByRole("alert").getByText("a whole number from 0 to 4294967295").waitFor();
});

for (const [name, context] of [["wide and light", wide], ["wide and dark", dark], ["narrow", narrow]]) {
  journey(`exams are accessible, ${name}`, { path: "#/exam/4711/13/1", context }, async ({ page }) => {
    for (let number = 1; number <= 13; number += 1) {
      await page.getByText(`question ${number} of 13`).waitFor();
      if (number === 1) await assertAccessible(page);
      await page.getByRole("radio").nth(number % 4).check();
      await page.getByRole("button", { name: "Answer" }).click();
      await page.locator(".recorded").waitFor();
      for (const summary of await page.locator(".exam details > summary").all()) await summary.click();
      await assertAccessible(page);
      await fits(page);
      await page.locator(".steps a").last().click();
    }
    await page.getByRole("heading", { level: 1, name: /of 13 right/ }).waitFor();
    await assertAccessible(page);
    await fits(page);
    await page.getByRole("link", { name: "All exams" }).click();
    await page.getByLabel(/one on each line/).fill("4711-13-ACBDACBDACBDA\nnonsense");
    await page.getByRole("cell", { name: /of 13/ }).waitFor();
    await assertAccessible(page);
    await fits(page);
  });
}
