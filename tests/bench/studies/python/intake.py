"""Serves POST /leads in Python, for the study `rivals`. Never deployed.

It makes the same calls, item and reply as functions/api, for one lead with a workflow and a campaign.
In Python's favour, it leaves out routing, lists, idempotency, limits, first messages, metrics, and all problems but
the first. It makes the two writes one after the other, because threads would cost CPU time.
"""

import hashlib
import http.client
import json
import os
import re
import sys
import time
import unicodedata
import zlib
from datetime import datetime, timezone
from uuid import UUID

import boto3
import phonenumbers
from botocore.config import Config

CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "max_attempts": 3},
    tcp_keepalive=True,
)
DYNAMODB = boto3.client("dynamodb", config=CONFIG)
SQS = boto3.client("sqs", config=CONFIG)
TABLE = os.environ["TABLE_NAME"]
QUEUE_URL = os.environ["START_QUEUE_URL"]

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY = re.compile(r"nxr_live_[0-9A-Za-z]{38}\Z")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+\Z")
FIELDS = {"first_name", "last_name", "email", "phone", "metadata", "workflow_id", "campaign_id"}

cache = {}


class Refused(Exception):
    def __init__(self, status, error, message):
        super().__init__(message)
        self.status, self.error = status, error


def read(pk, sk, seconds):
    """Returns an item, and keeps it in the process for `seconds`."""
    found, until = cache.get((pk, sk), (None, 0))
    if time.monotonic() < until:
        return found
    reply = DYNAMODB.get_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
    found = reply.get("Item")
    if found:
        cache[(pk, sk)] = (found, time.monotonic() + seconds)
    return found


def checksum(text):
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def account_of(key):
    if not key:
        raise Refused(401, "Missing API key", "Please provide your API key in the X-API-Key header")
    known = None
    if KEY.match(key) and checksum(key[:-6]) == key[-6:]:
        known = read("KEY#" + hashlib.sha256(key.encode()).hexdigest(), "KEY", 60)
    if not known or "revoked_at" in known:
        raise Refused(401, "Invalid API key", "The provided API key is not valid")
    return known


def name_of(lead, field):
    text = lead.get(field) or ""
    if not isinstance(text, str):
        raise Refused(400, "Validation error", f"{field} must be a string")
    text = unicodedata.normalize("NFC", text.strip())
    if len(text) > 200 or any(unicodedata.category(c) == "Cc" for c in text):
        raise Refused(400, "Validation error", f"{field} is not a valid name")
    return text or None


def email_of(lead):
    text = (lead.get("email") or "").strip().lower()
    if text and (len(text) > 254 or not EMAIL.match(text)):
        raise Refused(400, "Validation error", "email is not a valid email address")
    return text or None


def phone_of(lead, country):
    text = lead.get("phone") or ""
    if not text:
        return None
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else country)
    except phonenumbers.NumberParseException:
        raise Refused(400, "Validation error", "phone is not a valid phone number") from None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def new_id(now_ms):
    """Returns a UUIDv7."""
    value = now_ms << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def create(event):
    account = account_of(event["headers"].get("x-api-key"))
    account_id = account["account_id"]["S"]
    try:
        lead = json.loads(event["body"])
    except ValueError as error:
        raise Refused(400, "Malformed JSON", str(error)) from None
    first_name = name_of(lead, "first_name")
    if not first_name:
        raise Refused(400, "Validation error", "first_name is required")
    last_name, email = name_of(lead, "last_name"), email_of(lead)
    phone = phone_of(lead, account.get("default_country", {}).get("S"))
    metadata = {key: value for key, value in lead.items() if key not in FIELDS}
    metadata.update(lead.get("metadata") or {})
    workflow_id, campaign_id = lead.get("workflow_id"), lead.get("campaign_id")
    workflow = read("ACCOUNT#" + account_id, "WORKFLOW#" + workflow_id, 30)
    campaign = read("ACCOUNT#" + account_id, "CAMPAIGN#" + campaign_id, 30)
    if not workflow or not campaign:
        raise Refused(404, "Not found", "unknown workflow or campaign")

    now = datetime.now(timezone.utc)
    now_ms, created_at = int(now.timestamp() * 1000), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    lead_id, run_id, job_id = new_id(now_ms), new_id(now_ms), new_id(now_ms)
    steps, statuses = workflow["steps"]["L"], workflow["statuses"]["L"]
    step = steps[0]["M"]
    label = {key: workflow[key] for key in ("id", "name", "goal_type", "version") if key in workflow}
    item = {
        "pk": {"S": f"LEAD#{account_id}#{lead_id}"},
        "sk": {"S": "SELF"},
        "et": {"S": "lead"},
        "v": {"N": "1"},
        "account_id": {"S": account_id},
        "id": {"S": lead_id},
        "first_name": {"S": first_name},
        "source": {"S": "api"},
        "metadata": {"M": {key: {"S": json.dumps(value)} for key, value in metadata.items()}},
        "campaign_id": {"S": campaign_id},
        "workflow_id": {"S": workflow_id},
        "start": {
            "M": {
                "run_id": {"S": run_id},
                "job_id": {"S": job_id},
                "workflow": {"M": label},
                "status": next(s for s in statuses if s["M"]["is_initial"]["BOOL"]),
                "first": {
                    "M": {
                        "step_index": {"N": "0"},
                        "channel": step["channel"],
                        "max_attempts": step["max_attempts"],
                        "total_steps": {"N": str(len(steps))},
                    }
                },
                "enrolled_at": {"S": created_at},
            }
        },
        "created_at": {"S": created_at},
        "updated_at": {"S": created_at},
        "gsi1pk": {"S": f"ACCOUNT#{account_id}#LEADS#{int(lead_id[-2:], 16) % 8}"},
        "gsi1sk": {"S": f"{created_at}#{lead_id}"},
    }
    for field, value in (("last_name", last_name), ("email", email), ("phone", phone)):
        if value:
            item[field] = {"S": value}
    message = {
        "type": "workflow_start.v1",
        "account_id": account_id,
        "lead_id": lead_id,
        "run_id": run_id,
        "job_id": job_id,
        "workflow_id": workflow_id,
        "enqueued_at": now.isoformat(),
    }
    DYNAMODB.put_item(
        TableName=TABLE,
        Item=item,
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    SQS.send_message(QueueUrl=QUEUE_URL, MessageBody=json.dumps(message), MessageGroupId=account_id)
    reply = {
        "success": True,
        "lead": {
            "id": lead_id,
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            "phone": phone,
            "source": "api",
            "company": None,
            "title": None,
            "metadata": metadata,
            "created_at": created_at,
        },
        "workflow_run": {
            "id": run_id,
            "job_id": job_id,
            "workflow": {"id": workflow_id, "name": workflow["name"]["S"]},
            "cadence": {
                "stepIndex": 0,
                "channel": step["channel"]["S"],
                "attemptNumber": 1,
                "maxAttempts": int(step["max_attempts"]["N"]),
                "totalSteps": len(steps),
            },
        },
    }
    return answer(201, reply, {"location": f"/api/public/leads/{lead_id}"})


def answer(status, body, headers=()):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **dict(headers)},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def handle(event):
    started = time.monotonic()
    try:
        reply = create(event)
    except Refused as refused:
        reply = answer(refused.status, {"error": refused.error, "message": str(refused)})
    line = {
        "level": "INFO",
        "message": "request",
        "http.status": reply["statusCode"],
        "duration_ms": int((time.monotonic() - started) * 1000),
    }
    print(json.dumps(line), flush=True)
    return reply


def main():
    base = "/2018-06-01/runtime/invocation/"
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", base + "next")
        response = runtime.getresponse()
        request_id, event = response.headers["lambda-runtime-aws-request-id"], json.load(response)
        runtime.request("POST", f"{base}{request_id}/response", json.dumps(handle(event)).encode())
        runtime.getresponse().read()


if __name__ == "__main__":
    sys.exit(main())
