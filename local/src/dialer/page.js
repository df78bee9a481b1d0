// Script of the practice dialer. It reads the calls every second, and sends outcomes to the reply_url.

"use strict";

const EVERY = 1000;
const CHANNELS = { call: "Call", whatsapp: "WhatsApp message", email: "E-mail", sms: "Text message" };
/** Buttons of a channel: the outcome, and its text. The first is the one that ends most cadences. */
const OF_CALLS = [
  ["answered", "Answered"],
  ["no_answer", "No answer"],
  ["busy", "Busy"],
  ["voicemail", "Voicemail"],
  ["callback", "Call back in an hour"],
  ["invalid", "Wrong number"],
  ["opted_out", "Wants no contact"],
];
const OF_MESSAGES = [
  ["delivered", "Delivered"],
  ["replied", "Replied"],
  ["bounced", "Came back"],
  ["opted_out", "Wants no contact"],
];
const WORDS = {
  ...Object.fromEntries([...OF_MESSAGES, ...OF_CALLS]),
  callback: "Wants a call back",
  failed: "Failed",
  complained: "Complained",
  no_outcome: "No outcome came in time",
};

const list = document.getElementById("calls");
const state = document.getElementById("state");
/** Cards by the id of their touchpoint, with the JSON that each shows. */
const cards = new Map();
/** Messages about outcomes that were refused, by the id of their touchpoint. */
const problems = new Map();
let now = new Date();
let clock = "system";

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const addressOf = ({ touchpoint, lead }) => (touchpoint.channel === "email" ? lead.email : lead.phone) ?? "";
const nameOf = ({ lead }) => [lead.first_name, lead.last_name].filter(Boolean).join(" ");
const isOpen = ({ progress }) => progress.outcome === null && !["skipped", "cancelled", "expired"].includes(progress.state);

/** Returns how long it is until a time, such as `in 2 hours`. */
function until(time) {
  const minutes = Math.round((new Date(time) - now) / 60_000);
  if (minutes < 1) return "now";
  for (const [unit, length] of [["day", 1440], ["hour", 60], ["minute", 1]]) {
    const count = Math.round(minutes / length);
    if (minutes >= length && count > 0) return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "now";
}

const shownTime = (time) =>
  new Date(time).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** Returns what Leadgate does after an outcome. */
function nextOf({ cadence_state, human_takeover, next }) {
  if (human_takeover) return "A person takes over: Leadgate sends nothing more until the automation is resumed.";
  if (next?.held_by) return "The next contact waits, because the run is held.";
  if (next) {
    const attempt = next.max_attempts > 1 ? `, attempt ${next.attempt} of ${next.max_attempts}` : "";
    return `Next: ${CHANNELS[next.channel].toLowerCase().replace("whatsapp", "WhatsApp")}${attempt}, ${until(next.due_at)} (${shownTime(next.due_at)}).`;
  }
  if (cadence_state === "completed") return "The cadence is complete: nothing more goes out.";
  if (cadence_state === "cancelled") return "The run has ended: nothing more goes out.";
  return "Nothing more goes out.";
}

function textOf(message) {
  if (!message) return null;
  return [message.subject, message.begin_message ?? message.content ?? message.html ?? message.template_id]
    .filter(Boolean)
    .join("\n\n");
}

async function send(method, path, body) {
  const headers = { "content-type": "application/json" };
  const reply = await fetch(path, { method, headers, body: JSON.stringify(body) });
  const read = await reply.json();
  if (!reply.ok) throw new Error(read.details?.[0]?.message ?? read.message);
  return read;
}

async function report(call, outcome, buttons) {
  buttons.forEach((it) => (it.disabled = true));
  const body = { outcome };
  if (outcome === "callback") body.callback_at = new Date(now.getTime() + 3_600_000).toISOString().replace(/\.\d+Z/, "Z");
  // The page can have another name of this machine than the stack gives itself, so it calls its own host.
  const { pathname, search } = new URL(call.data.reply_url);
  try {
    await send("POST", pathname + search, body);
    problems.delete(call.id);
  } catch (error) {
    problems.set(call.id, error.message);
    cards.delete(call.id);
  }
  await refresh();
}

async function moveClock(call, time, button) {
  button.disabled = true;
  try {
    await send("POST", "/dev/clock", { set: time });
  } catch (error) {
    problems.set(call.id, error.message);
    cards.delete(call.id);
  }
  await refresh();
}

function buttonsOf(call) {
  const words = call.data.touchpoint.channel === "call" ? OF_CALLS : OF_MESSAGES;
  const buttons = words.map(([outcome, text], index) =>
    element("button", { type: "button", className: index === 0 ? "main" : "", onclick: () => report(call, outcome, buttons) }, text),
  );
  return element("div", { className: "buttons" }, ...buttons);
}

function cardOf(call) {
  const { data, progress } = call;
  const { channel, attemptNumber, maxAttempts } = data.touchpoint;
  const attempt = maxAttempts > 1 ? `, attempt ${attemptNumber} of ${maxAttempts}` : "";
  const kind = element("p", { className: "kind" });
  const what = element("b", {}, `${CHANNELS[channel]}${attempt}`);
  kind.append(what, ` · ${data.workflow_run.workflow.name} · status ${progress.status}`);
  const card = element("li", { className: isOpen(call) ? "call open" : "call" });
  card.dataset.id = call.id;
  card.append(element("h2", {}, nameOf(data)), kind);
  if (isOpen(call)) {
    const address = addressOf(data);
    if (address) card.append(element("p", {}, address));
    const text = textOf(data.message);
    card.append(text ? element("blockquote", {}, text) : element("p", { className: "soft" }, "The workflow has no text for this contact: say what you like."));
    card.append(buttonsOf(call));
  } else {
    const outcome = progress.outcome ? WORDS[progress.outcome] : `The contact is ${progress.state}`;
    card.append(element("p", { className: "outcome" }, `${outcome}.`));
    card.append(element("p", {}, nextOf(progress)));
    const next = progress.next;
    if (next && clock !== "system" && new Date(next.due_at) > now) {
      const button = element("button", { type: "button" }, "Move the clock there");
      button.onclick = () => moveClock(call, next.due_at, button);
      card.append(element("div", { className: "buttons" }, button));
    }
  }
  const problem = problems.get(call.id);
  if (problem) card.append(element("p", { className: "wrong", role: "alert" }, problem));
  return card;
}

/** Shows the calls. A card that has not changed stays, so that it keeps the focus. */
function show(calls) {
  const shown = new Set(calls.map(({ id }) => id));
  for (const [id, { card }] of cards) {
    if (!shown.has(id)) {
      card.remove();
      cards.delete(id);
    }
  }
  const minute = Math.floor(now.getTime() / 60_000);
  calls.forEach((call, index) => {
    const content = JSON.stringify([call.data, call.progress, clock, isOpen(call) ? 0 : minute, problems.get(call.id)]);
    let known = cards.get(call.id);
    if (known?.content !== content) {
      const card = cardOf(call);
      list.querySelector(`[data-id="${call.id}"]`)?.remove();
      known = { card, content };
      cards.set(call.id, known);
    }
    if (list.children[index] !== known.card) list.insertBefore(known.card, list.children[index] ?? null);
  });
  const open = calls.filter(isOpen).length;
  document.title = open > 0 ? `(${open}) Practice dialer` : "Practice dialer";
  return open;
}

function say(text, isWrong = false) {
  if (state.textContent !== text) state.textContent = text;
  state.className = isWrong ? "wrong" : "soft";
}

async function refresh() {
  try {
    const reply = await fetch("/dev/dialer/calls");
    if (!reply.ok) throw new Error(reply.status);
    const read = await reply.json();
    now = new Date(read.now);
    clock = read.clock;
    const open = show(read.calls);
    if (read.calls.length === 0) say("No call yet. Send a lead, and its call comes in here.");
    else say(open === 1 ? "1 contact waits for you." : `${open} contacts wait for you.`);
  } catch {
    say("The local stack does not answer. Start it again with cargo dev.", true);
  }
}

async function run() {
  if (!document.hidden) await refresh();
  setTimeout(run, EVERY);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
run();
