// The sites of tests/hosts/, each built by its own tool, with a lesson in it that is opened, stepped, left and found again.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { watch } from "./journey.mjs";
import { running } from "./running.mjs";
import { DIST } from "./serve.mjs";

const SOURCES = fileURLToPath(new URL("../hosts", import.meta.url));
const BUILT = fileURLToPath(new URL("../../target/hosts", import.meta.url));
/** Where the tools are that requirements.txt names. */
const TOOLS = process.env.KMS_HOSTS ?? join(process.env.HOME, ".cache/kms-playground/tools/python-tests-hosts/bin");
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json", ".xml": "text/xml", ".png": "image/png", ".woff2": "font/woff2" };

/** How each is built from a copy of its sources, where its pages then are, and what it complains of by itself. */
const HOSTS = {
  plain: { build: () => {}, pages: ".", first: "index.html" },
  mdbook: { build: (folder) => execFileSync(join(TOOLS, "mdbook"), ["build", folder]), pages: "book", first: "envelopes.html" },
  mkdocs: { build: (folder) => execFileSync(join(TOOLS, "mkdocs"), ["build", "--quiet", "--strict", "--config-file", join(folder, "mkdocs.yml")], { env: { ...process.env, NO_MKDOCS_2_WARNING: "1" } }), pages: "site", first: "", goesOn: true },
  docusaurus: { build: (folder) => execFileSync(join(folder, "node_modules/.bin/docusaurus"), ["build"], { cwd: folder, env: { ...process.env, DOCUSAURUS_NO_TELEMETRY: "1", DOCUSAURUS_NO_PERSISTENT_CACHE: "1" } }), pages: "build", first: "", goesOn: true },
};

const run = running();

for (const [name, host] of Object.entries(HOSTS)) {
  test(`a lesson in a site made with ${name}`, { timeout: 300_000 }, async () => {
    let root;
    const server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
      const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
      const body = statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
      response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${server.address().port}`;
    const folder = join(BUILT, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(BUILT, { recursive: true });
    cpSync(join(SOURCES, name), folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      writeFileSync(path, readFileSync(path, "utf8").replaceAll("{{SITE}}", run.site.url).replaceAll("{{ORIGIN}}", origin).replaceAll("{{DIST}}", DIST));
    }
    const packages = join(SOURCES, name, "node_modules");
    if (existsSync(packages)) symlinkSync(packages, join(folder, "node_modules"));
    host.build(folder);
    root = join(folder, host.pages);

    const page = await run.chromium.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = watch(page);
    try {
      await page.goto(`${origin}/${host.first}`);
      const lesson = page.locator("kms-playground#lesson");
      const ready = page.locator('kms-playground#lesson[data-state="ready"]');
      await ready.waitFor();
      await lesson.getByText("page 2 of").waitFor();
      await lesson.getByRole("button", { name: "Next ▶" }).click();
      await lesson.getByText("page 3 of").waitFor();
      assert.equal(new URL(page.url()).hash, "");
      await page.getByRole("link", { name: "Elsewhere" }).first().click();
      await page.getByText("Nothing to play with here.").waitFor();
      assert.equal(await lesson.count(), 0);
      await page.goBack();
      await ready.waitFor();
      // Where the site stays in one document, the lesson is where it was left.
      await lesson.getByText(host.goesOn ? "page 3 of" : "page 2 of").waitFor();
      await page.evaluate(() => document.querySelector("#lesson").next());
      await lesson.getByText(host.goesOn ? "page 4 of" : "page 3 of").waitFor();
    } finally {
      await page.close();
      server.closeAllConnections();
      server.close();
    }
    assert.deepEqual(complaints.filter((complaint) => !/favicon/.test(complaint)), []);
  });
}
