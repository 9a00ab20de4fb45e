// Whoever needs large print, large targets, colours of their own or paper: every view.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { journey } from "./journey.mjs";
import { VIEWS } from "./views.mjs";

/** WCAG 2.2, target size (minimum): 24 by 24, but for links in a sentence and for what the browser draws. */
const TARGET = 24;

/** What somebody can press and is smaller. */
const small = (page) => page.evaluate((least) => {
  const root = document.querySelector("kms-playground").shadowRoot;
  const pressed = 'a[href], button, input, select, textarea, summary, [role="tab"], [role="button"], [role="radio"], [tabindex="0"]';
  const box = (it) => it.getBoundingClientRect();
  const inSentence = (it) => it.localName === "a" && getComputedStyle(it).display === "inline"
    && it.parentElement.textContent.trim().length > it.textContent.trim().length;
  const found = [...root.querySelectorAll(pressed)].filter((it) => it.checkVisibility({ visibilityProperty: true }) && box(it).width > 1 && !inSentence(it));
  // Pressing its words presses it too.
  const target = (it) => (it.labels?.length ? [it, ...it.labels] : [it]).map(box).reduce((a, b) => (a.height * a.width > b.height * b.width ? a : b));
  return found.filter((it) => target(it).width < least || target(it).height < least)
    .map((it) => `${it.localName}.${it.className?.baseVal ?? it.className} “${(it.innerText ?? it.getAttribute("aria-label") ?? "").slice(0, 30)}” ${Math.round(target(it).width)} × ${Math.round(target(it).height)}`);
}, TARGET);

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const { name, path, fill } of VIEWS) {
  // 1,280 pixels at 400 %.
  journey(`${name} can be read at 400 % zoom, and pressed by a finger`, { path, context: { viewport: { width: 320, height: 256 } } }, async ({ page }) => {
    await fill?.(page);
    assert.equal(await sideways(page), 0, "it scrolls sideways");
    assert.deepEqual(await small(page), []);
  });

  journey(`${name} can be pressed by a finger where there is room`, { path, context: { viewport: { width: 1280, height: 800 } } }, async ({ page }) => {
    await fill?.(page);
    assert.deepEqual(await small(page), []);
  });

  // So high that no control of the first screenful lies half under the clock, where axe measures what is left of it.
  journey(`${name} keeps its meaning in colours of one's own`, { path, context: { viewport: { width: 1280, height: 720 }, forcedColors: "active" } }, async ({ page }) => {
    await fill?.(page);
    await assertAccessible(page);
  });

  journey(`${name} can be printed`, { path, context: { viewport: { width: 720, height: 900 } } }, async ({ page }) => {
    await fill?.(page);
    const view = page.locator(".view:not([hidden])");
    const text = (await view.innerText()).length;
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.ok((await view.innerText()).length > text / 2, "most of its text is on the paper");
    for (const bar of [".bar", ".clock"]) assert.equal(await page.locator(bar).isVisible(), false, `${bar} is of no use on paper`);
    assert.equal(await sideways(page), 0, "it is wider than the paper");
    const [ink, paper] = await view.evaluate((it) => [getComputedStyle(it).color, getComputedStyle(it.getRootNode().host).colorScheme]);
    assert.equal(paper, "light", `dark paper under ${ink}`);
  });
}
