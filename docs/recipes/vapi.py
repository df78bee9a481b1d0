"""Calls people with a Vapi assistant, and reports what became of the call.

VAPI_API_KEY    private key of your Vapi organization
VAPI_ASSISTANT  id of the assistant
VAPI_NUMBER     id of the phone number
"""

from bridge import Report, call, done_url, serve, setting

API = setting("VAPI_API", "https://api.vapi.ai")
OUTCOMES = {
    "customer-ended-call": "answered",
    "assistant-ended-call": "answered",
    "assistant-ended-call-after-message-spoken": "answered",
    "assistant-said-end-call-phrase": "answered",
    "assistant-forwarded-call": "answered",
    "exceeded-max-duration": "answered",
    "silence-timed-out": "answered",
    "voicemail": "voicemail",
    "customer-busy": "busy",
    "customer-did-not-answer": "no_answer",
}


def place(touchpoint):
    overrides = {
        "variableValues": {"first_name": touchpoint.lead["first_name"]},
        "server": {"url": done_url(touchpoint.reply_url)},
        "serverMessages": ["end-of-call-report"],
    }
    if touchpoint.words:
        overrides["firstMessage"] = touchpoint.words
    body = {
        "assistantId": setting("VAPI_ASSISTANT"),
        "phoneNumberId": setting("VAPI_NUMBER"),
        "customer": {"number": touchpoint.lead["phone"], "name": touchpoint.name[:40]},
        "assistantOverrides": overrides,
    }
    call(f"{API}/call", body=body, headers={"Authorization": f"Bearer {setting('VAPI_API_KEY')}"})


def outcome_of(request):
    message = request.json().get("message", {})
    if message.get("type") != "end-of-call-report":
        return None
    reason = message.get("endedReason", "")
    return Report(
        reply_url=request.query["reply_url"],
        outcome=OUTCOMES.get(reason, "failed"),
        provider_id=(message.get("call") or {}).get("id"),
        provider_code=reason or None,
        duration_s=round(message["durationSeconds"]) if message.get("durationSeconds") else None,
    )


if __name__ == "__main__":
    serve(place, outcome_of)
