// Fetches the program: what its first picture needs, and then the rest.

/** The files of styles/, in order; page.css is not the element's but the page's. */
const STYLES = ["tokens.css", "base.css", "frame.css", "embed.css", "envelope.css", "learn.css", "transcript.css", "exam.css", "console.css", "audit.css", "editor.css", "policy.css", "rotation.css", "services.css", "limits.css"];

let program; // One per page, however many elements. Forgotten after a failure, so that the next element tries again.
let arriving; // The rest, which may be put in place only once.

/**
 * The program: its styles, `mount(host, options, tell)`, and where it comes in two files `rest`, a promise kept when the
 * second is there. What `mount` shows before that is its first picture.
 */
export function loadProgram() {
  return (program ??= fetchProgram());
}

export function forgetProgram() {
  program = undefined;
}

async function fetchProgram() {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, or it is turned off");
  const [bindings, { startKeymaker }, wasm, ...styles] = await Promise.all([
    import("./kms-playground.js"),
    import("./keymaker.js"),
    fetchFile("kms-playground_bg.wasm"),
    ...STYLES.map(async (name) => new CSSStyleSheet().replace(await (await fetchFile(`styles/${name}`)).text())),
  ]);
  const main = await bindings.default({ module_or_path: wasm });
  // A program in two files has exports for the other.
  const rest = "rest.table0" in main ? (arriving ??= fetchRest(bindings, main)) : undefined;
  const keymaker = startKeymaker(bindings.program(), rest);
  const mount = (host, options, tell) => {
    const site = new URL(".", import.meta.url).href;
    const told = (event, detail) => tell(event, JSON.parse(detail));
    const mounted = bindings.mount(host, { ...options, site }, keymaker, fetchEditor, rest, told, integrity);
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

/** What the first picture does not need; keeps the module when it has become part of the program. */
async function fetchRest(bindings, main) {
  bindings.restAwaited();
  try {
    const rest = await WebAssembly.compile(await (await fetchFile("kms-playground_rest.wasm")).arrayBuffer());
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
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status} ${response.statusText}`.trim());
  return response;
}
