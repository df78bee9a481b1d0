"""Values that a JSON Schema cannot make: what they are depends on the demo account."""

import zoneinfo

import schemathesis
from hypothesis import strategies as st

# There is no cursor before a page has been read; the history's link to its next page brings real ones.
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("timezone", st.sampled_from(sorted(zoneinfo.available_timezones())))
schemathesis.openapi.format("status-key", st.sampled_from(["new", "won"]))
