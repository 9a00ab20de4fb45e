// Playgrounds in frames, for pages that allow no script of another origin: the same methods and events by messages, and
// nothing for anybody else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inHost } from "./host.mjs";
import { DIST } from "./serve.mjs";

const LESSON = "why-not-just-encrypt";
const own = (name) => ({ type: "text/javascript", body: readFileSync(join(DIST, name), "utf8") });

inHost('mode="frame" has the methods and events of the element', () => `<kms-playground id="it" mode="frame" loading="eager" lesson="${LESSON}" seed="1" height="500"></kms-playground>`, async ({ page }) => {
  const told = await page.evaluate(async () => {
    const it = document.getElementById("it");
    const events = [];
    for (const name of ["ready", "step", "result"]) it.addEventListener(`kms-${name}`, ({ detail }) => events.push([name, detail]));
    await it.ready;
    const place = await it.next();
    const refused = await it.load("no-such").catch(({ name, code }) => `${name} ${code}`);
    const state = await it.exportState();
    await it.importState(state);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { place, refused, same: state === (await it.exportState()), names: [...new Set(events.map(([name]) => name))].sort() };
  });
  assert.deepEqual([told.place.lesson, told.place.step, told.refused, told.same], [LESSON, 2, "KmsError no-such-lesson", true]);
  assert.deepEqual(told.names, ["ready", "result", "step"]);
  await page.frameLocator("#it iframe").getByText("page 2 of").waitFor();
});

/** A host that allows frames of the playground and no script but its own. */
const framesOnly = (url) => `default-src 'none'; script-src 'self'; style-src ${new URL(url).origin}; frame-src ${new URL(url).origin}; require-trusted-types-for 'script'`;
const OWN_CLIENT = { policy: framesOnly, allow: [/element\.js/], files: () => ({ "/frame.js": own("frame.js"), "/client.js": own("client.js") }) };

inHost("a page with nothing but a copy of the client has the same methods", (url) => `<iframe src="${url}embed.html?lesson=${LESSON}&amp;seed=1" title="A lesson" width="900" height="500"></iframe>`, OWN_CLIENT, async ({ page }) => {
  const place = await page.evaluate(async () => {
    const { connect } = await import("/frame.js");
    const playground = await connect(document.querySelector("iframe"));
    const stepped = new Promise((resolve) => playground.addEventListener("kms-step", ({ detail }) => resolve(detail.step), { once: true }));
    const place = await playground.goto(3);
    return [place.lesson, place.step, await stepped];
  });
  assert.deepEqual(place, [LESSON, 3, 3]);
});

inHost("a frame whose author names other origins, and a window that is not around it, get no answer", (url) => `<iframe id="other" src="${url}embed.html?origins=https://other.example" title="Not for this page" width="600" height="300"></iframe><iframe id="open" src="${url}embed.html" title="For this page" width="600" height="300"></iframe>`, OWN_CLIENT, async ({ page, url }) => {
  await page.frameLocator("#other").locator('kms-playground[data-state="ready"]').waitFor();
  await page.frameLocator("#open").locator('kms-playground[data-state="ready"]').waitFor();
  const connect = ([id, origin]) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data.event);
    document.getElementById(id).contentWindow.postMessage({ kms: "connect", v: 1 }, origin, [port2]);
    setTimeout(() => resolve("no answer"), 500);
  });
  const origin = new URL(url).origin;
  assert.equal(await page.evaluate(connect, ["other", origin]), "no answer");
  assert.equal(await page.evaluate(connect, ["open", origin]), "ready");
  // Another frame of the page is not the window around it, although its origin is allowed.
  const sibling = page.frames().find((frame) => frame.url().includes("origins="));
  assert.equal(await sibling.evaluate((origin) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data.event);
    parent.frames[1].postMessage({ kms: "connect", v: 1 }, origin, [port2]);
    setTimeout(() => resolve("no answer"), 500);
  }), origin), "no answer");
});

inHost("two thousand messages that nobody meant are refused by name, and change nothing", (url) => `<iframe src="${url}embed.html?seed=1&amp;view=console" title="A console" width="900" height="500"></iframe>`, OWN_CLIENT, async ({ page, url }) => {
  await page.frameLocator("iframe").locator('kms-playground[data-state="ready"]').waitFor();
  const told = await page.evaluate(async (origin) => {
    const { port1, port2 } = new MessageChannel();
    const heard = [];
    let wake;
    port1.onmessage = ({ data }) => (heard.push(data), wake?.());
    const frame = document.querySelector("iframe").contentWindow;
    const until = (test) => new Promise((resolve) => { wake = () => test() && resolve(); wake(); });
    frame.postMessage({ kms: "connect", v: 1 }, origin, [port2]);
    await until(() => heard.some(({ event }) => event === "ready"));
    const ask = async (question) => {
      port1.postMessage({ v: 1, id: 1_000_000, ask: question });
      await until(() => heard.some(({ id }) => id === 1_000_000));
      const { answer } = heard.find(({ id }) => id === 1_000_000);
      heard.length = 0;
      return answer.value;
    };
    const before = [await ask({ verb: "exportState" }), JSON.stringify(await ask({ verb: "place" }))];
    // The same numbers every time.
    let seed = 7;
    const chance = (n) => ((seed = (seed * 1103515245 + 12345) % 2147483648), Math.floor((seed / 2147483648) * n));
    const cyclic = {};
    cyclic.self = cyclic;
    const odd = [null, undefined, true, -1, 1e308, NaN, "", "next", "x".repeat(5000), [], [[]], {}, cyclic, new Map([["verb", "reset"]]), new Date(), 10n, new Uint8Array(9), /x/, { verb: null }, { verb: "__proto__" }, { verb: "constructor" }, { verb: ["reset"] }, { verb: "next ", }, { verb: "Reset" }, { verb: "load" }, { verb: "load", lesson: 3 }, { verb: "load", lesson: "a".repeat(9000) }, { verb: "goto" }, { verb: "goto", to: "nowhere" }, { verb: "goto", to: {} }, { verb: "goto", to: -1 }, { verb: "goto", to: 1.5 }, { verb: "importState" }, { verb: "importState", state: {} }, { verb: "importState", state: "{}" }, { verb: "importState", state: "AAAA" }, { verb: "exchange" }, { verb: "exchange", method: "POST", target: "/", headers: "x", body: "" }, { verb: "theme", theme: "red" }];
    const pick = () => odd[chance(odd.length)];
    let sent = 0;
    for (let at = 0; at < 2000; at += 1) {
      const message = [() => pick(), () => ({ v: pick(), id: pick(), ask: pick() }), () => ({ v: 1, id: at, ask: pick() }), () => ({ v: 1, id: at, ask: { verb: pick(), to: pick(), lesson: pick() } }), () => ({ v: 1, id: pick(), ask: { verb: "reset" }, more: pick() }), () => ({ v: chance(5) + 2, id: at, ask: { verb: "reset" } })][chance(6)]();
      // The one question among them that may be answered.
      if (message?.v === 1 && Number.isSafeInteger(message.id) && ["next", "prev", "reset"].includes(message.ask?.verb)) continue;
      port1.postMessage(message);
      sent += 1;
      if (at % 10 === 0) {
        frame.postMessage(message, origin);
        frame.postMessage({ kms: "connect", v: pick() }, origin);
      }
    }
    await until(() => heard.length >= sent);
    const answers = heard.splice(0);
    const codes = [...new Set(answers.map(({ answer }) => answer?.error?.code ?? JSON.stringify(answer ?? "no answer")))].sort();
    const after = [await ask({ verb: "exportState" }), JSON.stringify(await ask({ verb: "place" }))];
    return { sent, answers: answers.length, codes, same: before[0] === after[0] && before[1] === after[1] };
  }, new URL(url).origin);
  assert.deepEqual(told, { sent: told.sent, answers: told.sent, codes: ["damaged-state", "malformed", "no-such-lesson", "no-such-place"], same: true });
  assert.ok(told.sent > 1800);
});
