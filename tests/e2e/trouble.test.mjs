// What keeps the program from loading is told apart, each with what to do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { journey } from "./journey.mjs";
import { DIST } from "./serve.mjs";

const MAIN = "kms-playground_bg.wasm", REST = "kms-playground_rest.wasm", BINDINGS = "kms-playground.js";

const answer = (file, response) => (page) => page.route(`**/${file}`, (route) => route.fulfill(response));
const gone = (file) => answer(file, { status: 404, body: "gone" });
const half = (file) => {
  const bytes = readFileSync(join(DIST, file));
  return answer(file, { contentType: "application/wasm", body: bytes.subarray(0, bytes.length / 2) });
};
/** The page with another content security policy. */
const policy = (change) => (page) => page.route((url) => url.pathname.endsWith("/"), async (route) => {
  const response = await route.fetch();
  const headers = response.headers();
  await route.fulfill({ response, headers: { ...headers, "content-security-policy": change(headers["content-security-policy"]) } });
});
const offline = (file) => async (page) => {
  // The words for it come along with the program; a network that goes before them takes them with it.
  const words = page.waitForResponse(/\/trouble\.js$/).then((response) => response.finished());
  await page.route(`**/${file}`, async (route) => {
    await words;
    await page.context().setOffline(true);
    await route.abort("internetdisconnected");
  });
};
/** As Chromium says it; `rest` waits until the first file is in place. */
const noMemory = (page) => page.addInitScript(() => {
  WebAssembly.instantiateStreaming = async () => {
    throw new RangeError("WebAssembly.instantiateStreaming(): Out of memory: Cannot allocate Wasm memory for new instance");
  };
});

const PAGE = { contentType: "text/html", body: "<!doctype html><title>Welcome</title>" };
const NETWORK = /Failed to load resource|preload/;

// What breaks, how, what is said, what is to be done, and the complaints that belong to it.
const TROUBLES = [
  ["no WebAssembly", (page) => page.addInitScript(() => delete window.WebAssembly),
    /this browser has no WebAssembly, or it is turned off/, /Use a current Firefox/, [/preload/]],
  ["a policy without WebAssembly", policy((text) => text.replace(" 'wasm-unsafe-eval'", "")),
    /the content security policy of this page forbids it \(script-src\)/,
    /must also say:\s+Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'/, [/polic/i]],
  ["a policy without connections", policy((text) => text.replace("connect-src 'self'", "connect-src 'none'")),
    /the content security policy of this page forbids it \(connect-src\)/, /connect-src 'self'/, [/polic/i, NETWORK]],
  ["another page in place of the program", answer(MAIN, PAGE),
    /the server sends kms-playground_bg\.wasm as text\/html, not as application\/wasm/, /put no other page in their place/, [/MIME type/]],
  ["another page in place of the bindings", answer(BINDINGS, PAGE),
    /the server sends kms-playground\.js as text\/html, not as text\/javascript/, /Content-Type: text\/javascript/, [/module script|MIME/, NETWORK]],
  ["another page in place of the rest", answer(REST, PAGE),
    /the server sends kms-playground_rest\.wasm as text\/html/, /Content-Type: application\/wasm/, []],
  ["a program cut short", half(MAIN),
    /kms-playground_bg\.wasm arrived damaged or cut short, with [\d,]+ bytes/, /upload the folder again, whole/, []],
  ["a rest cut short", half(REST),
    /kms-playground_rest\.wasm arrived damaged or cut short, with [\d,]+ bytes/, /upload the folder again, whole/, []],
  ["files of two versions", (page) => page.route(`**/${MAIN}`, (route) => route.fulfill({ contentType: "application/wasm",
    // Imports a function `y` from a module `x`.
    body: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x78, 1, 0x79, 0, 0]) })),
    /its files do not fit together, as of different versions \(.*import/i, /Ctrl\+Shift\+R/, []],
  ["a device offline", offline("styles/tokens.css"), /this device is offline/, /Connect it to the internet, then reload/, [NETWORK]],
  ["a rest that came too late", offline(REST), /this device is offline/, /Connect it to the internet, then reload/, [NETWORK]],
  ["a host that is away", (page) => page.route(`**/${MAIN}`, (route) => route.abort("connectionrefused")),
    /127\.0\.0\.1:\d+ cannot be reached/, /If other pages load, an extension/, [NETWORK]],
  ["too little memory", noMemory, /there is not enough memory for it/, /Close other tabs and programs/, []],
  ["a missing program", gone(MAIN), /\/some\/path\/kms-playground_bg\.wasm answered 404/, /upload it again/, [NETWORK]],
  ["a missing rest", gone(REST), /\/some\/path\/kms-playground_rest\.wasm answered 404/, /upload it again/, [NETWORK]],
  ["missing bindings", gone(BINDINGS), /\/some\/path\/kms-playground\.js answered 404/, /upload it again/, [NETWORK]],
  ["a missing style sheet", gone("styles/tokens.css"), /\/some\/path\/styles\/tokens\.css answered 404/, /upload it again/, [NETWORK]],
];

for (const [what, breaking, said, remedy, allow] of TROUBLES) {
  journey(`${what} is told, with what to do`, { state: "failed", before: breaking, allow }, async ({ page }) => {
    const alert = page.getByRole("alert");
    const text = await alert.innerText();
    assert.match(text, said);
    assert.match(text, remedy);
    assert.equal(await page.locator("header.bar").count(), 0);
  });
}

for (const [what, before, said] of [
  ["a language", async () => {}, /^Der KMS Playground konnte nicht starten: \/some\/path\/kms-playground_bg\.wasm antwortete mit 404.*Laden Sie die Seite neu\./s],
  ["a language whose words are away too", gone("languages/de.json"), /^The KMS Playground could not start: .* answered 404/],
]) {
  journey(`what keeps the program from loading is told in ${what}`, {
    state: "failed", allow: [NETWORK], before: async (page) => {
      await page.addInitScript(() => localStorage.setItem("kms-playground/language", "de"));
      await gone(MAIN)(page);
      await before(page);
    },
  }, async ({ page }) => assert.match(await page.getByRole("alert").innerText(), said));
}

journey("a program of an unknown type comes up all the same", {
  before: (page) => page.route(`**/${MAIN}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-type": "application/octet-stream" } });
  }),
  allow: [/MIME type/],
}, async ({ page }) => {
  await page.getByRole("heading", { level: 1, name: "A whole AWS KMS, in this tab" }).waitFor();
});
