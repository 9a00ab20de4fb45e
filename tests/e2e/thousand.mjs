// How soon the rotation view answers with a thousand keys in it.

import { answers } from "./inp.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Puts a thousand keys into the world that the page keeps, and opens it again. */
export async function thousand(page) {
  await page.locator(".start", { hasText: "A key of AWS" }).click();
  await page.waitForFunction(() => localStorage.getItem("kms-playground/world")?.includes("alias/aws/s3"));
  await page.evaluate(() => {
    const saved = JSON.parse(localStorage.getItem("kms-playground/world"));
    const call = (operation, body) => ({
      Call: { caller: "arn:aws:iam::111122223333:user/Administrator", region: "us-east-1", target: `TrentService.${operation}`, body: JSON.stringify(body) },
    });
    for (let i = 0; i < 1000; i++) saved.state.inputs.push(call("CreateKey", { Description: `customer ${i}` }));
    localStorage.setItem("kms-playground/world", JSON.stringify(saved));
  });
  await page.reload();
  await page.locator("kms-playground[data-state=ready]").waitFor({ timeout: 60_000 });
  await page.getByText(/^1003 keys/).waitFor({ timeout: 60_000 });
}

/** Looks about among them and lets a day pass, and gives the longest time of each click in milliseconds. */
export function lookAbout(page) {
  return answers(page, async (doing) => {
    for (const name of ["Look farther", "Look closer", "◀ earlier", "now", "Keys after ▶", "◀ Keys before", "As a table", "Picture", "+1 day"]) {
      await doing(name);
      await button(page, name).first().click();
      await page.waitForTimeout(300);
    }
  });
}
