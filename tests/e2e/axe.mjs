// Accessibility rules, run by axe-core inside the page and into the open shadow root.

import assert from "node:assert/strict";
import axe from "axe-core";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with a list of what is wrong and where. */
export async function assertAccessible(page) {
  // Without preloading, for which axe makes a document with inline styles. Evaluated by the debugger, so the page's policy stays as strict as it is.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (values) => {
    const { violations } = await globalThis.axe.run(document, { preload: false, runOnly: { type: "tag", values } });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((it) => it.target.flat().join(" ")).join(", ")}`);
  }, RULES);
  assert.deepEqual(violations, [], "axe found violations");
}
