// Every page of every lesson as a picture, for looking at: `node tests/e2e/pictures.mjs <folder> [id…]`.
//
// In two widths, light, with the questions answered; and sheets with all pages of a lesson side by side.

import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { browser, reaches } from "./browser.mjs";
import { serve } from "./serve.mjs";

const WIDTHS = [1200, 390];
/** How wide a page is on a sheet. */
const THUMB = 420;
const COURSE = new URL("../../www/scenarios/", import.meta.url);
const [folder = "target/lessons", ...given] = process.argv.slice(2);
const ids = given.length > 0 ? given : readdirSync(COURSE).map((name) => name.replace(/\.md$/, ""));

mkdirSync(folder, { recursive: true });
const site = process.env.KMS_E2E_SITE ? { url: process.env.KMS_E2E_SITE, close() {} } : await serve();
const chromium = await browser();
for (const width of WIDTHS) {
  const context = await chromium.newContext({ colorScheme: "light", viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(site.url);
  await reaches(page, "ready");
  for (const id of ids) {
    const count = readFileSync(new URL(`${id}.md`, COURSE), "utf8").split("\n## ").length - 1;
    const pictures = [];
    for (let number = 1; number <= count; number++) {
      await page.evaluate((hash) => (location.hash = hash), `#/learn/${id}/${number}`);
      await page.getByText(`page ${number} of ${count}`, { exact: false }).waitFor();
      await page.locator(".items").waitFor();
      for (let nth = 0; nth < await page.locator(".ask").count(); nth++) {
        await page.locator(".ask").nth(nth).getByRole("radio").first().check();
        await page.locator(".ask").nth(nth).locator(".verdict").waitFor();
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) console.log(`${id}, page ${number}: ${wide} pixels wide at ${width}`);
      // As high as the page, so that what sticks to the window is at its edges.
      await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
      pictures.push(await page.screenshot({ path: join(folder, `${id}-${number}-${width}.png`) }));
      await page.setViewportSize({ width, height: 900 });
    }
    await sheet(chromium, pictures, join(folder, `${id}-${width}.png`));
    console.log(join(folder, `${id}-${width}.png`));
  }
  await context.close();
}
await chromium.close();
await site.close();

/** All pictures side by side in one. */
async function sheet(chromium, pictures, path) {
  const page = await chromium.newPage({ viewport: { width: Math.max(1, Math.min(4, pictures.length)) * (THUMB + 10), height: 600 } });
  const images = pictures.map((picture) => `<img width="${THUMB}" src="data:image/png;base64,${picture.toString("base64")}">`);
  await page.setContent(`<body style="margin:0;display:flex;flex-wrap:wrap;gap:10px;align-items:start;background:#888">${images.join("")}`);
  await page.screenshot({ path, fullPage: true });
  await page.close();
}
