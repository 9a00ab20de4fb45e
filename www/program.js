// Fetches the program: what its first picture needs, and then the rest.

/** The files of styles/, in order; page.css is not the element's but the page's. */
const STYLES = ["tokens.css", "base.css", "frame.css", "embed.css", "envelope.css", "learn.css", "transcript.css", "exam.css", "console.css", "audit.css", "editor.css", "policy.css", "rotation.css", "services.css", "limits.css", "worlds.css"];

let program; // One per page, however many elements. Forgotten after a failure, so that the next element tries again.
let arriving; // The rest, which may be put in place only once.

const BINDINGS = "kms-playground.js", MAIN = "kms-playground_bg.wasm", REST = "kms-playground_rest.wasm";

/**
 * The program: its styles, `mount(host, options, tell)`, and where it comes in two files `rest`, a promise kept when the
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
  const [bindings, { startKeymaker }, wasm, ...styles] = await Promise.all([
    import("./kms-playground.js"),
    import("./keymaker.js"),
    fetchFile(MAIN),
    ...STYLES.map(async (name) => new CSSStyleSheet().replace(await (await fetchFile(`styles/${name}`)).text())),
  ]);
  const main = await bindings.default({ module_or_path: wasm });
  // A program in two files has exports for the other.
  const rest = "rest.table0" in main ? (arriving ??= telling([REST], () => fetchRest(bindings, main))) : undefined;
  const keymaker = startKeymaker(bindings.program(), rest);
  const mount = (host, options, tell) => {
    const site = new URL(".", import.meta.url).href;
    const told = (event, detail) => tell(event, JSON.parse(detail));
    const mounted = bindings.mount(host, { ...options, site }, {
      keymaker, editor: fetchEditor, languages: fetchLanguage, shelf: fetchShelf, rest, tell: told, integrity,
    });
    return {
      ask: async (question) => JSON.parse(await mounted.ask(JSON.stringify(question))),
      kept: () => mounted.kept(),
      unmount: () => mounted.unmount(),
    };
  };
  return { mount, styles, rest };
}

/** Of the element's script, for those who embed it. */
async function integrity() {
  const hash = await crypto.subtle.digest("SHA-384", await (await fetchFile("element.js")).arrayBuffer());
  return `sha384-${btoa(String.fromCharCode(...new Uint8Array(hash)))}`;
}

async function fetchEditor() {
  return (await import("./editor.js")).edit;
}

async function fetchLanguage(tag) {
  return (await fetchFile(`languages/${tag}.json`)).text();
}

/** Asked for at once and looked at later: a refusal is no accident before that. */
function fetchShelf() {
  const opening = import("./keep.js").then(({ openShelf }) => openShelf());
  opening.catch(() => {});
  return opening;
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
