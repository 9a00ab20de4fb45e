// `kms-playground test` as a program, and `checkLesson`: every lesson of the course in wasm, and what is wrong with others.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkLesson, exam, markAnswers } from "../../target/npm/index.node.js";

const PROGRAM = new URL("../../target/npm/serve.js", import.meta.url).pathname;
const COURSE = new URL("../../www/scenarios/", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "kms-playground-"));
after(() => rmSync(folder, { recursive: true }));

const run = (...args) => spawnSync(process.execPath, [PROGRAM, "test", ...args], { encoding: "utf8", timeout: 100_000 });
const lesson = readFileSync(join(COURSE, "root-has-no-access.md"), "utf8");

test("the course is right in wasm", () => {
  const { status, stdout } = run(COURSE);
  assert.equal(status, 0, stdout);
  const count = readdirSync(COURSE).length;
  assert.match(stdout, new RegExp(`\\n${count} lessons, 0 wrong\\n$`));
});

test("what is wrong is named with line and column, and taken over where told", () => {
  mkdirSync(join(folder, "below", ".hidden"), { recursive: true });
  writeFileSync(join(folder, "README.md"), "Not a lesson.\n");
  writeFileSync(join(folder, "below", ".hidden", "x.md"), "Not looked at.\n");
  writeFileSync(join(folder, "below", "root-has-no-access.md"), lesson.replace("Payroll", "Wages").replace(/\n200\n/, "\n201\n"));
  const broken = join(folder, "broken.md");
  writeFileSync(broken, lesson.replace("id: root-has-no-access", "id: broken").replace('{ "KeyId"', "{ “KeyId”"));
  const first = run(folder);
  assert.equal(first.status, 1);
  const line = lesson.split("\n").findIndex((text) => text.startsWith('{ "KeyId"')) + 1;
  assert.ok(first.stdout.includes(`\n${broken}:${line}:3: the body is not JSON: key must be a string; \`“\` is a typographic quotation mark`), first.stdout);
  assert.match(first.stdout, /root-has-no-access\.md:\d+:1: the run gives `200` here, and the lesson expects `201`; correct the step, or take over what the run gives\n {4}201\n/);
  assert.match(first.stdout, /\n2 lessons, 2 wrong\nWith --update, what the runs give is written over what the lessons expect\.\n$/);

  assert.equal(run(folder, "--update").status, 1);
  assert.match(readFileSync(join(folder, "below", "root-has-no-access.md"), "utf8"), /\n200\n/);
  rmSync(broken);
  const { status, stdout } = run(folder);
  assert.deepEqual([status, stdout], [0, `ok    ${join(folder, "below", "root-has-no-access.md")}\n1 lesson, 0 wrong\n`]);
});

test("a lesson is checked as a text", async () => {
  const right = await checkLesson(lesson);
  assert.deepEqual([right.title, right.plays, right.findings, right.updated], ["Root has no access unless the key policy says so", true, [], null]);
  const { title, plays, findings: [finding], updated } = await checkLesson(lesson.replace("op=CreateKey", "op=CreatKey"), "root-has-no-access");
  assert.deepEqual([title, plays, updated], [null, false, null]);
  assert.match(finding.problem, /no operation `CreatKey`; `CreateKey` is near/);
  assert.equal(finding.source.slice(finding.column - 1, finding.column + 7), "CreatKey");
  assert.match((await checkLesson(lesson, "other")).findings[0].problem, /the file is called `other\.md`/);
});

test("a set of questions is the same for everybody, and answers to it are marked", async () => {
  const { paper, questions } = await exam("4711-3~who-may~basics");
  assert.equal(paper, "4711-3~who-may~basics");
  assert.deepEqual(questions, (await exam(paper)).questions);
  for (const { family, tale, asks, choices, right, record } of questions) {
    assert.deepEqual([family, choices.length, new Set(choices).size], ["Policies", 4, 4]);
    assert.ok(tale.length > 0 && asks && record && right < 4);
  }
  const best = questions.map(({ right }) => "ABCD"[right]).join("");
  assert.deepEqual(await markAnswers(`${paper}-${best}`), { paper, points: 3, right: [true, true, true] });
  assert.equal((await markAnswers(`${paper}-...`)).points, 0);
  await assert.rejects(exam("4711"), /a set such as 4711-10/);
  await assert.rejects(markAnswers("4711-3-AC"), /answers such as/);
});

test("nothing to check is an error", () => {
  for (const [args, reason] of [
    [[], /test takes lessons, or folders of them/],
    [[join(folder, "none")], /no such file/],
    [[mkdtempSync(join(folder, "empty-"))], /no lesson in .*; a lesson is a file whose name ends with \.md/],
  ]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 1);
    assert.match(stderr, reason);
  }
});
