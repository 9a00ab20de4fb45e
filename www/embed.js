// The page of a frame: one playground, and a port to the page around it. See frame.js for the other end.
//
// Who may speak to it: the window around this frame, and only with the origin that the browser says it has. That origin
// has to be among those of the operator (the meta element `kms-origins` in embed.html) and, if the address names any, of
// the author (`?origins=`). An element never reads this origin's storage, so the page around it learns nothing that it
// did not put in itself, and any page may be allowed. Messages of anybody else get no answer at all.

import "./element.js";

const VERSION = 1;
/** Attributes that the address may set; the rest is decided here. */
const ATTRIBUTES = ["lesson", "step", "seed", "state", "view", "theme", "lang", "readonly", "controls"];
/** A longer question is refused unread, in characters. */
const LONGEST = 8 << 20;

const parameters = new URLSearchParams(location.search);
const operator = document.querySelector('meta[name="kms-origins"]').content.split(/\s+/);
const author = parameters.get("origins")?.split(/[\s,]+/);

const element = document.createElement("kms-playground");
for (const name of ATTRIBUTES) if (parameters.has(name)) element.setAttribute(name, parameters.get(name));
element.setAttribute("loading", "eager");
element.setAttribute("height", "100dvh");

let port;
const send = (message) => port?.postMessage({ v: VERSION, ...message });
for (const event of ["step", "decision", "result", "error", "resize"]) {
  element.addEventListener(`kms-${event}`, ({ detail }) => send({ event, detail }));
}

addEventListener("message", (message) => {
  const { source, origin, data, ports } = message;
  const allowed = (origins) => origins.includes("*") || origins.includes(origin);
  if (source !== parent || parent === self || origin === "null") return;
  if (!allowed(operator) || (author && !allowed(author))) return;
  if (data?.kms !== "connect" || data.v !== VERSION || ports.length !== 1) return;
  port?.close();
  [port] = ports;
  port.onmessage = ({ data }) => answer(data);
  element.ready.then(() => send({ event: "ready" }), ({ message }) => send({ event: "failed", detail: { message } }));
});

document.body.append(element);

/** What is asked is read by the program, by the list of its verbs; what is no question is refused here. */
async function answer(message) {
  const id = Number.isSafeInteger(message?.id) ? message.id : null;
  const refuse = (message) => send({ id, answer: { error: { code: "malformed", message } } });
  if (message?.v !== VERSION) return refuse(`a message has v: ${VERSION}, an id and what it asks`);
  if (id === null) return refuse("a message has an id, a whole number, by which its answer is known");
  let text;
  try {
    text = JSON.stringify(message.ask);
  } catch {
    return refuse("what a message asks has to be JSON");
  }
  if (typeof text !== "string" || text.length > LONGEST) return refuse(`what a message asks is JSON of up to ${LONGEST} characters`);
  try {
    send({ id, answer: { value: (await element.ask(JSON.parse(text))) ?? null } });
  } catch ({ code = "failed", message }) {
    send({ id, answer: { error: { code, message } } });
  }
}
