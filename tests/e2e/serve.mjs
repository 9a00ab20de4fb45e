// Serves the built site the way it is published: under a sub-path, with the headers of a strict host.
//
// As a program: `node tests/e2e/serve.mjs [port] [folder]`.

import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What a host should send with the page. Trunk.toml repeats it for `cargo xtask play`. */
export const HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  // Pages of other sites embed the playground.
  "Access-Control-Allow-Origin": "*",
};

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".png": "image/png",
  ".py": "text/x-python; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** The built site. */
export const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Serves `root` below `base` on 127.0.0.1; gives the address of the page and a function that ends the server. */
export async function serve({ root = DIST, base = "/some/path/", port = 0 } = {}) {
  await stat(join(root, "index.html")).catch(() => {
    throw new Error(`there is no site in ${root}: run \`cargo xtask build\` first`);
  });
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const body = path.startsWith(base) ? await readBelow(root, path.slice(base.length)) : undefined;
    const type = body?.type ?? TYPES[".txt"];
    response.writeHead(body ? 200 : 404, { ...HEADERS, "Content-Type": type, "Cache-Control": "no-cache" });
    response.end(body?.bytes ?? "not found\n");
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}${base}`;
  return { url, close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) };
}

async function readBelow(root, path) {
  const file = normalize(join(root, path.endsWith("/") || path === "" ? `${path}index.html` : path));
  if (!file.startsWith(normalize(root) + sep)) return undefined;
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && { bytes, type: TYPES[extname(file)] ?? "application/octet-stream" };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = "0", root = DIST] = process.argv.slice(2);
  const { url } = await serve({ port: Number(port), root });
  console.log(url);
}
