// The envelope view: a file goes in, its envelope comes out, opens again tomorrow, and does not when something is wrong.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertAccessible } from "./axe.mjs";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";

const path = "#/envelope";

const button = (page, name, exact = true) => page.getByRole("button", { name, exact });
const title = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const says = (page, text) => page.locator(".say").getByText(text).waitFor();

async function encrypt(page) {
  await button(page, "Encrypt").click();
  await title(page, "One small request; your file stays here");
  await page.locator(".segments .after").nth(9).waitFor();
}

async function experiment(page, name, exact = true) {
  await encrypt(page);
  await button(page, "Break it ▾").click();
  await button(page, name, exact).click();
}

async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, name).click()]);
  const folder = await mkdtemp(join(tmpdir(), "kms-envelope-"));
  try {
    await file.saveAs(join(folder, "file"));
    return { name: file.suggestedFilename(), bytes: await readFile(join(folder, "file")) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const choose = (page, files) => page.getByLabel("File or envelope").setInputFiles(files);

journey("the sample is sealed and walked through by keyboard alone", { path }, async ({ page }) => {
  await encrypt(page);
  await page.locator(".stage").focus();
  for (let step = 0; step < 7; step++) await page.keyboard.press("ArrowRight");
  await title(page, "The data key comes back twice");
  await says(page, "KMS returns the data key twice: once in the clear, once wrapped.");
  assert.match(page.url(), /#\/envelope\/7$/);
  await page.keyboard.press("End");
  await title(page, "What you keep is the envelope");
  await page.keyboard.press("Home");
  await title(page, "One small request; your file stays here");
  await page.keyboard.press("?");
  await page.getByText("Home End first and last").waitFor();
  await page.keyboard.press("Space");
  await button(page, "⏸ pause").waitFor();
  await page.keyboard.press("Space");
  await button(page, "▶ play").waitFor();
  await page.goBack();
  await title(page, "What you keep is the envelope");
});

journey("every byte has one name, and its step is one click away", { path }, async ({ page }) => {
  await encrypt(page);
  await page.keyboard.press("Tab");
  await button(page, "step 8 of 11, return").click();
  const legend = page.getByRole("list", { name: "What the bytes are" });
  const runs = await legend.getByRole("button").allInnerTexts();
  assert.deepEqual(runs.map((run) => run.replace(/\s+/g, " ")),
    ["format 2", "key material id 32", "nonce of the per-call key 16", "IV 12", "ciphertext 32", "tag 16"]);
  await legend.getByRole("button", { name: "nonce" }).click();
  await button(page, "made in step 6, derive →").click();
  await title(page, "A key for this call only");
});

journey("the data key is masked until it is asked for", { path }, async ({ page }) => {
  await encrypt(page);
  await button(page, "step 5 of 11, draw").click();
  const hex = page.getByRole("group", { name: "Offset, hexadecimal and text" });
  assert.doesNotMatch(await hex.innerText(), /\b[0-9a-f]{2} [0-9a-f]{2}\b/);
  await button(page, "reveal").click();
  assert.match(await hex.innerText(), /\b[0-9a-f]{2} [0-9a-f]{2}\b/);
});

journey("the envelope opens again in a fresh page, to the byte", { path }, async ({ page, url }) => {
  const bytes = Buffer.from("Dear diary,\nnobody reads this.\n");
  await choose(page, { name: "diary.txt", mimeType: "text/plain", buffer: bytes });
  await page.getByText("diary.txt").first().waitFor();
  await encrypt(page);
  await button(page, "step 11 of 11, store").click();
  const envelope = await download(page, "Download the envelope");
  assert.equal(envelope.name, "diary.txt.kmsenvelope");
  assert.equal(envelope.bytes.subarray(0, 8).toString(), "KMSENV1\n");
  assert.equal(envelope.bytes.includes("nobody reads"), false);
  // The world is written down a moment after it changed.
  await page.waitForTimeout(600);

  const tomorrow = await page.context().newPage();
  await tomorrow.goto(url + path);
  await reaches(tomorrow, "ready");
  await choose(tomorrow, { name: envelope.name, mimeType: "", buffer: envelope.bytes });
  await title(tomorrow, "The envelope says how to open it");
  await button(tomorrow, "step 11 of 11, file").click();
  await tomorrow.getByText("nobody reads this.").first().waitFor();
  const file = await download(tomorrow, "Download the file");
  assert.equal(file.name, "diary.txt");
  assert.deepEqual(file.bytes, bytes);
});

journey("one flipped byte stops the story at unwrap", { path }, async ({ page }) => {
  await experiment(page, "Flip it and open");
  await title(page, "The tag says no");
  await page.getByText("InvalidCiphertextException", { exact: true }).waitFor();
  await button(page, "step 7 of 11, unwrap, failed").waitFor();
  await button(page, "Open the untouched envelope").click();
  await button(page, "step 11 of 11, file").click();
  await title(page, "Your file is back");
});

journey("a flipped byte of the file stops it at the file, one of the header at reading or there", { path }, async ({ page }) => {
  await encrypt(page);
  await button(page, "Break it ▾").click();
  await page.getByLabel("of the").selectOption("encrypted file");
  await button(page, "Flip it and open").click();
  await title(page, "The file does not open");
  await page.getByText("is not authentic").first().waitFor();

  await button(page, "Break it ▾").click();
  await page.getByLabel("of the").selectOption("envelope header");
  await page.getByLabel("byte", { exact: true }).fill("13");
  await button(page, "Flip it and open").click();
  await title(page, "The envelope cannot be read");
});

journey("another encryption context does not open it", { path }, async ({ page }) => {
  await experiment(page, "Say doc=invoice-0198");
  await title(page, "The tag says no");
  await page.getByText("InvalidCiphertextException", { exact: true }).waitFor();
});

journey("another key does not open it", { path }, async ({ page }) => {
  await experiment(page, "Open with alias/invoices");
  await title(page, "This key has no such material");
  await page.getByText("IncorrectKeyException", { exact: true }).waitFor();
});

journey("a disabled key refuses, and opens again once it is put right", { path }, async ({ page }) => {
  await experiment(page, "Disable the key");
  await title(page, "The key may not be used now");
  await page.getByText("DisabledException", { exact: true }).waitFor();
  await button(page, "Put it right", false).click();
  await button(page, "step 11 of 11, file").click();
  await title(page, "Your file is back");
});

journey("a key about to be deleted refuses", { path }, async ({ page }) => {
  await experiment(page, "Schedule its deletion");
  await page.getByText("KMSInvalidStateException", { exact: true }).waitFor();
});

journey("after a rotation the old version still opens the old envelope", { path }, async ({ page }) => {
  await experiment(page, "Rotate the key");
  await says(page, "The ciphertext names key material v1 of alias/orders.");
  await button(page, "step 11 of 11, file").click();
  await title(page, "Your file is back");
});

journey("KMS itself takes 4,096 bytes and not one more", { path }, async ({ page }) => {
  await page.getByLabel("Acting as").selectOption({ label: "user/Developer 111122223333" });
  await button(page, "A text").click();
  await button(page, "4,097 bytes").click();
  await button(page, "Let KMS encrypt it").click();
  await page.getByText("ValidationException", { exact: true }).waitFor();
  await button(page, "New").click();
  await button(page, "4,096 bytes").click();
  await button(page, "Let KMS encrypt it").click();
  await button(page, "step 7 of 7, return").click();
  await button(page, "Decrypt it again").click();
  await button(page, "step 7 of 7, return").click();
  await title(page, "Your text comes back");
});

journey("a big file can be stopped", { path }, async ({ page }) => {
  // Made in the page: a test may not hand over so much.
  await page.evaluate(() => {
    const file = new File([new Uint8Array(200_000_000)], "big.bin");
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const frame = document.querySelector("kms-playground").shadowRoot.querySelector(".frame");
    frame.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await page.getByText("big.bin").first().waitFor();
  await button(page, "Encrypt").click();
  await button(page, "step 9 of 11, seal", false).click();
  await button(page, "Cancel").click();
  await page.getByText("You stopped after").first().waitFor();
});

journey("a file that is too large is refused with the figure", { path }, async ({ page }) => {
  await page.evaluate(() => {
    const part = new Uint8Array(30_000_000);
    const transfer = new DataTransfer();
    transfer.items.add(new File(Array.from({ length: 10 }, () => part), "huge.bin"));
    const frame = document.querySelector("kms-playground").shadowRoot.querySelector(".frame");
    frame.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await page.getByRole("alert").getByText("huge.bin has 300 MB. This page takes files up to 256 MB").waitFor();
});

journey("a damaged envelope says what is wrong, where, and what to do", { path }, async ({ page }) => {
  await choose(page, { name: "cut.kmsenvelope", mimeType: "", buffer: Buffer.from("KMSENV1\n\x00\x00\x01\x00{}") });
  await title(page, "The envelope cannot be read");
  await page.getByText("The file ends inside its header: got 14 bytes, expected at least 268.", { exact: true }).waitFor();
  await page.getByText("Get the file again from where it was kept.").waitFor();
});

journey("a context with a name twice or without a name says so beside the field", { path }, async ({ page }) => {
  await page.getByLabel("Name of pair 2").fill("tenant");
  await page.getByText("This name is there already.").waitFor();
  assert.equal(await button(page, "Encrypt").isDisabled(), true);
  await page.getByLabel("Name of pair 2").fill("");
  await page.getByText("A pair needs a name.").waitFor();
  await button(page, "Remove pair 2").click();
  assert.equal(await button(page, "Encrypt").isDisabled(), false);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 900, 320]) {
    const context = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" };
    journey(`axe finds nothing, ${colorScheme} at ${width} pixels, and nothing scrolls sideways`, { path, context }, async ({ page }) => {
      await assertAccessible(page);
      await experiment(page, "Flip it and open");
      await title(page, "The tag says no");
      for (const tab of ["Do it yourself", "Wire", "Bytes"]) {
        await page.getByRole("tab", { name: tab }).click();
        await assertAccessible(page);
      }
      await button(page, "Break it ▾").click();
      await button(page, "As a table").click();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways");
    });
  }
}
