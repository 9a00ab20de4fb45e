// Every lesson in the page: read, predicted, done by hand and by keyboard, in light and dark.

import { readdirSync } from "node:fs";
import { assertAccessibleInBoth } from "./axe.mjs";
import { journey } from "./journey.mjs";

const LESSONS = readdirSync(new URL("../../www/scenarios/", import.meta.url)).map((name) => name.replace(/\.md$/, ""));

for (const id of LESSONS) {
  journey(`${id} is accessible on every page, in light and dark, and done by keyboard`, { path: `#/learn/${id}/1` }, async ({ page }) => {
    for (let number = 1; ; number++) {
      // A page may wait for a key that takes a moment.
      await page.locator(".items").waitFor();
      // A prediction comes before what it predicts: the first choice will do.
      for (let nth = 0; nth < await page.locator(".ask").count(); nth++) {
        await page.locator(".ask").nth(nth).getByRole("radio").first().focus();
        await page.keyboard.press("Space");
        await page.locator(".ask").nth(nth).locator(".verdict").waitFor();
      }
      await assertAccessibleInBoth(page);
      const next = page.getByRole("button", { name: "Next ▶", exact: true });
      if (await next.count() === 0) break;
      await next.focus();
      await page.keyboard.press("Enter");
      await page.getByText(`page ${number + 1} of`).waitFor();
    }
    const send = page.getByRole("button", { name: "Send" });
    await send.focus();
    await page.keyboard.press("Enter");
    await page.getByText("Not yet", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Solution" }).focus();
    await page.keyboard.press("Enter");
    const requests = page.getByRole("button", { name: "Put it into the form" });
    await requests.first().waitFor();
    for (let nth = 0; nth < await requests.count(); nth++) {
      await requests.nth(nth).focus();
      await page.keyboard.press("Enter");
      await send.focus();
      await page.keyboard.press("Enter");
    }
    // A solution with policies is done in the sandbox.
    if (await page.getByText("Policies are edited in Policy").count() === 0) {
      await page.getByText("Done", { exact: true }).waitFor();
    }
    await assertAccessibleInBoth(page);
  });
}
