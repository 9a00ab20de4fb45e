// A playground in a frame, for pages that may not run the program themselves. <kms-playground mode="frame"> uses this,
// and so can a page that has nothing else of the playground: a copy of this file and of client.js suffices.
//
// The frame's page (embed.html) and this one first meet by one message to the window, which brings a port. After that
// they speak through the port alone, which nobody else can hear. EMBED.md describes the messages.

import { answered, methods } from "./client.js";

/** The version of the messages. */
const VERSION = 1;
/** How long the frame's page may take to answer at first, in milliseconds. */
const PATIENCE = 60_000;
const HERE = new URL(".", import.meta.url).href;

/** Makes the frame in `root`; promises the way to the playground in it. For the element. */
export async function openFrame(root, options, tell) {
  const frame = document.createElement("iframe");
  const { state, ...asked } = options;
  frame.title = options.title || "KMS Playground";
  frame.part = "frame";
  frame.setAttribute("allow", "clipboard-write");
  frame.src = addressOf(asked, HERE);
  const rules = new CSSStyleSheet();
  rules.replaceSync("iframe { display: block; inline-size: 100%; block-size: 100%; border: 0 }");
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, rules];
  root.replaceChildren(frame);
  const { ask, close } = await speakTo(frame, tell);
  // Too long for an address.
  if (state) answered(await ask({ verb: "importState", state }));
  // A frame that leaves the page is gone with its world; browsers reload it even when it is only moved.
  return { ask, kept: () => undefined, unmount: close };
}

/**
 * The playground in a frame of the page, with the methods and events of the element. `frame.src` is the address of
 * embed.html, with the attributes as its parameters.
 */
export async function connect(frame) {
  const events = new EventTarget();
  const tell = (event, detail) => events.dispatchEvent(new CustomEvent(`kms-${event}`, { detail }));
  const { ask, close } = await speakTo(frame, tell);
  return Object.assign(events, methods, { ask: async (question) => answered(await ask(question)), close });
}

/** The address of a playground with these attributes; `folder` is where embed.html is. */
export function addressOf(attributes, folder) {
  const url = new URL("embed.html", folder);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** Promises the way to ask, once the playground in the frame is ready. */
function speakTo(frame, tell) {
  const { origin } = new URL(frame.src);
  return new Promise((resolve, reject) => {
    const waiting = new Map();
    let last = 0, port;
    const late = setTimeout(() => reject(new Error(`the frame at ${origin} does not answer`)), PATIENCE);
    const ask = (question) => new Promise((answer) => {
      waiting.set(++last, answer);
      port.postMessage({ v: VERSION, id: last, ask: question });
    });
    const hello = () => {
      port?.close();
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = ({ data }) => {
        if (data?.v !== VERSION) return;
        if (data.event === "ready") {
          clearTimeout(late);
          resolve({ ask, close: () => port.close() });
        } else if (data.event === "failed") {
          reject(new Error(data.detail.message));
        } else if (data.event) {
          tell(data.event, data.detail);
        } else {
          waiting.get(data.id)?.(data.answer);
          waiting.delete(data.id);
        }
      };
      // To that origin alone: whatever else may be in the frame by now does not get the port.
      frame.contentWindow.postMessage({ kms: "connect", v: VERSION }, origin, [channel.port2]);
    };
    frame.addEventListener("load", hello);
    // The page in the frame may have been there first. Until it is, the frame has an empty page of this origin.
    const inside = frame.contentDocument;
    if (frame.contentWindow && (!inside || inside.URL === frame.src)) hello();
  });
}
