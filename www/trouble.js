// What kept the program from loading, in words, and what to do about it. Looks only after something went wrong.

import { say, speak } from "./words.js";

/** `message` says what is wrong, `remedy` what to do; `kind` is for code. */
class Trouble extends Error {
  name = "Trouble";

  constructor(kind, message, remedy, cause) {
    super(message, { cause });
    Object.assign(this, { kind, remedy });
  }
}

/** The smallest program there is: where it cannot be compiled, none can. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** What the page's policy has stopped so far: the directive, by the address. */
const stopped = new Map();
document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
  stopped.set(blockedURI, effectiveDirective.replace(/-elem$/, ""));
});

/**
 * The trouble behind `reason`, which was thrown while `files`, addresses in the order of their use, were being loaded. Its
 * `said` is a sentence for the reader.
 */
export async function explain(reason, files) {
  await speak();
  const trouble = await look(reason, files);
  return Object.assign(trouble, { said: say("The KMS Playground could not start: {problem}.", { problem: trouble.message }) });
}

async function look(reason, files) {
  if (typeof WebAssembly !== "object") return withoutWasm();
  if (outOfMemory(reason)) return new Trouble("memory", say("there is not enough memory for it"),
    say("Close other tabs and programs, then reload the page. On a phone or a small computer, restart the browser first."), reason);
  if (!await compiles(EMPTY)) return forbidden("script-src", files, reason);
  let trouble;
  for (const file of files) trouble ??= await lookAt(file, reason);
  // Told a moment after what it stopped.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const directive = files.map((file) => stopped.get(file)).find((directive) => directive);
  if (directive) return forbidden(directive, files, reason);
  if (trouble) return trouble;
  // All files are here and whole.
  if ([WebAssembly.LinkError, TypeError, SyntaxError].some((kind) => reason instanceof kind)) return new Trouble("mixed",
    say("its files do not fit together, as of different versions ({problem})", { problem: reason.message }),
    say("Reload the page without the browser's cache (Ctrl+Shift+R, on a Mac Cmd+Shift+R)."), reason);
  if (reason instanceof WebAssembly.CompileError) return new Trouble("old", say("this browser is too old for it"),
    say("Use a current Firefox, Chrome, Edge or Safari."), reason);
  return new Trouble("other", String(reason?.message ?? reason), undefined, reason);
}

function withoutWasm() {
  return new Trouble("wasm", say("this browser has no WebAssembly, or it is turned off"),
    say("Use a current Firefox, Chrome, Edge or Safari. If yours is one of them, turn off its strictest protection for this site (in Safari and iOS: Lockdown Mode; in Tor Browser: the level “Safest”)."));
}

function answered(url, response) {
  return new Trouble("answer", say("{path} answered {status}", { path: url.pathname, status: `${response.status} ${response.statusText}`.trim() }),
    say("Reload the page. If that does not help, the folder of the playground is not whole: whoever runs the site has to upload it again."));
}

function outOfMemory(reason) {
  return /out of memory|could not allocate|cannot allocate/i.test(reason?.message);
}

async function compiles(bytes) {
  return WebAssembly.compile(bytes).then(() => true, (reason) => outOfMemory(reason));
}

/** What the header must say for everything to load from where these files are. */
function forbidden(directive, files, reason) {
  const own = new URL(files[0]).origin;
  const source = own === location.origin ? "'self'" : own;
  const needed = `script-src ${source} 'wasm-unsafe-eval'; connect-src ${source}`;
  return new Trouble("policy", say("the content security policy of this page forbids it ({directive})", { directive }),
    `${say("Whoever runs this site has to allow it. The page's header must also say:")}\n\nContent-Security-Policy: ${needed}`, reason);
}

/** What is wrong with a file, fetched once more; nothing if it is as it should be. */
async function lookAt(address, reason) {
  const url = new URL(address), name = url.pathname.split("/").pop();
  const response = await fetch(url).catch(() => undefined);
  if (!response) return unreachable(url, reason);
  if (!response.ok) return answered(url, response);
  const bytes = await response.arrayBuffer().catch(() => undefined);
  if (!bytes) return new Trouble("broken-off", say("the connection broke off while {name} came", { name }), say("Reload the page."), reason);
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0] || "no type";
  const wanted = TYPES[name.split(".").pop()];
  const wasm = name.endsWith(".wasm");
  const begins = EMPTY.every((byte, at) => new Uint8Array(bytes)[at] === byte);
  // A browser takes no script of another type; for a program it only needs longer.
  if (!wanted.includes(type) && !(wasm && begins)) return new Trouble("type", say("the server sends {name} as {type}, not as {wanted}", { name, type, wanted: wanted[0] }),
    say("Whoever runs the site has to send files that end in .{ending} as “Content-Type: {wanted}”, and to put no other page in their place.", { ending: name.split(".").pop(), wanted: wanted[0] }), reason);
  if (wasm && !await compiles(bytes)) return new Trouble("damaged",
    say("{name} arrived damaged or cut short, with {bytes} bytes", { name, bytes: bytes.byteLength.toLocaleString("en") }),
    say("Reload the page. If that does not help, whoever runs the site has to upload the folder again, whole."), reason);
  return undefined;
}

const TYPES = {
  css: ["text/css"],
  js: ["text/javascript", "application/javascript", "application/x-javascript"],
  wasm: ["application/wasm"],
};

function unreachable(url, reason) {
  if (!navigator.onLine) return new Trouble("offline", say("this device is offline"),
    say("Connect it to the internet, then reload the page."), reason);
  return new Trouble("unreachable", say("{host} cannot be reached", { host: url.host }), url.origin === location.origin
    ? say("Check the connection, then reload the page. If other pages load, an extension of the browser may keep it out.")
    : say("Check the connection, then reload the page. If other pages load, whoever runs that host has to allow this page: “Access-Control-Allow-Origin: *”."), reason);
}
