// The AWS SDK for JavaScript in a page of headless Chromium, on the package as any web server would give it out.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { chromium } = createRequire(new URL("../e2e/", import.meta.url))("playwright-core");
const folder = fileURLToPath(new URL(".", import.meta.url));
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

let server, browser, page;

before(async () => {
  const bundle = await build({
    stdin: { contents: 'export * as sdk from "@aws-sdk/client-kms"; export { converse } from "./conversation.mjs";', resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  server = createServer(async (request, response) => {
    const file = new URL(`../../target/npm${request.url}`, import.meta.url);
    const body = request.url === "/" ? "<!doctype html>" : request.url === "/clients.js" ? bundle.outputFiles[0].contents : await readFile(file).catch(() => undefined);
    const type = TYPES[extname(request.url)] ?? "text/html";
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"];
  browser = await chromium.launch({ executablePath: process.env.CHROME, args });
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
});

after(async () => {
  await browser?.close();
  server?.close();
});

test("every operation and an error of each class, with verified signatures", async () => {
  const differences = await page.evaluate(async () => {
    const { Session } = await import("/index.js");
    const { sdk, converse } = await import("/clients.js");
    const session = await Session.create({ start: "2030-01-01T00:00:00Z", seed: 7, strict: true });
    const client = (arn, region = "us-east-1") =>
      new sdk.KMSClient({ region, credentials: session.credentials(arn), requestHandler: session.requestHandler() });
    const clients = {
      administrator: client("arn:aws:iam::111122223333:user/Administrator"),
      european: client("arn:aws:iam::111122223333:user/Administrator", "eu-west-1"),
      stranger: client("arn:aws:iam::444455556666:user/Administrator"),
    };
    const plain = (value) => JSON.stringify(value instanceof Uint8Array ? [...value] : (value ?? null));
    const differences = [];
    const equal = (got, want, where) => plain(got) === plain(want) || differences.push(`${where}: ${plain(got)}, not ${plain(want)}`);
    const send = (kms, command, input) => kms.send(new sdk[`${command}Command`](input));
    await converse(clients, send, (span) => session.advance(span), equal);
    return differences;
  });
  assert.deepEqual(differences, []);
});

test("the same seed makes the same bytes as in Node", async () => {
  const talk = async (from) => {
    const { Session } = await import(from);
    const session = await Session.create({ start: "2030-01-01T00:00:00Z", seed: 7 });
    const call = (operation, body) => session.call({ as: "arn:aws:iam::111122223333:user/Administrator", operation, body }).response.body;
    const key = JSON.parse(call("CreateKey", {})).KeyMetadata.KeyId;
    return [call("GenerateDataKey", { KeyId: key, KeySpec: "AES_256" }), call("GenerateRandom", { NumberOfBytes: 1024 }), session.snapshot()];
  };
  const inPage = await page.evaluate(`(${talk})("/index.js")`);
  assert.deepEqual(inPage, await talk("../../target/npm/index.node.js"));
});
