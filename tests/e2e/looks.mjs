// Pictures of every view, the same on every run: the clock stands, chance is a fixed stream, nothing moves or blinks.
//
// As a program it makes the references in looks/ anew, from the built site: `cargo xtask screens --update`.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { browser, reaches } from "./browser.mjs";
import { serve } from "./serve.mjs";
import { VIEWS } from "./views.mjs";

/** Where the references are. */
export const REFERENCES = fileURLToPath(new URL("looks", import.meta.url));
/** By what fonts they were made: other fonts break lines elsewhere. */
export const FONTS = join(REFERENCES, "fonts.txt");

export const THEMES = ["light", "dark"];
export const WIDTHS = [320, 768, 1280];

/** Half the size: enough to see what moved, and small enough to keep. */
const SCALE = 0.5;
const START = Date.UTC(2030, 0, 1);

/** All pictures in all their variants, by name. */
export const LOOKS = VIEWS.flatMap((view) => THEMES.flatMap((theme) => WIDTHS.map((width) => ({
  ...view, theme, width, file: `${view.name}-${width}-${theme}.png`,
}))));

/** A picture of what shows first, as a PNG. */
export async function picture(chromium, url, { path, fill, theme, width }) {
  const context = await chromium.newContext({
    colorScheme: theme, deviceScaleFactor: SCALE, locale: "en-GB", reducedMotion: "reduce", serviceWorkers: "block",
    timezoneId: "UTC", viewport: { width, height: 800 },
  });
  try {
    const page = await context.newPage();
    await page.clock.setFixedTime(START);
    await page.addInitScript(() => {
      let state = 1;
      crypto.getRandomValues = (array) => {
        const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
        for (let at = 0; at < bytes.length; at += 1) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          bytes[at] = state >>> 24;
        }
        return array;
      };
    });
    await page.goto(url + path);
    await reaches(page, "ready");
    await fill?.(page);
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(300);
    return coarser(await page.screenshot({ animations: "disabled", caret: "hide" }));
  } finally {
    await context.close();
  }
}

/** How wide a line is in the fonts of this system. */
export async function fonts(chromium) {
  const page = await chromium.newPage();
  const widths = await page.evaluate(() => ['system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif', "ui-monospace, monospace"].map((family) => {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.font = `100px ${family}`;
    return canvas.measureText("Encrypt, decrypt, rotate: 0123456789 ✓ ✕ ▶").width.toFixed(1);
  }));
  await page.close();
  return `${widths.join(" ")}\n`;
}

/** Fewer shades, which nobody tells apart at this size: half the bytes. */
function coarser(bytes) {
  const image = PNG.sync.read(bytes);
  for (let at = 0; at < image.data.length; at += 1) image.data[at] = image.data[at] & 0xf8 | image.data[at] >> 5;
  return PNG.sync.write(image, { colorType: 2, deflateLevel: 9 });
}

/** The part of all points that differ to the eye, and a picture of where; all of them if the sizes differ. */
export function compare(before, after) {
  const [a, b] = [before, after].map((bytes) => PNG.sync.read(bytes));
  const { width, height } = a;
  if (width !== b.width || height !== b.height) return { part: 1, where: after };
  const where = new PNG({ width, height });
  const differ = pixelmatch(a.data, b.data, where.data, width, height, { threshold: 0.2 });
  return { part: differ / (width * height), where: PNG.sync.write(where) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const site = await serve();
  const chromium = await browser();
  rmSync(REFERENCES, { recursive: true, force: true });
  mkdirSync(REFERENCES);
  let bytes = 0;
  for (const look of LOOKS) {
    const made = await picture(chromium, site.url, look);
    writeFileSync(join(REFERENCES, look.file), made);
    bytes += made.length;
  }
  writeFileSync(FONTS, await fonts(chromium));
  console.log(`${LOOKS.length} pictures, ${(bytes / 1e6).toFixed(1)} MB`);
  await chromium.close();
  await site.close();
}
