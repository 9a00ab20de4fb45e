// The console: any operation by form and by text, run as anybody, with all that led to its answer.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";
import { kept, stored } from "./stored.mjs";

const path = "#/console";

const button = (page, name, exact = true) => page.getByRole("button", { name, exact });
const send = (page) => page.getByRole("button", { name: /^Send as/ }).click();
const json = (page) => page.getByLabel("JSON", { exact: true });
const answer = (page) => page.getByRole("complementary", { name: "Answer" });
const says = (page, text) => answer(page).getByText(text).first().waitFor();
const tab = (page, name) => page.getByRole("tab", { name }).click();

/** Goes to an operation, and starts from an example of it. */
async function attempt(page, url, operation, example) {
  await page.goto(`${url}#/console/${operation}`);
  await page.getByRole("heading", { level: 1, name: operation }).waitFor();
  await button(page, example).click();
}

const wide = { viewport: { width: 1440, height: 900 } };
journey("on a wide screen its panes scroll, and the page does not", { path, context: wide }, async ({ page }) => {
  const [long, high] = await page.evaluate(() => [document.documentElement.scrollHeight, innerHeight]);
  assert.equal(long, high);
});

journey("the first request succeeds, and every part of it can be looked at", { path }, async ({ page }) => {
  await says(page, "Nothing sent yet");
  await send(page);
  await says(page, "200 OK");
  await says(page, "Passed all eleven stages");
  assert.match(page.url(), /#\/console\/GenerateDataKey\/5$/);

  await tab(page, "Stages");
  assert.equal(await answer(page).locator(".stages .passed").count(), 11);
  await tab(page, "Reasons");
  await says(page, "Enable IAM User Permissions");
  await says(page, "decided");
  await tab(page, "Crypto");
  await says(page, /^derive, SP 800-108/);
  await tab(page, "Wire");
  await says(page, /X-Amz-Target: TrentService.GenerateDataKey/);
  await says(page, /Authorization: AWS4-HMAC-SHA256 Credential=ASIA/);
  await says(page, /x-amzn-RequestId: /);
  await tab(page, "Audit");
  await says(page, /"eventName": "GenerateDataKey"/);
});

journey("form and text are the same request, both ways", { path: "#/console/Encrypt" }, async ({ page }) => {
  await json(page).fill('{"KeyId": "alias/invoices", "Plaintext": "AP8="}');
  assert.equal(await page.getByLabel("KeyId required").inputValue(), "alias/invoices");
  await page.getByText("2 bytes · text").waitFor({ state: "detached" });
  await page.getByLabel("Plaintext is given as").selectOption("hex");
  assert.equal(await page.getByLabel("Plaintext required").inputValue(), "00 ff");
  await page.getByLabel("Plaintext required").fill("6869");
  assert.equal(JSON.parse(await json(page).inputValue()).Plaintext, "aGk=");
  await page.getByText("2 bytes · text hi · base64 aGk=").waitFor();

  await button(page, "Add a pair to EncryptionContext").click();
  await page.getByLabel("EncryptionContext: name 1").fill("tenant");
  await page.getByLabel("EncryptionContext: value 1").fill("7");
  await page.getByLabel("DryRun").selectOption("true");
  await page.getByLabel("Pick a value for KeyId").selectOption({ index: 1 });
  const request = JSON.parse(await json(page).inputValue());
  assert.match(request.KeyId, /^alias\//);
  assert.deepEqual({ ...request, KeyId: 0 }, { DryRun: true, EncryptionContext: { tenant: "7" }, KeyId: 0, Plaintext: "aGk=" });

  await json(page).fill('{\n  "KeyId": “alias/orders”\n}');
  await page.getByText("Not JSON yet, line 2, column 12").waitFor();
  assert.match(await page.getByLabel("KeyId required").inputValue(), /^alias\//);
});

journey("limits show beside the field before anything is sent", { path: "#/console/ScheduleKeyDeletion" }, async ({ page }) => {
  await page.getByText("Still missing: keyId.").waitFor();
  await page.getByLabel("PendingWindowInDays").fill("366");
  await page.getByText("Member must have value less than or equal to 365").waitFor();
  await json(page).fill('{"KeyId": "", "Nonsense": 1}');
  await page.getByText("Member must have length greater than or equal to 1").waitFor();
  await json(page).fill('{"KeyId": "x", "Nonsense": 1}');
  await page.getByText("KMS will ignore Nonsense").waitFor();
});

journey("nested members, lists of choices and lists of structures are drawn", { path: "#/console/CreateGrant" }, async ({ page }) => {
  await page.getByLabel("Decrypt", { exact: true }).check();
  await page.getByLabel("GenerateDataKey", { exact: true }).check();
  await button(page, "Add Constraints").click();
  await button(page, "Add a pair to EncryptionContextSubset").click();
  await page.getByLabel("EncryptionContextSubset: name 1").fill("tenant");
  assert.deepEqual(JSON.parse(await json(page).inputValue()), {
    Constraints: { EncryptionContextSubset: { tenant: "" } }, Operations: ["Decrypt", "GenerateDataKey"],
  });
  await page.getByLabel("Search operations").fill("tags to a key");
  await button(page, "TagResource").click();
  await button(page, "Add to Tags").click();
  await page.getByLabel("TagKey required").fill("team");
  await page.getByLabel("TagValue required").fill("billing");
  assert.deepEqual(JSON.parse(await json(page).inputValue()), { Tags: [{ TagKey: "team", TagValue: "billing" }] });
});

journey("a refusal says what it means, why it came here and what to do", { path: "#/console/CreateKey" }, async ({ page }) => {
  await send(page);
  await says(page, "400 AccessDeniedException");
  await says(page, "Stopped at authorize, stage 7 of 11");
  await says(page, "The caller may not do this with that.");
  await says(page, /No statement of the key policy or of the caller's own policies allows/);
  await says(page, "Act as somebody who may");
  await page.getByLabel("Acting as").selectOption({ label: "user/KMSKeyAdmin 111122223333" });
  await send(page);
  await says(page, "200 OK");
});

journey("secrets are masked until they are asked for, also on the wire", { path }, async ({ page, url }) => {
  await attempt(page, url, "Decrypt", "what was just encrypted for tenant 7");
  await send(page);
  await says(page, "200 OK");
  assert.doesNotMatch(await answer(page).innerText(), /aGVsbG8=|hello/);
  await tab(page, "Wire");
  assert.doesNotMatch(await answer(page).innerText(), /aGVsbG8=/);
  await button(page, "reveal").click();
  await says(page, /"Plaintext": "aGVsbG8="/);
  await tab(page, "Answer");
  await says(page, "Plaintext · 5 bytes, as text");
  await says(page, "hello");
});

journey("an example makes what it needs, and undo takes each step back", { path }, async ({ page, url }) => {
  await attempt(page, url, "Verify", "the signature of “hello”");
  await send(page);
  await says(page, '"SignatureValid": true');
  assert.match(page.url(), /#\/console\/Verify\/7$/);
  await button(page, "↶ Undo").click();
  await page.getByRole("heading", { level: 1, name: "Sign" }).waitFor();
  assert.match(page.url(), /#\/console\/Sign\/6$/);
  await button(page, "↷ Redo").click();
  await page.getByRole("heading", { level: 1, name: "Verify" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Verify" }).waitFor();
});

journey("an address shows its step without moving the world", { path: "#/console/CreateAlias/2" }, async ({ page }) => {
  await says(page, "Step 2 of 4");
  await says(page, "The world stands at step 4.");
  assert.match(await json(page).inputValue(), /alias\/orders/);
  await button(page, "Go to this step").click();
  await page.getByText("2/4").waitFor();
});

journey("operations of AWS that are not here are said to be so, and refused by name", { path }, async ({ page }) => {
  const absent = page.locator(".operations .many .absent");
  if (await absent.count() === 0) return;
  await absent.first().click();
  await page.getByText("AWS has this operation; this build of the playground does not.").waitFor();
});

journey("keyboard alone sends a request and reads its tabs", { path }, async ({ page }) => {
  await json(page).focus();
  await page.keyboard.press("Control+Enter");
  await says(page, "200 OK");
  await page.getByRole("tab", { name: "Answer" }).focus();
  for (const name of ["Stages", "Reasons", "Crypto", "Wire", "Audit", "Answer"]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.querySelector("kms-playground").shadowRoot.activeElement.innerText), name);
  }
});

/** Watches how long the page's thread is busy at a time. */
const watchTasks = (page) => page.addInitScript(() => {
  globalThis.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, entry.duration);
  }).observe({ type: "longtask" });
});

journey("while an RSA key of 4,096 bits is made the page stays responsive", { path, before: watchTasks }, async ({ page, url }) => {
  page.setDefaultTimeout(100_000);
  await attempt(page, url, "CreateKey", "an RSA key of 4,096 bits that signs");
  await page.evaluate(() => { globalThis.longest = 0; });
  await send(page);
  await says(page, "Making an RSA key of 4,096 bits");
  await page.getByLabel("Search operations").fill("sign");
  await says(page, '"KeySpec": "RSA_4096"');
  const longest = await page.evaluate(() => globalThis.longest);
  // A key takes seconds; what checks and shows it must not.
  assert.ok(longest < 250, `the page stood still for ${longest} ms`);
  // Written down with the world, so that opening it again does not make the key again.
  await kept(page);
  const beside = (await stored(page)).records.find(({ number }) => number === -2);
  // In base64, and sealed.
  assert.ok(beside.bytes.length / 2 > 3000, "the key is kept beside the world");
});

journey("cancelling leaves the world as it was", { path }, async ({ page, url }) => {
  await attempt(page, url, "CreateKey", "an RSA key of 4,096 bits that signs");
  const before = await page.locator(".history .last").innerText();
  await send(page);
  await button(page, "Cancel").click();
  await page.getByText("Making an RSA key of").waitFor({ state: "detached" });
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".history .last").innerText(), before);
  await json(page).fill("{}");
  await send(page);
  await says(page, '"KeySpec": "SYMMETRIC_DEFAULT"');
});

journey("a key is the same with a worker and without; the page says when it had to stand still", { path }, async ({ page, url }) => {
  page.setDefaultTimeout(100_000);
  const make = async (page) => {
    await attempt(page, url, "GenerateDataKeyPair", "RSA, 2,048 bits");
    await send(page);
    await says(page, '"KeyPairSpec": "RSA_2048"');
    return JSON.parse(await answer(page).locator("pre").first().innerText()).PublicKey;
  };
  const withWorker = await make(page);
  await button(page, "↶ Undo").click();
  // What is undone is stored until something else is done, and would be made again with the world.
  await button(page, "+1 h").click();
  await kept(page);
  await page.evaluate(() => new Promise((resolve) => {
    indexedDB.open("kms-playground").onsuccess = ({ target: { result: db } }) => {
      const writing = db.transaction("records", "readwrite");
      writing.objectStore("records").openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (cursor?.key[1] === -2) cursor.delete();
        cursor?.continue();
      };
      writing.oncomplete = () => (db.close(), resolve());
    };
  }));

  const other = await page.context().newPage();
  other.setDefaultTimeout(100_000);
  await other.addInitScript(() => delete globalThis.Worker);
  await other.goto(url + path);
  await reaches(other, "ready");
  assert.equal(await make(other), withWorker);
  await other.getByText("so the page stood still while the key was made").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 900, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing in the console, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path, context }, async ({ page, url }) => {
      await assertAccessible(page);
      await attempt(page, url, "Decrypt", "what was just encrypted for tenant 7");
      await send(page);
      await says(page, "200 OK");
      for (const name of ["Stages", "Reasons", "Crypto", "Wire", "Audit", "Answer"]) {
        await tab(page, name);
        await assertAccessible(page);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
      }
      await attempt(page, url, "CreateGrant", "OrdersApp may encrypt and decrypt");
      await button(page, "Add Constraints").click();
      await assertAccessible(page);
      await attempt(page, url, "Decrypt", "with another context, which is refused");
      await send(page);
      await says(page, "InvalidCiphertextException");
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
    });
  }
}
