// What a visit must not do while it begins: jump about, or keep the reader before an empty page. How long things take is
// measured by `cargo xtask speed`.

import assert from "node:assert/strict";
import { journey } from "./journey.mjs";
import { VIEWS } from "./views.mjs";

/** How far everything may be moved about, as Cumulative Layout Shift counts it. */
const SHIFT = 0.02;

const watchShifts = (page) => page.addInitScript(() => {
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      const moved = sources.map(({ previousRect: a, currentRect: b }) => `${a.x},${a.y} ${a.width}×${a.height} to ${b.x},${b.y} ${b.width}×${b.height}`);
      if (!hadRecentInput) shifts.push({ value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
});

for (const { name, path } of VIEWS) {
  for (const width of [1280, 390]) {
    journey(`nothing jumps about while the view ${name} comes, ${width} pixels wide`, {
      path, before: watchShifts, context: { viewport: { width, height: 800 } },
    }, async ({ page }) => {
      await page.waitForTimeout(300);
      const shifts = await page.evaluate(() => shifts);
      const sum = shifts.reduce((sum, { value }) => sum + value, 0);
      assert.ok(sum <= SHIFT, `${sum} of at most ${SHIFT}: ${JSON.stringify(shifts)}`);
    });
  }
}

journey("there is something to read before the program is there", {
  state: null,
  before: async (page) => {
    await page.route("**/*.wasm", async (route) => {
      await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
      await route.continue();
    });
  },
}, async ({ page }) => {
  await page.locator('kms-playground[data-state="ready"]').waitFor();
  const [painted, arrived] = await page.evaluate(() => [
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    performance.getEntriesByType("resource").find(({ name }) => name.endsWith("_bg.wasm")).responseEnd,
  ]);
  assert.ok(painted < arrived, `first paint after ${painted} ms, the program after ${arrived} ms`);
});
