#!/usr/bin/env node
// A preprocessor for mdBook: fences of the language `kms-lesson` become playgrounds.
//
//     [preprocessor.kms-lesson]
//     command = "node mdbook-kms-lesson.mjs"
//     site = "https://example.org/kms/"
//
// A fence has one attribute of the element per line, `name: value`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FENCE = /^(`{3,}|~{3,})kms-lesson[^\S\n]*\n([\s\S]*?)^\1[^\S\n]*$/gm;
const ATTRIBUTES = ["lesson", "step", "view", "seed", "state", "theme", "lang", "loading", "mode", "readonly", "controls", "height", "id"];

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** A chapter with its fences written as HTML. Throws where one says something that the element does not know. */
export function withPlaygrounds(chapter, site) {
  let found = false;
  const content = chapter.replace(FENCE, (_, ticks, text) => {
    found = true;
    const given = text.split("\n").filter((line) => line.trim() !== "").map((line) => {
      const [, name, value] = /^\s*([a-z]+)(?:\s*:\s*(.*?))?\s*$/.exec(line) ?? [];
      if (!ATTRIBUTES.includes(name)) throw new Error(`kms-lesson: \`${line.trim()}\` is no attribute; there are ${ATTRIBUTES.join(", ")}`);
      return [name, value ?? ""];
    });
    const { lesson, step = "1", view = "learn" } = Object.fromEntries(given);
    const address = `${site}#/${lesson ? `learn/${lesson}/${step}` : view}`;
    const attributes = given.map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
    return `<kms-playground${attributes}><a href="${escaped(address)}">Open this in the KMS Playground</a></kms-playground>`;
  });
  if (!found) return chapter;
  return `<link rel="stylesheet" href="${escaped(site)}element.css">\n<script type="module" src="${escaped(site)}element.js"></script>\n\n${content}`;
}

function main() {
  if (process.argv[2] === "supports") process.exit(process.argv[3] === "html" ? 0 : 1);
  const [{ config }, book] = JSON.parse(readFileSync(0, "utf8"));
  const site = config.preprocessor?.["kms-lesson"]?.site;
  if (!site?.endsWith("/")) throw new Error('kms-lesson: book.toml has to say where the playground is: site = "https://…/"');
  const each = (items) => items.forEach(({ Chapter: chapter }) => {
    if (!chapter) return;
    chapter.content = withPlaygrounds(chapter.content, site);
    each(chapter.sub_items);
  });
  each(book.items ?? book.sections);
  console.log(JSON.stringify(book));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (reason) {
    console.error(reason.message);
    process.exit(1);
  }
}
