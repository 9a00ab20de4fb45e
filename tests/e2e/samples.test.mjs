// Code samples with the AWS SDK that run in somebody else's page, and show in the playground beside them.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { inHost } from "./host.mjs";

const clients = new URL("../clients/", import.meta.url);
const { buildSync } = createRequire(clients)("esbuild");

const SAMPLE = `
import { KMSClient, EncryptCommand, DecryptCommand } from "@aws-sdk/client-kms";

export default async ({ requestHandler, credentials, log }) => {
  const kms = new KMSClient({
    region: "us-east-1",
    credentials: credentials("arn:aws:sts::111122223333:assumed-role/OrdersApp/session"),
    requestHandler,
  });
  const sealed = await kms.send(new EncryptCommand({ KeyId: "alias/orders", Plaintext: new TextEncoder().encode("hello") }));
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }));
  log("opened:", new TextDecoder().decode(opened.Plaintext));
  await kms.send(new EncryptCommand({ KeyId: "alias/none", Plaintext: new Uint8Array(1) })).catch((error) => log("refused:", error.name));
};
`;
const bundled = () => {
  const { outputFiles } = buildSync({ stdin: { contents: SAMPLE, resolveDir: fileURLToPath(clients) }, bundle: true, format: "esm", platform: "browser", minify: true, write: false });
  return { type: "text/javascript", body: outputFiles[0].text };
};

for (const mode of ["inline", "frame"]) {
  inHost(`a sample runs against the world of the element with that id, and its steps show (${mode})`, (url) => `<kms-playground id="world" loading="eager" mode="${mode}" view="console" seed="1"></kms-playground><kms-run for="world" src="sample.js"><a href="sample.js">The sample</a></kms-run><script type="module" src="${url}run.js"></script>`, {
    files: () => ({ "/sample.js": bundled() }),
  }, async ({ page }) => {
    await page.evaluate(() => document.getElementById("world").ready);
    const results = page.evaluate(() => new Promise((resolve) => {
      const labels = [];
      document.addEventListener("kms-result", ({ detail }) => labels.push(`${detail.step} ${detail.label}`) === 3 && resolve(labels));
    }));
    await page.getByRole("button", { name: "Run" }).click();
    const output = page.locator("kms-run output");
    await output.getByText("refused: NotFoundException").waitFor();
    assert.equal(await output.innerText(), "opened: hello\nrefused: NotFoundException");
    assert.deepEqual(await results, ["5 Encrypt", "6 Decrypt", "7 Encrypt"]);
    const shown = mode === "frame" ? page.frameLocator("#world iframe") : page.locator("#world");
    await shown.getByText("7/7").waitFor();
    await shown.getByText("NotFoundException").first().waitFor();
    assert.match(await page.locator("kms-run code").innerText(), /alias\/orders/, "what runs is what shows");
  });
}

inHost("a sample that fails, or finds no playground, says so below its code", (url) => `<kms-run id="lost" for="nowhere"></kms-run><kms-run id="gone" for="nowhere" src="gone.js"></kms-run><script type="module" src="${url}run.js"></script>`, { allow: [/404|MIME/] }, async ({ page }) => {
  await page.evaluate(() => { document.getElementById("lost").code = async () => "never"; });
  await page.locator("#lost").getByRole("button", { name: "Run" }).click();
  await page.locator("#lost output").getByText('there is no playground with the id "nowhere" on this page').waitFor();
  assert.match(await page.locator("#lost code").innerText(), /never/);
});
