// <kms-run for="ID" src="sample.js">: a code sample of the page, which runs against the playground with that id.
//
// The code is a module of the page's own, and runs by the page's own content security policy: nothing is evaluated. What
// is shown is what runs: the text of that module, or of the function in the property `code`. It exports, or is,
//
//     export default async ({ requestHandler, credentials, log }) => { … }
//
// and its requests become steps of the playground's world.

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; margin-block: 1em; font: 14px / 1.5 system-ui, sans-serif; }
  pre { margin: 0; padding: 12px 14px; overflow: auto; font: 13px / 1.55 ui-monospace, monospace; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 8px 8px 0 0; }
  .row { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; padding: 8px 14px; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-block-start: 0; border-radius: 0 0 8px 8px; }
  button { min-height: 36px; padding: 6px 16px; font: inherit; font-weight: 600; cursor: pointer; }
  output { display: block; flex: 1 1 100%; font: 13px / 1.55 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
  output:empty { display: none; }
`);

class KmsRun extends HTMLElement {
  /** A function to run in place of the module. */
  #code;

  get code() {
    return this.#code;
  }

  set code(code) {
    this.#code = code;
    if (this.shadowRoot) this.#show();
  }

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    const make = (name, given, ...inside) => {
      const made = Object.assign(document.createElement(name), given);
      made.append(...inside);
      return made;
    };
    const source = make("pre", { part: "source", tabIndex: 0 }, make("code", {}, document.createElement("slot")));
    source.setAttribute("aria-label", "Code");
    const output = make("output", { part: "output" });
    const button = make("button", { type: "button", textContent: "Run", part: "run" });
    button.onclick = () => this.run();
    root.replaceChildren(source, make("div", { className: "row" }, button, output));
    this.#show();
  }

  /** Shows what would run. */
  async #show() {
    const shown = this.shadowRoot.querySelector("code");
    try {
      if (this.#code) shown.textContent = String(this.#code);
      else if (this.getAttribute("src")) shown.textContent = await textOf(this.#address);
    } catch (reason) {
      shown.textContent = `The code at ${this.getAttribute("src")} could not be fetched: ${reason.message}`;
    }
  }

  get #address() {
    return new URL(this.getAttribute("src"), this.baseURI).href;
  }

  /** Runs the code; promises what it gives, or undefined if it failed. Either way the outcome is shown. */
  async run() {
    const [button, output] = ["button", "output"].map((name) => this.shadowRoot.querySelector(name));
    const lines = [];
    const log = (...values) => {
      lines.push(values.map(inWords).join(" "));
      output.textContent = lines.join("\n");
    };
    button.disabled = true;
    output.textContent = "Running…";
    try {
      const playground = this.getRootNode().getElementById?.(this.getAttribute("for")) ?? document.getElementById(this.getAttribute("for"));
      if (!playground?.requestHandler) throw new Error(`there is no playground with the id "${this.getAttribute("for")}" on this page`);
      const code = this.#code ?? (await import(this.#address)).default;
      if (typeof code !== "function") throw new Error("the module has to export a function as its default");
      const result = await code({ playground, requestHandler: playground.requestHandler(), credentials: (arn) => playground.credentials(arn), log });
      if (result !== undefined) log(result);
      else if (lines.length === 0) log("Done.");
      return result;
    } catch (reason) {
      log(`${reason.name}: ${reason.message}`);
    } finally {
      button.disabled = false;
    }
  }
}

async function textOf(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.text();
}

/** Bytes as base64, all else as it is written in JSON. */
function inWords(value) {
  if (typeof value === "string") return value;
  const bytes = (it) => (it instanceof Uint8Array ? btoa(String.fromCharCode(...it)) : it);
  return JSON.stringify(bytes(value), (_, it) => (it instanceof Uint8Array ? bytes(it) : it), 2) ?? String(value);
}

if (!customElements.get("kms-run")) customElements.define("kms-run", KmsRun);
