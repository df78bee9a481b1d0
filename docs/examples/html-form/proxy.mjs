// Serves a form, and sends its fields to Leadgate (Node 18 or newer). The key stays on this server.
//
//     LEADGATE_API_KEY=nxr_live_... node proxy.mjs
//
// LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
// LEADGATE_WORKFLOW_ID  enrols each lead (default: no workflow)
// PORT                  the port of the form (default: 8080)

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const { LEADGATE_URL = "http://127.0.0.1:3000", LEADGATE_API_KEY, LEADGATE_WORKFLOW_ID, PORT = "8080" } = process.env;
if (!LEADGATE_API_KEY) throw new Error("LEADGATE_API_KEY is not set: set it to an API key");
const LABELS = { first_name: "First name", last_name: "Last name", email: "E-mail", phone: "Phone" };
const LARGEST_FORM = 16 * 1024;
const TRIES = 3;
const LONGEST_WAIT_MS = 3000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FAILED = "That did not work. Please try again in a minute.";
/** Parts of messages that only concern the owner of the site. */
const FOR_THE_OWNER = /, the account's default_country|: the workflow has a call step/;

const read = (name) => readFile(new URL(name, import.meta.url), "utf8");
const [form, thanks, style] = await Promise.all(["form.html", "thanks.html", "style.css"].map(read));

const escape = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Returns the form with what the visitor typed, and a message beside each wrong field. */
function formPage(lead = {}, { formId = crypto.randomUUID(), notice = "", errors = {} } = {}) {
  const first = Object.keys(LABELS).find((name) => errors[name]);
  const values = { form_id: formId, notice, title: first || notice ? "Error: " : "" };
  for (const name of Object.keys(LABELS)) {
    values[name] = lead[name] ?? "";
    values[`${name}.error`] = errors[name] ?? "";
    values[`${name}.state`] = errors[name] ? `aria-invalid=true${name === first ? " autofocus" : ""}` : "";
  }
  return form.replace(/\{\{([\w.]+)\}\}/g, (_, name) => escape(values[name]));
}

/** Sends the lead, again after a lost answer or a reply that asks for it. */
async function post(lead, formId) {
  const request = {
    method: "POST",
    headers: {
      "X-API-Key": LEADGATE_API_KEY,
      "Content-Type": "application/json",
      "Idempotency-Key": `form-${formId}`,
    },
    body: JSON.stringify({ ...lead, source: "web form", workflow_id: LEADGATE_WORKFLOW_ID }),
  };
  for (let attempt = 1; ; attempt++) {
    let seconds = 1;
    try {
      const response = await fetch(`${LEADGATE_URL}/api/public/leads`, { ...request, signal: AbortSignal.timeout(10_000) });
      if (![409, 429, 503].includes(response.status) || attempt === TRIES) return response;
      seconds = Number(response.headers.get("Retry-After") ?? 1);
    } catch (error) {
      if (attempt === TRIES) throw error;
    }
    await sleep(Math.min(seconds * 1000, LONGEST_WAIT_MS));
  }
}

/** Creates a lead. Returns the status and the page for the visitor, or no page if the lead is stored. */
async function createLead(fields) {
  // Only the fields of the form, because a visitor can send any others.
  const lead = Object.fromEntries(Object.keys(LABELS).map((name) => [name, fields.get(name) ?? ""]));
  const formId = fields.get("form_id") ?? "";
  if (!UUID.test(formId)) return [400, formPage(lead, { notice: "Please send the form again." })];
  try {
    const response = await post(lead, formId);
    const reply = await response.json();
    if (response.status === 201) {
      for (const sentence of [reply.warning, ...(reply.hints ?? [])]) {
        if (sentence) console.warn(`lead ${reply.lead.id}: ${sentence}`);
      }
      return [303];
    }
    if (reply.code === "idempotency_key_reused") {
      return [400, formPage(lead, { notice: "We already have your details. To send these as well, send the form again." })];
    }
    const errors = {};
    for (const { field, message } of reply.details ?? []) {
      if (field in LABELS) errors[field] ??= message.replace(field, LABELS[field]).replace(FOR_THE_OWNER, "");
    }
    if (Object.keys(errors).length > 0) return [400, formPage(lead, { formId, errors })];
    console.error(`${response.status} ${reply.message} (request ${reply.request_id ?? "unknown"})`);
  } catch (error) {
    console.error(error.message);
  }
  return [502, formPage(lead, { formId, notice: FAILED })];
}

createServer(async (request, response) => {
  const send = (status, body, type = "text/html") => {
    response.writeHead(status, {
      "Content-Type": `${type}; charset=utf-8`,
      "Cache-Control": "no-store", // from a cache, every visitor would get the same form_id
      ...(status === 303 && { Location: "/thanks" }), // so that a reload does not send the form again
    });
    response.end(body);
  };
  try {
    switch (`${request.method} ${request.url.split("?")[0]}`) {
      case "GET /": return send(200, formPage());
      case "GET /thanks": return send(200, thanks);
      case "GET /style.css": return send(200, style, "text/css");
      case "POST /": break;
      default: return send(404, "Not found", "text/plain");
    }
    if (!(Number(request.headers["content-length"]) <= LARGEST_FORM)) return send(413, "Too large", "text/plain");
    send(...(await createLead(new URLSearchParams(await text(request)))));
  } catch (error) {
    console.error(error.message);
    send(502, formPage({}, { notice: FAILED }));
  }
}).listen(Number(PORT), "127.0.0.1", function () {
  console.log(`The form is on http://127.0.0.1:${this.address().port}`);
});
