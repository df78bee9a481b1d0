"""Posts "call this person now" to a Slack channel, with a link to a page on which a person reports the outcome.

SLACK_WEBHOOK_URL  incoming webhook of the channel
"""

import html

from bridge import Report, call, done_url, serve, setting

OUTCOMES = {
    "answered": "I have talked to them",
    "no_answer": "No answer",
    "busy": "Busy",
    "voicemail": "Voicemail",
    "invalid": "The number is wrong",
    "opted_out": "They want no more calls",
}


def plain(text):
    """Returns a text that Slack shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def place(touchpoint):
    lead = touchpoint.lead
    company = f" ({plain(lead['company'])})" if lead.get("company") else ""
    lines = [f"*Call now: {plain(touchpoint.name)}*{company}", f"<tel:{lead['phone']}|{lead['phone']}>"]
    if touchpoint.words:
        lines.append("> " + plain(touchpoint.words).replace("\n", "\n> "))
    lines.append(f"<{done_url(touchpoint.reply_url)}|Report what became of the call>")
    text = "\n".join(lines)
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text[:3_000]}}
    body = {"text": f"Call now: {plain(touchpoint.name)}", "blocks": [block]}
    call(setting("SLACK_WEBHOOK_URL"), body=body)


def page_of(request):
    """Returns the page of the link. A GET reports nothing, because Slack and browsers look at links in advance."""
    action = html.escape(done_url(request.query.get("reply_url", "")))
    buttons = [f'<p><button name="outcome" value="{word}">{text}</button></p>' for word, text in OUTCOMES.items()]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Outcome of the call</title><h1>What became of the call?</h1>"
        f'<form method="post" action="{action}">{"".join(buttons)}</form></html>'
    )


def outcome_of(request):
    outcome = request.form().get("outcome")
    if outcome not in OUTCOMES:
        return None
    return Report(reply_url=request.query["reply_url"], outcome=outcome, provider_code="slack")


if __name__ == "__main__":
    serve(place, outcome_of, page_of)
