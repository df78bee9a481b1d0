// Shared by the tests in this folder: starts `leadgate dev` and Chromium.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** Starts a local stack that keeps nothing. Returns its process, its ready line and its options. */
export async function startStack(leadgate, ...options) {
  const stack = spawn(leadgate, ["dev", "--in-memory", "--port", "0", "--json", ...options], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: stack.stdout })) return { stack, ready: JSON.parse(line), options };
  throw new Error("leadgate dev did not start. Run it with the same options to see why.");
}

/** Creates the lead of the README's first command. Returns the lead. */
export async function createJohn({ api_url, api_key, workflow_id }) {
  const reply = await fetch(`${api_url}/api/public/leads`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": api_key },
    body: JSON.stringify({ first_name: "John", last_name: "Doe", phone: "+1234567890", workflow_id }),
  });
  if (reply.status !== 201) throw new Error(`${reply.status}: ${await reply.text()}`);
  return (await reply.json()).lead;
}

/** Starts the Chromium that CHROMIUM names, or Debian's. */
export function startChromium(...options) {
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...sandbox, ...options],
  });
}

/** Returns a list that collects the page's errors: exceptions and lines of the console. */
export function errorsOf(page) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return errors;
}
