// `kms-playground test`: lessons in folders of one's own, read, played and held against what they expect.

import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkLesson } from "./index.node.js";

/**
 * Checks the lessons in `paths` (files, or folders of `.md` files), prints what it finds, and says whether all are right.
 * With `update`, what the runs give is written over what the lessons expect.
 */
export async function testLessons(paths, { update = false } = {}) {
  const files = (await Promise.all(paths.map(lessonsIn))).flat();
  if (files.length === 0) throw new Error(`no lesson in ${paths.join(", ")}; a lesson is a file whose name ends with .md`);
  let [wrong, outdated] = [0, false];
  for (const file of files) {
    const name = basename(file, ".md");
    let checked = await checkLesson(await readFile(file, "utf8"), name);
    const updated = update && checked.updated !== null;
    if (updated) {
      await writeFile(file, checked.updated);
      checked = await checkLesson(checked.updated, name);
    }
    const right = checked.findings.length === 0;
    if (!right) wrong += 1;
    if (checked.updated !== null) outdated = true;
    console.log(`${right ? "ok   " : "wrong"} ${file}${updated ? ", updated" : ""}`);
    for (const { line, column, problem, source } of checked.findings) {
      console.log(`${file}:${line}:${column}: ${problem}`);
      if (source.trim() !== "") console.log(`    ${source.trim()}`);
    }
  }
  console.log(`${files.length} lesson${files.length === 1 ? "" : "s"}, ${wrong} wrong`);
  if (outdated) console.log("With --update, what the runs give is written over what the lessons expect.");
  return wrong === 0;
}

/** The file itself, or what is in the folder and below, in the order of names. A README.md is no lesson. */
async function lessonsIn(path) {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = (await readdir(path, { withFileTypes: true })).sort((one, other) => (one.name < other.name ? -1 : 1));
  const found = entries
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules" && name !== "README.md")
    .map((entry) => {
      const below = join(path, entry.name);
      return entry.isDirectory() ? lessonsIn(below) : entry.name.endsWith(".md") ? [below] : [];
    });
  return (await Promise.all(found)).flat();
}
