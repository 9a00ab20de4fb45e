// <kms-playground>: a whole AWS KMS in one element. EMBED.md says what it can do, element.d.ts how it is typed.
//
// All else is fetched from the folder this file is in. What the element contains shows until the playground does. It
// tells how far it is in `data-state`: "waiting", "loading", "ready" or "failed".

import { answered, KmsError, methods } from "./client.js";
import { forgetProgram, loadProgram } from "./program.js";

/** What an element with an id left behind on this page, by that id: whoever makes it anew finds its world again. */
const left = new Map();

class KmsPlayground extends HTMLElement {
  static observedAttributes = ["lesson", "step", "view", "theme", "height"];

  #inside; // What is asked: `ask(question)` promises an answer, `kept()` is what to go on from, `unmount()` ends it.
  #stop; // Ends the waiting for the reader, or the watching of the size.
  #kept; // The world and the place of an element that was taken off the page.
  #changed; // The attributes that are still to be followed.
  #room = new CSSStyleSheet();
  #ready = pending();

  /** Kept when the playground is there; broken when it cannot be. */
  get ready() {
    return this.#ready.promise;
  }

  connectedCallback() {
    // Moved within the page, or still on its way: what is there goes on.
    if (this.#inside || this.dataset.state === "waiting" || this.dataset.state === "loading") return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [this.#room];
    root.replaceChildren(document.createElement("slot"));
    this.#reserve();
    const loading = this.hasAttribute("standalone") ? "eager" : this.getAttribute("loading");
    if (loading === "eager") return void this.#start();
    this.dataset.state = "waiting";
    if (loading === "click") {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Start the KMS Playground" });
      button.part = "start";
      button.onclick = () => this.#start();
      return root.append(button);
    }
    const seen = new IntersectionObserver((entries) => entries.some((it) => it.isIntersecting) && this.#start(), { rootMargin: "300px" });
    seen.observe(this);
    this.#stop = () => seen.disconnect();
  }

  disconnectedCallback() {
    // A move is a disconnect and a connect in one go: only an element that stays away is taken down.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "height") return this.#reserve();
    if (!this.#inside) return;
    // Those that change together are followed together.
    if (!this.#changed) {
      this.#changed = new Set();
      queueMicrotask(() => this.#follow());
    }
    this.#changed.add(name);
  }

  /** Asks the playground for anything that it can do; the methods below are such questions. */
  async ask(question) {
    await this.ready;
    return answered(await this.#inside.ask(question));
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(`kms-${event}`, { bubbles: true, composed: true, detail }));
  }

  /** Follows attributes that were changed after the beginning. */
  async #follow() {
    const changed = this.#changed;
    this.#changed = undefined;
    const [lesson, view, step, theme] = ["lesson", "view", "step", "theme"].map((name) => this.getAttribute(name));
    try {
      if (changed.delete("theme")) await this.ask({ verb: "theme", theme: theme || "auto" });
      if (changed.has("view") && view && !changed.has("lesson")) await this.goto(view);
      else if (changed.has("lesson") && lesson) await this.load(lesson, Number(step ?? 1));
      else if (changed.has("step") && step) await this.goto(Number(step));
    } catch ({ code = "failed", message }) {
      this.#tell("error", { code, message });
    }
  }

  /** Takes the room on the page that the playground will need, before anything of it is there. */
  #reserve() {
    if (this.hasAttribute("standalone")) return;
    const given = this.getAttribute("height")?.trim() || "640px";
    const height = /^\d+$/.test(given) ? `${given}px` : CSS.supports("height", given) ? given : "640px";
    const grows = height === "auto" ? "min-block-size: 480px" : `block-size: ${height}`;
    this.#room.replaceSync(`:host { display: block; box-sizing: border-box; overflow: clip; ${grows} } :host([hidden]) { display: none } [part="start"] { display: block; padding: 8px 16px }`);
  }

  async #start() {
    this.#stop?.();
    this.dataset.state = "loading";
    const root = this.shadowRoot;
    const [outer, inner] = [document.createElement("div"), document.createElement("div")];
    outer.append(inner);
    outer.part = "root";
    // Whoever clicks into it may scroll it from then on.
    if (!this.hasAttribute("standalone")) outer.tabIndex = -1;
    root.replaceChildren(Object.assign(document.createElement("slot"), { textContent: "Loading the KMS Playground…" }));
    try {
      const framed = this.getAttribute("mode") === "frame";
      const { styles = [], ...program } = await (framed ? import("./frame.js") : loadProgram());
      const options = Object.fromEntries([...this.attributes].map((it) => [it.name, it.value]));
      const kept = this.#kept ?? left.get(this.id);
      if (kept) Object.assign(options, JSON.parse(kept));
      else if (options.state) options.state = await worldOf(options.state, this.baseURI);
      if (!this.isConnected) return void delete this.dataset.state;
      root.adoptedStyleSheets = [...styles, this.#room];
      const tell = (event, detail) => this.#tell(event, detail);
      if (!framed) root.replaceChildren(outer);
      this.#inside = await (framed ? program.openFrame(root, options, tell) : program.mount(inner, options, tell));
      await program.rest;
      if (!this.#inside) return;
      const size = new ResizeObserver(([{ contentRect }]) => tell("resize", { width: contentRect.width, height: contentRect.height }));
      if (!framed) size.observe(inner);
      this.#stop = () => size.disconnect();
      const place = answered(await this.#inside.ask({ verb: "place" }));
      this.dataset.state = "ready";
      this.#ready.keep();
      tell("ready", place);
    } catch (reason) {
      this.#fail(outer, reason);
    }
  }

  #fail(outer, reason) {
    forgetProgram();
    this.#inside?.unmount();
    this.#inside = undefined;
    const message = reason?.said ?? `The KMS Playground could not start: ${reason?.message ?? reason}.`;
    outer.setAttribute("role", "alert");
    const remedy = reason?.remedy ?? "Reload the page. If that does not help, use a current Firefox, Chrome, Edge or Safari.";
    outer.innerText = `${message}\n\n${remedy}`;
    this.shadowRoot.replaceChildren(outer);
    this.dataset.state = "failed";
    this.#ready.fail(new KmsError({ code: "failed", message }));
    this.#tell("error", { code: "failed", message });
  }

  #end() {
    this.#stop?.();
    delete this.dataset.state;
    if (!this.#inside) return;
    this.#kept = this.#inside.kept();
    if (this.id && this.#kept) left.set(this.id, this.#kept);
    this.#inside.unmount();
    this.#inside = undefined;
    this.#ready = pending();
  }
}

/** A world that is written down in the attribute, or under the address that it gives. */
async function worldOf(state, base) {
  const text = state.trim();
  if (text.startsWith("{") || /^(\d+\.)?[\w-]{64,}={0,2}$/.test(text)) return text;
  const url = new URL(text, base);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the state at ${url.pathname} answered ${response.status}`);
  return response.text();
}

function pending() {
  let keep, fail;
  const promise = new Promise((resolve, reject) => ([keep, fail] = [resolve, reject]));
  // Whoever does not wait for it is told by the event.
  promise.catch(() => {});
  return { promise, keep, fail };
}

Object.assign(KmsPlayground.prototype, methods);

if (!customElements.get("kms-playground")) customElements.define("kms-playground", KmsPlayground);
