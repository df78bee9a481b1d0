"""Values that a JSON Schema cannot make: what they are depends on the demo account."""

import zoneinfo

import schemathesis
from hypothesis import strategies as st

# There is no cursor before a page has been read; the history's link to its next page brings real ones.
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("timezone", st.sampled_from(sorted(zoneinfo.available_timezones())))
schemathesis.openapi.format("status-key", st.sampled_from(["new", "won"]))


@schemathesis.check
def a_right_lead_is_refused_only_for_want_of_a_phone(_context, response, case):
    """Of the statuses that the configuration allows for right leads, 400 may have this reason alone."""
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if case.operation.label != "POST /api/public/leads" or response.status_code != 400 or not is_right:
        return
    reply = response.json()
    refusals = [reply, *reply.get("results", [])]
    fields = {detail["field"] for refusal in refusals for detail in refusal.get("details", [])}
    assert fields == {"phone"}, f"right data refused for {sorted(fields)}"
