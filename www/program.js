// Fetches the program: what its first picture needs, and then the rest.

import { startKeymaker } from "./keymaker.js";

/** The files of styles/, in order; page.css is not the element's but the page's. */
const STYLES = ["tokens.css", "base.css", "frame.css", "envelope.css", "learn.css", "transcript.css", "exam.css", "console.css", "audit.css", "editor.css", "policy.css", "rotation.css", "services.css", "limits.css", "worlds.css"];

let program; // One per page, however many elements. Forgotten after a failure, so that the next element tries again.
let arriving; // The rest, which may be put in place only once.

const BINDINGS = "kms-playground.js", MAIN = "kms-playground_bg.wasm", REST = "kms-playground_rest.wasm";

/**
 * The program: its styles, `mount(host, options)`, and where it comes in two files `rest`, a promise kept when the
 * second is there. What `mount` shows before that is its first picture. Where it fails, and where `rest` does, it is with a
 * `Trouble` (trouble.js).
 */
export function loadProgram() {
  return (program ??= telling([BINDINGS, MAIN, ...STYLES.map((name) => `styles/${name}`)], fetchProgram));
}

export function forgetProgram() {
  program = undefined;
}

/** Does `load`; a failure is told as what is wrong with one of the files, or with the browser or the page. */
async function telling(files, load) {
  // Fetched along: when it is needed, there may be no network.
  const words = import("./trouble.js").catch(() => undefined);
  try {
    return await load();
  } catch (reason) {
    throw await (await words)?.explain(reason, files.map((name) => new URL(name, import.meta.url).href)) ?? reason;
  }
}

async function fetchProgram() {
  const [bindings, wasm, ...styles] = await Promise.all([
    import("./kms-playground.js"),
    fetchFile(MAIN),
    ...STYLES.map(async (name) => new CSSStyleSheet().replace(await (await fetchFile(`styles/${name}`)).text())),
  ]);
  const main = await bindings.default({ module_or_path: wasm });
  // A program in two files has exports for the other.
  const rest = "rest.table0" in main ? (arriving ??= telling([REST], () => fetchRest(bindings, main))) : undefined;
  const keymaker = startKeymaker(bindings.program(), rest);
  const mount = (host, options) => bindings.mount(host, options, keymaker, fetchEditor, rest, fetchLanguage, fetchShelf);
  return { mount, styles, rest };
}

async function fetchEditor() {
  return (await import("./editor.js")).edit;
}

/** Asked for at once and looked at later: a refusal is no accident before that. */
function fetchShelf() {
  const opening = import("./keep.js").then(({ openShelf }) => openShelf());
  opening.catch(() => {});
  return opening;
}

async function fetchLanguage(tag) {
  return (await fetchFile(`languages/${tag}.json`)).text();
}

/** What the first picture does not need; keeps the module when it has become part of the program. */
async function fetchRest(bindings, main) {
  bindings.restAwaited();
  try {
    const rest = await WebAssembly.compile(await (await fetchFile(REST)).arrayBuffer());
    await WebAssembly.instantiate(rest, { main });
    bindings.restArrived();
    return rest;
  } catch (reason) {
    arriving = undefined;
    throw reason;
  }
}

async function fetchFile(name) {
  const url = new URL(name, import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
  return response;
}
