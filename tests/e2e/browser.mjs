// Headless Chromium, for journeys and pictures.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** Options to start Chromium with. It opens only pages of our own, so it may run where there is no sandbox. */
export const LAUNCH = {
  executablePath: process.env.CHROME || PLACES.find(existsSync),
  chromiumSandbox: false,
  args: ["--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};

/** The browser that run.mjs started, or one of one's own. */
export function browser() {
  const shared = process.env.KMS_E2E_BROWSER;
  return shared ? chromium.connect(shared) : chromium.launch(LAUNCH);
}

/** Waits until the first playground on the page says that it is `state`. */
export async function reaches(page, state) {
  await page.locator(`kms-playground[data-state="${state}"]`).first().waitFor().catch(async (reason) => {
    const text = await page.locator("kms-playground").first().innerText().catch(() => "");
    throw new Error(`the element did not become "${state}"; it shows: ${text}`, { cause: reason });
  });
}
