// <kms-playground>: a whole AWS KMS in one element.
//
// Load this file as a module and put the element anywhere; all else is fetched from the folder this file is in. What
// the element contains shows while the playground loads. Its attributes become options, read when it connects. It
// tells how far it is in `data-state`: "loading", "ready" or "failed".

const STYLES = new URL("styles/playground.css", import.meta.url);
const PROGRAM = new URL("kms-playground_bg.wasm", import.meta.url);

let program; // One per page, however many elements. Forgotten after a failure, so that the next element tries again.

async function fetchProgram() {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, or it is turned off");
  const [bindings, response] = await Promise.all([import("./kms-playground.js"), fetch(PROGRAM)]);
  if (!response.ok) throw new Error(`${PROGRAM.pathname} answered ${response.status} ${response.statusText}`.trim());
  await bindings.default({ module_or_path: response });
  return bindings;
}

function loadProgram() {
  return (program ??= fetchProgram().catch((reason) => {
    program = undefined;
    throw reason;
  }));
}

// Done also when the styles cannot be had: a plain page is better than none.
function linkStyles(root) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLES.href });
  const settled = new Promise((resolve) => (link.onload = link.onerror = resolve));
  root.append(link);
  return settled;
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
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
    const placeholder = Object.assign(document.createElement("slot"), { textContent: "Loading the KMS Playground…" });
    root.replaceChildren(placeholder);
    const host = Object.assign(document.createElement("div"), { className: "kms-host" });
    try {
      const [bindings] = await Promise.all([loadProgram(), linkStyles(root)]);
      if (!this.isConnected) return void delete this.dataset.state;
      placeholder.replaceWith(host);
      this.#mounted = bindings.mount(host, Object.fromEntries([...this.attributes].map((it) => [it.name, it.value])));
      this.dataset.state = "ready";
    } catch (reason) {
      host.setAttribute("role", "alert");
      host.replaceChildren(
        paragraph(`The KMS Playground could not start: ${reason?.message ?? reason}.`),
        paragraph("Reload the page. If that does not help, use a current Firefox, Chrome, Edge or Safari."));
      root.replaceChildren(...root.querySelectorAll("link"), host);
      this.dataset.state = "failed";
    }
  }
}

if (!customElements.get("kms-playground")) customElements.define("kms-playground", KmsPlayground);
