"""Runs each recipe of docs/recipes between a local stack and a double of its tool.

    python3 tests/recipes target/debug/leadgate

Needs Python's requests.
"""

import base64
import contextlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import requests
from tools import Make, N8n, Retell, Slack, Twilio, Vapi, Zapier, serving

sys.path.append(str(pathlib.Path(__file__).parents[1] / "examples"))
from receivers import forwarding, free_port, wait_for  # noqa: E402

RECIPES = pathlib.Path(__file__).parents[2] / "docs" / "recipes"


@contextlib.contextmanager
def running(*command, env=None):
    """Runs a process. Yields the first line of its output."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait()


class Stack:
    """A local stack that sends the touchpoints of the demo account to a URL."""

    def __init__(self, ready):
        self.api = f"{ready['api_url']}/api/public"
        self.headers = {"X-API-Key": ready["api_key"]}
        self.workflow_id = ready["workflow_id"]
        self.url, self.secret = ready["api_url"], ready["webhook_secret"]

    def create(self, **changed):
        lead = {"first_name": "John", "last_name": "<b>", "phone": "+1234567890", "workflow_id": self.workflow_id}
        reply = requests.post(f"{self.api}/leads", json=lead | changed, headers=self.headers)
        assert reply.status_code == 201, reply.text
        body = reply.json()
        return f"{self.api}/leads/{body['lead']['id']}/runs/{body['workflow_run']['id']}"

    def outcome(self, run):
        """Returns the first outcome of a run."""

        def found():
            touchpoints = requests.get(run, headers=self.headers).json()["workflow_run"]["touchpoints"]
            return next((it["outcome"] for it in touchpoints if it["outcome"]), None)

        return wait_for(found, run)

    def post(self, url, body, secret=None):
        """Sends a delivery as Leadgate would, and returns the reply."""
        body = json.dumps(body).encode()
        at = str(int(time.time()))
        key = base64.b64decode((secret or self.secret).removeprefix("whsec_"))
        digest = hmac.digest(key, f"tp_test.{at}.".encode() + body, "sha256")
        headers = {
            "Content-Type": "application/json",
            "webhook-id": "tp_test",
            "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }
        return requests.post(url, data=body, headers=headers)

    def delivery(self, **changed):
        """Returns the body of a delivery that Leadgate has not sent."""
        touchpoint = {"id": "tp_test", "channel": "call", "try": 1}
        lead = {"first_name": "John", "last_name": "<b>", "phone": "+1234567890", "company": None}
        data = {"touchpoint": touchpoint, "lead": lead, "message": None, "reply_url": f"{self.url}/no"}
        return {"type": "touchpoint.due", "test": False, "data": data} | changed


@contextlib.contextmanager
def bridge(stack, tool, program, port):
    """Runs a program of docs/recipes with a double of its tool."""
    tool = type(tool.__name__, (tool,), {"seen": [], "bridge": f"http://127.0.0.1:{port}"})
    with serving(tool) as api, tempfile.TemporaryDirectory() as folder:
        env = os.environ | tool.settings | {
            tool.api: api + getattr(tool, "path_of_api", ""),
            "LEADGATE_WEBHOOK_SECRET": stack.secret,
            "LEADGATE_URL": stack.url,
            "BRIDGE_URL": f"http://127.0.0.1:{port}",
            "BRIDGE_DATABASE": f"{folder}/bridge.db",
            "PORT": str(port),
        }
        with running(sys.executable, RECIPES / program, env=env) as line:
            assert str(port) in line, line
            yield tool


def program(stack, tool, name, port):
    url = f"http://127.0.0.1:{port}"
    with bridge(stack, tool, name, port) as tool:
        for end, outcome in tool.ends:
            tool.end = end
            found = stack.outcome(stack.create())
            assert found == outcome, (end, found)
        assert len(tool.seen) == len(tool.ends), "a person was contacted twice, or not at all"
        tool.seen.clear()
        tool.reports = False
        # Leadgate alone can order a contact, and a test of the destination makes none.
        assert stack.post(f"{url}/leadgate", stack.delivery(), "whsec_" + "A" * 43 + "=").status_code == 401
        assert requests.post(f"{url}/leadgate", json=stack.delivery()).status_code == 401
        assert stack.post(f"{url}/leadgate", stack.delivery(test=True)).status_code == 204
        assert not tool.seen
        # What the tool refuses does not count as taken, so a later try makes the contact. A third one does not.
        tool.refusal = (429, {})
        assert stack.post(f"{url}/leadgate", stack.delivery()).status_code == 429
        tool.refusal = (401, {})
        assert stack.post(f"{url}/leadgate", stack.delivery()).status_code == 503
        tool.refusal = (400, {"code": 21601})
        assert stack.post(f"{url}/leadgate", stack.delivery()).status_code == 422
        tool.refusal = None
        for _ in range(2):
            assert stack.post(f"{url}/leadgate", stack.delivery()).status_code == 204
        assert len(tool.seen) == 1, tool.seen
        # After an error of the tool, the person may have been contacted.
        tool.seen.clear()
        other = stack.delivery()
        other["data"]["touchpoint"]["id"] = "tp_other"
        tool.refusal = (500, {})
        assert stack.post(f"{url}/leadgate", other).status_code == 500
        tool.refusal = None
        assert stack.post(f"{url}/leadgate", other).status_code == 204
        assert not tool.seen
        # A forged report makes the bridge call no other host.
        forged = requests.post(f"{url}/done?reply_url=http://127.0.0.1:1/", **tool.report)
        assert forged.status_code == 400, forged.status_code
        assert requests.post(f"{url}/done", data=b"\xff").status_code in (204, 400)
    if tool.api == "TWILIO_API":
        wrong_number(stack, port)


def wrong_number(stack, port):
    """Twilio refuses a number, and the recipe answers with the outcome."""
    with bridge(stack, Twilio, "twilio.py", port) as tool:
        tool.refusal = (400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400})
        assert stack.outcome(stack.create()) == "invalid"
        # If the answer is lost, the same touchpoint comes again, and gets the same outcome.
        for _ in range(2):
            reply = stack.post(f"http://127.0.0.1:{port}/leadgate", stack.delivery())
            assert (reply.status_code, reply.json()) == (200, {"outcome": "invalid"})


def workflow(stack, tool, field, file, port):
    """Runs a file of an automation tool."""
    tool = type(tool.__name__, (tool,), {"seen": [], field: json.loads((RECIPES / file).read_text())})
    with serving(tool, port):
        assert stack.outcome(stack.create()) == "answered"
        assert len(tool.seen) == 1, tool.seen


PROGRAMS = {"twilio.py": Twilio, "retell.py": Retell, "vapi.py": Vapi, "slack.py": Slack}
WORKFLOWS = {
    "n8n-workflow.json": (N8n, "workflow", "/webhook/leadgate-CHANGE-ME"),
    "make-blueprint.json": (Make, "blueprint", "/0123456789abcdefghijklmnopqrstuv"),
    "zapier-steps.json": (Zapier, "steps", "/hooks/catch/123456/abcdef/"),
}


@contextlib.contextmanager
def stack_for(leadgate, path):
    port = free_port()
    with forwarding(leadgate, port, path) as line:
        yield Stack(json.loads(line)), port


def main(leadgate):
    with stack_for(leadgate, "/leadgate") as (stack, port):
        for name, tool in PROGRAMS.items():
            program(stack, tool, name, port)
            print(f"ok: {name}")
    for file, (tool, field, path) in WORKFLOWS.items():
        with stack_for(leadgate, path) as (stack, port):
            workflow(stack, tool, field, file, port)
            print(f"ok: {file}")
    tested = {"bridge.py", *PROGRAMS, *WORKFLOWS}
    there = {path.name for path in RECIPES.iterdir() if path.suffix not in (".md", "") and path.is_file()}
    assert there == tested, f"These files of docs/recipes are not tested, or do not exist: {there ^ tested}"


if __name__ == "__main__":
    main(*sys.argv[1:])
