// Tests the form of docs/examples/html-form in Chromium, with a visitor who first types wrong values.
//
//     npm ci --ignore-scripts --prefix tests/browser
//     node tests/browser/form.mjs target/debug/leadgate [FOLDER]
//
// FOLDER is an existing folder for screenshots.
// CHROMIUM is the path of Chromium (default: /usr/bin/chromium).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { errorsOf, startChromium, startStack } from "./harness.mjs";

const [leadgate, screenshots] = process.argv.slice(2);
const PROXY = fileURLToPath(new URL("../../docs/examples/html-form/proxy.mjs", import.meta.url));
const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const WINDOWS = [1280, 390].flatMap((width) =>
  ["light", "dark"].map((colorScheme) => ({ colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } })),
);
const WRONG = { first_name: "", last_name: "Doe", email: "nobody", phone: "12" };
const FIELDS = Object.keys(WRONG);

const holds = (sentence) => console.log(`holds: ${sentence}`);

/** Starts the proxy. Returns its process, its address and the lines that it logs. */
async function startProxy(LEADGATE_URL, { api_key, workflow_id }) {
  const env = { ...process.env, LEADGATE_URL, LEADGATE_API_KEY: api_key, LEADGATE_WORKFLOW_ID: workflow_id, PORT: "0" };
  const proxy = spawn(process.execPath, [PROXY], { env, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  createInterface({ input: proxy.stderr }).on("line", (line) => log.push(line));
  for await (const line of createInterface({ input: proxy.stdout })) {
    return { proxy, url: /http:\S+/.exec(line)[0], log };
  }
  throw new Error(`The proxy did not start: ${log.join("\n")}`);
}

/** Serves an address that holds requests back until `release` is called, and then forwards them. */
async function startSlowApi(target) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const server = createServer(async (request, reply) => {
    const body = Buffer.concat(await request.toArray());
    await released;
    const headers = { "content-type": "application/json" };
    for (const name of ["x-api-key", "idempotency-key"]) headers[name] = request.headers[name];
    const answer = await fetch(target + request.url, { method: "POST", headers, body });
    reply.writeHead(answer.status).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, release, url: `http://127.0.0.1:${server.address().port}` };
}

async function leadsOf({ api_url, api_key }) {
  const reply = await fetch(`${api_url}/api/public/leads?limit=200`, { headers: { "x-api-key": api_key } });
  return (await reply.json()).leads;
}

async function type(page, values) {
  for (const [name, value] of Object.entries(values)) await page.locator(`#${name}`).fill(value);
}

const typedIn = async (page) =>
  Object.fromEntries(await Promise.all(FIELDS.map(async (name) => [name, await page.locator(`#${name}`).inputValue()])));

const send = (page) => page.getByRole("button", { name: "Send" }).click();

/** Returns the message that assistive technology reads with a field, or null if the field is not marked as wrong. */
async function errorOf(page, name) {
  const field = page.locator(`#${name}`);
  if ((await field.getAttribute("aria-invalid")) !== "true") return null;
  const ids = (await field.getAttribute("aria-describedby")).split(" ");
  const message = page.locator(`#${ids.at(-1)}`);
  assert(await message.isVisible());
  const [above, below] = [await field.boundingBox(), await message.boundingBox()];
  assert(below.y >= above.y + above.height && below.y < above.y + above.height + 20, `the message of ${name} is elsewhere`);
  return message.innerText();
}

async function assertLooks(page, name, { colorScheme, viewport }) {
  const [content, visible] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert(content <= visible, `${name}: the page is ${content} pixels wide in a window of ${visible}.`);
  if (screenshots) {
    await page.screenshot({ path: join(screenshots, `form-${name}-${viewport.width}-${colorScheme}.png`), fullPage: true });
  }
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
}

async function testAVisitorMendsTheFieldsAndIsThanked(browser, ready, url, window) {
  const page = await browser.newPage(window);
  const errors = errorsOf(page);
  const before = await leadsOf(ready);
  await page.goto(url);
  await assertLooks(page, "empty", window);
  await type(page, WRONG);
  await send(page);
  await page.waitForLoadState();
  assert.equal(await errorOf(page, "first_name"), "First name is required");
  assert.equal(await errorOf(page, "last_name"), null);
  assert.match(await errorOf(page, "email"), /^E-mail /);
  assert.match(await errorOf(page, "phone"), /^Phone /);
  assert.deepEqual(await typedIn(page), WRONG);
  assert.equal(await page.evaluate(() => document.activeElement.id), "first_name");
  await assertLooks(page, "wrong", window);
  assert.equal((await leadsOf(ready)).length, before.length);

  await type(page, { first_name: "John", email: "john@example.com", phone: "+1234567890" });
  await send(page);
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  await assertLooks(page, "thanks", window);
  await page.reload();
  const known = new Set(before.map(({ id }) => id));
  const [lead, ...others] = (await leadsOf(ready)).filter(({ id }) => !known.has(id));
  assert.deepEqual([lead.first_name, lead.email, lead.phone, others], ["John", "john@example.com", "+1234567890", []]);
  // Chromium reports the status 400 of the page with the wrong fields.
  assert.deepEqual(errors.filter((message) => !message.includes("400")), []);
  holds(`The form (${window.viewport.width}, ${window.colorScheme}): errors beside fields, typed values stay, one lead.`);
  await page.close();
}

async function testWithoutScripts(browser, ready, url) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url);
  // Without a phone, this lead does not fit the workflow, which has calls.
  await type(page, { first_name: "<b>\"John\" & Co", email: "john@example.com" });
  await send(page);
  assert.match(await errorOf(page, "phone"), /^Phone is required/);
  assert.equal(await page.locator("#first_name").inputValue(), "<b>\"John\" & Co");
  await type(page, { first_name: "John", phone: "+1234567890" });
  await send(page);
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  holds("Without scripts, a lead with an e-mail address only gets an error beside the phone, and then the same thanks.");
  await context.close();
}

async function testTheButtonIsOffWhileTheFormIsSent(browser, ready) {
  const api = await startSlowApi(ready.api_url);
  const { proxy, url } = await startProxy(api.url, ready);
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await type(page, { first_name: "John", phone: "+1234567890" });
    const whileSending = await page.evaluate(() => {
      const button = document.querySelector("button");
      button.click();
      return new Promise((resolve) => setTimeout(() => resolve([button.disabled, button.innerText])));
    });
    assert.deepEqual(whileSending, [true, "Sending …"]);
    api.release();
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    holds("While the form is sent, its button is off.");
    await page.close();
  } finally {
    proxy.kill();
    api.server.close();
  }
}

async function testAStackThatIsAwayLeavesTheFormAsItWas(browser, ready) {
  const { proxy, url, log } = await startProxy("http://127.0.0.1:9", ready);
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await type(page, { ...WRONG, first_name: "John" });
    await send(page);
    await page.getByRole("alert").getByText("Please try again in a minute").waitFor();
    assert.deepEqual(await typedIn(page), { ...WRONG, first_name: "John" });
    await assertLooks(page, "away", WINDOWS[0]);
    assert.equal(log.length, 1);
    holds("Without an API, the visitor keeps the form, and the log has the reason.");
    await page.close();
  } finally {
    proxy.kill();
  }
}

async function testAWarningGoesToTheLog(browser, ready) {
  const workflow_id = "019c0000-0000-7000-8000-0000000000a9";
  const { proxy, url, log } = await startProxy(ready.api_url, { ...ready, workflow_id });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await type(page, { first_name: "John", email: "john@example.com" });
    await send(page);
    await page.getByRole("heading", { name: "Thank you" }).waitFor();
    assert.match(log.join(), /^lead [0-9a-f-]{36}: the workflow is unknown/);
    holds("The log has the warning of a lead whose workflow is unknown.");
    await page.close();
  } finally {
    proxy.kill();
  }
}

const { stack, ready } = await startStack(leadgate);
const { proxy, url } = await startProxy(ready.api_url, ready);
let browser;
try {
  browser = await startChromium();
  for (const window of WINDOWS) await testAVisitorMendsTheFieldsAndIsThanked(browser, ready, url, window);
  await testWithoutScripts(browser, ready, url);
  await testTheButtonIsOffWhileTheFormIsSent(browser, ready);
  await testAStackThatIsAwayLeavesTheFormAsItWas(browser, ready);
  await testAWarningGoesToTheLog(browser, ready);
} finally {
  await browser?.close();
  proxy.kill();
  stack.kill();
}
