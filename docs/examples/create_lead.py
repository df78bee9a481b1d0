"""Creates a lead with requests, and prints its id and its first touchpoint.

    pip install requests
    LEADGATE_API_KEY=nxr_live_... python create_lead.py

LEADGATE_URL          the API's URL (default: http://127.0.0.1:3000, where `cargo dev` listens)
LEADGATE_WORKFLOW_ID  enrols the lead (default: no workflow)
"""

import os
import sys
import uuid

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

URL = os.environ.get("LEADGATE_URL", "http://127.0.0.1:3000")


def session(api_key: str) -> requests.Session:
    """Returns a session that retries after 429, 503 and lost answers, and obeys `Retry-After`."""
    retry = Retry(total=5, backoff_factor=0.5, status_forcelist=[429, 503], allowed_methods=None, raise_on_status=False)
    session = requests.Session()
    session.mount(URL, HTTPAdapter(max_retries=retry))
    session.headers["X-API-Key"] = api_key
    return session


def create_lead(session: requests.Session, lead: dict) -> dict:
    # The same in each retry, so that a lost answer does not create a second lead.
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    response = session.post(f"{URL}/api/public/leads", json=lead, headers=headers, timeout=30)
    reply = response.json()
    if response.status_code != 201:
        # The gateway's own errors have only a message.
        problems = [detail["message"] for detail in reply.get("details", [])] or [reply.get("message", "")]
        sys.exit(f"{response.status_code}: {'; '.join(problems)} (request {reply.get('request_id', 'unknown')})")
    return reply


if __name__ == "__main__":
    reply = create_lead(
        session(os.environ.get("LEADGATE_API_KEY") or sys.exit("LEADGATE_API_KEY is not set: set it to an API key")),
        {
            "first_name": "John",
            "email": "john@example.com",
            "phone": "+1234567890",
            "workflow_id": os.environ.get("LEADGATE_WORKFLOW_ID"),
            "company": "Example Ltd",
        },
    )
    print(reply["lead"]["id"])
    if run := reply.get("workflow_run"):
        print(f"first touchpoint of {run['workflow']['name']}: {run['cadence']['channel']}")
    if warning := reply.get("warning"):
        print(f"warning: {warning}")
    for hint in reply.get("hints", []):
        print(f"hint: {hint}")
