// Lessons in the page: found, read, and taken on into the sandbox.

import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journey } from "./journey.mjs";

/** Sends every request of the solution, until the task is done. */
async function solve(page) {
  await page.getByRole("button", { name: "Solution" }).click();
  const requests = page.getByRole("button", { name: "Put it into the form" });
  for (let nth = 0; nth < await requests.count(); nth++) {
    await requests.nth(nth).click();
    await page.getByRole("button", { name: "Send" }).click();
  }
  await page.locator(".task").getByText("Done", { exact: true }).waitFor();
}

journey("the front page leads to the envelope and to every lesson, and back goes one step back", async ({ page }) => {
  await page.getByRole("link", { name: /Encrypt a file of your own/ }).click();
  await page.getByRole("heading", { level: 1, name: "Where is each secret, and when?" }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: /Why not just Encrypt/ }).click();
  await page.getByRole("heading", { level: 1, name: "A key that stays inside" }).waitFor();
  assert.match(page.url(), /#\/learn\/why-not-just-encrypt\/1$/);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
});

journey("what lessons are about narrows the list down, and the same once more shows all", async ({ page }) => {
  const cards = page.locator("ol a.lesson-card");
  const topics = page.getByRole("group", { name: "What lessons are about" });
  await page.locator(".course-progress").waitFor();
  const all = await cards.count();
  for (const topic of await topics.getByRole("button").all()) {
    const count = Number(await topic.locator(".count").innerText());
    assert.ok(count > 0, await topic.innerText());
    await topic.click();
    await page.getByText(`${count} of ${all} lessons and challenges.`).waitFor();
    assert.equal(await cards.count(), count);
    assert.equal(await topics.locator("[aria-pressed=true]").count(), 1);
  }
  await topics.locator("[aria-pressed=true]").click();
  assert.equal(await cards.count(), all);
});

journey("a card names another account, and reads a policy out of its string", { path: "#/learn/two-accounts-must-say-yes/1" }, async ({ page }) => {
  const card = (operation) => page.locator(".exchange").filter({ has: page.getByText(operation, { exact: true }) });
  await card("GenerateDataKey").getByText("account 444455556666 in us-east-1").waitFor();
  assert.equal(await card("CreateKey").getByText(/^account/).count(), 0);
  await page.getByRole("button", { name: "Next ▶" }).click();
  const policy = card("PutKeyPolicy").locator("pre").nth(1);
  await card("PutKeyPolicy").getByText("Policy, read out of its string").waitFor();
  assert.equal(JSON.parse(await policy.innerText()).Statement.length, 2);
});

journey("a wrong answer shows which one is right", { path: "#/learn/administrators-are-not-users/2" }, async ({ page }) => {
  const question = page.locator(".ask").first();
  assert.equal(await question.locator(".right").count(), 0);
  await question.getByRole("radio").first().check();
  await question.getByText("Not quite").waitFor();
  assert.match(await question.locator(".right").innerText(), /^It is refused\./);
});

journey("no page of a lesson scrolls sideways at 320 px", {
  path: "#/learn/an-envelope-byte-by-byte/2", context: { viewport: { width: 320, height: 700 } },
}, async ({ page }) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

for (const [id, number, card] of [
  ["imported-material-runs-out", 2, ".exchange"],
  ["ten-thousand-views-a-second", 7, ".counted-traffic"],
  ["whose-quota-is-it", 2, ".left-over"],
  ["what-it-costs", 2, ".bytes-table tfoot"],
  ["logs-for-another-account", 4, ".flow-of"],
  ["turn-the-key-off", 5, ".flow-of"],
]) {
  journey(`what ${id} looks at fits into 320 px`, {
    path: `#/learn/${id}/${number}`, context: { viewport: { width: 320, height: 700 } },
  }, async ({ page }) => {
    await page.locator(".items").waitFor();
    for (let nth = 0; nth < await page.locator(".ask").count(); nth++) {
      await page.locator(".ask").nth(nth).getByRole("radio").first().check();
    }
    await page.locator(card).last().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  });
}

journey("lessons stand under the parts of the course, and traffic of a lesson leads to the load lab", async ({ page }) => {
  for (const name of ["Envelope", "Who may", "Keys and time", "Services", "Limits and cost"]) {
    await page.getByRole("heading", { level: 3, name, exact: true }).waitFor();
  }
  await page.getByRole("link", { name: /Ten thousand views a second/ }).click();
  await page.getByRole("button", { name: "Today's figures", exact: true }).click();
  await page.getByRole("link", { name: /A media site, by the older figures/ }).click();
  await page.getByRole("heading", { level: 1, name: "A media site, by the older figures" }).waitFor();
});

journey("a remedy that is no remedy is refused in words, and other traffic does not count", { path: "#/learn/ten-thousand-views-a-second/8" }, async ({ page }) => {
  const body = page.getByLabel("What is changed about the traffic, JSON");
  const send = page.getByRole("button", { name: "Send" });
  for (const [text, words] of [
    ['{ "cdn" }', /not a JSON object/],
    ['{ "miracle": true }', /unknown field `miracle`/],
    ['{ "attempts": 1, "increase": { "perSecond": 5000, "afterSeconds": 0 } }', /no more than the 5500/],
  ]) {
    await body.fill(text);
    await send.click();
    await page.getByRole("alert").getByText(words).waitFor();
  }
  await body.fill('{ "attempts": 1, "arrivals": { "constant": { "perSecond": 10 } } }');
  await send.click();
  await page.getByText("This is other traffic").waitFor();
  await body.fill('{ "attempts": 1, "cdn": { "hitPercent": 50 } }');
  await send.click();
  await page.getByText("The lab says so").waitFor();
});

journey("a lesson goes on in the sandbox, and one's own world comes back", { path: "#/learn" }, async ({ page }) => {
  const history = page.locator(".history .last");
  const before = await history.innerText();
  const goTo = (hash) => page.evaluate((hash) => { location.hash = hash; }, hash);
  const button = (name) => page.getByRole("button", { name });
  await goTo("#/learn/why-not-just-encrypt/7");
  await button("Continue in the sandbox").waitFor();
  assert.equal(await history.count(), 0, "the history of another world stands beside the lesson");
  await button("Continue in the sandbox").click();
  await page.getByText("You are in the world of the lesson").waitFor();
  assert.notEqual(await history.innerText(), before);
  await button("Back to my own world").click();
  await goTo("#/learn");
  await page.waitForFunction((text) => document.querySelector("kms-playground").shadowRoot.querySelector(".history .last")?.innerText === text, before);
});

journey("a request that cannot be sent says why", { path: "#/learn/why-not-just-encrypt/7" }, async ({ page }) => {
  const body = page.getByLabel("Request, JSON");
  await body.fill("{ \u201cKeyId\u201d: 1 }");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("SerializationException").first().waitFor();
  await body.fill('{ "KeyId": "${nobody}" }');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("nobody").waitFor();
});

journey("an address that means nothing leads to the front page and says so", { path: "#/learn/../../<script>" }, async ({ page }) => {
  await page.getByText("There is nothing at the address").waitFor();
  await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
});

journey("time and history: a rotation is a step, undone and done again, and outlives a reload", { allow: [/.*/] }, async ({ page }) => {
  const clock = page.locator("time.now");
  const start = await clock.innerText();
  await page.getByRole("button", { name: "+1 y" }).click();
  const later = await clock.innerText();
  assert.notEqual(later, start);
  await page.getByRole("button", { name: "Undo" }).click();
  assert.equal(await clock.innerText(), start);
  await page.getByRole("button", { name: "Redo" }).click();
  await page.waitForTimeout(600);
  await page.reload();
  await page.waitForSelector('kms-playground[data-state="ready"]');
  assert.equal(await clock.innerText(), later);
});

journey("a saved world that is damaged is put aside, not lost, and said", {
  before: (page) => page.addInitScript(() => localStorage.setItem("kms-playground/world", '{"format":"kms-playground world","version":1,"state":')),
}, async ({ page }) => {
  await page.getByText("could not be opened").waitFor();
  assert.match(await page.evaluate(() => localStorage.getItem("kms-playground/world-unreadable")), /"state":$/);
});

journey("without storage all works, and the page says what that means", {
  before: (page) => page.addInitScript(() => {
    for (const name of ["localStorage", "indexedDB"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }
  }),
}, async ({ page }) => {
  await page.getByText("This browser keeps nothing for this page.").waitFor();
});

journey("the search knows words of older notes, and leads to the page", async ({ page }) => {
  await page.getByRole("searchbox", { name: /Find a lesson/ }).fill("day key");
  await page.locator(".found").getByText("data key", { exact: true }).waitFor();
  await page.locator(".found").getByText("S-65").waitFor();
  await page.getByRole("link", { name: "Why not just Encrypt?, page 4" }).click();
  await page.getByRole("heading", { level: 1, name: "A key for the file" }).waitFor();
  await page.goBack();
  await page.getByRole("searchbox", { name: /Find a lesson/ }).fill("zzzz");
  await page.getByText("Nothing is found.").waitFor();
});

journey("every place that the study notes lead to exists", async ({ page }) => {
  await page.getByRole("button", { name: "The study notes, sentence by sentence" }).click();
  const links = page.locator(".reference .note-places a");
  await links.first().waitFor();
  const addresses = [...new Set(await links.evaluateAll((found) => found.map((link) => link.getAttribute("href"))))];
  assert.ok(addresses.length > 60, `${addresses.length} places`);
  for (const address of addresses) {
    // An address that means nothing is told of in the frame after it.
    await page.evaluate((hash) => new Promise((done) => {
      location.hash = hash;
      requestAnimationFrame(() => requestAnimationFrame(done));
    }), address);
    assert.equal(await page.getByText("There is nothing at the address").count(), 0, address);
  }
});

journey("a word is explained in its line", { path: "#/learn/an-envelope-byte-by-byte/1" }, async ({ page }) => {
  const word = page.getByRole("button", { name: "KMS key", exact: true }).first();
  await word.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("note").getByText("Also: CMK").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await page.getByRole("note").count(), 0);
});

journey("a challenge is solved in the sandbox, where it says what is so already", { path: "#/learn/six-days-left/2" }, async ({ page }) => {
  await page.getByRole("button", { name: "Do it in the sandbox" }).click();
  const told = page.locator(".visiting");
  await told.getByText("The volume can be attached in 30 days").waitFor();
  assert.equal(await told.locator(".holds").count(), 1);
  await told.getByRole("button", { name: "Back to the page" }).click();
  await page.getByRole("button", { name: "Hint 1 of" }).click();
  await solve(page);
  await page.getByRole("button", { name: "Do it in the sandbox" }).click();
  await told.getByText("Done", { exact: true }).waitFor();
  await told.getByRole("button", { name: "Begin again" }).click();
  await told.getByText("Not yet", { exact: true }).waitFor();
  await told.getByRole("button", { name: "Back to my own world" }).click();
  await told.waitFor({ state: "detached" });
});

journey("progress is kept, saved, opened elsewhere and forgotten", { path: "#/learn/six-days-left/2", allow: [/.*/] }, async ({ page }) => {
  await solve(page);
  await page.evaluate(() => { location.hash = "#/learn/grants/3"; });
  await page.getByText("page 3 of").waitFor();
  await page.reload();
  await page.waitForSelector('kms-playground[data-state="ready"]');
  await page.evaluate(() => { location.hash = "#/learn"; });
  await page.getByRole("link", { name: /Six days left\s*Done/ }).waitFor();
  await page.getByRole("link", { name: /Grants\s*Page 3 of 5/ }).waitFor();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save progress" }).click()]);
  const path = join(tmpdir(), `progress-${process.pid}.json`);
  await saved.saveAs(path);
  await page.getByRole("button", { name: "Forget it" }).click();
  await page.getByText("0 of").waitFor();
  const input = page.getByLabel("A file with progress");
  await input.setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{“format”: 1}") });
  await page.getByRole("alert").getByText("this is no progress that was saved here").waitFor();
  await input.setInputFiles(path);
  await page.getByText("1 of").waitFor();
});
