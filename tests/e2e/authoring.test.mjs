// Lessons from files: checked, then opened; and lessons on paper, as Markdown and without scripts.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const COURSE = new URL("../../www/scenarios/", import.meta.url);
const lesson = readFileSync(new URL("root-has-no-access.md", COURSE), "utf8");
const file = (text, name = "mine.md") => ({ name, mimeType: "text/markdown", buffer: Buffer.from(text) });
const choose = (page, ...args) => page.getByLabel("Lesson file").setInputFiles(file(...args));
const content = async (download) => Buffer.concat(await (await download.createReadStream()).toArray()).toString("utf8");
const SMALL = { viewport: { width: 320, height: 700 } };

journey("a lesson from a file is checked, opened, read to its end, and gone after a reload", { allow: [/request after load/] }, async ({ page }) => {
  await choose(page, lesson.replace("title: Root", "title: My own root"));
  await page.getByRole("heading", { level: 1, name: "The user who may do everything" }).waitFor();
  assert.match(page.url(), /#\/learn\/your-lesson\/1$/);
  await page.getByText("Your lesson · page 1 of").waitFor();
  await page.getByRole("button", { name: "Next ▶", exact: true }).click();
  await page.getByText("Your lesson · page 2 of").waitFor();
  await page.goBack();
  await page.getByText("Your lesson · page 1 of").waitFor();
  await page.reload();
  await page.getByText("came from a file, and is not kept").waitFor();
  await choose(page, lesson);
  await page.getByText("Your lesson · page 1 of").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  journey(`what is wrong with a lesson is told with line, column and the line, ${colorScheme}`, { context: { ...SMALL, colorScheme } }, async ({ page }) => {
    await choose(page, lesson.replace('{ "KeyId"', "{ “KeyId”"));
    const line = lesson.split("\n").findIndex((text) => text.startsWith('{ "KeyId"')) + 1;
    await page.getByText("mine.md: one thing is wrong").waitFor();
    await page.getByText(`Line ${line}, column 3`).waitFor();
    await page.getByText("is a typographic quotation mark").waitFor();
    assert.equal(await page.locator(".lesson-findings mark").innerText(), "“");
    assert.equal(await page.getByRole("button", { name: "Open it all the same" }).count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await assertAccessible(page);
  });
}

journey("a lesson that expects something else plays all the same, and can be saved as it is", async ({ page }) => {
  const open = page.getByRole("button", { name: "Open a lesson file" });
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), open.press("Enter")]);
  await chooser.setFiles(file(lesson.replace(/\n200\n/, "\n201\n")));
  await page.getByText("the run gives `200` here, and the lesson expects `201`").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save it with what the run gives" }).click()]);
  assert.equal(download.suggestedFilename(), "mine.md");
  assert.equal(await content(download), lesson);
  await page.getByRole("button", { name: "Open it all the same" }).click();
  await page.getByText("Your lesson · page 1 of").waitFor();
});

journey("a dropped lesson brings in no script, no picture and no request", async ({ page }) => {
  const drop = (text) =>
    page.evaluate((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "dropped.md"));
      const place = document.querySelector("kms-playground").shadowRoot.querySelector(".open-lesson");
      place.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }));
    }, text);
  const prose = "The **root user** is the owner of an AWS account.";
  const saying = (words) => lesson.replace(prose, words);
  await page.getByRole("button", { name: "Open a lesson file" }).waitFor();
  for (const [words, problem] of [
    ["<script>document.title = 'taken'</script>", "a line starts with `<`"],
    ["![x](https://example.com/x.png)", "a line starts with `![`"],
    ["<iframe src=https://example.com></iframe>", "a line starts with `<`"],
    ["<style>@import 'https://example.com/x.css'</style>", "a line starts with `<`"],
    ["A [link](javascript:document.title='taken')", "only https:// links work everywhere"],
    ["A [link](data:text/html,<script>document.title='taken'</script>)", "only https:// links work everywhere"],
    ["A [link](//example.com/x)", "only https:// links work everywhere"],
  ]) {
    await drop(saying(words));
    await page.getByText(problem).waitFor();
  }
  await drop(saying("Look: <img src=x onerror=\"document.title='taken'\"> <b>bold</b>."));
  await page.getByText("<b>bold</b>").waitFor();
  assert.equal(await page.locator(".sheet-of-page img").count(), 0);
  assert.equal(await page.title(), "KMS Playground");
});

/** Answers for the path of a lesson beside the page, and keeps what was asked for. */
const beside = (answer, asked = []) => (page) =>
  page.route(/\/lessons\/mine\.md$/, (route) => (asked.push(route.request().url()), route.fulfill({ contentType: "text/markdown", ...answer })));

journey("a lesson from an address opens, its pages have addresses, and a reload finds it again", {
  path: "#/lesson?from=lessons/mine.md",
  before: beside({ body: lesson }),
  allow: [/request after load/],
}, async ({ page, url }) => {
  await page.getByText("Your lesson · page 1 of").waitFor();
  await page.getByRole("button", { name: "Next ▶", exact: true }).click();
  await page.getByText("Your lesson · page 2 of").waitFor();
  assert.equal(page.url(), `${url}#/lesson?from=lessons/mine.md&page=2`);
  await page.reload();
  await page.getByText("Your lesson · page 2 of").waitFor();
  await page.goBack();
  await page.getByText("Your lesson · page 1 of").waitFor();
});

for (const [what, from, answer, words] of [
  ["that is not there", "lessons/mine.md", { status: 404, body: "not found" }, "There is no lesson at lessons/mine.md: the site answers 404."],
  ["that is too long", "lessons/mine.md", { body: "word ".repeat(60_000) }, "lessons/mine.md has 300000 bytes, and a lesson at most 262144."],
  ["that is no text", "lessons/mine.md", { body: Buffer.from([0x89, 0x50, 0xff, 0x00]) }, "lessons/mine.md is no text."],
  ["of another site", "https://example.com/mine.md", {}, "https://example.com/mine.md is not beside this page"],
  ["of another host", "//example.com/mine.md", {}, "//example.com/mine.md is not beside this page"],
  ["above the page", "../mine.md", {}, "../mine.md is not beside this page"],
  ["with a slip", "lessons/mine.md", { body: lesson.replace('{ "KeyId"', "{ “KeyId”") }, "is a typographic quotation mark"],
]) {
  const asked = [];
  journey(`a lesson ${what} is refused in words, with a way on`, {
    path: `#/lesson?from=${encodeURIComponent(from)}`,
    before: beside(answer, asked),
    context: SMALL,
    allow: [/request after load: .*\/lessons\/mine\.md$/, /status of 404/],
  }, async ({ page }) => {
    await page.getByText(words).waitFor();
    if (what === "with a slip") await page.getByText(/^Line \d+, column 3/).waitFor();
    assert.equal(asked.length, from === "lessons/mine.md" ? 1 : 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await assertAccessible(page);
    await choose(page, lesson);
    await page.getByText("Your lesson · page 1 of").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "All lessons" }).click();
    await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
  });
}

journey("a file that is no lesson is refused in words", async ({ page }) => {
  await choose(page, "word ".repeat(60_000), "long.md");
  await page.getByText("long.md has 300000 bytes, and a lesson at most 262144").waitFor();
  await choose(page, "Hello.", "hello.md");
  await page.getByText("no front matter; begin with `---`").waitFor();
});

journey("a lesson is printed and saved as a whole", {
  path: "#/learn/root-has-no-access/1",
  before: (page) => page.addInitScript(() => (window.print = () => (window.printed = (window.printed ?? 0) + 1))),
}, async ({ page }) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as Markdown" }).click()]);
  assert.equal(download.suggestedFilename(), "root-has-no-access-transcript.md");
  const text = await content(download);
  assert.match(text, /^# Root has no access unless the key policy says so\n/);
  assert.ok(text.includes("- [x] No. The key policy does not name the account any more."));
  assert.match(text, /\n### Solution\n/);

  await page.getByRole("button", { name: "Print", exact: true }).click();
  await page.waitForFunction(() => window.printed === 1);
  assert.equal(await page.locator(".transcript").isVisible(), false);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".transcript").isVisible(), true);
  for (const hidden of [".bar", ".clock", ".sheet-of-page", ".keep"]) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  assert.equal(await page.locator(".transcript .leaf").count(), lesson.split("\n## ").length - 1);
  await page.emulateMedia({ media: "screen" });
  await page.getByRole("button", { name: "Next ▶", exact: true }).click();
  await page.getByText("page 2 of").waitFor();
});

journey("a lesson that makes a slow key is saved as well", { path: "#/learn/imported-material-runs-out/1" }, async ({ page }) => {
  page.setDefaultTimeout(60_000);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as Markdown" }).click()]);
  assert.match(await content(download), /Wrapped outside of KMS/);
});

journey("every lesson can be read without JavaScript", {
  path: "lessons/index.html", state: null, context: { ...SMALL, javaScriptEnabled: false }, allow: [/request after load/],
}, async ({ page, url }) => {
  const names = readdirSync(COURSE).map((name) => name.replace(/\.md$/, ""));
  assert.equal(await page.locator("ol a").count(), names.length);
  await page.getByRole("link", { name: "Root has no access unless the key policy says so" }).click();
  await page.getByRole("heading", { level: 2, name: "The user who may do everything" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Try this lesson in the KMS Playground" }).getAttribute("href"), "../#/learn/root-has-no-access/1");
  await page.goto(url);
  await page.getByRole("link", { name: "The lessons can be read without it." }).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  journey(`a lesson to read is accessible and fits into 320 px, ${colorScheme}`, { path: "lessons/an-envelope-byte-by-byte.html", state: null, context: { ...SMALL, colorScheme } }, async ({ page }) => {
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    await assertAccessible(page);
  });
}
