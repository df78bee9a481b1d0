"""Runs each example of docs/examples against a local stack, and reads the lead that it created. Sends touchpoints to
each example that receives them.

    python3 tests/examples target/debug/leadgate FOLDER

FOLDER has the files of WordPress: `apt-get download wordpress`, then `dpkg -x`, make its usr/share/wordpress.
target/debug also has the program receive-touchpoint, from docs/examples/receive-touchpoint.rs.
Needs curl, Go, Node 18 or newer, PHP 8 and Python's requests.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import uuid

import receivers
import requests

EXAMPLES = pathlib.Path(__file__).parents[2] / "docs" / "examples"


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
    def __init__(self, ready):
        self.leads = f"{ready['api_url']}/api/public/leads"
        self.settings = {
            "leadgate_url": ready["api_url"],
            "leadgate_api_key": ready["api_key"],
            "workflow_id": ready["workflow_id"],
        }
        self.env = os.environ | {f"LEADGATE_{k.removeprefix('leadgate_')}".upper(): v for k, v in self.settings.items()}

    def lead(self, lead_id):
        reply = requests.get(f"{self.leads}/{lead_id}", headers={"X-API-Key": self.settings["leadgate_api_key"]})
        assert reply.status_code == 200, reply.text
        return reply.json()["lead"]

    def ids(self):
        reply = requests.get(f"{self.leads}?limit=200", headers={"X-API-Key": self.settings["leadgate_api_key"]})
        return {lead["id"] for lead in reply.json()["leads"]}


class PushingStack(Stack):
    """A stack that sends the touchpoints of the demo account to a receiver."""

    def __init__(self, ready):
        super().__init__(ready)
        self.secret = ready["webhook_secret"]

    def create(self):
        """Creates a lead. Returns a function that says whether its first touchpoint is dispatched."""
        headers = {"X-API-Key": self.settings["leadgate_api_key"]}
        lead = {"first_name": "John", "phone": "+1234567890", "workflow_id": self.settings["workflow_id"]}
        body = requests.post(self.leads, json=lead, headers=headers).json()
        url = f"{self.leads}/{body['lead']['id']}/runs/{body['workflow_run']['id']}"

        def is_dispatched():
            run = requests.get(url, headers=headers).json()["workflow_run"]
            return any(it["state"] == "dispatched" for it in run["touchpoints"])

        return is_dispatched


def receive(leadgate):
    """Sends touchpoints to the receivers, one after the other, at the same URL."""
    port = receivers.free_port()
    with tempfile.TemporaryDirectory() as folder, receivers.forwarding(leadgate, port, "/") as line:
        stack = PushingStack(json.loads(line))
        go = pathlib.Path(folder) / "receive-touchpoint"
        subprocess.run(["go", "build", "-o", go, EXAMPLES / "receive-touchpoint.go"], check=True)
        for command in (
            [sys.executable, EXAMPLES / "receive_touchpoint.py"],
            ["node", EXAMPLES / "receive-touchpoint.mjs"],
            ["php", "-S", f"127.0.0.1:{port}", EXAMPLES / "receive-touchpoint.php"],
            [go],
            [pathlib.Path(leadgate).with_name("receive-touchpoint")],
        ):
            receivers.receiver(stack, command, port)


def check(lead, metadata):
    expected = {"email": "john@example.com", "phone": "+1234567890", "last_name": None, "metadata": metadata}
    found = {name: lead[name] for name in expected}
    assert found == expected, found
    assert lead["active_workflow_run"]["workflow"]["name"] == "Sales Outreach", lead


class LosesFirstAnswer(http.server.BaseHTTPRequestHandler):
    """Forwards requests to `api`. Closes the connection of the first one instead of answering."""

    api, lost = None, False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        reply = requests.post(self.api + self.path, data=body, headers=dict(self.headers))
        if not self.lost:
            type(self).lost = True
            return self.connection.close()
        self.send_response(reply.status_code)
        for name in ("Content-Type", "Content-Length"):
            self.send_header(name, reply.headers[name])
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, *_):
        pass


class Refuses(http.server.BaseHTTPRequestHandler):
    """Refuses requests with an error of API Gateway itself."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(413)
        self.end_headers()
        self.wfile.write(b'{"message":"Request Entity Too Large"}')

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def script(stack, *command):
    def run(env):
        return subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)

    before = stack.ids()
    handler = type("Loses", (LosesFirstAnswer,), {"api": stack.settings["leadgate_url"]})
    with serving(handler) as url:
        done = run(stack.env | {"LEADGATE_URL": url})
    assert handler.lost and done.returncode == 0, done.stdout
    assert len(stack.ids() - before) == 1, "the retry after a lost answer created a second lead"
    with serving(Refuses) as url:
        refused = run(stack.env | {"LEADGATE_URL": url})
    assert refused.returncode != 0 and "Request Entity Too Large" in refused.stdout, refused.stdout
    assert "Traceback" not in refused.stdout, refused.stdout
    lead_id = re.search(r"[0-9a-f-]{36}", done.stdout)[0]
    check(stack.lead(lead_id), {"company": "Example Ltd"})
    # The messages for a wrong and for a missing key are clear.
    wrong = run(stack.env | {"LEADGATE_API_KEY": "nxr_live_wrong"})
    assert wrong.returncode != 0 and "API key is not valid" in wrong.stdout, wrong.stdout
    missing = run({name: value for name, value in stack.env.items() if name != "LEADGATE_API_KEY"})
    assert missing.returncode != 0 and re.search("LEADGATE_API_KEY:? is not set", missing.stdout), missing.stdout


def wordpress(stack, folder):
    fields = {"your-name": "John", "your-email": "john@example.com", "your-phone": "+1234567890", "your-message": "Hello"}

    def submit(url=stack.settings["leadgate_url"], **changed):
        command = ["php", pathlib.Path(__file__).parent / "wordpress.php", folder, json.dumps(fields | changed)]
        done = subprocess.run(command, env=stack.env | {"LEADGATE_URL": url}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout), done.stderr

    before = stack.ids()
    answer, log = submit()
    assert answer == [False, "init", "Thank you for your message."] and not log, (answer, log)
    [lead_id] = stack.ids() - before
    check(stack.lead(lead_id), {"source": "web form", "message": "Hello"})
    handler = type("Loses", (LosesFirstAnswer,), {"api": stack.settings["leadgate_url"]})
    with serving(handler) as url:
        answer, log = submit(url)
    assert handler.lost and not answer[0] and "Leadgate: 0" in log, (answer, log)
    assert len(stack.ids() - before) == 2, "the retry after a lost answer created a second lead"
    answer, log = submit(**{"your-email": "someone's address", "your-phone": ""})
    assert answer[:2] == [True, "validation_failed"], answer
    assert "Email " in answer[2] and "Phone is required" in answer[2] and "workflow" not in answer[2], answer
    assert "400 Validation error email, phone (request" in log and "someone" not in log, log
    assert len(stack.ids() - before) == 2, "a form that was refused created a lead"


def http_step(stack):
    trigger = {
        "id": str(uuid.uuid4()),
        "first_name": "John",
        "last_name": "",
        "email": "john@example.com",
        "phone": "+1234567890",
        "form_name": "Spring form",
        "company": "",
    }
    values = {"settings": stack.settings, "trigger": trigger}
    text = (EXAMPLES / "http-step.json").read_text()
    step = json.loads(re.sub(r"\{\{(\w+)\.(\w+)\}\}", lambda name: values[name[1]][name[2]], text))

    def run():
        return requests.request(step["method"], step["url"], headers=step["headers"], json=step["body"])

    first, again = run(), run()
    assert first.status_code == 201, first.text
    assert again.headers["Idempotency-Replayed"] == "true" and again.json() == first.json(), again.text
    check(stack.lead(first.json()["lead"]["id"]), {"source": "Spring form", "company": ""})


def fill(text, values):
    """Replaces each `{{ path }}` of an automation tool with the value at this path."""

    def value(found):
        at = values
        for name in found[1].split("."):
            at = at.get(name, "")
        return at if isinstance(at, str) else json.dumps(at)

    return re.sub(r"\{\{ ?([\w$.]+) ?\}\}", value, text)


def create_twice(stack, url, headers, body):
    """Sends a request of a file twice, with the key that the tool adds. Returns the lead."""
    assert url == "https://leadgate.example.com/api/public/leads", url
    headers = headers | {"X-API-Key": stack.settings["leadgate_api_key"]}
    before = stack.ids()
    for _ in range(2):
        reply = requests.post(stack.leads, headers=headers, json=body)
        assert reply.status_code == 201, reply.text
    [lead_id] = stack.ids() - before
    return stack.lead(lead_id)


def n8n(stack):
    workflow = json.loads((EXAMPLES / "n8n-workflow.json").read_text())
    [[arrow]] = workflow["connections"]["Form"]["main"]
    step = next(node for node in workflow["nodes"] if node["name"] == arrow["node"])
    form = {"first_name": "John", "email": "john@example.com", "phone": "+1234567890", "company": 'Example "Ltd"'}
    values = {"$json": {"body": form}, "$workflow": {"id": str(uuid.uuid4())}, "$execution": {"id": "7"}, "$itemIndex": "0"}

    def pairs(name):
        rows = step["parameters"][name]["parameters"]
        return {it["name"]: fill(it["value"].removeprefix("="), values) for it in rows}

    body = pairs("bodyParameters") | {"workflow_id": stack.settings["workflow_id"]}
    lead = create_twice(stack, step["parameters"]["url"], pairs("headerParameters"), body)
    check(lead, {"source": "n8n", "company": 'Example "Ltd"'})
    assert step["retryOnFail"] and step["parameters"]["genericAuthType"] == "httpHeaderAuth" and "credentials" not in step


def make(stack):
    blueprint = json.loads((EXAMPLES / "make-blueprint.json").read_text())
    _, to_json, step = blueprint["flow"]
    lead = {"first_name": "John", "email": "john@example.com", "phone": "+1234567890", "company": 'Example "Ltd"'}
    values = {"1": {"id": str(uuid.uuid4()), "lead": lead | {"workflow_id": stack.settings["workflow_id"]}}}
    values["2"] = {"json": fill(to_json["mapper"]["object"], values)}
    headers = {it["name"]: fill(it["value"], values) for it in step["mapper"]["headers"]}
    body = json.loads(fill(step["mapper"]["jsonStringBodyContent"], values))
    check(create_twice(stack, step["mapper"]["url"], headers, body), {"company": 'Example "Ltd"'})
    assert step["onerror"][0]["module"] == "builtin:Break" and step["parameters"]["apiKeyKeychain"] is None


def html_form(stack):
    with running("node", EXAMPLES / "html-form" / "proxy.mjs", env=stack.env | {"PORT": "0"}) as line:
        url = re.search(r"http://\S+", line)[0]
        page = requests.get(url).text
        names = re.findall(r'<input[^>]* name="(\w+)"', page)
        assert names == ["form_id", "first_name", "last_name", "email", "phone"], names
        form_id = form_id_of(page)
        fields = {"form_id": form_id, "first_name": "John", "last_name": "", "email": "john@example.com", "phone": "+1234567890"}
        before = stack.ids()
        for _ in range(2):
            reply = requests.post(url, data=fields, allow_redirects=False)
            assert (reply.status_code, reply.headers["Location"]) == (303, "/thanks"), reply.text
        assert "Thank you" in requests.get(f"{url}/thanks").text
        [lead_id] = stack.ids() - before
        check(stack.lead(lead_id), {"source": "web form"})
        changed = requests.post(url, data=fields | {"first_name": "Jane"})
        assert (changed.status_code, "already have your details" in changed.text) == (400, True), changed.text
        assert form_id_of(changed.text) != form_id and 'value="Jane"' in changed.text, changed.text
        foreign = requests.post(url, data=fields | {"form_id": "order-17"})
        assert (foreign.status_code, "send the form again" in foreign.text) == (400, True), foreign.text
        other_id = str(uuid.uuid4())
        refused = requests.post(url, data=fields | {"form_id": other_id, "email": '"><script>'})
        assert (refused.status_code, '"email-error">E-mail ' in refused.text) == (400, True), refused.text
        assert form_id_of(refused.text) == other_id and '"&#34;&#62;&#60;script&#62;"' in refused.text, refused.text
        assert stack.ids() - before == {lead_id}, "a form that was refused, or sent twice, created a lead"
        assert requests.post(url, data={"first_name": "x" * 20_000}).status_code == 413
        assert requests.get(f"{url}/form.html").status_code == 404


def form_id_of(page):
    return re.search(r'name="form_id" value="([0-9a-f-]{36})"', page)[1]


def main(leadgate, wordpress_folder):
    with running(leadgate, "dev", "--in-memory", "--port", "0", "--json") as line:
        stack = Stack(json.loads(line))
        script(stack, EXAMPLES / "create-lead.sh")
        script(stack, sys.executable, EXAMPLES / "create_lead.py")
        script(stack, "node", EXAMPLES / "create-lead.mjs")
        http_step(stack)
        n8n(stack)
        make(stack)
        html_form(stack)
        wordpress(stack, wordpress_folder)
    receive(leadgate)
    tested = {"create-lead.sh", "create_lead.py", "create-lead.mjs", "http-step.json", "html-form"}
    tested |= {"n8n-workflow.json", "make-blueprint.json", "wordpress.php"}
    tested |= {"receive_touchpoint.py"} | {f"receive-touchpoint.{end}" for end in ("mjs", "php", "go", "rs")}
    there = {path.name for path in EXAMPLES.iterdir()} - {"README.md"}
    assert there == tested, f"These files of docs/examples are not tested, or do not exist: {there ^ tested}"


if __name__ == "__main__":
    main(*sys.argv[1:])
