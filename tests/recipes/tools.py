"""Doubles of the tools that the recipes use. Each answers, and reports later, as the tool's documentation says.

The documentation was read on 30 November 2026:

- https://www.twilio.com/docs/voice/api/call-resource
- https://docs.retellai.com/api-references/create-phone-call and https://docs.retellai.com/features/webhook
- https://docs.vapi.ai/api-reference/calls/create and https://docs.vapi.ai/server-url/events
- https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
- https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook
- https://help.zapier.com/hc/en-us/articles/8496288690317 and https://help.make.com/webhooks
"""

import base64
import contextlib
import http.server
import json
import re
import threading
import urllib.parse

import requests


class Double(http.server.BaseHTTPRequestHandler):
    """A tool. `seen` has the body of each request."""

    end, seen, refusal, reports = None, None, None, True
    # Body of a report with an outcome, without the URL of a touchpoint.
    report = {"data": {"CallStatus": "busy", "outcome": "busy"}}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.refusal:
            return self.reply(*self.refusal)
        status, answer, later = self.take(body)
        self.reply(status, answer)
        if later and self.reports:
            threading.Thread(target=later, daemon=True).start()

    def reply(self, status, answer):
        is_text = isinstance(answer, str)
        answer = answer.encode() if is_text else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if is_text else "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Twilio(Double):
    settings = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "token", "TWILIO_FROM": "+12025550100"}
    api = "TWILIO_API"
    ends = [
        ({"CallStatus": "completed", "AnsweredBy": "human", "CallDuration": "42"}, "answered"),
        ({"CallStatus": "completed", "AnsweredBy": "machine_start", "CallDuration": "9"}, "voicemail"),
        ({"CallStatus": "busy", "CallDuration": "0"}, "busy"),
        ({"CallStatus": "no-answer", "CallDuration": "0"}, "no_answer"),
        ({"CallStatus": "failed", "CallDuration": "0"}, "failed"),
    ]

    def take(self, body):
        account = self.settings["TWILIO_ACCOUNT_SID"]
        assert self.path == f"/2010-04-01/Accounts/{account}/Calls.json", self.path
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded", self.headers
        credentials = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        assert credentials == f"{account}:token", credentials
        form = dict(urllib.parse.parse_qsl(body.decode()))
        assert form["To"].startswith("+") and form["From"] == "+12025550100", form
        assert form["Twiml"].startswith("<Response><Say>") and form["MachineDetection"] == "Enable", form
        self.seen.append(form)
        fields = {"CallSid": "CA" + "1" * 32, "AccountSid": account, "To": form["To"], "Direction": "outbound-api"}

        def later():
            requests.post(form["StatusCallback"], data=fields | self.end, headers={"X-Twilio-Signature": "x"})

        return 201, {"sid": fields["CallSid"], "status": "queued", "to": form["To"]}, later


class Retell(Double):
    report = {"json": {"event": "call_ended", "call": {"metadata": {"leadgate_reply_url": "http://127.0.0.1:1/"}}}}
    settings = {"RETELL_API_KEY": "key", "RETELL_FROM": "+12025550100", "RETELL_AGENT": "agent"}
    api = "RETELL_API"
    ends = [
        ({"disconnection_reason": "user_hangup", "duration_ms": 42_000}, "answered"),
        ({"disconnection_reason": "voicemail_reached", "duration_ms": 9_000}, "voicemail"),
        ({"disconnection_reason": "dial_busy"}, "busy"),
        ({"disconnection_reason": "dial_no_answer"}, "no_answer"),
        ({"disconnection_reason": "error_unknown"}, "failed"),
    ]

    def take(self, body):
        assert self.path == "/v2/create-phone-call", self.path
        assert self.headers["Authorization"] == "Bearer key", self.headers
        asked = json.loads(body)
        assert asked["from_number"] == "+12025550100" and asked["override_agent_id"] == "agent", asked
        assert all(isinstance(it, str) for it in asked["retell_llm_dynamic_variables"].values()), asked
        self.seen.append(asked)
        call = {"call_id": "Jabr9TXYYJHfvl6Syypi88rdAHYHmcq6", "call_status": "registered", "metadata": asked["metadata"]}

        def later():
            for event in ("call_started", "call_ended", "call_analyzed"):
                body = {"event": event, "call": call | self.end}
                requests.post(f"{self.bridge}/done", json=body, headers={"X-Retell-Signature": "v=1,d=0"})

        return 201, call, later


class Vapi(Double):
    report = {"json": {"message": {"type": "end-of-call-report", "endedReason": "customer-busy"}}}
    settings = {"VAPI_API_KEY": "key", "VAPI_ASSISTANT": "assistant", "VAPI_NUMBER": "number"}
    api = "VAPI_API"
    ends = [
        ({"endedReason": "customer-ended-call", "durationSeconds": 41.7}, "answered"),
        ({"endedReason": "voicemail", "durationSeconds": 9.1}, "voicemail"),
        ({"endedReason": "customer-busy"}, "busy"),
        ({"endedReason": "customer-did-not-answer"}, "no_answer"),
        ({"endedReason": "call.in-progress.error-vapifault-worker-died"}, "failed"),
    ]

    def take(self, body):
        assert self.path == "/call" and self.headers["Authorization"] == "Bearer key", self.path
        asked = json.loads(body)
        assert asked["assistantId"] == "assistant" and asked["phoneNumberId"] == "number", asked
        assert len(asked["customer"]["name"]) <= 40 and asked["customer"]["number"].startswith("+"), asked
        self.seen.append(asked)
        server = asked["assistantOverrides"]["server"]["url"]
        call = {"id": "0a3d2c1b-0000-4000-8000-000000000001", "type": "outboundPhoneCall"}

        def later():
            requests.post(server, json={"message": {"type": "status-update", "status": "ringing", "call": call}})
            requests.post(server, json={"message": {"type": "end-of-call-report", "call": call} | self.end})

        return 201, call | {"status": "queued"}, later


class Slack(Double):
    settings = {}
    api = "SLACK_WEBHOOK_URL"
    path_of_api = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
    ends = [("answered", "answered"), ("no_answer", "no_answer")]

    def take(self, body):
        assert self.path == self.path_of_api, self.path
        message = json.loads(body)
        [block] = message["blocks"]
        assert block["type"] == "section" and block["text"]["type"] == "mrkdwn" and message["text"], message
        text = block["text"]["text"]
        assert "Call now: John &lt;b&gt;" in text and "<tel:+1234567890|+1234567890>" in text, text
        self.seen.append(message)
        link = re.search(r"<(http[^|]+)\|Report", text)[1]

        def later():
            # A preview of the link reports nothing.
            page = requests.get(link)
            action = re.search(r'action="([^"]+)"', page.text)[1].replace("&amp;", "&")
            assert f'value="{self.end}"' in page.text, page.text
            assert requests.post(action, data={"outcome": self.end}).text == "Thank you."

        return 200, "ok", later


def fill(text, values):
    """Replaces each `{{ path }}` of an automation tool with the value at this path."""

    def value(found):
        at = values
        for name in found[1].split("."):
            at = at[name]
        return at if isinstance(at, str) else json.dumps(at)

    return re.sub(r"\{\{ ?([\w$.]+) ?\}\}", value, text)


class N8n(Double):
    """Runs docs/recipes/n8n-workflow.json: the nodes that it has, and the expressions that they use."""

    workflow = None

    def take(self, body):
        nodes = {node["name"]: node for node in self.workflow["nodes"]}
        order, at = [], "Leadgate"
        while at in self.workflow["connections"]:
            order.append(at)
            [[arrow]] = self.workflow["connections"][at]["main"]
            at = arrow["node"]
        assert [*order, at] == ["Leadgate", "Only new ones", "Make the contact", "Report the outcome"], order
        hook, unique, _, report = (nodes[name]["parameters"] for name in [*order, at])
        assert self.path == f"/webhook/{hook['path']}" and hook["responseMode"] == "onReceived", self.path
        assert unique["dedupeValue"] == '={{ $json.headers["webhook-id"] }}', unique
        is_new = self.headers["webhook-id"] not in self.seen
        self.seen.append(self.headers["webhook-id"])
        url = report["url"].removeprefix("=").replace("$('Leadgate').item.json", "item")
        rows = report["bodyParameters"]["parameters"]
        values = {"item": {"body": json.loads(body)}, "$execution": {"id": "7"}}

        def later():
            fields = {row["name"]: fill(row["value"].removeprefix("="), values) for row in rows}
            requests.post(fill(url, values), json=fields).raise_for_status()

        return 200, {"message": "Workflow was started"}, later if is_new else None


class Make(Double):
    """Runs docs/recipes/make-blueprint.json."""

    blueprint = None

    def take(self, body):
        hook, step = self.blueprint["flow"]
        assert hook["module"] == "gateway:CustomWebHook" and step["mapper"]["method"] == "post"
        self.seen.append(self.headers["webhook-id"])
        url = fill(step["mapper"]["url"], {"1": json.loads(body)})
        fields = json.loads(step["mapper"]["jsonStringBodyContent"])
        return 200, "Accepted", lambda: requests.post(url, json=fields).raise_for_status()


class Zapier(Double):
    """Runs docs/recipes/zapier-steps.json. A hook of Zapier answers 200 even if its Zap is off."""

    steps = None

    def take(self, body):
        self.seen.append(self.headers["webhook-id"])
        values = {"trigger": dict(flat(json.loads(body)))}
        step = self.steps["action"]

        def later():
            fields = {name: fill(value, values) for name, value in step["data"].items()}
            requests.post(fill(step["url"], values), json=fields, headers=step["headers"]).raise_for_status()

        return 200, {"attempt": "1", "id": "1", "request_id": "1", "status": "success"}, later


def flat(value, path=""):
    """Yields the fields of a trigger, as Zapier names them."""
    for name, inner in value.items():
        at = f"{path}__{name}" if path else name
        if isinstance(inner, dict):
            yield from flat(inner, at)
        else:
            yield at, inner


@contextlib.contextmanager
def serving(handler, port=0):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
