// What the course adds to the program's first file: what is listed of every lesson, and the whole first lesson. One line as
// sizes.mjs writes it.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const FOLDER = "www/scenarios";
const [, first] = readFileSync("src/scenario/catalog.rs", "utf8").match(/\nlessons! \{\s*"([^"]+)"/);
const texts = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), "utf8"));
const fronts = texts.map((text) => text.slice(0, text.indexOf("\n---\n")));
const bytes = Buffer.from(fronts.join("\n") + readFileSync(join(FOLDER, `${first}.md`), "utf8"));
console.log(["the course", bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length].join("\t"));
