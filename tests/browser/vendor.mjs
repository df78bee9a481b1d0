// Copies Scalar, of the version in package.json, to local/reference: its script for browsers, and the licences of
// all packages that it can contain.
//
//     node tests/browser/vendor.mjs            copies the files
//     node tests/browser/vendor.mjs --check    fails if the script differs from the published one

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { vendored } = JSON.parse(readFileSync(new URL("package.json", import.meta.url)));
const [[name, version]] = Object.entries(vendored);
const SCRIPT = "dist/browser/standalone.js";
const target = (file) => new URL(`../../local/reference/${file}`, import.meta.url);

/** Returns the licence of each package that npm installs, with the packages that have it. */
function licences(modules) {
  const { packages } = JSON.parse(readFileSync(join(modules, ".package-lock.json")));
  const byText = new Map();
  for (const [path, { version, license }] of Object.entries(packages)) {
    const folder = join(modules, "..", path);
    // Packages for other machines are in the list, but are not installed.
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
    const texts = files.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r", "").trim());
    const text = texts.join("\n\n") || `The package has no text of its licence: ${license}`;
    byText.set(text, [...(byText.get(text) ?? []), `${path.split("node_modules/").pop()} ${version}`]);
  }
  const parts = [...byText].map(([text, packages]) => `${packages.sort().join("\n")}\n\n${text}\n`).sort();
  return `Licences of ${name} ${version} and of all packages that it depends on.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

const folder = mkdtempSync(join(tmpdir(), "leadgate-scalar-"));
const run = (program, ...options) => execFileSync(program, options, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
try {
  if (process.argv[2] === "--check") {
    const [{ filename }] = JSON.parse(run("npm", "pack", "--silent", "--json", `${name}@${version}`));
    run("tar", "-xzf", filename);
    const published = readFileSync(join(folder, "package", SCRIPT));
    assert(published.equals(readFileSync(target("scalar.js"))), `local/reference/scalar.js differs from ${name} ${version}: run node tests/browser/vendor.mjs`);
  } else {
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    run("npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`);
    const modules = join(folder, "node_modules");
    writeFileSync(target("scalar.js"), readFileSync(join(modules, name, SCRIPT)));
    writeFileSync(target("LICENSES.txt"), licences(modules));
  }
} finally {
  rmSync(folder, { recursive: true });
}
