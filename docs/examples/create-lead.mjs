// Creates a lead with fetch (Node 18 or newer), and prints its id and its first touchpoint.
//
//     LEADGATE_API_KEY=nxr_live_... node create-lead.mjs
//
// LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
// LEADGATE_WORKFLOW_ID  enrols the lead (default: no workflow)
//
// Run it on a server: in a browser, every visitor could read the key. A form on a web page needs a proxy (html-form).

const { LEADGATE_URL = "http://127.0.0.1:3000", LEADGATE_API_KEY, LEADGATE_WORKFLOW_ID } = process.env;
const TRIES = 5;

async function createLead(lead) {
  const request = {
    method: "POST",
    headers: {
      "X-API-Key": LEADGATE_API_KEY,
      "Content-Type": "application/json",
      // The same in each try, so that a lost answer does not create a second lead.
      "Idempotency-Key": crypto.randomUUID(),
    },
    body: JSON.stringify(lead),
  };
  for (let attempt = 1; ; attempt++) {
    let wait = attempt;
    try {
      const response = await fetch(`${LEADGATE_URL}/api/public/leads`, { ...request, signal: AbortSignal.timeout(30_000) });
      const reply = await response.json();
      if (response.status === 201) return reply;
      if (![429, 503].includes(response.status) || attempt === TRIES) {
        // The gateway's own errors have only a message.
        const problems = reply.details?.map((detail) => detail.message) ?? [reply.message];
        throw new RefusedError(`${response.status}: ${problems.join("; ")} (request ${reply.request_id ?? "unknown"})`);
      }
      wait = Number(response.headers.get("Retry-After") ?? wait);
    } catch (error) {
      if (error instanceof RefusedError || attempt === TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

class RefusedError extends Error {}

try {
  if (!LEADGATE_API_KEY) throw new Error("LEADGATE_API_KEY is not set: set it to an API key");
  const reply = await createLead({
    first_name: "John",
    email: "john@example.com",
    phone: "+1234567890",
    workflow_id: LEADGATE_WORKFLOW_ID,
    company: "Example Ltd",
  });
  console.log(reply.lead.id);
  if (reply.workflow_run) {
    const { workflow, cadence } = reply.workflow_run;
    console.log(`first touchpoint of ${workflow.name}: ${cadence.channel}`);
  }
  if (reply.warning) console.log(`warning: ${reply.warning}`);
  for (const hint of reply.hints ?? []) console.log(`hint: ${hint}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
