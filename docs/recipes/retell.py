"""Calls people with a Retell agent, and reports what became of the call.

RETELL_API_KEY  of your Retell workspace
RETELL_FROM     your number at Retell, such as +12025550100
RETELL_AGENT    id of the agent. Without it, the number's own agent calls.

Set the agent's webhook URL in Retell to BRIDGE_URL/done.
"""

import os

from bridge import Report, call, serve, setting

API = setting("RETELL_API", "https://api.retellai.com")
OUTCOMES = {
    "user_hangup": "answered",
    "agent_hangup": "answered",
    "call_transfer": "answered",
    "inactivity": "answered",
    "max_duration_reached": "answered",
    "voicemail_reached": "voicemail",
    "ivr_reached": "no_answer",
    "dial_busy": "busy",
    "dial_no_answer": "no_answer",
    "invalid_destination": "invalid",
}


def place(touchpoint):
    lead = touchpoint.lead
    variables = {"first_name": lead["first_name"], "begin_message": touchpoint.words}
    body = {
        "from_number": setting("RETELL_FROM"),
        "to_number": lead["phone"],
        "metadata": {"leadgate_reply_url": touchpoint.reply_url},
        # Retell takes texts only.
        "retell_llm_dynamic_variables": {name: value for name, value in variables.items() if value},
    }
    if agent := os.environ.get("RETELL_AGENT"):
        body["override_agent_id"] = agent
    headers = {"Authorization": f"Bearer {setting('RETELL_API_KEY')}"}
    call(f"{API}/v2/create-phone-call", body=body, headers=headers)


def outcome_of(request):
    event = request.json()
    details = event.get("call", {})
    reply_url = (details.get("metadata") or {}).get("leadgate_reply_url")
    # Retell also reports the start and the analysis of a call, and calls of others.
    if event.get("event") != "call_ended" or reply_url is None:
        return None
    reason = details.get("disconnection_reason", "")
    return Report(
        reply_url=reply_url,
        outcome=OUTCOMES.get(reason, "failed"),
        provider_id=details.get("call_id"),
        provider_code=reason or None,
        duration_s=round(details["duration_ms"] / 1_000) if details.get("duration_ms") else None,
    )


if __name__ == "__main__":
    serve(place, outcome_of)
