// Accessibility rules, run by axe-core inside the page and into the open shadow root.

import assert from "node:assert/strict";
import axe from "axe-core";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with a list of what is wrong and where. */
export async function assertAccessible(page) {
  await assertRules(page, { type: "tag", values: RULES });
}

/** The same in light and in dark, which only colours can tell apart. Leaves the page as it was asked for. */
export async function assertAccessibleInBoth(page) {
  await assertAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await assertRules(page, { type: "rule", values: ["color-contrast", "link-in-text-block"] });
  await page.emulateMedia({ colorScheme: null });
}

async function assertRules(page, runOnly) {
  // Without preloading, for which axe makes a document with inline styles. Evaluated by the debugger, so the page's policy stays as strict as it is.
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (runOnly) => {
    const { violations } = await globalThis.axe.run(document, { preload: false, runOnly });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((it) => it.target.flat().join(" ")).join(", ")}`);
  }, runOnly);
  assert.deepEqual(violations, [], "axe found violations");
}
