// Receives touchpoints from Leadgate, and refuses every request that Leadgate has not signed.
//
//     LEADGATE_WEBHOOK_SECRET=whsec_... node receive-touchpoint.mjs
//
// Needs Node 18 or newer, and no package. PORT is 8080 by default.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const SECRET = Buffer.from((process.env.LEADGATE_WEBHOOK_SECRET ?? "").replace(/^whsec_/, ""), "base64");
const TOLERANCE_S = 5 * 60;
const MOST_BYTES = 1_000_000;

if (SECRET.length < 24) throw new Error("LEADGATE_WEBHOOK_SECRET is not set");

// Ids that were taken. Keep them in your database, for a week or longer.
const taken = new Set();

/** Returns whether Leadgate has signed these bytes, within the last five minutes. */
function isSigned(headers, body) {
  const { "webhook-id": id = "", "webhook-timestamp": at = "", "webhook-signature": signatures = "" } = headers;
  if (!/^\d+$/.test(at) || Math.abs(Date.now() / 1000 - Number(at)) > TOLERANCE_S) return false;
  const expected = createHmac("sha256", SECRET).update(`${id}.${at}.`).update(body).digest();
  // During a rotation of the secret there are two signatures.
  return signatures.split(" ").some((it) => {
    const given = Buffer.from(it.startsWith("v1,") ? it.slice(3) : "", "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Makes the contact. Put it into a queue here, and make it later: Leadgate waits for 15 seconds. */
function take(touchpoint, data) {
  console.log(`${touchpoint.channel} ${touchpoint.id} try ${touchpoint.try}`);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) return response.writeHead(413, { connection: "close" }).end();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!isSigned(request.headers, body)) return response.writeHead(401).end();
  const event = JSON.parse(body);
  const { touchpoint } = event.data;
  // Leadgate repeats a touchpoint under its id if an answer was lost. `test` is of `leadgate destination test`.
  if (!taken.has(touchpoint.id) && !event.test) {
    taken.add(touchpoint.id);
    take(touchpoint, event.data);
  }
  response.writeHead(204).end();
});

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
