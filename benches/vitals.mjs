// How soon the built site shows and answers in a browser slowed down four times. Prints lines of a name, the middle of
// five visits (or as many as are told) and how far they are apart, in milliseconds: `node benches/vitals.mjs [visits]`.

import { browser, reaches } from "../tests/e2e/browser.mjs";
import { answers, slowest } from "../tests/e2e/inp.mjs";
import { serve } from "../tests/e2e/serve.mjs";
import { slowestKey } from "../tests/e2e/typing.mjs";

const VISITS = Number(process.argv[2] ?? 5);
const SLOWDOWN = 4;

const button = (page, name) => page.locator(".view:not([hidden])").getByRole("button", { name }).first();
const moment = (page) => page.waitForTimeout(200);

/** Clicks, one after the other, each when the one before has been answered. */
const clicks = (...found) => async (page) => {
  for (const find of found) {
    await find(page).click();
    await moment(page);
  }
};
const times = (count, find) => Array(count).fill(find);

// What is measured of each view: its address, and what somebody does there.
const INTERACTIONS = [
  ["lessons, a lesson opened and paged", "#/learn", clicks(
    (page) => page.getByRole("link", { name: /Why not just Encrypt/ }).first(),
    ...times(3, (page) => button(page, "Next ▶")))],
  ["envelope, a file sealed and walked through", "#/envelope", clicks(
    (page) => button(page, /^Encrypt$/), ...times(4, (page) => button(page, /^Next/)))],
  ["console, a request sent and its parts looked at", "#/console", clicks(
    (page) => button(page, /^Send as/),
    ...["Stages", "Reasons", "Crypto", "Wire"].map((name) => (page) => page.getByRole("tab", { name })))],
  ["console, an RSA key of 4,096 bits made", "#/console/CreateKey", async (page) => {
    await clicks((page) => button(page, "an RSA key of 4,096 bits that signs"), (page) => button(page, /^Send as/))(page);
    await page.getByLabel("Search operations").pressSequentially("sign", { delay: 100 });
    await page.getByText('"KeySpec": "RSA_4096"').waitFor({ timeout: 120_000 });
  }],
  ["rotation, looked about and a year passed", "#/rotation", clicks(
    (page) => button(page, "Look farther"), (page) => button(page, "Look closer"),
    (page) => page.getByRole("button", { name: "+1 y", exact: true }), (page) => page.getByRole("button", { name: "↶ Undo" }))],
  ["services, five moves of a walk", "#/services/s3", clicks(...times(5, (page) => button(page, "Do it")))],
  ["limits, figures changed and a quota typed", "#/limits/create-loop", async (page) => {
    await page.getByLabel("Figures", { exact: true }).selectOption("classic");
    await moment(page);
    await page.getByLabel("a second", { exact: true }).click();
    for (const key of ["End", "Backspace", "5", "0"]) {
      await page.keyboard.press(key);
      await moment(page);
    }
  }],
  ["audit, a record opened", "#/audit", clicks((page) => page.locator(".trail li").first().getByRole("button"))],
  ["exam, a question answered", "#/exam/4711/10/1", async (page) => {
    await page.getByRole("radio").nth(3).waitFor();
    await page.keyboard.press("2");
    await moment(page);
    await page.keyboard.press("Enter");
  }],
];

// What a click leads to: its address, what is clicked, and what is on the page when it is there.
const WAYS = [
  ["a lesson", "#/learn", (page) => page.getByRole("link", { name: /Why not just Encrypt/ }).first(), ".learn.lesson .items"],
  ["a text encrypted", "#/envelope", (page) => button(page, /^Encrypt$/), ".view:not([hidden]) .player"],
];

const site = await serve();
const chromium = await browser();
const found = new Map();
const note = (name, value) => found.set(name, [...found.get(name) ?? [], value]);

async function visit(path, act, slowFromTheStart = false) {
  const context = await chromium.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  if (slowFromTheStart) {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  }
  await page.goto(site.url + path);
  const value = await act(page);
  await context.close();
  return value;
}

/** The page as a person waits for it: its first paint, its first picture, and when all is there. */
async function arrival(page) {
  const picture = await page.evaluate(() => new Promise((resolve) => {
    const look = () => document.querySelector("kms-playground").shadowRoot?.querySelector("h1")
      ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))) : requestAnimationFrame(look);
    look();
  }));
  await reaches(page, "ready");
  note("page, all of it there", await page.evaluate(() => performance.now()));
  note("page, first picture", picture);
  note("page, first paint", await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
}

/** From a click on what `find` finds to the picture that it leads to, as soon as `there` says so inside the page. */
const led = (find, there) => async (page) => {
  await reaches(page, "ready");
  const pressed = await find(page).elementHandle();
  return pressed.evaluate((pressed, there) => new Promise((resolve) => {
    const root = document.querySelector("kms-playground").shadowRoot;
    const clicked = performance.now();
    const look = () => root.querySelector(there)
      ? setTimeout(() => resolve(performance.now() - clicked)) : requestAnimationFrame(look);
    requestAnimationFrame(look);
    pressed.click();
  }), there);
};

/** A page of somebody else, who loads the element when its reader clicks. */
const embedded = (page) => page.evaluate((source) => new Promise((resolve) => {
  document.body.replaceChildren();
  const asked = document.body.appendChild(Object.assign(document.createElement("button"), { textContent: "Try it" }));
  asked.onclick = async () => {
    const clicked = performance.now();
    await import(source);
    const element = document.body.appendChild(document.createElement("kms-playground"));
    const look = () => element.shadowRoot?.querySelector("h1")
      ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - clicked))) : requestAnimationFrame(look);
    look();
  };
  asked.click();
}), `${site.url}element.js`);

for (let visits = 0; visits < VISITS; visits += 1) {
  await visit("", arrival, true);
  // A page of the same host without the playground in it.
  note("embed, from click to first picture", await visit("icon.svg", async (page) => {
    await page.route("**/elsewhere.html", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Elsewhere</title>" }));
    await page.goto(`${site.url}elsewhere.html`);
    return embedded(page);
  }, true));
  for (const [name, path, find, there] of WAYS) {
    note(`from click to picture, ${name}`, await visit(path, led(find, there), true));
  }
  for (const [name, path, act] of INTERACTIONS) {
    note(`INP, ${name}`, await visit(path, async (page) => {
      await reaches(page, "ready");
      return slowest(await answers(page, () => act(page), SLOWDOWN));
    }));
  }
  note("INP, policy, keys typed into it", await visit("#/policy", async (page) => {
    await reaches(page, "ready");
    return slowestKey(page, SLOWDOWN);
  }));
}
await chromium.close();
await site.close();

for (const [name, values] of found) {
  values.sort((a, b) => a - b);
  console.log([name, values[VISITS >> 1].toFixed(0), (values.at(-1) - values[0]).toFixed(0)].join("\t"));
}
