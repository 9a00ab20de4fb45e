// <kms-playground>: a whole AWS KMS in one element.
//
// Load this file as a module and put the element anywhere; all else is fetched from the folder this file is in. What
// the element contains shows while the playground loads. Its attributes become options, read when it connects. It
// tells how far it is in `data-state`: "loading", "ready" or "failed". While it loads it may already show its first
// picture; when it is ready it fetches nothing more but the editor.

import { forgetProgram, loadProgram } from "./program.js";

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
      const { mount, styles, rest } = await loadProgram();
      if (!this.isConnected) return void delete this.dataset.state;
      root.adoptedStyleSheets = styles;
      root.replaceChildren(host);
      this.#mounted = mount(host, Object.fromEntries([...this.attributes].map((it) => [it.name, it.value])));
      await rest;
      if (this.#mounted) this.dataset.state = "ready";
    } catch (reason) {
      forgetProgram();
      this.#mounted?.unmount();
      this.#mounted = undefined;
      host.setAttribute("role", "alert");
      host.innerText = `The KMS Playground could not start: ${reason?.message ?? reason}.\n\n`
        + (reason?.remedy ?? "Reload the page. If that does not help, use a current Firefox, Chrome, Edge or Safari.");
      root.replaceChildren(host);
      this.dataset.state = "failed";
    }
  }
}

if (!customElements.get("kms-playground")) customElements.define("kms-playground", KmsPlayground);
