// Tests the reference page under /docs in Chromium, with a person who enters a key and creates a lead.
// The page must send no request to another host.
//
//     npm ci --ignore-scripts --prefix tests/browser
//     node tests/browser/reference.mjs target/debug/leadgate [FOLDER]
//
// FOLDER is an existing folder for screenshots.
// CHROMIUM is the path of Chromium (default: /usr/bin/chromium).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorsOf, startChromium, startStack } from "./harness.mjs";

const [leadgate, screenshots] = process.argv.slice(2);
const POST_LEADS = '.opblock-post:has([data-path="/api/public/leads"])';

function assertVendoredFilesAreThePackages() {
  for (const name of ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"]) {
    const vendored = readFileSync(new URL(`../../local/reference/${name}`, import.meta.url));
    const published = readFileSync(new URL(`node_modules/swagger-ui-dist/${name}`, import.meta.url));
    assert(vendored.equals(published), `local/reference/${name} differs from swagger-ui-dist of package.json. Copy it from there.`);
  }
}

/** Opens the page. Returns it with its errors so far and the addresses of its requests so far. */
async function open(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  const problems = errorsOf(page);
  const requested = [];
  page.on("request", (request) => request.url().startsWith("data:") || requested.push(request.url()));
  await page.goto(url);
  await page.getByRole("heading", { name: "Leadgate" }).waitFor();
  return { page, problems, requested };
}

async function enterKey(page, key) {
  await page.getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".modal-ux");
  await dialog.locator("input").fill(key);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  if (screenshots) await page.screenshot({ path: join(screenshots, "reference-key.png") });
  await dialog.getByRole("button", { name: "Close" }).first().click();
}

/** Executes the operation with its example values. Returns the status and the body of the reply. */
async function execute(page, operation) {
  const block = page.locator(operation);
  if (!(await block.locator(".opblock-body").isVisible())) await block.locator(".opblock-summary-control").click();
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await block.getByRole("button", { name: "Execute" }).click();
  const response = await answered;
  const shown = block.locator(".live-responses-table .response-col_status").nth(1);
  await shown.getByText(String(response.status())).waitFor();
  return { status: response.status(), body: await response.json() };
}

async function testOnTheApisHost(browser, { api_url, api_key }) {
  const { page, problems, requested } = await open(browser, `${api_url}/docs`);
  if (screenshots) await page.screenshot({ path: join(screenshots, "reference.png") });
  await enterKey(page, api_key);
  const created = await execute(page, POST_LEADS);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal(created.body.lead.first_name, "John");
  if (screenshots) {
    await page.locator(`${POST_LEADS} .live-responses-table`).evaluate((table) => table.scrollIntoView({ block: "center" }));
    await page.screenshot({ path: join(screenshots, "reference-201.png") });
  }
  assert.deepEqual(problems, []);
  assert.deepEqual(requested, [`${api_url}/docs`, `${api_url}/api/public/leads`]);
  // The page does not store the key: after it is opened again, its request has none.
  const again = await open(browser, `${api_url}/docs`);
  const refused = await execute(again.page, POST_LEADS);
  assert.deepEqual([refused.status, refused.body.code], [401, "missing_api_key"]);
}

async function testAsAFile(browser, { api_url }, file) {
  execFileSync(leadgate, ["reference", "--url", api_url, "--to", file]);
  const { page, problems, requested } = await open(browser, `file://${file}`);
  assert.deepEqual(problems, []);
  // The page sends its request to the API of `--url`. The stack refuses it: no --cors names a file.
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url() === `${api_url}/api/public/leads`),
    page.locator(POST_LEADS).locator(".opblock-summary-control").click(),
    page.locator(POST_LEADS).getByRole("button", { name: "Execute" }).click(),
  ]);
  assert(request);
  assert(requested.every((url) => url.startsWith(`file://${file}`) || url.startsWith(api_url)), requested.join());
}

assertVendoredFilesAreThePackages();
const { stack, ready } = await startStack(leadgate);
const folder = mkdtempSync(join(tmpdir(), "leadgate-docs-"));
let browser;
try {
  browser = await startChromium();
  await testOnTheApisHost(browser, ready);
  await testAsAFile(browser, ready, join(folder, "docs.html"));
} finally {
  await browser?.close();
  stack.kill();
  rmSync(folder, { recursive: true });
}
