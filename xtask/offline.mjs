// Makes the built site one that is kept for offline: `node xtask/offline.mjs dist`.
//
// Writes service-worker.js anew with the list of files, each with its hash, and has the page load offline.js.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What the page itself never fetches: pages to read, what embeds it elsewhere, languages that nobody speaks. */
const APART = /^(lessons\/|languages\/qps|(embed\.html|embed\.js|element\.css|frame\.js|run\.js|mdbook-kms-lesson\.mjs|service-worker\.js)$)|\.d\.ts$/;

const root = process.argv[2];
const page = join(root, "index.html");
const script = '<script type="module" src="offline.js"></script>';
const html = readFileSync(page, "utf8");
if (!html.includes(script)) writeFileSync(page, html.replace("</head>", `${script}\n</head>`));

const paths = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
  .filter((path) => !APART.test(path))
  .sort();
const hash = (bytes) => createHash("sha256").update(bytes).digest("base64");
const files = Object.fromEntries(paths.map((path) => [path, hash(readFileSync(join(root, path)))]));
const list = JSON.stringify(files, null, 1);
const worker = readFileSync("www/service-worker.js", "utf8");
writeFileSync(join(root, "service-worker.js"), `const FILES = ${list};\nconst VERSION = ${JSON.stringify(hash(list))};\n\n${worker}`);
