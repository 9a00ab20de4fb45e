// How soon the rotation view answers with a thousand keys in it.

import { answers } from "./inp.mjs";
import { kept, offered } from "./stored.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Puts a thousand keys into the world that the page keeps, and opens it again. */
export async function thousand(page) {
  await page.locator(".start", { hasText: "A key of AWS" }).click();
  await kept(page);
  await button(page, "Worlds").click();
  const { text } = await offered(page, () => button(page, "Save everything").click());
  const saved = JSON.parse(text);
  const call = (operation, body) => JSON.stringify({
    Call: { caller: "arn:aws:iam::111122223333:user/Administrator", region: "us-east-1", target: `TrentService.${operation}`, body: JSON.stringify(body) },
  });
  const [world] = saved.worlds;
  for (let i = 0; i < 1000; i++) world.cursor = world.steps.push(call("CreateKey", { Description: `customer ${i}` }));
  world.name = "A thousand keys";
  await page.getByLabel("A file with worlds").setInputFiles({ name: "worlds.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(saved)) });
  await button(page, "Go to “A thousand keys”").click({ timeout: 60_000 });
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
