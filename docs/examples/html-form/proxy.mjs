// Serves form.html, and sends its fields to Leadgate (Node 18 or newer). The key stays on this server.
//
//     LEADGATE_API_KEY=nxr_live_... node proxy.mjs
//
// LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
// LEADGATE_WORKFLOW_ID  enrols each lead (default: no workflow)
// PORT                  the port of the form (default: 8080)

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const { LEADGATE_URL = "http://127.0.0.1:3000", LEADGATE_API_KEY, LEADGATE_WORKFLOW_ID, PORT = "8080" } = process.env;
if (!LEADGATE_API_KEY) throw new Error("LEADGATE_API_KEY is not set: set it to an API key");
const FIELDS = ["first_name", "last_name", "email", "phone"];
const LARGEST_FORM = 16 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const form = await readFile(new URL("form.html", import.meta.url), "utf8");

/** Creates a lead. Returns the status and the text for the visitor. */
async function createLead(fields) {
  // Only the fields of the form, because a visitor can send any others.
  const lead = Object.fromEntries(FIELDS.map((name) => [name, fields.get(name) ?? ""]));
  const formId = fields.get("form_id") ?? "";
  if (!UUID.test(formId)) return [400, "Please open the form again."];
  const response = await fetch(`${LEADGATE_URL}/api/public/leads`, {
    method: "POST",
    headers: {
      "X-API-Key": LEADGATE_API_KEY,
      "Content-Type": "application/json",
      "Idempotency-Key": `form-${formId}`,
    },
    body: JSON.stringify({ ...lead, source: "web form", workflow_id: LEADGATE_WORKFLOW_ID }),
    signal: AbortSignal.timeout(30_000),
  });
  const reply = await response.json();
  if (response.status === 201) return [200, "Thank you. We will be in touch."];
  // The form was sent before, with other fields.
  if (reply.code === "idempotency_key_reused") return [400, "We have this form already. Open it again to send another."];
  if (reply.code === "validation_error") return [400, reply.details.map((detail) => detail.message).join(". ")];
  console.error(`${response.status} ${reply.message} (request ${reply.request_id ?? "unknown"})`);
  return [502, "That did not work. Please try again in a minute."];
}

createServer(async (request, response) => {
  const send = (status, body, type = "text/plain") =>
    response
      // From a cache, every visitor would get the same form_id.
      .writeHead(status, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-store" })
      .end(body);
  try {
    if (request.method === "GET" && request.url === "/") {
      return send(200, form.replace("{{form_id}}", crypto.randomUUID()), "text/html");
    }
    if (request.method !== "POST" || request.url !== "/lead") return send(404, "Not found");
    if (!(Number(request.headers["content-length"]) <= LARGEST_FORM)) return send(413, "Too large");
    send(...(await createLead(new URLSearchParams(await text(request)))));
  } catch (error) {
    console.error(error.message);
    send(502, "That did not work. Please try again in a minute.");
  }
}).listen(Number(PORT), "127.0.0.1", function () {
  console.log(`The form is on http://127.0.0.1:${this.address().port}`);
});
