"""Calls people with Twilio: says the touchpoint's message, and reports what became of the call.

TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN  of your Twilio account
TWILIO_FROM                            your number, such as +12025550100
"""

import base64
import json
from xml.sax.saxutils import escape

from bridge import Refused, Report, call, done_url, serve, setting

API = setting("TWILIO_API", "https://api.twilio.com")
# The number cannot be called: 21211 is no number, 21214 cannot be reached, 21217 has a wrong format.
WRONG_NUMBER = {21211, 21214, 21217}
OUTCOMES = {"completed": "answered", "busy": "busy", "no-answer": "no_answer", "failed": "failed", "canceled": "failed"}


def place(touchpoint):
    account, token = setting("TWILIO_ACCOUNT_SID"), setting("TWILIO_AUTH_TOKEN")
    credentials = base64.b64encode(f"{account}:{token}".encode()).decode()
    form = {
        "To": touchpoint.lead["phone"],
        "From": setting("TWILIO_FROM"),
        "Twiml": f"<Response><Say>{escape(touchpoint.words or 'Hello')}</Say></Response>",
        "MachineDetection": "Enable",
        "StatusCallback": done_url(touchpoint.reply_url),
        "StatusCallbackMethod": "POST",
    }
    url = f"{API}/2010-04-01/Accounts/{account}/Calls.json"
    try:
        call(url, form=form, headers={"Authorization": f"Basic {credentials}"})
    except Refused as error:
        if error.status == 422 and code_of(error.text) in WRONG_NUMBER:
            return "invalid"
        raise
    return None


def code_of(text):
    """Returns the code of one of Twilio's errors. `None` if the text is not one."""
    try:
        return json.loads(text).get("code")
    except (AttributeError, ValueError):
        return None


def outcome_of(request):
    form = request.form()
    outcome = OUTCOMES.get(form.get("CallStatus"))
    if outcome is None:
        return None
    if outcome == "answered" and form.get("AnsweredBy", "").startswith(("machine", "fax")):
        outcome = "voicemail"
    return Report(
        reply_url=request.query["reply_url"],
        outcome=outcome,
        provider_id=form.get("CallSid"),
        provider_code=form.get("CallStatus"),
        duration_s=int(form.get("CallDuration", 0)) or None,
    )


if __name__ == "__main__":
    serve(place, outcome_of)
