// How long the page needs to answer, in a browser slowed down four times, on the built site: a key typed into a policy, and
// a click among a thousand keys.

import { browser, reaches } from "../tests/e2e/browser.mjs";
import { slowest } from "../tests/e2e/inp.mjs";
import { serve } from "../tests/e2e/serve.mjs";
import { lookAbout, thousand } from "../tests/e2e/thousand.mjs";
import { slowestKey } from "../tests/e2e/typing.mjs";

const site = await serve();
const chromium = await browser();
const open = async (view) => {
  const page = await chromium.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${site.url}#/${view}`);
  await reaches(page, "ready");
  return page;
};
console.log(`INP of an edit, ms\t${await slowestKey(await open("policy"))}`);
const rotation = await open("rotation");
await thousand(rotation);
console.log(`INP of the timeline of 1,000 keys, ms\t${slowest(await lookAbout(rotation))}`);
await chromium.close();
await site.close();
