// Services: walks, requests of one's own, what is stored, and what stops without a key.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";

const wide = { viewport: { width: 1440, height: 900 } };
const dark = { viewport: { width: 1440, height: 900 }, colorScheme: "dark" };
const narrow = { viewport: { width: 320, height: 640 } };

const told = (page) => page.getByRole("region", { name: "What happened" });
const stored = (page) => page.getByRole("complementary", { name: "What is stored" });

async function walk(page, moves) {
  for (let made = 1; made <= moves; made += 1) {
    await page.getByText(`A walk, move ${made} of`).waitFor();
    await page.getByRole("button", { name: "Do it" }).press("Enter");
  }
  await page.getByText(new RegExp(`A walk, move ${moves + 1} of|The walk is done`)).waitFor();
}

journey("an object in S3 is encrypted under a data key that KMS gives to whoever asks", { path: "#/services/s3", context: wide }, async ({ page }) => {
  await walk(page, 3);
  await told(page).getByText("KMS was asked once.").waitFor();
  await told(page).getByText("kms:Decrypt").waitFor();
  await told(page).getByText("s3.us-east-1.amazonaws.com").waitFor();
  await told(page).getByText("aws:s3:arn = arn:aws:s3:::media/film.txt").waitFor();
  assert.match(await told(page).locator(".came pre").innerText(), /"Body": "The first scene\."/);
  await stored(page).getByText("The data key, wrapped").waitFor();
  await page.getByRole("button", { name: "What would stop?" }).first().click();
  await told(page).getByText("stops at once: KMS.DisabledException").first().waitFor();
  await page.getByRole("button", { name: "Disable the key now" }).first().click();
  await page.getByRole("button", { name: "Enable it again" }).waitFor();
  await stored(page).getByText("Disabled").first().waitFor();
});

journey("a refusal that a service met opens in the Policy view", { path: "#/services/s3", context: wide }, async ({ page }) => {
  await walk(page, 4);
  await told(page).getByText("403 AccessDenied").waitFor();
  await told(page).getByRole("link", { name: "Why, in Policy" }).click();
  await page.getByRole("heading", { level: 1, name: /KMSKeyAdmin of account 111122223333 wanted kms:Decrypt.*through s3\.us-east-1/ }).waitFor();
  await page.goBack();
  await told(page).getByText("403 AccessDenied").waitFor();
});

journey("something of one's own is asked, and what is wrong with it is told", { path: "#/services/s3", context: wide }, async ({ page }) => {
  await walk(page, 1);
  await page.getByLabel("Ask it yourself").selectOption("PutObject");
  await page.getByLabel("Key", { exact: true }).fill("own.txt");
  await page.getByLabel("Body", { exact: true }).fill("something of my own");
  await page.getByLabel(/^SSEKMSEncryptionContext/).fill("tenant");
  await page.getByText("SSEKMSEncryptionContext is like tenant=7, stage=test.").waitFor();
  await page.getByLabel(/^SSEKMSEncryptionContext/).fill("tenant=7");
  await page.getByRole("button", { name: /^Ask as / }).press("Enter");
  await told(page).getByText("tenant = 7").waitFor();
  await stored(page).getByText("own.txt").first().waitFor();
});

journey("then and now stand side by side, and the world does as the chosen rules say", { path: "#/services/s3", context: wide }, async ({ page }) => {
  const changes = page.getByRole("region", { name: "Then and now" });
  const row = (title) => changes.getByRole("listitem").filter({ has: page.getByRole("heading", { level: 3, name: title }) });
  const here = (title, when) => row(title).locator("dl > div").filter({ hasText: when }).getByText("so here");
  await here("SSE-C in a new bucket", "Today").waitFor();
  assert.equal(await here("SSE-C in a new bucket", "About 2019").count(), 0);
  await changes.getByRole("button", { name: "classic" }).press("Enter");
  await here("SSE-C in a new bucket", "About 2019").waitFor();
  assert.equal(await here("SSE-C in a new bucket", "Today").count(), 0);
  await here("Which objects have a data key by KMS", "Today").waitFor();
  await row("Which objects have a data key by KMS").getByText("So here by both rules.").waitFor();
  await page.getByLabel("Ask it yourself").selectOption("CreateBucket");
  await page.getByLabel("Bucket", { exact: true }).fill("older");
  await page.getByLabel(/^ServerSideEncryption/).selectOption("");
  await page.getByLabel(/^SSEKMSKeyId/).fill("");
  await page.getByRole("button", { name: /^Ask as / }).press("Enter");
  await told(page).getByText("The bucket “older” does not encrypt unless a request says so.").waitFor();
  await changes.getByRole("button", { name: "today" }).press("Enter");
  await here("An object that nobody asks to encrypt", "Today").waitFor();
  await page.getByRole("navigation", { name: "Services around KMS" }).getByRole("link", { name: "Firehose" }).press("Enter");
  await row("What it is called").getByText("Names and advice").waitFor();
});

journey("every service walks to its end", { path: "#/services", context: wide }, async ({ page }) => {
  const links = page.getByRole("navigation", { name: "Services around KMS" }).getByRole("link");
  const names = await links.allTextContents();
  assert.equal(names.length, 9);
  for (const name of names) {
    await links.filter({ hasText: name }).first().press("Enter");
    await page.getByText("A walk, move 1 of").waitFor({ timeout: 3000 }).catch(() => assert.fail(`no walk for ${name}`));
    for (let moves = 0; moves < 40 && !(await page.getByText("The walk is done").isVisible()); moves += 1) {
      await page.getByRole("button", { name: "Do it" }).click();
      assert.equal(await page.getByText("This world has not the people").count(), 0, name);
    }
    await page.getByText("The walk is done").waitFor();
  }
});

for (const [name, context] of [["wide and light", wide], ["wide and dark", dark], ["narrow", narrow]]) {
  journey(`the Services view is accessible, ${name}`, { path: "#/services/s3", context }, async ({ page }) => {
    await walk(page, 9);
    await assertAccessible(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(width <= 0, `${width} px too wide`);
  });
}
