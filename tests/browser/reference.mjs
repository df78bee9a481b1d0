// Tests the reference page under /docs in Chromium: it is readable on each screen, its requests work at once,
// and it sends no request to another host.
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
import { startChromium, startStack } from "./harness.mjs";
import { descriptionOf, open, send, show } from "./reference-page.mjs";

const [leadgate, screenshots] = process.argv.slice(2);
const CREATE = ["Leads", "post", "/api/public/leads"];
/** Screens on which every operation is read: the colours change no width. */
const WIDTHS = [
  { width: 1280, height: 900, colorScheme: "light" },
  { width: 390, height: 900, colorScheme: "dark" },
];
const SCREENS = [1280, 390].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, height: 900, colorScheme })));

async function photograph(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** Returns a text of the description as the page shows it. */
const shown = (text) => text.replaceAll("`", "").replace(/\s+/g, " ").trim();

async function assertFitsItsWidth(page, place) {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert(content <= screen, `${place}: the page is ${content} px wide on a screen of ${screen} px`);
}

/** Nothing within a section, or within the window of a request, scrolls sideways or ends in dots. */
async function assertNothingIsCut(section, place) {
  const cut = await section.evaluate((section) =>
    [...section.querySelectorAll("*")]
      .filter((it) => {
        const { overflowX, textOverflow } = getComputedStyle(it);
        const isLimited = ["auto", "scroll"].includes(overflowX) || textOverflow === "ellipsis";
        return it.checkVisibility() && isLimited && it.scrollWidth > it.clientWidth + 1;
      })
      .map((it) => it.textContent.slice(0, 80)),
  );
  assert.deepEqual(cut, [], place);
}

/** Returns the names of the fields of a schema, without those of nested objects. Of alternatives, the page shows the first. */
function fieldsOf(schema, schemas) {
  if (schema.$ref) return fieldsOf(schemas[schema.$ref.split("/").pop()], schemas);
  const [first] = schema.oneOf ?? schema.anyOf ?? [];
  const parts = [...(first ? [first] : []), ...(schema.allOf ?? [])];
  return [...Object.keys(schema.properties ?? {}), ...parts.flatMap((part) => fieldsOf(part, schemas))];
}

async function testEveryOperationIsReadable(browser, { api_url }, screen) {
  const { page, problems } = await open(browser, `${api_url}/docs`, screen);
  const { paths, components } = await descriptionOf(page);
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { tags, summary, description, responses }] of Object.entries(methods)) {
      const section = await show(page, tags[0], method, path);
      const text = shown(await section.innerText());
      for (const [status, { content }] of Object.entries(responses).filter(([status]) => status.startsWith("2"))) {
        const fields = fieldsOf(content?.["application/json"]?.schema ?? {}, components.schemas);
        for (const field of fields) assert(text.includes(`${field} `), `${method} ${path}: ${field} of ${status}`);
      }
      for (const part of [summary, ...description.split("\n\n")]) assert(text.includes(shown(part)), `${path}: ${part}`);
      await assertFitsItsWidth(page, `${method} ${path}`);
      await assertNothingIsCut(section, `${method} ${path}`);
    }
  }
  await assertFitsItsWidth(page, "all operations");
  assert.deepEqual(problems, []);
  await page.close();
}

async function testTheColours(browser, { api_url }, screen) {
  const { page, problems, requested } = await open(browser, `${api_url}/docs`, screen);
  const name = `reference-${screen.width}-${screen.colorScheme}`;
  await photograph(page, name);
  const section = await show(page, ...CREATE);
  await page.waitForTimeout(500); // until the page has scrolled
  await photograph(page, `${name}-post`);
  await section.getByText("first_name", { exact: true }).first().scrollIntoViewIfNeeded();
  await photograph(page, `${name}-fields`);
  const [red] = await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor.match(/\d+/g).map(Number));
  assert.equal(red < 128, screen.colorScheme === "dark", `${name}: the background`);
  assert.deepEqual(problems, []);
  assert.deepEqual(requested, [`${api_url}/docs`]);
  await page.close();
}

async function testFieldsOfALeadAreReadableWithoutAClick(browser, { api_url }) {
  const { page } = await open(browser, `${api_url}/docs`);
  const { schemas } = (await descriptionOf(page)).components;
  const resolved = (schema) => (schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema);
  const text = shown(await (await show(page, ...CREATE)).innerText());
  for (const [name, field] of Object.entries(schemas.NewLead.properties)) {
    const given = field.oneOf?.find((it) => it.type !== "null") ?? field;
    const description = given.description ?? resolved(given).description;
    assert(text.includes(`${name} `), name);
    assert(text.includes(shown(description)), `${name}: ${description}`);
  }
  assert(/first_name .{0,40}required/.test(text), "first_name is required");
  await page.close();
}

async function testFieldsOfAnErrorAreReadableWithoutAClick(browser, { api_url }, screen) {
  const { page } = await open(browser, `${api_url}/docs`, screen);
  const { schemas } = (await descriptionOf(page)).components;
  const table = page.getByRole("table").first();
  await table.scrollIntoViewIfNeeded();
  const fields = await table.locator("td:first-child").allInnerTexts();
  assert.deepEqual(fields.map((it) => it.trim()).sort(), Object.keys(schemas.Error.properties).sort());
  await assertNothingIsCut(table, "the fields of an error");
  await photograph(page, `reference-${screen.width}-${screen.colorScheme}-error`);
  await page.close();
}

async function testARequestWorksAtOnce(browser, { api_url, api_key }, screen) {
  const { page, problems, requested } = await open(browser, `${api_url}/docs`, screen);
  const request = await send(page, await show(page, ...CREATE));
  const response = await request.response();
  assert.equal(response.status(), 201, await response.text());
  assert.equal(request.headers()["x-api-key"], api_key);
  const { lead } = await response.json();
  assert.equal(lead.first_name, "John");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("201 Created").scrollIntoViewIfNeeded();
  await dialog.getByText(lead.id).first().scrollIntoViewIfNeeded();
  await assertFitsItsWidth(page, "the reply");
  await assertNothingIsCut(dialog, "the window of a request");
  await photograph(page, `reference-${screen.width}-${screen.colorScheme}-201`);
  assert.deepEqual(problems, []);
  assert.deepEqual(requested, [`${api_url}/docs`, `${api_url}/api/public/leads`]);
  const kept = await page.evaluate(async () => [localStorage, sessionStorage, document.cookie, await indexedDB.databases()].map((it) => JSON.stringify(it)));
  assert(!kept.join().includes("nxr_"), `the browser keeps the key: ${kept}`);
  await page.close();
}

async function testAsAFile(browser, { api_url, api_key }, file) {
  execFileSync(leadgate, ["reference", "--url", api_url, "--to", file]);
  assert(!readFileSync(file, "utf8").includes(api_key), "the file has the demo key");
  const { page, problems, requested } = await open(browser, `file://${file}`);
  assert.deepEqual(problems, []);
  // The page sends its request to the API of `--url`. The stack refuses it: no --cors names a file.
  const request = await send(page, await show(page, ...CREATE));
  assert.equal(request.url(), `${api_url}/api/public/leads`);
  assert(requested.every((url) => url.startsWith(`file://${file}`) || url.startsWith(api_url)), requested.join());
}

const { stack, ready } = await startStack(leadgate);
const folder = mkdtempSync(join(tmpdir(), "leadgate-docs-"));
let browser;
try {
  browser = await startChromium();
  for (const screen of WIDTHS) await testEveryOperationIsReadable(browser, ready, screen);
  for (const screen of WIDTHS) await testFieldsOfAnErrorAreReadableWithoutAClick(browser, ready, screen);
  for (const screen of SCREENS) {
    await testTheColours(browser, ready, screen);
    await testARequestWorksAtOnce(browser, ready, screen);
  }
  await testFieldsOfALeadAreReadableWithoutAClick(browser, ready);
  await testAsAFile(browser, ready, join(folder, "docs.html"));
} finally {
  await browser?.close();
  stack.kill();
  rmSync(folder, { recursive: true });
}
