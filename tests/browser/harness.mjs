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
