// Keeps the files of the standalone page, so that its next visit needs no network. `cargo xtask build` puts the list of
// files before this text, FILES: the hash of each, by its path. One changed file makes this one a new version, which the
// browser fetches beside the old one; it takes over when the page says so or nobody has the old one open.

const SCOPE = self.registration.scope;
const OWN = `kms-playground ${SCOPE} `;
const CACHE = OWN + VERSION;
/** The page has the address of its folder: some hosts send index.html away to it. */
const address = (name) => new URL(name === "index.html" ? "" : name, SCOPE).href;

self.addEventListener("install", (event) => event.waitUntil(keep()));

self.addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) =>
  Promise.all(names.filter((name) => name.startsWith(OWN) && name !== CACHE).map((name) => caches.delete(name))))));

self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const path = url.split(/[?#]/)[0];
  const name = path === SCOPE ? "index.html" : path.slice(SCOPE.length);
  if (method === "GET" && path.startsWith(SCOPE) && Object.hasOwn(FILES, name)) event.respondWith(kept(event.request, name));
});

/** All or none: a file that is not the listed one, such as in the midst of an upload, ends it, and the old version stays. */
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.entries(FILES).map(async ([name, hash]) => {
    const response = await fetch(address(name), { cache: "no-cache", integrity: `sha256-${hash}` });
    if (!response.ok) throw new Error(`${name} answered ${response.status}`);
    await cache.put(address(name), response);
  }));
}

async function kept(request, name) {
  return await caches.match(address(name), { cacheName: CACHE }) ?? fetch(request);
}
