// How long the page needs to answer a key typed into a policy, in a browser slowed down four times, on the built site.

import { browser, reaches } from "../tests/e2e/browser.mjs";
import { serve } from "../tests/e2e/serve.mjs";
import { slowestKey } from "../tests/e2e/typing.mjs";

const site = await serve();
const chromium = await browser();
const page = await chromium.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(`${site.url}#/policy`);
await reaches(page, "ready");
console.log(`INP of an edit, ms\t${await slowestKey(page)}`);
await chromium.close();
await site.close();
