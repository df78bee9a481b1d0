// Takes the pictures of docs/reference.md and of the README, and writes down the text that they show.
//
//     node tests/browser/pictures.mjs target/debug/leadgate            writes the pictures to docs/images
//     node tests/browser/pictures.mjs target/debug/leadgate --check    fails if a picture would show another text

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJohn, startChromium, startStack } from "./harness.mjs";
import { open, send, show } from "./reference-page.mjs";

const [leadgate, option] = process.argv.slice(2);
const image = (file) => fileURLToPath(new URL(`../../docs/images/${file}`, import.meta.url));
const TEXTS = image("reference.json");
const CREATE = ["Leads", "post", "/api/public/leads"];

/** Replaces the values that differ from run to run. */
function fixed(text) {
  return text
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:3000")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .split("\n").map((line) => line.trim()).filter(Boolean);
}

const { stack, ready } = await startStack(leadgate);
const texts = {};
let browser;

async function take(page, file, text) {
  texts[file] = fixed(text);
  await page.waitForTimeout(1000); // until the page has scrolled
  if (option !== "--check") await page.screenshot({ path: image(file) });
}

try {
  browser = await startChromium();
  const url = `${ready.api_url}/docs`;
  const { page } = await open(browser, url);
  const section = await show(page, ...CREATE);
  await take(page, "reference.png", await section.innerText());
  const response = await (await send(page, section)).response();
  await page.getByRole("dialog").getByText("201 Created").waitFor();
  await take(page, "reference-201.png", JSON.stringify(await response.json(), null, 1));
  const phone = await open(browser, url, { width: 390, height: 844, colorScheme: "dark" });
  await take(phone.page, "reference-phone.png", await (await show(phone.page, ...CREATE)).innerText());
  const dialer = await browser.newPage({ viewport: { width: 900, height: 620 }, colorScheme: "light" });
  await dialer.goto(`${ready.api_url}/dev/dialer`);
  await dialer.getByText(/contacts wait for you/).waitFor();
  await createJohn(ready);
  const john = dialer.locator("li.call").filter({ hasText: "John Doe" }).first();
  await john.waitFor();
  await take(dialer, "dialer.png", await john.innerText());
} finally {
  await browser?.close();
  stack.kill();
}
if (option === "--check") {
  const message = "docs/images is stale: run node tests/browser/pictures.mjs target/debug/leadgate";
  assert.deepEqual(texts, JSON.parse(readFileSync(TEXTS, "utf8")), message);
} else {
  writeFileSync(TEXTS, `${JSON.stringify(texts, null, 1)}\n`);
}
