// Every view looks as it did, in both themes and three widths. Where a change is meant: `cargo xtask screens --update`,
// and look at the pictures in the diff.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FONTS, LOOKS, REFERENCES, compare, fonts, picture } from "./looks.mjs";
import { running } from "./running.mjs";
import { DIST } from "./serve.mjs";
import { VIEWS } from "./views.mjs";

/** The part of all points that may differ: less than a word. */
const TOLERANCE = 0.001;
const DIFFERENT = join(DIST, "../target/looks");

let sameFonts;
const run = running(async ({ chromium }) => {
  sameFonts = await fonts(chromium) === readFileSync(FONTS, "utf8");
});

for (const { name } of VIEWS) {
  test(`the view ${name} looks as it did`, { timeout: 240_000 }, async (context) => {
    const changed = [];
    for (const look of LOOKS.filter((look) => look.name === name)) {
      const now = await picture(run.chromium, run.site.url, look);
      // With other fonts lines break elsewhere: then a second picture of this system is the reference.
      const reference = sameFonts ? readFileSync(join(REFERENCES, look.file)) : await picture(run.chromium, run.site.url, look);
      const { part, where } = compare(reference, now);
      if (part <= TOLERANCE) continue;
      mkdirSync(DIFFERENT, { recursive: true });
      writeFileSync(join(DIFFERENT, look.file), now);
      writeFileSync(join(DIFFERENT, look.file.replace(".png", "-where.png")), where);
      changed.push(`${look.file}: ${(part * 100).toFixed(2)} % of the points`);
    }
    if (!sameFonts) context.diagnostic("other fonts than those of the references (Debian's Chromium with DejaVu): compared with itself only");
    assert.deepEqual(changed, [], `see target/looks; if it is meant, cargo xtask screens --update`);
  });
}

test("there is a reference for every picture, and no other", () => {
  assert.deepEqual(readdirSync(REFERENCES).filter((file) => file.endsWith(".png")).sort(), LOOKS.map(({ file }) => file).sort());
  assert.ok(existsSync(FONTS));
});
