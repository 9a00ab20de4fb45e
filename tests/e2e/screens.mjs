// Pictures of the built site, for looking at: `node tests/e2e/screens.mjs <folder> [part of the address…]`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { browser, reaches } from "./browser.mjs";
import { serve } from "./serve.mjs";

const WIDTHS = [1440, 900, 390, 320];
const [folder = "target/screens", ...given] = process.argv.slice(2);
const parts = given.length > 0 ? given : [""];

mkdirSync(folder, { recursive: true });
const site = await serve();
const chromium = await browser();
for (const colorScheme of ["light", "dark"]) {
  for (const width of WIDTHS) {
    const context = await chromium.newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    for (const part of parts) {
      await page.goto(site.url + part);
      await reaches(page, "ready");
      const name = part.replace(/\W+/g, "-").replace(/^-|-$/g, "") || "page";
      const path = join(folder, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
      console.log(path);
    }
    await context.close();
  }
}
await chromium.close();
await site.close();
