// Tests in Chromium which web pages can use a local stack, and the stack's page at `/`.
//
//     npm ci --ignore-scripts --prefix tests/browser
//     node tests/browser/local-stack.mjs target/debug/leadgate [FOLDER]
//
// FOLDER is an existing folder for screenshots.
// CHROMIUM is the path of Chromium (default: /usr/bin/chromium).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { errorsOf, startChromium, startStack } from "./harness.mjs";

const [leadgate, screenshots] = process.argv.slice(2);
/** Host name of another site. Chromium resolves it to this machine, as an attacker's DNS can. */
const OTHER_HOST = "evil.example";
/** Fields of the ready line with the addresses of the stack's ports. */
const PORTS = ["api_url", "dynamodb_url", "sqs_url"];
const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const holds = (sentence) => console.log(`holds: ${sentence}`);

// ---- Servers of the test

/** Serves on a free port of 127.0.0.1. Returns the port and a function that stops the server. */
async function serve(respond) {
  const server = createServer(respond);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => (server.close(), server.closeAllConnections());
  return { port: server.address().port, stop };
}

/** Serves a page of another program. */
const servePages = () =>
  serve((_, reply) => reply.setHeader("content-type", "text/html").end("<!doctype html><title>Another page</title>"));

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/** Serves a port without the guard: every page can read what `target` answers to programs. */
async function serveWithoutGuard(target) {
  const methods = [];
  const server = await serve(async (request, reply) => {
    reply.setHeader("access-control-allow-origin", "*").setHeader("access-control-allow-headers", "*");
    if (request.method === "OPTIONS") return reply.writeHead(204).end();
    methods.push(request.method);
    const kept = ["accept", "content-type", "x-amz-target", "x-api-key"].filter((name) => request.headers[name]);
    const body = request.method === "GET" ? undefined : await bodyOf(request);
    const headers = Object.fromEntries(kept.map((name) => [name, request.headers[name]]));
    const answer = await fetch(target + request.url, { method: request.method, headers, body });
    reply.writeHead(answer.status, { "content-type": answer.headers.get("content-type") }).end(await answer.text());
  });
  return { ...server, url: `http://127.0.0.1:${server.port}`, methods };
}

// ---- Requests

const aws = (name, url, service, operation, body) => ({
  name: `${operation} of ${name}`,
  url,
  method: "POST",
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `${service}.${operation}` },
  body: JSON.stringify(body),
});
const dynamodb = (ready, operation, body) =>
  aws("DynamoDB", ready.dynamodb_url, "DynamoDB_20120810", operation, body);
const sqs = (ready, operation, body) => aws("SQS", ready.sqs_url, "AmazonSQS", operation, body);

const listLeads = ({ api_url, api_key }) => ({
  name: "GET /api/public/leads",
  url: `${api_url}/api/public/leads`,
  method: "GET",
  headers: { "x-api-key": api_key },
});
const createLead = ({ api_url, api_key, workflow_id }) => ({
  name: "POST /api/public/leads",
  url: `${api_url}/api/public/leads`,
  method: "POST",
  headers: { "content-type": "application/json", "x-api-key": api_key },
  body: JSON.stringify({ first_name: "Mallory", phone: "+1234567890", workflow_id }),
});

/** Requests that read from each port of the stack. */
const reads = (ready) => [
  dynamodb(ready, "ListTables", {}),
  dynamodb(ready, "Scan", { TableName: ready.table }),
  sqs(ready, "ListQueues", {}),
  sqs(ready, "ReceiveMessage", { QueueUrl: ready.dlq_url }),
  listLeads(ready),
];

/** Requests that write to each port of the stack. Nothing consumes the dead-letter queue. */
const writes = (ready) => [
  dynamodb(ready, "PutItem", { TableName: ready.table, Item: { pk: { S: "MALLORY" }, sk: { S: "MALLORY" } } }),
  sqs(ready, "SendMessage", { QueueUrl: ready.dlq_url, MessageBody: "Mallory" }),
  createLead(ready),
];

const openingPages = (ready) =>
  PORTS.map((port) => ({
    name: `GET / of ${port}`,
    url: `${ready[port]}/`,
    method: "GET",
    headers: {},
  }));

/**
 * Ways in which a page can send a request.
 * Without CORS, the browser drops the headers that need a preflight.
 */
const WAYS = [
  { way: "with CORS", with: (request) => request },
  {
    way: "with CORS as text/plain",
    with: (request) => ({ ...request, headers: { ...request.headers, "content-type": "text/plain" } }),
  },
  {
    way: "without CORS",
    with: (request) => ({ ...request, mode: "no-cors", headers: { ...request.headers, "content-type": "text/plain" } }),
  },
  {
    way: "without CORS and referrer",
    with: (request) => ({ ...request, mode: "no-cors", referrerPolicy: "no-referrer", headers: {} }),
  },
];

/** Sends a request as a program, and returns the JSON of the reply. */
async function fetchJson(request) {
  const reply = await fetch(request.url, request);
  assert(reply.ok, `${request.name}: ${reply.status} ${await reply.clone().text()}`);
  return reply.json();
}

/** Returns the stack's leads, its items, and the number of messages in its dead-letter queue. */
async function contentOf(ready) {
  const { leads, pagination } = await fetchJson(listLeads(ready));
  const { Items, LastEvaluatedKey } = await fetchJson(dynamodb(ready, "Scan", { TableName: ready.table }));
  assert(!pagination.has_more && !LastEvaluatedKey, "The stack has more leads or items than one page.");
  const attributes = { QueueUrl: ready.dlq_url, AttributeNames: ["All"] };
  const { Attributes: dlq } = await fetchJson(sqs(ready, "GetQueueAttributes", attributes));
  const messages = Number(dlq.ApproximateNumberOfMessages) + Number(dlq.ApproximateNumberOfMessagesNotVisible);
  return { leads, items: Items.map((item) => JSON.stringify(item)).sort(), messages };
}

/** Waits until the stack has planned its runs and writes no more, then returns its content. */
async function settledContentOf(ready) {
  let before = await contentOf(ready);
  for (let attempt = 0; attempt < 40; attempt++) {
    await sleep(250);
    const content = await contentOf(ready);
    if (isDeepStrictEqual(content, before)) return content;
    before = content;
  }
  throw new Error("The stack still writes after 10 seconds.");
}

// ---- Pages

/** Sends a request from a page. Returns what a script of the page can see. */
const sendFrom = (page, { url, method, headers, body, mode, referrerPolicy }) =>
  page.evaluate(
    async ([url, options]) => {
      try {
        const reply = await fetch(url, options);
        const text = await reply.text();
        return { type: reply.type, status: reply.status, text, headers: Object.fromEntries(reply.headers) };
      } catch (error) {
        return { error: String(error) };
      }
    },
    [url, { method, headers, body, mode, referrerPolicy }],
  );

const canRead = (seen) => !seen.error && seen.type !== "opaque";

/** Returns a list that collects each answer to a page or a frame, also those that scripts cannot see. */
async function answersTo(sender) {
  const [requests, answers] = [new Map(), []];
  const page = sender.page?.() ?? sender;
  const devtools = await page.context().newCDPSession(sender);
  await devtools.send("Network.enable");
  devtools.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => requests.set(requestId, headers));
  devtools.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    const { Host: host, Origin: origin } = requests.get(requestId) ?? {};
    answers.push({ status: statusCode, host, origin });
  });
  return answers;
}

async function openPage(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

/** Returns a page of the origin `null`, from a sandboxed frame. */
async function openSandboxedFrame(browser, url) {
  const page = await openPage(browser, url);
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.srcdoc = "<!doctype html>";
    document.body.append(frame);
    return new Promise((resolve) => (frame.onload = resolve));
  });
  return { page, frame: page.frames()[1] };
}

/** Submits a form from the page to the address, and returns the status of the page that opens. */
async function submitForm(page, url, text) {
  const [reply] = await Promise.all([
    page.waitForNavigation(),
    page.evaluate(
      ([action, name]) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", enctype: "text/plain", action });
        form.append(Object.assign(document.createElement("input"), { name }));
        document.body.append(form);
        form.submit();
      },
      [url, text],
    ),
  ]);
  assert.equal(reply.url(), url);
  return reply.status();
}

// ---- Pages of other origins

async function assertRefused(sender, answers, request, way) {
  answers.length = 0;
  // The browser also requests an icon, from the page's own host.
  const ofTheStack = () => answers.filter(({ host }) => host === new URL(request.url).host);
  const seen = await sendFrom(sender, request);
  for (let attempt = 0; attempt < 80 && ofTheStack().length === 0; attempt++) await sleep(25);
  const context = `${request.name} ${way}: ${JSON.stringify({ seen, answers })}`;
  assert(!canRead(seen), context);
  // The answer of the stack shows that the browser did not hold the request back.
  assert(ofTheStack().length > 0, context);
  for (const { status } of ofTheStack()) assert.equal(status, 403, context);
}

async function assertAllRefused(sender, ready) {
  const answers = await answersTo(sender);
  for (const request of [...reads(ready), ...writes(ready), ...openingPages(ready)]) {
    for (const { way, with: change } of WAYS) await assertRefused(sender, answers, change(request), way);
  }
}

async function testAPageOfAnotherOriginCanDoNothing(browser, { ready, options }, pageUrl) {
  const before = await settledContentOf(ready);
  const page = await openPage(browser, pageUrl);
  await assertAllRefused(page, ready);
  assert.deepEqual(await settledContentOf(ready), before);
  const stack = options.length > 0 ? ` on a stack with ${options.join(" ")}` : "";
  holds(`A page of ${pageUrl} can read nothing and write nothing${stack}.`);

  for (const { url, body } of writes(ready)) {
    await page.goto(pageUrl);
    assert.equal(await submitForm(page, new URL(url).href, body), 403);
  }
  assert.deepEqual(await settledContentOf(ready), before);
  holds(`A form of ${pageUrl} can write nothing${stack}.`);
  await page.close();
}

async function testASandboxedFrameCanDoNothing(browser, ready, pageUrl) {
  const before = await settledContentOf(ready);
  const { page, frame } = await openSandboxedFrame(browser, pageUrl);
  await assertAllRefused(frame, ready);
  assert.deepEqual(await settledContentOf(ready), before);
  holds("A page of the origin null can read nothing and write nothing.");
  await page.close();
}

/** The control: without the guard, the same pages succeed with the same requests. */
async function testWithoutTheGuardTheSamePageSucceeds(browser, ready, pageUrl) {
  const servers = await Promise.all(PORTS.map((port) => serveWithoutGuard(ready[port])));
  const open = { ...ready };
  PORTS.forEach((port, index) => (open[port] = servers[index].url));
  const before = await settledContentOf(ready);
  const page = await openPage(browser, pageUrl);
  for (const request of [...reads(open), ...writes(open)]) {
    const seen = await sendFrom(page, request);
    assert(canRead(seen) && seen.status < 300, `${request.name}: ${JSON.stringify(seen)}`);
    if (request.name.startsWith("GET /api")) assert.match(seen.text, /lead1@example\.com/);
  }
  const after = await settledContentOf(ready);
  assert.equal(after.leads.length, before.leads.length + 1);
  assert(after.items.some((item) => item.includes("MALLORY")));
  assert.equal(after.messages, before.messages + 1);

  const arrived = () => servers.reduce((sum, { methods }) => sum + methods.length, 0);
  const sent = arrived();
  const hidden = WAYS.find(({ way }) => way === "without CORS");
  for (const request of writes(open)) assert(!canRead(await sendFrom(page, hidden.with(request))));
  assert.equal(arrived(), sent + writes(open).length);
  holds(`Control: without the guard, a page of ${pageUrl} reads and writes on every port.`);
  await page.close();
  for (const server of servers) server.stop();
}

async function testAPageUnderAnotherNameOfThisMachineIsRefused(browser, ready) {
  const before = await settledContentOf(ready);
  const renamed = { ...ready };
  for (const port of PORTS) renamed[port] = ready[port].replace("127.0.0.1", OTHER_HOST);
  for (const port of PORTS) {
    const page = await browser.newPage();
    const opened = await page.goto(`${renamed[port]}/`);
    assert.equal(opened.status(), 403);
    if (screenshots && port === "api_url") await page.screenshot({ path: join(screenshots, "rebinding.png") });
    // A page can read replies of its own port without CORS, so it can read the refusal.
    const own = [...reads(renamed), ...writes(renamed)].filter(({ url }) => url.startsWith(renamed[port]));
    assert(own.length > 0);
    for (const request of own) {
      const seen = await sendFrom(page, request);
      assert.equal(seen.status, 403, `${request.name}: ${JSON.stringify(seen)}`);
      assert.equal(JSON.parse(seen.text).code, "forbidden");
    }
    await page.close();
    holds(`DNS rebinding: a page of ${renamed[port]} gets 403 for itself and for each request.`);
  }
  assert.deepEqual(await settledContentOf(ready), before);
}

// ---- Pages that --cors names

async function testAPageOfTheNamedOriginCanUseTheApi(browser, ready, pageUrl) {
  const page = await openPage(browser, pageUrl);
  const created = await sendFrom(page, createLead(ready));
  assert.equal(created.status, 201, JSON.stringify(created));
  const { lead } = JSON.parse(created.text);
  assert.equal(lead.first_name, "Mallory");
  assert.match(created.headers.location ?? "", new RegExp(lead.id));
  assert.match(created.headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
  holds("With --cors, a page of that origin creates a lead and reads the reply, `location` and `x-request-id`.");

  const listed = await sendFrom(page, listLeads(ready));
  assert.equal(listed.status, 200, JSON.stringify(listed));
  const refused = await sendFrom(page, { ...listLeads(ready), headers: {} });
  assert.deepEqual([refused.status, JSON.parse(refused.text).code], [401, "missing_api_key"]);
  assert.match(refused.headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
  holds("With --cors, a page of that origin reads leads, and reads an error of the API.");

  const before = await settledContentOf(ready);
  const answers = await answersTo(page);
  const others = [...reads(ready), ...writes(ready)].filter(({ url }) => !url.startsWith(ready.api_url));
  for (const request of others) {
    for (const { way, with: change } of WAYS) await assertRefused(page, answers, change(request), way);
  }
  assert.deepEqual(await settledContentOf(ready), before);
  holds("With --cors, a page of that origin can use neither DynamoDB nor SQS.");
  await page.close();
}

// ---- The stack's own pages

function assertNotFound(status, type, body) {
  assert.equal(status, 404);
  assert.match(type, /^application\/json/);
  assert.equal(body.code, "not_found");
}

const FORMS = [1280, 390].flatMap((width) =>
  ["light", "dark"].map((colorScheme) => ({ colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } })),
);

async function violationsOf(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

async function testThePageAtTheRoot(browser, ready, form) {
  const name = `${form.viewport.width}x${form.viewport.height}, ${form.colorScheme}`;
  const page = await browser.newPage(form);
  const errors = errorsOf(page);
  const requested = [];
  page.on("request", (request) => request.url().startsWith("data:") || requested.push(request.url()));
  assert.equal((await page.goto(`${ready.api_url}/`)).status(), 200);
  await page.getByRole("heading", { name: "Leadgate is running" }).waitFor();
  if (screenshots) {
    const file = `home-${form.viewport.width}-${form.colorScheme}.png`;
    await page.screenshot({ path: join(screenshots, file) });
  }
  await page.getByText(ready.api_key, { exact: true }).waitFor();
  await page.getByText(`curl -i ${ready.api_url}/api/public/leads`).waitFor();
  const [content, visible] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert(content <= visible, `The page is ${content} pixels wide in a window of ${visible}.`);
  assert.deepEqual(await violationsOf(page), []);
  assert.deepEqual(requested, [`${ready.api_url}/`]);
  await page.getByRole("link", { name: "Open the API reference" }).click();
  await page.waitForURL(`${ready.api_url}/docs`);
  await page.getByRole("heading", { name: "Leadgate" }).waitFor();
  assert.deepEqual(errors, []);
  holds(`The page at / (${name}): no error, no horizontal scrolling, no axe violation; its link opens /docs.`);
  await page.close();
}

async function testTheCommandOnThePageCreatesALead(browser, ready) {
  const page = await openPage(browser, `${ready.api_url}/`);
  const command = await page.getByText("curl -i").innerText();
  const output = execFileSync("sh", ["-c", command], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  assert.match(output, /^HTTP\/1\.1 201 /);
  holds("The command on the page at /, pasted into a shell, creates a lead.");
  await page.close();
}

async function testTheOwnPageCanUseTheApi(browser, ready, host) {
  const own = { ...ready, api_url: ready.api_url.replace("127.0.0.1", host) };
  const page = await openPage(browser, `${own.api_url}/docs`);
  for (const request of [listLeads(own), createLead(own)]) {
    const seen = await sendFrom(page, request);
    assert(seen.status < 300, JSON.stringify(seen));
  }
  const root = await sendFrom(page, { url: "/", method: "GET", headers: { accept: "application/json" } });
  assertNotFound(root.status, root.headers["content-type"], JSON.parse(root.text));
  await page.close();
  holds(`The page /docs of ${host} can use the API; its fetch of / for JSON gets the JSON 404.`);
}

// ---- Programs

async function testAProgramGetsJsonAtTheRoot(ready) {
  const reply = await fetch(`${ready.api_url}/`);
  assertNotFound(reply.status, reply.headers.get("content-type"), await reply.json());
  holds("Node's fetch of / gets the JSON 404.");
}

// ---- Run all tests

const [named, other] = await Promise.all([servePages(), servePages()]);
const namedOrigin = `http://127.0.0.1:${named.port}`;
const otherPages = [`http://127.0.0.1:${other.port}/`, `http://${OTHER_HOST}:${other.port}/`];
const stacks = [];
let browser;
try {
  stacks.push(await startStack(leadgate));
  stacks.push(await startStack(leadgate, "--cors", namedOrigin));
  const [closed, open] = stacks;
  browser = await startChromium(`--host-resolver-rules=MAP ${OTHER_HOST} 127.0.0.1`, "--no-proxy-server");

  await Promise.all(FORMS.map((form) => testThePageAtTheRoot(browser, closed.ready, form)));
  await testTheCommandOnThePageCreatesALead(browser, closed.ready);
  const ownHosts = ["127.0.0.1", "localhost"];
  await Promise.all(ownHosts.map((host) => testTheOwnPageCanUseTheApi(browser, closed.ready, host)));
  await testAProgramGetsJsonAtTheRoot(closed.ready);

  await Promise.all(otherPages.map((page) => testAPageOfAnotherOriginCanDoNothing(browser, closed, page)));
  await testASandboxedFrameCanDoNothing(browser, closed.ready, otherPages[0]);
  await testAPageUnderAnotherNameOfThisMachineIsRefused(browser, closed.ready);

  await testAPageOfTheNamedOriginCanUseTheApi(browser, open.ready, `${namedOrigin}/`);
  // The same port under another name is another origin, too.
  const notNamed = [...otherPages, `http://localhost:${named.port}/`];
  await Promise.all(notNamed.map((page) => testAPageOfAnotherOriginCanDoNothing(browser, open, page)));

  // These write to the stack, so they come last.
  for (const page of otherPages) await testWithoutTheGuardTheSamePageSucceeds(browser, closed.ready, page);
} finally {
  await browser?.close();
  for (const { stack } of stacks) stack.kill();
  for (const server of [named, other]) server.stop();
}
