"""Receives touchpoints from Leadgate, and refuses every request that Leadgate has not signed.

    LEADGATE_WEBHOOK_SECRET=whsec_... python3 receive_touchpoint.py

Needs Python 3.9 or newer, and no package. PORT is 8080 by default.
"""

import base64
import hmac
import http.server
import json
import os
import time

SECRET = base64.b64decode(os.environ["LEADGATE_WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE_S = 5 * 60
MOST_BYTES = 1_000_000

# Ids that were taken. Keep them in your database, for a week or longer.
taken = set()


def is_signed(headers, body):
    """Returns whether Leadgate has signed these bytes, within the last five minutes."""
    message_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit()) or abs(time.time() - int(at)) > TOLERANCE_S:
        return False
    digest = hmac.digest(SECRET, f"{message_id}.{at}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    # During a rotation of the secret there are two signatures.
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any([hmac.compare_digest(expected, it) for it in signatures])


def take(touchpoint, data):
    """Makes the contact. Put it into a queue here, and make it later: Leadgate waits for 15 seconds."""
    print(f"{touchpoint['channel']} {touchpoint['id']} try {touchpoint['try']}", flush=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if length > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_signed(self.headers, body):
            return self.answer(401)
        event = json.loads(body)
        touchpoint = event["data"]["touchpoint"]
        # Leadgate repeats a touchpoint under its id if an answer was lost. `test` is of `leadgate destination test`.
        if touchpoint["id"] not in taken and not event["test"]:
            taken.add(touchpoint["id"])
            take(touchpoint, event["data"])
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8080))), Receiver)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
