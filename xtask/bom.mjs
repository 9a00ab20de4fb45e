// What is shipped beside our own code: `node xtask/bom.mjs FOLDER` writes FOLDER/sbom.cdx.json (CycloneDX 1.6) and
// FOLDER/THIRD-PARTY.txt, the licences with their texts.
//
// The crates that are linked into the page and the npm package (not what only builds or tests them), Rust's own library,
// and the npm packages that are bundled into the editor. Only facts of the lock files and of the packages go in, and no
// time, so that two runs give the same bytes.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;
const EDITOR = "www/editor";

const run = (...words) => execFileSync(words[0], words.slice(1), { encoding: "utf8", maxBuffer: 1 << 28 });

/** The crates that are linked in, ours first, each with what it needs. */
function crates() {
  const { packages, resolve } = JSON.parse(run("cargo", "metadata", "--format-version=1", "--locked",
    "--filter-platform=wasm32-unknown-unknown", "--features=ui,session"));
  const byId = new Map(packages.map((it) => [it.id, it]));
  const nodes = new Map(resolve.nodes.map((it) => [it.id, it]));
  const checksums = new Map([...readFileSync("Cargo.lock", "utf8").matchAll(/name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/g)]
    .map(([, name, version, sum]) => [`${name} ${version}`, sum]));
  const runsInTheCompiler = (id) => byId.get(id).targets.some(({ kind }) => kind.includes("proc-macro"));
  const reference = ({ name, version }) => `pkg:cargo/${name}@${version}`;
  const found = new Map();
  const add = (id) => {
    if (found.has(id)) return;
    const { name, version, license, repository, authors, manifest_path } = byId.get(id);
    const needs = nodes.get(id).deps
      .filter(({ pkg, dep_kinds }) => dep_kinds.some(({ kind }) => kind === null) && !runsInTheCompiler(pkg))
      .map(({ pkg }) => pkg);
    const sum = checksums.get(`${name} ${version}`);
    found.set(id, {
      reference: reference({ name, version }), name, version, authors, repository,
      // Before SPDX had expressions, a slash was `OR`.
      license: license?.replace(/\s*\/\s*/g, " OR "),
      hashes: sum ? [{ alg: "SHA-256", content: sum }] : [],
      folder: dirname(manifest_path),
      needs: needs.map((id) => reference(byId.get(id))),
    });
    needs.forEach(add);
  };
  add(packages.find(({ name, source }) => name === "kms-playground" && source === null).id);
  return [...found.values()];
}

function standardLibrary() {
  const [, version] = run("rustc", "--version").split(" ");
  return { reference: `pkg:generic/rust-std@${version}`, name: "rust-std", version, license: "MIT OR Apache-2.0",
    authors: ["The Rust Project Developers"], repository: "https://github.com/rust-lang/rust", hashes: [], folder: "", needs: [] };
}

/** The npm packages that esbuild bundles. */
function bundled() {
  const { packages } = JSON.parse(readFileSync(`${EDITOR}/package-lock.json`, "utf8"));
  const reference = (name) => `pkg:npm/${name.replace("@", "%40")}@${packages[`node_modules/${name}`].version}`;
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== "" && !dev && !optional)
    .map(([path, { version, integrity, license, dependencies = {} }]) => {
      const name = path.replace("node_modules/", ""), folder = join(EDITOR, path);
      const described = existsSync(folder) ? JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) : {};
      const { repository, author } = described;
      const content = Buffer.from((integrity ?? "").replace("sha512-", ""), "base64").toString("hex");
      return {
        reference: reference(name), name, version, license: license ?? described.license,
        authors: [typeof author === "string" ? author : author?.name].filter(Boolean),
        repository: (repository?.url ?? repository)?.replace(/^git\+/, ""),
        hashes: content ? [{ alg: "SHA-512", content }] : [],
        folder, needs: Object.keys(dependencies).map(reference),
      };
    });
}

function bill(own, others) {
  const component = (type, { reference, name, version, license, repository, hashes }) => ({
    type, "bom-ref": reference, name, version,
    ...(hashes.length > 0 && { hashes }),
    licenses: [{ expression: license }],
    ...(type === "library" && { purl: reference }),
    ...(repository && { externalReferences: [{ type: "vcs", url: repository }] }),
  });
  const known = new Set([own, ...others].map(({ reference }) => reference));
  const text = {
    metadata: { component: component("application", own) },
    components: others.map((it) => component("library", it)),
    dependencies: [own, ...others].map(({ reference, needs }) => ({ ref: reference, dependsOn: needs.filter((it) => known.has(it)).sort() })),
  };
  // A name for these contents, so that the same contents have the same one.
  const digest = createHash("sha256").update(JSON.stringify(text)).digest("hex");
  const [a, b, c, d, e] = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)];
  return { $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", bomFormat: "CycloneDX", specVersion: "1.6",
    serialNumber: `urn:uuid:${[a, b, c, d, e].join("-")}`, version: 1, ...text };
}

/** Each text once, under the packages that come with it. */
function licences(others) {
  const texts = new Map();
  const without = [];
  for (const it of others) {
    const entries = existsSync(it.folder) ? readdirSync(it.folder, { withFileTypes: true }) : [];
    const files = entries.filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name)).map(({ name }) => name).sort();
    const found = files.map((name) => readFileSync(join(it.folder, name), "utf8").replaceAll("\r\n", "\n").trim());
    // The text of Apache-2.0 is the same for everybody; that of MIT names who gives the licence.
    if (found.length === 0 && /\bApache-2\.0\b/.test(it.license)) found.push(readFileSync("LICENSE-APACHE", "utf8").trim());
    if (found.length === 0) without.push(`${it.name} ${it.version} (${it.license})`);
    for (const text of found) texts.set(text, [...texts.get(text) ?? [], `${it.name} ${it.version}`]);
  }
  if (without.length > 0) throw new Error(`no licence text for ${without.join(", ")}`);
  const rule = "=".repeat(78);
  return [
    "The KMS Playground contains the following software of others.\n",
    ...others.map(({ name, version, license, authors, repository }) =>
      [`${name} ${version}: ${license}`, authors.join(", "), repository].filter(Boolean).join("\n  ")),
    ...[...texts].map(([text, names]) => `\n${rule}\n${[...new Set(names)].join(", ")}\n${rule}\n\n${text}`),
  ].join("\n") + "\n";
}

const [own, ...linked] = crates();
const others = [...linked, standardLibrary(), ...bundled()].sort((a, b) => (a.reference < b.reference ? -1 : 1));
own.needs.push(...others.filter(({ reference }) => !reference.startsWith("pkg:cargo/")).map(({ reference }) => reference));
const folder = process.argv[2];
writeFileSync(join(folder, "sbom.cdx.json"), `${JSON.stringify(bill(own, others), null, 1)}\n`);
writeFileSync(join(folder, "THIRD-PARTY.txt"), licences(others));
console.log(`${others.length} packages of others`);
