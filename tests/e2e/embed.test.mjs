// Playgrounds in somebody else's page: attributes, methods, events, and what they leave alone.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { assertAccessible } from "./axe.mjs";
import { inHost } from "./host.mjs";
import { journey } from "./journey.mjs";
import { DIST } from "./serve.mjs";

const LESSON = "why-not-just-encrypt";
const ADMINISTRATOR = "arn:aws:iam::111122223333:user/Administrator";

/** `element.ready` of the element with that id, or of the first. */
const ready = (page, id) => page.evaluate((id) => (id ? document.getElementById(id) : document.querySelector("kms-playground")).ready, id);
const inside = (page, id) => page.locator(`#${id}`);

test("the loader is below 6 kB with gzip and has no dependencies", () => {
  const seen = new Map();
  const load = (name) => {
    if (seen.has(name)) return;
    const text = readFileSync(join(DIST, name), "utf8");
    seen.set(name, gzipSync(text, { level: 9 }).length);
    for (const [, imported] of text.matchAll(/^import[^;]*?from "([^"]+)";/gms)) {
      assert.match(imported, /^\.\//);
      load(imported);
    }
  };
  load("element.js");
  const sum = [...seen.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(sum <= 6000, `${sum} bytes: ${JSON.stringify([...seen])}`);
});

test("the element is typed", () => {
  const compiler = fileURLToPath(new URL("../clients/node_modules/.bin/tsc", import.meta.url));
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "", "embed.ts"];
  const { status, stdout } = spawnSync(compiler, options, { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

inHost("five elements on one page share one program, and each has a world of its own", () =>
  [1, 2, 3, 4, 5].map((it) => `<kms-playground id="p${it}" loading="eager" seed="${it % 2}" view="console" height="500"></kms-playground>`).join(""),
async ({ page }) => {
  const wasm = [];
  page.on("request", (request) => request.url().endsWith(".wasm") && wasm.push(request.url()));
  await page.reload();
  const worlds = await page.evaluate(async () => {
    const all = [...document.querySelectorAll("kms-playground")];
    await Promise.all(all.map((it) => it.ready));
    await all[0].ask({ verb: "exchange", method: "POST", target: "/", headers: [["x-amz-target", "TrentService.CreateKey"], ["authorization", "AWS4-HMAC-SHA256 Credential=AKIA111122223333ADMI/20300101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00"]], body: "{}" });
    return Promise.all(all.map((it) => it.exportState()));
  });
  assert.equal(new Set(wasm).size, wasm.length, "a file was fetched twice");
  assert.notEqual(worlds[0], worlds[2], "a step in one is none in another");
  assert.equal(worlds[2], worlds[4], "the same seed, the same bytes");
  assert.notEqual(worlds[1], worlds[2], "another seed, other bytes");
  assert.equal(await page.evaluate(() => document.querySelectorAll("[data-state=ready]").length), 5);
});

/** Attributes, and what has to show. */
const ATTRIBUTES = [
  [`lesson="${LESSON}" step="2"`, async (it) => it.getByText("page 2 of").waitFor()],
  [`view="policy"`, async (it) => it.locator('nav a[aria-current="page"]', { hasText: "Policy" }).waitFor()],
  [`theme="dark"`, async (it) => assert.equal(await it.evaluate((e) => getComputedStyle(e).colorScheme), "dark")],
  [`theme="light"`, async (it) => assert.equal(await it.evaluate((e) => getComputedStyle(e).colorScheme), "light")],
  [`controls="none"`, async (it) => assert.equal(await it.locator("header.bar").isVisible() || await it.locator("footer.clock").isVisible(), false)],
  [`controls="minimal"`, async (it) => {
    assert.equal(await it.locator("header.bar nav").isVisible(), false);
    assert.equal(await it.locator(".history").isVisible(), true);
  }],
  [`controls="views history"`, async (it) => {
    assert.equal(await it.locator("header.bar nav").isVisible(), true);
    assert.equal(await it.locator(".turns").isVisible(), false);
  }],
  [`height="333"`, async (it) => assert.equal((await it.boundingBox()).height, 333)],
  [`height="20rem"`, async (it) => assert.equal((await it.boundingBox()).height, 320)],
  [``, async (it) => assert.equal((await it.boundingBox()).height, 640)],
  [`seed="7"`, async (it) => it.getByText("2030-01-01 00:00:00Z").waitFor()],
  [`state='{"format": "kms-playground world file", "version": 1, "start": "2031-05-06T00:00:00Z"}'`, async (it) => it.getByText("2031-05-06 00:00:00Z").waitFor()],
  [`state="${Buffer.from('{"format": "kms-playground world file", "version": 1, "start": "2032-05-06T00:00:00Z"}').toString("base64url")}"`, async (it) => it.getByText("2032-05-06 00:00:00Z").waitFor()],
  [`state="worlds/one.json"`, async (it) => it.getByText("2033-05-06 00:00:00Z").waitFor()],
  [`state="{}"`, async (it) => it.getByText("cannot be opened").waitFor()],
  [`lesson="no-such"`, async (it) => it.getByText("a lesson or a view that there is not").waitFor()],
  // A task about traffic, and one of requests.
  ...["ten-thousand-views-a-second", "turn-the-key-off"].map((lesson) => [`readonly lesson="${lesson}" step="8"`, async (it) => {
    const task = it.getByRole("region", { name: "Your turn" });
    await task.getByText("allows no requests of your own").waitFor();
    await task.getByRole("button", { name: "Solution" }).click();
    await task.locator(".card pre").first().waitFor();
    assert.equal(await task.getByRole("textbox").count(), 0);
    assert.deepEqual((await task.getByRole("button").allInnerTexts()).filter((name) => !name.startsWith("Hint")), ["Solution"]);
  }]),
  [`readonly view="console"`, async (it) => {
    assert.equal(await it.locator(".turns").isVisible(), false);
    await it.getByRole("button", { name: /^Send as/ }).click();
    await it.getByText("allows no requests of your own").waitFor();
    await it.getByText("4/4").waitFor();
  }],
];
inHost("every attribute does what EMBED.md says", () => ATTRIBUTES.map(([attributes], at) => `<kms-playground id="a${at}" loading="eager" ${attributes}></kms-playground>`).join(""), {
  files: () => ({ "/worlds/one.json": { type: "application/json", body: '{"format": "kms-playground world file", "version": 1, "start": "2033-05-06T00:00:00Z"}' } }),
}, async ({ page }) => {
  await page.evaluate(() => Promise.all([...document.querySelectorAll("kms-playground")].map((it) => it.ready)));
  for (const [at, [attributes, check]] of ATTRIBUTES.entries()) {
    await check(inside(page, `a${at}`)).catch((reason) => assert.fail(`${attributes}: ${reason.message}`));
  }
});

inHost("an element that is far away, or waits for a click, fetches nothing", (url) =>
  `<kms-playground id="click" loading="click"><p>What it is. <a href="${url}">Its page.</a></p></kms-playground><p>${"<br>".repeat(200)}</p><kms-playground id="far"></kms-playground>`,
async ({ page }) => {
  const fetched = [];
  page.on("request", (request) => fetched.push(request.url()));
  await page.waitForTimeout(300);
  assert.deepEqual(fetched.filter((url) => url.endsWith(".wasm")), []);
  await page.getByText("What it is.").waitFor();
  await page.getByRole("button", { name: "Start the KMS Playground" }).click();
  await ready(page, "click");
  assert.equal(await inside(page, "far").getAttribute("data-state"), "waiting");
  await inside(page, "far").scrollIntoViewIfNeeded();
  await ready(page, "far");
});

inHost("methods and events tell what the core recorded", () => `<kms-playground id="it" loading="eager" seed="1" lesson="${LESSON}"></kms-playground>`, async ({ page }) => {
  const told = await page.evaluate(async ([lesson, administrator]) => {
    const it = document.getElementById("it");
    const events = [];
    const names = ["ready", "step", "decision", "result", "error", "resize"];
    for (const name of names) document.addEventListener(`kms-${name}`, ({ detail, composed }) => events.push([name, detail, composed]));
    await it.ready;
    const places = [await it.next(), await it.prev(), await it.load(lesson, 3), await it.goto(2), await it.goto("console"), await it.goto("#/policy/4")];
    const refusals = [];
    for (const call of [() => it.load("no-such"), () => it.goto("nowhere"), () => it.importState("{"), () => it.ask({ verb: "explode" }), () => it.ask({}), () => it.runAssertions(), () => it.credentials("nobody")()]) {
      await call().then(() => refusals.push("done"), ({ name, code }) => refusals.push(`${name} ${code}`));
    }
    const saved = await it.exportState();
    const handler = it.requestHandler();
    const { accessKeyId } = await it.credentials(administrator)();
    const send = (operation, body) => handler.handle({ method: "POST", path: "/", headers: { "x-amz-target": `TrentService.${operation}`, authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20300101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00` }, body: JSON.stringify(body) });
    const answers = [await send("Encrypt", { KeyId: "alias/orders", Plaintext: "aGVsbG8=" }), await send("Encrypt", { KeyId: "alias/none", Plaintext: "aGVsbG8=" })];
    const after = await it.ask({ verb: "place" });
    await it.importState(saved);
    const back = await it.exportState();
    const again = await it.reset();
    const assertions = await it.runAssertions();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { places: places.map(({ address, view, lesson, step }) => [address, view, lesson, step]), refusals, same: back === saved, statuses: answers.map(({ response }) => response.statusCode), after, again: again.address, assertions, events };
  }, [LESSON, ADMINISTRATOR]);
  assert.deepEqual(told.places, [
    [`#/learn/${LESSON}/2`, "learn", LESSON, 2], [`#/learn/${LESSON}/1`, "learn", LESSON, 1], [`#/learn/${LESSON}/3`, "learn", LESSON, 3],
    [`#/learn/${LESSON}/2`, "learn", LESSON, 2], ["#/console/GenerateDataKey", "console", null, 4], ["#/policy/4", "policy", null, 4],
  ]);
  assert.deepEqual(told.refusals, ["no-such-lesson", "no-such-place", "damaged-state", "malformed", "malformed", "no-lesson", "no-such-principal"].map((code) => `KmsError ${code}`));
  assert.deepEqual([told.same, told.statuses, told.again], [true, [200, 400], `#/learn/${LESSON}/1`]);
  assert.deepEqual([told.after.address, told.after.world.step], ["#/policy/6", 6]);
  assert.deepEqual([told.assertions.lesson, told.assertions.passed, told.assertions.findings], [LESSON, true, []]);
  const of = (name) => told.events.filter(([event]) => event === name).map(([, detail]) => detail);
  assert.ok(told.events.every(([, , composed]) => composed));
  assert.deepEqual(of("error"), []);
  assert.equal(of("ready")[0].address, `#/learn/${LESSON}/1`);
  assert.ok(of("step").length >= 6 && of("resize").length >= 1);
  const own = of("result").filter(({ step }) => step);
  assert.deepEqual(own.map(({ step, label, as, outcome }) => [step, label, as, outcome.fault?.kind ?? null]), [
    [5, "Encrypt", ADMINISTRATOR, null], [6, "Encrypt", ADMINISTRATOR, "NotFoundException"],
  ]);
  assert.equal(own[0].outcome.stages.length, 11, "with every stage");
  assert.deepEqual(of("decision").filter(({ step }) => step).map(({ step, decision }) => [step, decision.verdict]), [[5, "Allowed"]]);
  assert.ok(of("result").some(({ lesson, page }) => lesson === LESSON && page >= 1), "and those of the lesson's pages");
});

inHost("attributes are followed when they change", () => `<kms-playground id="it" loading="eager" lesson="${LESSON}" step="1"></kms-playground>`, async ({ page }) => {
  await ready(page);
  const set = (attributes) => page.evaluate((attributes) => Object.entries(attributes).forEach(([name, value]) => document.getElementById("it").setAttribute(name, value)), attributes);
  await set({ step: 3 });
  await inside(page, "it").getByText("page 3 of").waitFor();
  await set({ lesson: "an-envelope-byte-by-byte", step: 2 });
  await inside(page, "it").getByText("Lesson 2 · page 2 of").waitFor();
  await set({ theme: "dark" });
  await page.locator('#it[data-theme="dark"]').waitFor();
  await set({ view: "audit" });
  await inside(page, "it").locator('nav a[aria-current="page"]', { hasText: "Audit" }).waitFor();
  const told = page.evaluate(() => new Promise((resolve) => document.addEventListener("kms-error", ({ detail }) => resolve(detail.code), { once: true })));
  await set({ lesson: "no-such" });
  assert.equal(await told, "no-such-lesson");
});

inHost("a world goes on when its element is moved, taken away and put back, or made anew with its id", () => `<main><kms-playground id="it" loading="eager"></kms-playground></main><aside></aside>`, { policy: () => "" }, async ({ page }) => {
  await ready(page);
  const clock = () => inside(page, "it").locator("time.now").getAttribute("datetime");
  await inside(page, "it").getByRole("button", { name: "+1 d" }).click();
  await inside(page, "it").getByRole("link", { name: "Audit", exact: true }).click();
  const then = await clock();
  await page.evaluate(() => document.querySelector("aside").append(document.getElementById("it")));
  assert.equal(await clock(), then);
  for (const again of [
    () => { const it = document.getElementById("it"); it.remove(); setTimeout(() => document.querySelector("main").append(it), 50); },
    () => { const html = document.getElementById("it").outerHTML; document.querySelector("main").replaceChildren(); document.querySelector("main").append(document.createRange().createContextualFragment(html)); },
  ]) {
    await page.evaluate(`(${again})()`);
    await page.locator('#it[data-state="ready"]').waitFor();
    assert.equal(await clock(), then);
    await inside(page, "it").locator('nav a[aria-current="page"]', { hasText: "Audit" }).waitFor();
  }
});

inHost("the page keeps its wheel, its keys, its focus and its place", () => `<input id="mine" autofocus><kms-playground id="it" loading="eager" lesson="${LESSON}" step="3" height="400"></kms-playground><p id="below">Below</p>${"<br>".repeat(100)}`, async ({ page }) => {
  const top = () => page.evaluate(() => document.getElementById("below").getBoundingClientRect().top + scrollY);
  const before = await top();
  await ready(page);
  await page.waitForTimeout(300);
  assert.equal(await top(), before, "what is below has moved");
  assert.equal(await page.evaluate(() => document.activeElement.id), "mine");
  await page.evaluate(() => document.getElementById("it").next());
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate(() => document.activeElement.id), "mine", "the focus after a step that the page made");
  await page.mouse.move(300, 300);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction(() => scrollY > 100);
  assert.equal(await page.evaluate(() => document.getElementById("it").shadowRoot.querySelector("[part=root]").scrollTop), 0);
  const contents = inside(page, "it").getByRole("link", { name: "Learn", exact: true });
  await contents.click();
  await inside(page, "it").getByRole("heading", { name: "A whole AWS KMS, in this tab" }).waitFor();
});

/** A line that “Embed this” writes, by the heading above it. */
const snippet = (page, name) => page.locator(".snippet", { has: page.getByText(name, { exact: true }) }).locator("pre").innerText();

journey("“Embed this” writes what shows, with the hash of the element's script", { path: `#/learn/${LESSON}/2` }, async ({ page, url }) => {
  await page.getByRole("button", { name: "Embed this in a page of your own" }).click();
  const hash = `sha384-${createHash("sha384").update(readFileSync(join(DIST, "element.js"))).digest("base64")}`;
  await page.getByText(hash).waitFor();
  assert.equal(await snippet(page, "In HTML"), [
    `<link rel="stylesheet" href="${url}element.css">`,
    `<script type="module" src="${url}element.js" integrity="${hash}" crossorigin="anonymous"></script>`,
    `<kms-playground lesson="${LESSON}" step="2">`,
    `  <a href="${url}#/learn/${LESSON}/2">Why not just Encrypt?, in the KMS Playground</a>`,
    "</kms-playground>",
  ].join("\n"));
  assert.equal(await snippet(page, "In HTML, as a frame: where the page allows no script of ours"), `<iframe src="${url}embed.html?lesson=${LESSON}&amp;step=2" title="Why not just Encrypt?, in the KMS Playground" width="100%" height="640" loading="lazy"></iframe>`);
  assert.equal(await snippet(page, "In Markdown, as a link"), `[Why not just Encrypt?, in the KMS Playground](${url}#/learn/${LESSON}/2)`);
  assert.equal(await snippet(page, "In mdBook, with the preprocessor"), `\`\`\`kms-lesson\nlesson: ${LESSON}\nstep: 2\n\`\`\``);
  await page.getByRole("checkbox", { name: /with this world as it is/ }).check();
  await page.getByRole("button", { name: "Download kms-world.json" }).waitFor();
  assert.match(await snippet(page, "In HTML"), / state="kms-world\.json"/);
  await assertAccessible(page);
});

inHost("what “Embed this” writes loads with its hash, and is accessible", () => "", {
  files: (url) => ({ "/hashed.html": { body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title><link rel="icon" href="${url}icon.svg"><link rel="stylesheet" href="${url}element.css"><script type="module" src="${url}element.js" integrity="sha384-${createHash("sha384").update(readFileSync(join(DIST, "element.js"))).digest("base64")}" crossorigin="anonymous"></script></head><body><main><h1>Ours</h1><kms-playground lesson="${LESSON}" step="2"><a href="${url}">Its page</a></kms-playground></main></body></html>` } }),
}, async ({ page, origin }) => {
  const other = await page.context().newPage();
  await other.goto(`${origin}/hashed.html`);
  await ready(other);
  await assertAccessible(other);
  assert.ok(await other.evaluate(() => document.querySelector("kms-playground").shadowRoot.querySelector("h1")));
});
