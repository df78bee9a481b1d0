// The reference page in a real browser: what a person does with it, and that it asks no other host.
//
//     npm ci --ignore-scripts && node test.mjs ../../target/debug/leadgate [FOLDER]
//
// FOLDER: where screenshots go. Needs Chromium; CHROMIUM says where it is (default: /usr/bin/chromium).

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [leadgate, screenshots] = process.argv.slice(2);
const POST_LEADS = '.opblock-post:has([data-path="/api/public/leads"])';

function assertVendoredFilesAreThePackages() {
  for (const name of ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"]) {
    const vendored = readFileSync(new URL(`../../local/reference/${name}`, import.meta.url));
    const published = readFileSync(new URL(`node_modules/swagger-ui-dist/${name}`, import.meta.url));
    assert(vendored.equals(published), `local/reference/${name} is not the one of package.json's swagger-ui-dist`);
  }
}

async function readyLine(stack) {
  for await (const line of createInterface({ input: stack.stdout })) return JSON.parse(line);
  throw new Error("leadgate dev did not start");
}

/** Opens the page, and gives it with what goes wrong and what it asks for. */
async function open(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  const [problems, asked] = [[], []];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("request", (request) => request.url().startsWith("data:") || asked.push(request.url()));
  await page.goto(url);
  await page.getByRole("heading", { name: "Leadgate" }).waitFor();
  return { page, problems, asked };
}

async function enterKey(page, key) {
  await page.getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".modal-ux");
  await dialog.locator("input").fill(key);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  if (screenshots) await page.screenshot({ path: join(screenshots, "reference-key.png") });
  await dialog.getByRole("button", { name: "Close" }).first().click();
}

/** Executes the operation with what stands in its fields, and gives the status and the body of the reply. */
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
  const { page, problems, asked } = await open(browser, `${api_url}/docs`);
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
  assert.deepEqual(asked, [`${api_url}/docs`, `${api_url}/api/public/leads`]);
  // A page that is opened anew has forgotten the key.
  const again = await open(browser, `${api_url}/docs`);
  const refused = await execute(again.page, POST_LEADS);
  assert.deepEqual([refused.status, refused.body.code], [401, "missing_api_key"]);
}

async function testAsAFile(browser, { api_url }, file) {
  execFileSync(leadgate, ["reference", "--url", api_url, "--to", file]);
  const { page, problems, asked } = await open(browser, `file://${file}`);
  assert.deepEqual(problems, []);
  // It asks the API that it was written for; a browser lets it only if the API's CORS origins have the page's.
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url() === `${api_url}/api/public/leads`),
    page.locator(POST_LEADS).locator(".opblock-summary-control").click(),
    page.locator(POST_LEADS).getByRole("button", { name: "Execute" }).click(),
  ]);
  assert(request);
  assert(asked.every((url) => url.startsWith(`file://${file}`) || url.startsWith(api_url)), asked.join());
}

assertVendoredFilesAreThePackages();
const stack = spawn(leadgate, ["dev", "--in-memory", "--port", "0", "--json"], { stdio: ["ignore", "pipe", "ignore"] });
const folder = mkdtempSync(join(tmpdir(), "leadgate-docs-"));
let browser;
try {
  const ready = await readyLine(stack);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
  await testOnTheApisHost(browser, ready);
  await testAsAFile(browser, ready, join(folder, "docs.html"));
} finally {
  await browser?.close();
  stack.kill();
  rmSync(folder, { recursive: true });
}
