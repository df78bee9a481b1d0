"""The part that all recipes share: takes touchpoints from Leadgate, and reports what became of them.

A recipe gives two functions:

- `place(touchpoint)` asks the tool for the contact. It returns `None`, or an outcome that is known at once.
- `outcome_of(request)` reads what the tool reports later. It returns a `Report`, or `None` for a report that says
  nothing yet.

Needs Python 3.9 or newer, and no package. These variables of the environment are for each recipe:

LEADGATE_WEBHOOK_SECRET  secret of the destination, whsec_...
LEADGATE_URL             URL of the API. Outcomes go to no other host.
BRIDGE_URL               URL of this program, as the tool reaches it
PORT                     8080 by default
BRIDGE_DATABASE          file with the ids that were taken, bridge.db by default
"""

import base64
import dataclasses
import hmac
import http.server
import json
import os
import socket
import sqlite3
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Optional

TOLERANCE_S = 5 * 60
MOST_BYTES = 1_000_000
# Leadgate waits for 15 seconds in all.
TOOL_TIMEOUT_S = 10


def setting(name, default=None):
    value = os.environ.get(name, default)
    if not value:
        raise SystemExit(f"{name} is not set")
    return value


class Refused(Exception):
    """The tool has surely not made the contact. Leadgate gets this status: 422 is about this contact, and after
    another one the touchpoint waits."""

    def __init__(self, status, text="", retry_after=None):
        super().__init__(f"the tool refused: {text[:200]}")
        self.status, self.text, self.retry_after = status, text, retry_after


@dataclasses.dataclass
class Touchpoint:
    id: str
    channel: str
    lead: dict
    message: dict
    reply_url: str

    @property
    def words(self):
        """The message: what to say or to write."""
        return self.message.get("begin_message") or self.message.get("content") or ""

    @property
    def name(self):
        return " ".join(filter(None, [self.lead["first_name"], self.lead["last_name"]]))


@dataclasses.dataclass
class Report:
    """An outcome, and what else the tool knows about it."""

    reply_url: str
    outcome: str
    provider_id: Optional[str] = None
    provider_code: Optional[str] = None
    duration_s: Optional[int] = None
    note: Optional[str] = None


@dataclasses.dataclass
class Request:
    """A request of the tool, or of a person's browser."""

    path: str
    query: dict
    headers: object
    body: bytes

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode()))

    def json(self):
        return json.loads(self.body)


def call(url, *, form=None, body=None, headers=()):
    """Sends a POST to a tool, and returns its JSON or its text.

    Raises `Refused` for an answer that says that nothing was done. Every other error means that the tool may have
    done it.
    """
    headers = dict(headers)
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    else:
        data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=TOOL_TIMEOUT_S) as reply:
            text = reply.read(MOST_BYTES).decode()
            return json.loads(text) if text.startswith("{") else text
    except urllib.error.HTTPError as error:
        text = error.read(MOST_BYTES).decode(errors="replace")
        if error.code == 429:
            raise Refused(429, text, error.headers.get("Retry-After")) from error
        # The key or the settings of this program are wrong. That is no fault of the contact.
        if error.code in (401, 402, 403, 404):
            raise Refused(503, text) from error
        if error.code < 500 and error.code != 408:
            raise Refused(422, text) from error
        raise
    except urllib.error.URLError as error:
        if isinstance(error.reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)):
            raise Refused(503, str(error.reason)) from error
        raise


class Taken:
    """The ids that were taken, and their outcomes. They outlive a restart, so that no person is contacted twice."""

    def __init__(self, file):
        self.file = file
        with self.open() as database:
            database.execute("create table if not exists taken (id text primary key, at real, outcome text)")

    def open(self):
        return sqlite3.connect(self.file, timeout=5)

    def add(self, touchpoint_id):
        """Returns whether the id is new."""
        with self.open() as database:
            rows = database.execute("insert or ignore into taken values (?, ?, null)", (touchpoint_id, time.time()))
            return rows.rowcount == 1

    def note(self, touchpoint_id, outcome):
        with self.open() as database:
            database.execute("update taken set outcome = ? where id = ?", (outcome, touchpoint_id))

    def outcome(self, touchpoint_id):
        """Returns the outcome of a touchpoint that was answered with one."""
        with self.open() as database:
            row = database.execute("select outcome from taken where id = ?", (touchpoint_id,)).fetchone()
            return row and row[0]

    def forget(self, touchpoint_id):
        with self.open() as database:
            database.execute("delete from taken where id = ?", (touchpoint_id,))


def is_signed(secret, headers, body):
    """Returns whether Leadgate has signed these bytes, within the last five minutes."""
    message_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit()) or abs(time.time() - int(at)) > TOLERANCE_S:
        return False
    digest = hmac.digest(secret, f"{message_id}.{at}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any([hmac.compare_digest(expected, it) for it in signatures])


def send_outcome(report):
    """Reports an outcome to Leadgate. The token in the URL is the proof: it is good for this touchpoint alone."""
    api = urllib.parse.urlsplit(setting("LEADGATE_URL"))
    target = urllib.parse.urlsplit(report.reply_url)
    # A forged report must not make this program call another host.
    if (target.scheme, target.netloc) != (api.scheme, api.netloc):
        return 400
    fields = dataclasses.asdict(report)
    del fields["reply_url"]
    body = {name: value for name, value in fields.items() if value is not None}
    try:
        call(report.reply_url, body=body)
    except Refused as error:
        print(f"an outcome was not reported: {error}", flush=True)
        return error.status
    except (OSError, ValueError):
        return 503
    return 204


def done_url(reply_url):
    """Returns the URL to which the tool reports, with the touchpoint's own URL inside."""
    query = urllib.parse.urlencode({"reply_url": reply_url})
    return f"{setting('BRIDGE_URL')}/done?{query}"


def handler(place, outcome_of, page_of):
    secret = base64.b64decode(setting("LEADGATE_WEBHOOK_SECRET").removeprefix("whsec_"))
    taken = Taken(setting("BRIDGE_DATABASE", "bridge.db"))

    class Bridge(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            request = self.request_with(b"")
            if page_of is None or request.path != "/done":
                return self.answer(404)
            self.answer(200, page_of(request).encode(), {"Content-Type": "text/html; charset=utf-8"})

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            if length > MOST_BYTES:
                return self.answer(413)
            request = self.request_with(self.rfile.read(length))
            if request.path == "/done":
                try:
                    report = outcome_of(request)
                except (AttributeError, LookupError, TypeError, ValueError):
                    return self.answer(400)
                status = 204 if report is None else send_outcome(report)
                if page_of is None:
                    return self.answer(status)
                text = "Thank you." if status == 204 else "This was not taken. Is the link older than 30 days?"
                return self.answer(200 if status == 204 else status, text.encode(), {"Content-Type": "text/plain"})
            if request.path != "/leadgate":
                return self.answer(404)
            if not is_signed(secret, self.headers, request.body):
                return self.answer(401)
            self.take(request.json())

        def take(self, event):
            data = event["data"]
            touchpoint = Touchpoint(
                id=data["touchpoint"]["id"],
                channel=data["touchpoint"]["channel"],
                lead=data["lead"],
                message=data["message"] or {},
                reply_url=data["reply_url"],
            )
            # `leadgate destination test` calls no person.
            if event["test"]:
                return self.answer(204)
            if not taken.add(touchpoint.id):
                # The answer to the first request may have been lost.
                return self.answer_with(taken.outcome(touchpoint.id))
            try:
                outcome = place(touchpoint)
            except Refused as error:
                print(f"{touchpoint.id}: {error}", flush=True)
                taken.forget(touchpoint.id)
                return self.answer(error.status, headers={"Retry-After": error.retry_after or "30"})
            except Exception as error:
                # The tool may have made the contact, so the id stays: a repeated try contacts no person twice.
                print(f"{touchpoint.id}: it is unknown whether the tool has taken it: {error!r}", flush=True)
                return self.answer(500)
            taken.note(touchpoint.id, outcome)
            self.answer_with(outcome)

        def answer_with(self, outcome):
            if outcome is None:
                return self.answer(204)
            self.answer(200, json.dumps({"outcome": outcome}).encode(), {"Content-Type": "application/json"})

        def request_with(self, body):
            url = urllib.parse.urlsplit(self.path)
            return Request(url.path, dict(urllib.parse.parse_qsl(url.query)), self.headers, body)

        def answer(self, status, body=b"", headers=()):
            self.send_response(status)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Bridge


def serve(place, outcome_of, page_of=None):
    """Runs a recipe. `page_of` returns the page of the URL to which a person reports."""
    bridge = handler(place, outcome_of, page_of)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(setting("PORT", "8080"))), bridge)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
