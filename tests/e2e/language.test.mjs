// The page in other languages: one that people speak, and two that show what a language would break.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";

const VIEWS = ["", "#/learn/why-not-just-encrypt/1", "#/exam", "#/envelope/0", "#/policy", "#/rotation", "#/services", "#/limits", "#/console/Encrypt", "#/audit"];

/** The page begins in that language, as if it had been chosen on an earlier visit. */
const speaking = (tag) => ({
  before: (page) => page.addInitScript((tag) => localStorage.setItem("kms-playground/language", tag), tag),
});

/** The first moves of a walk through a service, so that there is something that it did and something that it stores. */
async function walk(page) {
  for (let moves = 1; moves <= 3; moves++) {
    await page.locator(".walk .btn.main").click();
    await page.waitForURL(new RegExp(`/${4 + moves}$`));
  }
}

async function open(page, address) {
  await page.evaluate((address) => { location.hash = address; }, address);
  await page.waitForTimeout(300);
}

journey("a language is chosen in the help, keeps the world, and is there again next time", {
  // It is opened a second time.
  allow: [/^request after load/],
}, async ({ page }) => {
  await page.getByRole("button", { name: "+1 d" }).click();
  const clock = await page.locator(".clock .now").innerText();
  await page.getByRole("button", { name: "Help and differences from AWS" }).click();
  await page.getByRole("combobox", { name: "Language" }).selectOption("de");
  await page.getByRole("heading", { level: 1, name: "Ein ganzes AWS KMS in diesem Tab" }).waitFor();
  assert.equal(await page.locator(".clock .now").innerText(), clock, "the world is another one");
  assert.equal(await page.locator(".frame").getAttribute("lang"), "de");
  await assertAccessible(page);
  // The world is written down a moment after it has changed.
  await page.waitForTimeout(500);
  await page.reload();
  await reaches(page, "ready");
  await page.getByRole("heading", { level: 1, name: "Ein ganzes AWS KMS in diesem Tab" }).waitFor();
  await page.getByRole("link", { name: "Umschlag", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Wo ist welches Geheimnis, und wann?" }).waitFor();
});

journey("a language that cannot be fetched leaves the page in English, and says so", {
  ...speaking("de"),
  before: async (page) => {
    await speaking("de").before(page);
    await page.route("**/languages/de.json", (route) => route.fulfill({ status: 404 }));
  },
  allow: [/404/],
}, async ({ page }) => {
  await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
  await page.getByText("The language of this page could not be fetched, so it is in English.").waitFor();
});

// In the pseudo-language every letter of a message has an accent: a plain word is one that nobody can translate.
journey("every word that the page says can be translated, and a third more of them have room", {
  ...speaking("qps-ploc"),
  context: { viewport: { width: 390, height: 800 } },
}, async ({ page }) => {
  await page.locator(".frame[lang='qps-ploc']").waitFor();
  const plain = {};
  for (const view of VIEWS) {
    await open(page, view);
    if (view === "#/services") await walk(page);
    for (const text of await page.evaluate(plainTexts)) (plain[view || "#/learn"] ??= []).push(text);
    await fits(page, view);
  }
  assert.deepEqual(plain, {});
});

for (const width of [320, 390, 1200]) {
  journey(`from right to left nothing is cut off at ${width} pixels`, {
    ...speaking("qps-plocm"),
    context: { viewport: { width, height: 800 } },
  }, async ({ page }) => {
    await page.locator(".frame[dir='rtl']").waitFor();
    for (const view of VIEWS) {
      await open(page, view);
      await fits(page, view);
    }
    const side = (selector) => page.locator(selector).first().evaluate((it) => {
      const { left, right } = it.getBoundingClientRect();
      return left + right > innerWidth ? "right" : "left";
    });
    assert.equal(await side(".bar .name"), "right", "the name is where a line begins");
    if (width === 1200) {
      await open(page, "#/envelope/0");
      assert.equal(await side(".envelope .left"), "right", "the story comes before the picture");
    }
    assert.equal(await page.locator(".envelope svg").first().evaluate((it) => getComputedStyle(it).direction), "ltr");
  });
}

/** Nothing sticks out, on either side: what does so on the left of a page cannot even be scrolled to. */
async function fits(page, view) {
  const [wide, width] = await page.evaluate(() => {
    const frame = document.querySelector("kms-playground").shadowRoot.querySelector(".frame");
    return [Math.max(document.documentElement.scrollWidth, frame.scrollWidth), innerWidth];
  });
  assert.ok(wide <= width, `${view}: ${wide} pixels wide on a screen of ${width}`);
}

/** Runs in the page: visible texts with plain words that are no names of AWS, of people, of keys or of files. */
function plainTexts() {
  // The terms of older texts are those of English texts.
  const data = "code, pre, kbd, textarea, .mono, [translate='no'], [lang]:not(.frame), .pages .aside strong";
  // Names are the same in every language: of services, of operations, of the people, keys and buckets of the world.
  const names = new Set(("AWS KMS JSON RSA AES GCM HSM SHA HMAC CDN API DynamoDB CloudTrail CloudWatch EventBridge Firehose Kinesis "
    + "Athena Glue S3 EBS RDS Amazon media Encrypt Decrypt Sign Verify root OrdersApp Enabled Disabled tenant doc utf").split(" "));
  const isName = (word) => names.has(word) || /[\d:/_.$-]/.test(word) || /[a-z][A-Z]|[A-Z]{2}/.test(word);
  const root = document.querySelector("kms-playground").shadowRoot;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (walker.nextNode()) {
    const { data: text, parentElement: around } = walker.currentNode;
    if (!around?.checkVisibility?.() || around.closest(data) || around.closest("style")) continue;
    const words = text.split(/[\s“”"'’(),;!?=…·→⟦⟧]+/).filter((word) => /[A-Za-z]{3}/.test(word) && !isName(word));
    if (words.length > 0) found.add(text.trim());
  }
  return [...found];
}
