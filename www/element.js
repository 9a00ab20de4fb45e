// <kms-playground>: a whole AWS KMS in one element.
//
// Load this file as a module and put the element anywhere; all else is fetched from the folder this file is in. What
// the element contains shows while the playground loads. Its attributes become options, read when it connects. It
// tells how far it is in `data-state`: "loading", "ready" or "failed".

import { startKeymaker } from "./keymaker.js";

/** The files of styles/, in order; page.css is not the element's but the page's. */
const STYLES = ["tokens.css", "base.css", "frame.css", "envelope.css", "learn.css", "console.css", "audit.css", "editor.css", "policy.css"];

let program; // One per page, however many elements. Forgotten after a failure, so that the next element tries again.

function loadProgram() {
  return (program ??= fetchProgram().catch((reason) => {
    program = undefined;
    throw reason;
  }));
}

async function fetchProgram() {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, or it is turned off");
  const [bindings, wasm, ...styles] = await Promise.all([
    import("./kms-playground.js"),
    fetchFile("kms-playground_bg.wasm"),
    ...STYLES.map(async (name) => new CSSStyleSheet().replace(await (await fetchFile(`styles/${name}`)).text())),
  ]);
  await bindings.default({ module_or_path: wasm });
  const keymaker = startKeymaker(bindings.program());
  return { mount: (host, options) => bindings.mount(host, options, keymaker, async () => (await import("./editor.js")).edit), styles };
}

async function fetchFile(name) {
  const url = new URL(name, import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status} ${response.statusText}`.trim());
  return response;
}

class KmsPlayground extends HTMLElement {
  #mounted;

  connectedCallback() {
    // Moved within the page, or still loading: what is there goes on.
    if (this.dataset.state !== "loading" && !this.#mounted) this.#start();
  }

  disconnectedCallback() {
    // A move is a disconnect and a connect in one go: only an element that stays away is taken down.
    queueMicrotask(() => {
      if (this.isConnected || !this.#mounted) return;
      this.#mounted.unmount();
      this.#mounted = undefined;
      delete this.dataset.state;
    });
  }

  async #start() {
    this.dataset.state = "loading";
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const host = document.createElement("div");
    root.replaceChildren(Object.assign(document.createElement("slot"), { textContent: "Loading the KMS Playground…" }));
    try {
      const { mount, styles } = await loadProgram();
      if (!this.isConnected) return void delete this.dataset.state;
      root.adoptedStyleSheets = styles;
      root.replaceChildren(host);
      this.#mounted = mount(host, Object.fromEntries([...this.attributes].map((it) => [it.name, it.value])));
      this.dataset.state = "ready";
    } catch (reason) {
      host.setAttribute("role", "alert");
      host.innerText = `The KMS Playground could not start: ${reason?.message ?? reason}.\n\n`
        + "Reload the page. If that does not help, use a current Firefox, Chrome, Edge or Safari.";
      root.replaceChildren(host);
      this.dataset.state = "failed";
    }
  }
}

if (!customElements.get("kms-playground")) customElements.define("kms-playground", KmsPlayground);
