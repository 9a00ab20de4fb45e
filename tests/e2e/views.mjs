// Every view of the page, for what must hold in all of them. One that is added is a line here: its address and, where it
// begins empty, what fills it.

const button = (page, name) => page.locator(".view:not([hidden])").getByRole("button", { name }).first();

export const VIEWS = [
  { name: "learn", path: "#/learn" },
  { name: "lesson", path: "#/learn/why-not-just-encrypt/2" },
  { name: "exams", path: "#/exam" },
  { name: "exam", path: "#/exam/4711/10/1", fill: answer },
  { name: "envelope", path: "#/envelope", fill: seal },
  { name: "policy", path: "#/policy", fill: edit },
  { name: "rotation", path: "#/rotation" },
  { name: "services", path: "#/services/s3", fill: walk },
  { name: "limits", path: "#/limits/nightly-batch" },
  { name: "console", path: "#/console", fill: send },
  { name: "audit", path: "#/audit/2" },
];

async function edit(page) {
  await page.locator(".cm-content").waitFor();
  // What would change the answer is found a moment later.
  await button(page, "Apply").waitFor();
}

async function answer(page) {
  await page.getByRole("radio").nth(1).press("Space");
  await page.getByRole("radio").nth(1).press("Enter");
  await page.getByRole("region", { name: "What KMS recorded" }).waitFor();
}

async function seal(page) {
  await button(page, "Encrypt").click();
  await page.locator(".segments .after").nth(9).waitFor();
}

async function walk(page) {
  for (let move = 1; move <= 3; move += 1) {
    await page.getByText(`A walk, move ${move} of`).waitFor();
    await button(page, "Do it").press("Enter");
  }
  await page.getByText("A walk, move 4 of").waitFor();
}

async function send(page) {
  await button(page, /^Send as/).click();
  await page.getByText("200 OK").first().waitFor();
}
