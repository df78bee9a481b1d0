"""What a JSON Schema cannot say, as it depends on the demo account; and that every operation is asked enough."""

import itertools
import os
import uuid
import zoneinfo

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import cli
from schemathesis.engine import events

# For each operation. What takes no input can only be asked the same again.
DIFFERENT_REQUESTS = 300
WITHOUT_INPUT = {"GET /health", "GET /openapi.json"}

asked = {}
leads = []
turns = itertools.count()

# There is no cursor before a page has been read; the history's link to its next page brings real ones.
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("timezone", st.sampled_from(sorted(zoneinfo.available_timezones())))
schemathesis.openapi.format("status-key", st.sampled_from(["new", "won"]))


@schemathesis.hook
def after_load_schema(_context, schema):
    """Creates leads with runs, many more than will be erased."""
    asked.update((operation.ok().label, set()) for operation in schema.get_all_operations())
    workflow = schema.raw_schema["components"]["schemas"]["WorkflowId"]["example"]
    lead = {"first_name": "John", "phone": "+1234567890", "workflow_id": workflow}
    key = {"X-API-Key": os.environ["LEADGATE_API_KEY"]}
    reply = requests.post(f"{schema.get_base_url()}/api/public/leads", json=[lead] * 1000, headers=key, timeout=60)
    leads.extend((result["lead"]["id"], result["workflow_run"]["id"]) for result in reply.json()["results"])


@schemathesis.hook.apply_to(path_regex="^/api/public/leads/{id}")
def map_path_parameters(_context, path_parameters):
    """Three of four times that the ids are right, they become those of a lead that was created and of its run."""
    try:
        ids = [uuid.UUID(it).int for it in path_parameters.values()]
    except (AttributeError, TypeError, ValueError):
        return path_parameters
    if sum(ids) % 4 == 0:
        return path_parameters
    lead, run = leads[next(turns) % len(leads)]
    return {name: lead if name == "id" else run for name in path_parameters}


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


@cli.handler()
class EveryOperationIsAsked(cli.EventHandler):
    """Fails the run if an operation was asked too little: to Schemathesis, one that it has left is one that passed."""

    def handle_event(self, _context, event):
        if isinstance(event, events.ScenarioFinished):
            for case in event.recorder.find_all_cases():
                if case.method.upper() == case.operation.method.upper():
                    asked[case.operation.label].add(hash(case))

    def shutdown(self, context):
        print("Different requests:")
        for operation, different in asked.items():
            print(f"{len(different):6} {operation}")
        needed = asked.keys() - WITHOUT_INPUT
        short = [operation for operation in needed if len(asked[operation]) < DIFFERENT_REQUESTS]
        for operation in short:
            print(f"{operation} was asked less than {DIFFERENT_REQUESTS} different requests.")
        if short or not needed:
            context.exit_code = context.exit_code or 1
