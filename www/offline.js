// Makes the standalone page work without a network from its second visit on, and tells when a new version is there. Only
// what `cargo xtask build` makes has it: while the page is being worked on, nothing may be kept.

import { say, speak } from "./words.js";

const element = document.querySelector("kms-playground");
// In another page's frame the page is not the visitor's own; without HTTPS there is no service worker.
if (element && window === top && navigator.serviceWorker) {
  await isReady();
  // Without room, or where the browser keeps nothing, the page works as before.
  await register().then(watch, () => {});
}

/** What the first picture needs comes before what the next visit needs. */
function isReady() {
  return new Promise((resolve) => {
    const look = () => element.dataset.state === "ready" && resolve();
    new MutationObserver(look).observe(element, { attributeFilter: ["data-state"] });
    look();
  });
}

function register() {
  const address = new URL("service-worker.js", import.meta.url).href;
  const createScriptURL = (url) => {
    if (url !== address) throw new TypeError(`${url} is not the service worker`);
    return url;
  };
  const policy = globalThis.trustedTypes?.createPolicy("kms-playground-offline", { createScriptURL });
  return navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address, { updateViaCache: "none" });
}

function watch(registration) {
  // Nobody was served by an older version yet: there is nothing to reload for.
  if (!navigator.serviceWorker.controller) return;
  const waits = () => registration.waiting && tell(() => registration.waiting?.postMessage("take over"));
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", waits));
  waits();
  // Also when another tab asked for it; this one goes on with what it has until it is told.
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (asked) location.reload();
    else tell(() => location.reload());
  });
}

let asked = false;

async function tell(act) {
  await speak();
  document.querySelector(".update")?.remove();
  const words = Object.assign(document.createElement("p"), { className: "update", textContent: say("A new version is there.") });
  words.setAttribute("role", "status");
  const button = (text, onclick) => Object.assign(document.createElement("button"), { textContent: text, onclick });
  words.append(button(say("Reload"), () => {
    asked = true;
    act();
  }), button(say("Later"), () => words.remove()));
  document.body.append(words);
}
