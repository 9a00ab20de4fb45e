// Worlds as links and files: what is in them, how they open, and what becomes of damaged ones.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { assertAccessibleInBoth } from "./axe.mjs";
import { reaches } from "./browser.mjs";
import { journey } from "./journey.mjs";
import { kept, offered } from "./stored.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const clock = (page) => page.locator("time.now").getAttribute("datetime");
const count = (page) => page.locator(".history .last b").innerText();
const dialog = (page) => page.getByRole("dialog", { name: "Share this world" });
const link = (page) => dialog(page).getByLabel(/^The link, /).inputValue();
const unfolded = (link) => inflateRawSync(Buffer.from(link.split("/s/1.")[1], "base64url").subarray(8)).toString();

/** Does `steps` in a browser of somebody else. */
async function elsewhere(page, address, steps) {
  const other = await page.context().browser().newContext();
  try {
    const opened = await other.newPage();
    await opened.goto(address);
    await reaches(opened, "ready");
    await steps(opened);
  } finally {
    await other.close();
  }
}

journey("a link without key material is the same world with fresh keys, and leaves the other's own world alone", async ({ page }) => {
  await button(page, "+1 y").click();
  await page.getByRole("link", { name: "Rotation", exact: true }).click();
  await button(page, "Share").press("Enter");
  const told = await dialog(page).innerText();
  for (const shown of ["2 accounts", "2 keys", "0 grants", `the clock, at ${await clock(page)}`, "the view you are in", "draws fresh key material"]) {
    assert.ok(told.includes(shown), `${shown} is not in: ${told}`);
  }
  await assertAccessibleInBoth(page);
  const address = await link(page);
  assert.match(address, /#\/s\/1\.[\w-]+$/);
  const content = JSON.parse(unfolded(address));
  assert.deepEqual([content.fresh, content.place.view, content.world.state.inputs], [true, "#/rotation", []]);
  assert.ok(content.world.state.start.entropy.seed.every((byte) => byte === 0));
  await elsewhere(page, address, async (other) => {
    await other.getByText("You are in the world of a link. Your own world waits").waitFor();
    assert.deepEqual([await clock(other), await count(other)], [await clock(page), "0/0"]);
    assert.match(other.url(), /#\/rotation$/, "the link is not opened again by a reload");
    await button(other, "Keep this world").click();
    await other.getByText("You are in the world of a link").waitFor({ state: "detached" });
    await kept(other, 0);
    await button(other, "Worlds").click();
    const worlds = other.getByRole("dialog", { name: "Your worlds" });
    await worlds.getByText("From a link").waitFor();
    await worlds.getByText("My world", { exact: true }).waitFor();
  });
});

journey("a link with key material is the world itself, with its history", async ({ page }) => {
  await button(page, "+1 d").click();
  await button(page, "Share").click();
  await dialog(page).getByLabel("Put the key material in too").press("Space");
  await dialog(page).getByText("Whoever has the link has these keys").waitFor();
  const address = await link(page);
  assert.ok(address.length <= 8000, `${address.length}`);
  const content = JSON.parse(unfolded(address));
  assert.ok(content.world.state.start.entropy.seed.some((byte) => byte !== 0));
  await elsewhere(page, address, async (other) => {
    assert.deepEqual([await clock(other), await count(other)], [await clock(page), "5/5"]);
    await button(other, "Back to my own world").click();
    assert.equal(await count(other), "4/4");
  });
});

journey("a damaged or later link is refused with the reason and a way on", async ({ page, url }) => {
  await button(page, "Share").click();
  const address = await link(page);
  for (const [damaged, words] of [
    [address.slice(0, -1), "it was cut short or changed on its way"],
    [address.replace(/.$/, (last) => (last === "A" ? "B" : "A")), "it was cut short or changed on its way"],
    [address.replace("/s/1.", "/s/9."), "it was made by a later version"],
    [`${url}#/s/hello`, "this is not a world that somebody shared"],
  ]) {
    await elsewhere(page, damaged, async (other) => {
      await other.getByText(`The shared world could not be opened: ${words}`).waitFor();
      await other.getByText("Your own world is as you left it.").waitFor();
      await other.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
      assert.equal(await count(other), "4/4");
    });
  }
});

journey("a link that was made by the first version opens, also in a page that is open already", async ({ page, url }) => {
  const text = readFileSync(new URL("../data/shares/1-with-material.link", import.meta.url), "utf8").trim();
  await page.evaluate((text) => { location.hash = `#/s/${text}`; }, text);
  await page.getByText("You are in the world of a link").waitFor();
  assert.deepEqual([await clock(page), await count(page)], ["2030-04-11T00:00:00Z", "14/14"]);
});

/** A world with so much sent in it that it fits into no link. */
function large() {
  const saved = JSON.parse(readFileSync(new URL("../data/worlds/saved-1-with-history.json", import.meta.url), "utf8"));
  const [alias] = JSON.stringify(saved).match(/alias\/[\w-]+/);
  for (let nth = 0; nth < 60; nth++) {
    const Plaintext = createHash("sha512").update(`${nth}`).digest("base64") + createHash("sha512").update(`${nth}.`).digest("base64");
    const body = JSON.stringify({ KeyId: alias, Plaintext: Buffer.from(Plaintext).toString("base64") });
    saved.state.inputs.push({ Call: { caller: "arn:aws:iam::111122223333:user/Administrator", region: "us-east-1", target: "TrentService.Encrypt", body } });
  }
  return JSON.stringify(saved);
}

journey("a world that is too large for a link is handed on as a file, which is dropped or chosen", {
  before: (page) => page.addInitScript((text) => localStorage.setItem("kms-playground/world", text), large()),
}, async ({ page }) => {
  await button(page, "Share").click();
  await dialog(page).getByLabel("Put the key material in too").check();
  await dialog(page).getByText("As a link it would have").waitFor();
  const { name, text } = await offered(page, () => button(page, "Save as a file").click());
  assert.equal(name, "world.kmsworld");
  await elsewhere(page, page.url(), async (other) => {
    await button(other, "Worlds").click();
    await other.getByLabel("A file with worlds").setInputFiles({ name: "world.kmsworld", mimeType: "text/plain", buffer: Buffer.from(text) });
    await other.getByText("You are in the world of a link").waitFor();
    assert.equal(await clock(other), "2030-04-11T00:00:00Z");
  });
  await elsewhere(page, page.url(), async (other) => {
    const files = await other.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "world.kmsworld"));
      return transfer;
    }, text);
    await other.locator(".frame").dispatchEvent("drop", { dataTransfer: files });
    await other.getByText("You are in the world of a link").waitFor();
    assert.equal(await clock(other), "2030-04-11T00:00:00Z");
  });
});
