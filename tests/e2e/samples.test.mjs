// Code samples with the AWS SDK that run in somebody else's page, and show in the playground beside them.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { inHost } from "./host.mjs";

const clients = new URL("../clients/", import.meta.url);
const { buildSync } = createRequire(clients)("esbuild");

const SAMPLE = `
import { KMSClient, DecryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";

export default async ({ requestHandler, credentials, log }) => {
  const kms = new KMSClient({
    region: "us-east-1",
    credentials: credentials("arn:aws:sts::111122223333:assumed-role/OrdersApp/session"),
    requestHandler,
  });
  const { Plaintext, CiphertextBlob } = await kms.send(new GenerateDataKeyCommand({ KeyId: "alias/orders", KeySpec: "AES_256" }));
  const opened = await kms.send(new DecryptCommand({ CiphertextBlob }));
  log("the same key:", opened.Plaintext.every((byte, at) => byte === Plaintext[at]));
  await kms.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(9) })).catch((error) => log("refused:", error.name));
};
`;
const bundled = () => {
  const { outputFiles } = buildSync({ stdin: { contents: SAMPLE, resolveDir: fileURLToPath(clients) }, bundle: true, format: "esm", platform: "browser", minify: true, write: false });
  return { type: "text/javascript", body: outputFiles[0].text };
};

for (const mode of ["inline", "frame"]) {
  inHost(`a sample runs against the world of the element with that id, and its steps show (${mode})`, (url) => `<kms-playground id="world" loading="eager" mode="${mode}" view="console"></kms-playground><kms-run for="world" src="sample.js"><a href="sample.js">The sample</a></kms-run><script type="module" src="${url}run.js"></script>`, {
    files: () => ({ "/sample.js": bundled() }),
  }, async ({ page }) => {
    await page.evaluate(() => document.getElementById("world").ready);
    const results = page.evaluate(() => new Promise((resolve) => {
      const labels = [];
      document.addEventListener("kms-result", ({ detail }) => labels.push(`${detail.step} ${detail.label}`) === 3 && resolve(labels));
    }));
    await page.getByRole("button", { name: "Run" }).click();
    const output = page.locator("kms-run output");
    await output.getByText("refused: InvalidCiphertextException").waitFor();
    assert.equal(await output.innerText(), "the same key: true\nrefused: InvalidCiphertextException");
    assert.deepEqual(await results, ["5 GenerateDataKey", "6 Decrypt", "7 Decrypt"]);
    const shown = mode === "frame" ? page.frameLocator("#world iframe") : page.locator("#world");
    await shown.getByText("7/7").waitFor();
    await shown.getByText("InvalidCiphertextException").first().waitFor();
    assert.match(await page.locator("kms-run code").innerText(), /alias\/orders/, "what runs is what shows");
  });
}

inHost("a sample that fails, or finds no playground, says so below its code", (url) => `<kms-run id="lost" for="nowhere"></kms-run><kms-run id="gone" for="nowhere" src="gone.js"></kms-run><script type="module" src="${url}run.js"></script>`, { allow: [/404|MIME/] }, async ({ page }) => {
  await page.evaluate(() => { document.getElementById("lost").code = async () => "never"; });
  await page.locator("#lost").getByRole("button", { name: "Run" }).click();
  await page.locator("#lost output").getByText('there is no playground with the id "nowhere" on this page').waitFor();
  assert.match(await page.locator("#lost code").innerText(), /never/);
});
