// How soon the page answers, as the browser itself measures it.

/** What a person waits for at most, in milliseconds, on a processor four times as slow. */
export const LIMIT = 150;

/**
 * Does `act` on a processor slowed down `slowdown` times and gives each interaction's longest time in milliseconds, by what
 * was done: from the input to the next picture (Event Timing, to 8 ms). The longest is INP for a visit with so few
 * interactions. `act` is given a function that says what is done next.
 */
export async function answers(page, act, slowdown = 4) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.evaluate(() => {
    globalThis.doing = "";
    globalThis.answers = {};
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries()) {
        if (interactionId > 0) answers[doing] = Math.max(answers[doing] ?? 0, duration);
      }
    }).observe({ type: "event", durationThreshold: 16 });
  });
  await act((what) => page.evaluate((what) => (globalThis.doing = what), what));
  await page.waitForTimeout(1000);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return page.evaluate(() => globalThis.answers);
}

/** The longest of them. */
export const slowest = (answers) => Math.max(0, ...Object.values(answers));
