// Serves POST /leads in Node, for the study `rivals`. Never deployed.
//
// It makes the same calls, item and reply as functions/api, for one lead with a workflow and a campaign.
// In Node's favour, it leaves out routing, lists, idempotency, limits, first messages, metrics, and all problems but the
// first.

import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import { crc32 } from "node:zlib";

import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { parsePhoneNumberWithError } from "libphonenumber-js";

const dynamodb = new DynamoDBClient({ maxAttempts: 3 });
const sqs = new SQSClient({ maxAttempts: 3 });
const { TABLE_NAME: TABLE, START_QUEUE_URL: QUEUE_URL, AWS_LAMBDA_RUNTIME_API: RUNTIME } = process.env;

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEY = /^nxr_live_[0-9A-Za-z]{38}$/;
const EMAIL = /^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$/;
const CONTROL = /\p{Cc}/u;

const cache = new Map();

class Refused extends Error {
  constructor(status, error, message) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

// Returns an item, and keeps it in the process for `seconds`.
async function read(pk, sk, seconds) {
  const key = `${pk} ${sk}`;
  const known = cache.get(key);
  if (known && Date.now() < known.until) return known.item;
  const reply = await dynamodb.send(
    new GetItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
  );
  if (reply.Item) cache.set(key, { item: reply.Item, until: Date.now() + seconds * 1000 });
  return reply.Item;
}

function checksum(text) {
  let number = crc32(text);
  let digits = "";
  for (let i = 0; i < 6; i++) {
    digits = BASE62[number % 62] + digits;
    number = Math.floor(number / 62);
  }
  return digits;
}

async function accountOf(key) {
  if (!key) throw new Refused(401, "Missing API key", "Please provide your API key in the X-API-Key header");
  const isWellFormed = KEY.test(key) && checksum(key.slice(0, -6)) === key.slice(-6);
  const known = isWellFormed && (await read(`KEY#${createHash("sha256").update(key).digest("hex")}`, "KEY", 60));
  if (!known || known.revoked_at) throw new Refused(401, "Invalid API key", "The provided API key is not valid");
  return known;
}

function nameOf(lead, field) {
  const text = lead[field] ?? "";
  if (typeof text !== "string") throw new Refused(400, "Validation error", `${field} must be a string`);
  const name = text.trim().normalize("NFC");
  if (name.length > 200 || CONTROL.test(name)) throw new Refused(400, "Validation error", `${field} is not a valid name`);
  return name || null;
}

function emailOf(lead) {
  const text = (lead.email ?? "").trim().toLowerCase();
  if (text && (text.length > 254 || !EMAIL.test(text))) {
    throw new Refused(400, "Validation error", "email is not a valid email address");
  }
  return text || null;
}

function phoneOf(lead, country) {
  if (!lead.phone) return null;
  try {
    return parsePhoneNumberWithError(lead.phone, lead.phone.startsWith("+") ? undefined : country).number;
  } catch {
    throw new Refused(400, "Validation error", "phone is not a valid phone number");
  }
}

// Returns a UUIDv7.
function newId(now) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function create(event) {
  const account = await accountOf(event.headers["x-api-key"]);
  const accountId = account.account_id.S;
  let lead;
  try {
    lead = JSON.parse(event.body);
  } catch (error) {
    throw new Refused(400, "Malformed JSON", error.message);
  }
  const firstName = nameOf(lead, "first_name");
  if (!firstName) throw new Refused(400, "Validation error", "first_name is required");
  const [lastName, email, phone] = [nameOf(lead, "last_name"), emailOf(lead), phoneOf(lead, account.default_country?.S)];
  const { first_name, last_name, email: _, phone: __, metadata: given, workflow_id, campaign_id, ...rest } = lead;
  const metadata = { ...rest, ...given };
  const [workflow, campaign] = await Promise.all([
    read(`ACCOUNT#${accountId}`, `WORKFLOW#${workflow_id}`, 30),
    read(`ACCOUNT#${accountId}`, `CAMPAIGN#${campaign_id}`, 30),
  ]);
  if (!workflow || !campaign) throw new Refused(404, "Not found", "unknown workflow or campaign");

  const now = Date.now();
  const createdAt = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const [leadId, runId, jobId] = [newId(now), newId(now), newId(now)];
  const steps = workflow.steps.L;
  const step = steps[0].M;
  const label = { id: workflow.id, name: workflow.name, goal_type: workflow.goal_type };
  if (workflow.version) label.version = workflow.version;
  const item = {
    pk: { S: `LEAD#${accountId}#${leadId}` },
    sk: { S: "SELF" },
    et: { S: "lead" },
    v: { N: "1" },
    account_id: { S: accountId },
    id: { S: leadId },
    first_name: { S: firstName },
    source: { S: "api" },
    metadata: { M: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, { S: JSON.stringify(value) }])) },
    campaign_id: { S: campaign_id },
    workflow_id: { S: workflow_id },
    start: {
      M: {
        run_id: { S: runId },
        job_id: { S: jobId },
        workflow: { M: label },
        status: workflow.statuses.L.find((status) => status.M.is_initial.BOOL),
        first: {
          M: {
            step_index: { N: "0" },
            channel: step.channel,
            max_attempts: step.max_attempts,
            total_steps: { N: String(steps.length) },
          },
        },
        enrolled_at: { S: createdAt },
      },
    },
    created_at: { S: createdAt },
    updated_at: { S: createdAt },
    gsi1pk: { S: `ACCOUNT#${accountId}#LEADS#${parseInt(leadId.slice(-2), 16) % 8}` },
    gsi1sk: { S: `${createdAt}#${leadId}` },
  };
  for (const [field, value] of [["last_name", lastName], ["email", email], ["phone", phone]]) {
    if (value) item[field] = { S: value };
  }
  const message = {
    type: "workflow_start.v1",
    account_id: accountId,
    lead_id: leadId,
    run_id: runId,
    job_id: jobId,
    workflow_id,
    enqueued_at: new Date(now).toISOString(),
  };
  await Promise.all([
    dynamodb.send(
      new PutItemCommand({
        TableName: TABLE,
        Item: item,
        ConditionExpression: "attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    ),
    sqs.send(
      new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: JSON.stringify(message), MessageGroupId: accountId }),
    ),
  ]);
  const reply = {
    success: true,
    lead: {
      id: leadId,
      first_name: firstName,
      last_name: lastName,
      email,
      phone,
      source: "api",
      company: null,
      title: null,
      metadata,
      created_at: createdAt,
    },
    workflow_run: {
      id: runId,
      job_id: jobId,
      workflow: { id: workflow_id, name: workflow.name.S },
      cadence: {
        stepIndex: 0,
        channel: step.channel.S,
        attemptNumber: 1,
        maxAttempts: Number(step.max_attempts.N),
        totalSteps: steps.length,
      },
    },
  };
  return answer(201, reply, { location: `/api/public/leads/${leadId}` });
}

function answer(status, body, headers) {
  return {
    statusCode: status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

async function handle(event) {
  const started = performance.now();
  const reply = await create(event).catch((refused) => {
    if (!(refused instanceof Refused)) throw refused;
    return answer(refused.status, { error: refused.error, message: refused.message });
  });
  const line = {
    level: "INFO",
    message: "request",
    "http.status": reply.statusCode,
    duration_ms: Math.round(performance.now() - started),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return reply;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = RUNTIME.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method, path: `/2018-06-01/runtime/invocation/${path}` }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ id: response.headers["lambda-runtime-aws-request-id"], text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const { id, text } = await call("GET", "next");
  await call("POST", `${id}/response`, JSON.stringify(await handle(JSON.parse(text))));
}
