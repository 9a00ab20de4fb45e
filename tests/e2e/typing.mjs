// How soon the page answers somebody who types into the editor of policies, as the browser itself measures it.

/** What a person waits for at most, in milliseconds, on a processor four times as slow. */
export const LIMIT = 150;

/**
 * Types into a key policy with pins, matrix and all on the screen, and gives the longest interaction in milliseconds:
 * from the key to the next picture (Event Timing, to 8 ms). That is INP for a visit with so few interactions.
 */
export async function slowestKey(page, slowdown = 4) {
  await page.locator(".cm-content").waitFor();
  await page.getByRole("button", { name: "key policy", exact: true }).click();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.evaluate(() => {
    globalThis.slowest = 0;
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries()) {
        if (interactionId > 0) globalThis.slowest = Math.max(globalThis.slowest, duration);
      }
    }).observe({ type: "event", durationThreshold: 16 });
  });
  // At the end of the text spaces change nothing that is said, inside the first name each letter does.
  await page.keyboard.press("End");
  for (const key of ['"', "S", "i", "d", '"', ":", '"', "a", '"', ",", "Backspace", "Enter", " ", " "]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(120);
  }
  await page.waitForTimeout(1000);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return page.evaluate(() => globalThis.slowest);
}
