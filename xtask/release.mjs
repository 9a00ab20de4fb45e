// Packs what was built: `node xtask/release.mjs FOLDER VERSION SITE PACKAGE` writes the site as a zip, the npm package as
// a tarball, and SHA256SUMS of all that is then in FOLDER. The same files give the same bytes: names in order, no times.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve, sep } from "node:path";

// A zip has local time: without this, another zone would make other bytes.
process.env.TZ = "UTC";
const { zipSync } = createRequire(resolve("tests/e2e/package.json"))("fflate");
const [folder, version, site, npm] = process.argv.slice(2);

/** The first moment that a zip can tell. */
const mtime = new Date(1980, 0, 1);
const TEXTS = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"].map((name) => [name, name])
  .concat(["THIRD-PARTY.txt", "sbom.cdx.json"].map((name) => [name, join(folder, name)]));

const files = readdirSync(site, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .map((path) => [relative(site, path).split(sep).join("/"), path])
  .concat(TEXTS)
  .sort(([a], [b]) => (a < b ? -1 : 1));
const zipped = zipSync(Object.fromEntries(files.map(([name, path]) => [`kms-playground/${name}`, readFileSync(path)])), { level: 9, mtime });
writeFileSync(join(folder, `kms-playground-${version}.zip`), zipped);

execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, `./${npm}`], { stdio: ["ignore", "ignore", "inherit"] });

const hash = (name) => createHash("sha256").update(readFileSync(join(folder, name))).digest("hex");
const sums = readdirSync(folder).filter((name) => name !== "SHA256SUMS").sort().map((name) => `${hash(name)}  ${name}\n`);
writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
process.stdout.write(sums.join(""));
