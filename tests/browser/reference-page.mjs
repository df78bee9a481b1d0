// The reference page, as a person uses it. Shared by its test and by the script of its pictures.

import { errorsOf } from "./harness.mjs";

/** Opens the page. Returns it with its errors so far and the addresses of its requests so far. */
export async function open(browser, url, { width = 1280, height = 900, colorScheme = "light" } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const problems = errorsOf(page);
  const requested = [];
  page.on("request", (request) => request.url().startsWith("data:") || requested.push(request.url()));
  await page.goto(url);
  await page.getByRole("heading", { name: "Leadgate", exact: true }).waitFor();
  return { page, problems, requested };
}

/** Returns the description of the API in the page. */
export function descriptionOf(page) {
  return page.locator("#openapi").evaluate((script) => JSON.parse(script.textContent));
}

/** Brings an operation into view. Returns its section. */
export async function show(page, tag, method, path) {
  const place = `tag/${tag.toLowerCase()}/${method.toUpperCase()}${path}`;
  await page.evaluate((place) => (location.hash = place), place);
  const section = page.locator(`section[id$="${place}"]`);
  await section.getByRole("button", { name: /^Test Request/ }).waitFor();
  return section;
}

/** Chooses "Test Request" of a section, and then "Send". Returns the request. */
export async function send(page, section) {
  await section.getByRole("button", { name: /^Test Request/ }).click();
  const sent = page.waitForRequest((request) => request.method() !== "OPTIONS");
  await page.getByRole("button", { name: /^Send .* request to/ }).filter({ visible: true }).first().click();
  return sent;
}
