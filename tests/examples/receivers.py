"""Runs each receiver of docs/examples: deliveries of a local stack arrive once, and everything else is refused."""

import base64
import contextlib
import hmac
import http.server
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

import requests

# The stack sends a touchpoint within three seconds. A busy machine may need longer.
TIMEOUT_S = 30
# Leads of the demo account, whose first touchpoints are due when the stack starts.
DEMO_LEADS = 10


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def wait_for(found, what):
    until = time.monotonic() + TIMEOUT_S
    while not (value := found()):
        assert time.monotonic() < until, what
        time.sleep(0.05)
    return value


@contextlib.contextmanager
def forwarding(leadgate, port, path):
    """Runs a local stack that sends touchpoints to `http://127.0.0.1:<port><path>`. Yields its first line, after the
    touchpoints of the demo leads were taken."""
    taken = set()

    class Takes(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            taken.add(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    url = f"http://127.0.0.1:{port}{path}"
    command = (leadgate, "dev", "--in-memory", "--port", "0", "--json", "--forward-to", url)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Takes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            line = process.stdout.readline()
            wait_for(lambda: len(taken) == DEMO_LEADS, "the demo leads")
        except BaseException:
            process.terminate()
            raise
        server.shutdown()
    try:
        yield line
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def running(command, port, secret, folder):
    """Runs a receiver. Yields the file of its output."""
    env = os.environ | {"PORT": str(port), "LEADGATE_WEBHOOK_SECRET": secret, "TMPDIR": folder}
    with tempfile.NamedTemporaryFile("r") as output, open(output.name, "w") as writer:
        process = subprocess.Popen(command, env=env, stdout=writer, stderr=subprocess.STDOUT)
        try:
            yield output, process
        finally:
            process.terminate()
            process.wait()


def is_open(port):
    with socket.socket() as it:
        return it.connect_ex(("127.0.0.1", port)) == 0


def signed(secret, at, message_id, body):
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), f"{message_id}.{at}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def status(url, secret, body, *, message_id="tp_test", age=0, sign=None, **changed):
    """Sends a request of our own, and returns the status. `changed` replaces headers."""
    at = str(int(time.time()) - age)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": signed(secret, at, message_id, body if sign is None else sign),
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return requests.post(url, data=body, headers={name: value for name, value in headers.items() if value is not None}).status_code


def receiver(stack, command, port):
    """`stack` has `secret`, and `create()` returns a function that says whether the lead's touchpoint is dispatched."""
    url, secret, other = f"http://127.0.0.1:{port}/", stack.secret, "whsec_" + "B" * 43 + "="
    with tempfile.TemporaryDirectory() as folder, running(command, port, secret, folder) as (output, process):
        wait_for(lambda: is_open(port) or process.poll() is not None, command)

        def text():
            output.seek(0)
            return output.read()

        body = json.dumps({"type": "touchpoint.due", "test": True, "data": {"touchpoint": {"id": "tp_test"}}}).encode()
        refused = {
            "no signature": status(url, secret, body, webhook_signature=None),
            "no headers": requests.post(url, data=body).status_code,
            "an empty signature": status(url, secret, body, webhook_signature=""),
            "no base64": status(url, secret, body, webhook_signature="v1,???"),
            "another secret": status(url, other, body),
            "another body": status(url, secret, body, sign=b"{}"),
            "another id": status(url, secret, body, webhook_id="tp_other"),
            "another version": status(url, secret, body, webhook_signature=signed(secret, "1", "tp_test", body).replace("v1", "v2")),
            "six minutes old": status(url, secret, body, age=360),
            "six minutes ahead": status(url, secret, body, age=-360),
            "no time": status(url, secret, body, webhook_timestamp="soon"),
        }
        assert set(refused.values()) == {401}, refused
        assert status(url, secret, body) == 204, text()
        # During a rotation, the other secret signs as well.
        at = str(int(time.time()))
        both = f"{signed(other, at, 'tp_test', body)} {signed(secret, at, 'tp_test', body)}"
        assert status(url, secret, body, webhook_timestamp=at, webhook_signature=both) == 204, text()
        assert "call tp_" not in text(), "a test of the destination made a contact"
        # Real deliveries.
        first, second = stack.create(), stack.create()
        wait_for(lambda: first() and second(), text)
        lines = [line for line in text().splitlines() if "call tp_" in line]
        assert len(lines) == 2 and all("try 1" in line for line in lines), text()
        # The same touchpoint once more, as after a lost answer.
        touchpoint = {"id": lines[0].split("call ")[1].split()[0], "channel": "call", "try": 2}
        body = json.dumps({"type": "touchpoint.due", "test": False, "data": {"touchpoint": touchpoint}}).encode()
        assert status(url, secret, body, message_id=touchpoint["id"]) == 204
        assert text().count(f"call {touchpoint['id']}") == 1, text()
