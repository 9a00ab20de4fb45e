// How soon the page answers somebody who types into the editor of policies.

import { answers, slowest } from "./inp.mjs";

/** Types into a key policy with pins, matrix and all on the screen, and gives the longest interaction in milliseconds. */
export async function slowestKey(page, slowdown = 4) {
  await page.locator(".cm-content").waitFor();
  await page.getByRole("button", { name: "key policy", exact: true }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+Home");
  const type = async () => {
    // At the end of the text spaces change nothing that is said, inside the first name each letter does.
    await page.keyboard.press("End");
    for (const key of ['"', "S", "i", "d", '"', ":", '"', "a", '"', ",", "Backspace", "Enter", " ", " "]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(120);
    }
  };
  return slowest(await answers(page, type, slowdown));
}
