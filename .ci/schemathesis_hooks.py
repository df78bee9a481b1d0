"""Adds to Schemathesis what depends on the demo account, and checks the number of requests of each operation."""

import itertools
import os
import time
import uuid
import zoneinfo

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import cli
from schemathesis.engine import events

# Required number of different requests of an operation. Without input, all requests are equal.
DIFFERENT_REQUESTS = 200
# Number of touchpoints that are claimed.
CLAIMED = 100
WITHOUT_INPUT = {"GET /docs/errors", "GET /health", "GET /openapi.json"}

tried = {}
leads = []
# Claimed touchpoints, of the first leads.
touchpoints = []
turns = itertools.count()

# Only a read page has a cursor. Real cursors come from the link of a history to its next page.
schemathesis.openapi.format("cursor", st.just(""))
# Python also lists the link of this machine's own zone, which is no name of IANA.
ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
schemathesis.openapi.format("timezone", st.sampled_from(ZONES))
schemathesis.openapi.format("status-key", st.sampled_from(["new", "won"]))


@schemathesis.hook
def after_load_schema(_context, schema):
    """Creates leads with runs, many more than the test erases."""
    tried.update((operation.ok().label, set()) for operation in schema.get_all_operations())
    workflow = schema.raw_schema["components"]["schemas"]["WorkflowId"]["example"]
    lead = {"first_name": "John", "phone": "+1234567890", "workflow_id": workflow}
    key = {"X-API-Key": os.environ["LEADGATE_API_KEY"]}
    reply = requests.post(f"{schema.get_base_url()}/api/public/leads", json=[lead] * 1000, headers=key, timeout=60)
    leads.extend((result["lead"]["id"], result["workflow_run"]["id"]) for result in reply.json()["results"])
    claim_touchpoints(schema.get_base_url(), key)


def claim_touchpoints(url, key):
    """Claims a touchpoint of each of some leads, once it is open."""
    claim = f"{url}/api/public/touchpoints/claim"
    for lead, _run in leads[:CLAIMED]:
        for _try in range(100):
            reply = requests.post(claim, json={"lead_id": lead, "lease": "PT1H"}, headers=key, timeout=60).json()
            if reply["touchpoints"]:
                touchpoints.append(reply["touchpoints"][0]["touchpoint"]["id"])
                break
            time.sleep(0.1)


@schemathesis.hook.apply_to(path_regex="^/api/public/(leads|touchpoints)/{id}")
def map_path_parameters(_context, path_parameters):
    """Replaces three of four valid ids by those of a created lead and its run, or of a claimed touchpoint."""
    turn = next(turns)
    if str(path_parameters.get("id")).startswith("tp_"):
        return {"id": touchpoints[turn % len(touchpoints)]} if turn % 4 else path_parameters
    try:
        ids = [uuid.UUID(it).int for it in path_parameters.values()]
    except (AttributeError, TypeError, ValueError):
        return path_parameters
    if sum(ids) % 4 == 0:
        return path_parameters
    lead, run = leads[turn % len(leads)]
    return {name: lead if name == "id" else run for name in path_parameters}


@schemathesis.check
def a_valid_lead_gets_400_only_for_its_workflow(_context, response, case):
    """Checks that a valid lead gets 400 only for what its workflow needs: a phone number, or a first message of the
    workflow's first channel."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if case.operation.label != "POST /api/public/leads" or response.status_code != 400 or not is_valid:
        return
    reply = response.json()
    refusals = [reply, *reply.get("results", [])]
    fields = {detail["field"] for refusal in refusals for detail in refusal.get("details", [])}
    needed = {field for field in fields if field == "phone" or field.startswith("force_first_message")}
    assert fields and fields == needed, f"valid data was refused for {sorted(fields)}"


@cli.handler()
class EveryOperationIsTried(cli.EventHandler):
    """Fails the run if an operation got too few requests. Schemathesis reports an operation that it left as passed."""

    def handle_event(self, _context, event):
        if isinstance(event, events.ScenarioFinished):
            for case in event.recorder.find_all_cases():
                if case.method.upper() == case.operation.method.upper():
                    tried[case.operation.label].add(hash(case))

    def shutdown(self, context):
        print("Different requests:")
        for operation, different in tried.items():
            print(f"{len(different):6} {operation}")
        needed = tried.keys() - WITHOUT_INPUT
        short = [operation for operation in needed if len(tried[operation]) < DIFFERENT_REQUESTS]
        for operation in short:
            print(f"{operation} got fewer than {DIFFERENT_REQUESTS} different requests.")
        if short or not needed:
            context.exit_code = context.exit_code or 1
