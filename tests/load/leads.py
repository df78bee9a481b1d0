"""Sends leads at a steady rate to a stack of yours. docs/load.md describes the steps.

    pip install -r tests/load/requirements.txt
    read -rs LEADGATE_API_KEY && export LEADGATE_API_KEY
    locust -f tests/load/leads.py --host <ApiUrl> --rate 20 --run-time 60s --connections 10

The key comes from the environment, because every user of the machine can see a command line. You pay for each stored
lead, and it stays until you delete it.
"""

import collections
import json
import logging
import os
import random
import secrets
import sys
import time

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

RUN = secrets.token_hex(4)
STOP_AFTER = 30  # seconds that open requests may take after the end of the run time


@events.init_command_line_parser.add_listener
def options(parser):
    group = parser.add_argument_group("leads")
    group.add_argument("--rate", type=float, default=10, help="Leads a second (default: 10)")
    group.add_argument("--connections", type=int, default=10, help="Parallel connections (default: 10)")
    group.add_argument("--workflow", help="Id of a workflow, in which each lead starts a run")
    group.add_argument("--summary", metavar="FILE", help="Write the summary as JSON to this file")
    group.add_argument("--ids", metavar="FILE", help="Write the id of each stored lead to this file, one on a line")
    parser.set_defaults(headless=True, only_summary=True, loglevel="WARNING", run_time="30s", stop_timeout=STOP_AFTER)


@events.init.add_listener
def prepare(environment, **_):
    given = environment.parsed_options
    key = os.environ.get("LEADGATE_API_KEY", "")
    if not environment.host or not environment.host.startswith(("http://", "https://")):
        sys.exit("The address of the stack is missing: pass its ApiUrl with --host")
    if not key:
        sys.exit("The API key is missing: set LEADGATE_API_KEY to a key of a test account")
    if given.rate <= 0 or given.connections < 1:
        sys.exit("--rate and --connections must be greater than 0")
    # Hides Locust's own tables, which would repeat the summary.
    logging.getLogger("locust.stats_logger").setLevel(logging.CRITICAL)
    given.num_users = given.connections
    given.spawn_rate = given.connections
    environment.leads = Sent(given)
    print(
        f"Sending about {given.rate * given.run_time:.0f} leads of the run load-{RUN} to {environment.host}. On AWS"
        " they cost money, and they stay until you delete them (docs/load.md).",
        flush=True,
    )


class Sent:
    """Counts the sent leads and their replies."""

    def __init__(self, given):
        self.statuses = collections.Counter()
        self.milliseconds = []
        self.number = self.connections = 0
        self.started = self.ended = time.monotonic()
        self.ids = open(given.ids, "w", encoding="utf-8") if given.ids else None

    def take(self, status, milliseconds):
        self.statuses[status] += 1
        self.milliseconds.append(milliseconds)
        self.ended = time.monotonic()

    def percentile(self, percent):
        ordered = sorted(self.milliseconds)
        return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)

    def summary(self):
        seconds = max(self.ended - self.started, 0.001)
        sent = len(self.milliseconds)
        return {
            "run": f"load-{RUN}",
            "sent": sent,
            "statuses": dict(sorted(self.statuses.items())),
            "seconds": round(seconds, 1),
            "rate": round(sent / seconds, 1),
            "milliseconds": {f"p{percent}": self.percentile(percent) for percent in (50, 95, 99)} if sent else {},
        }


def lead(number, workflow):
    """Returns a lead that is no real person: example.com and 555-0100 to 555-0199 are reserved for examples."""
    made = {
        "first_name": "Load",
        "last_name": f"Test {number}",
        "email": f"load-{RUN}-{number}@example.com",
        "phone": f"+1202555{random.randrange(100, 200):04}",
        "metadata": {"load_test": RUN},
    }
    return made | {"workflow_id": workflow} if workflow else made


class Client(FastHttpUser):
    connection_timeout = 10.0
    network_timeout = 30.0

    def on_start(self):
        # Spreads the connections over the interval, so that they do not all send at the same time.
        given, sent = self.environment.parsed_options, self.environment.leads
        self.interval = given.connections / given.rate
        self.due = sent.started + sent.connections / given.rate
        sent.connections += 1
        gevent.sleep(max(0, self.due - time.monotonic()))

    def wait_time(self):
        now = time.monotonic()
        self.due = max(self.due + self.interval, now)
        return self.due - now

    @task
    def post(self):
        sent = self.environment.leads
        sent.number += 1
        body = lead(sent.number, self.environment.parsed_options.workflow)
        headers = {"X-API-Key": os.environ["LEADGATE_API_KEY"]}
        begun = time.perf_counter()
        with self.client.post("/api/public/leads", json=body, headers=headers, catch_response=True) as reply:
            status = reply.status_code
            result = str(status) if status else type(reply.error).__name__
            sent.take(result, (time.perf_counter() - begun) * 1000)
            if status == 401:
                reply.failure("the API key is not valid")
                self.environment.runner.quit()
                raise StopUser
            if status == 201:
                reply.success()
                if sent.ids:
                    print(reply.json()["lead"]["id"], file=sent.ids)


@events.quitting.add_listener
def conclude(environment, **_):
    sent = getattr(environment, "leads", None)
    if sent is None:
        return
    if sent.ids:
        sent.ids.close()
    summary = sent.summary()
    if environment.parsed_options.summary:
        with open(environment.parsed_options.summary, "w", encoding="utf-8") as file:
            json.dump(summary, file, indent=1)
    print(f"{'sent':<24}{summary['sent']} in {summary['seconds']} s, {summary['rate']} a second")
    for status, count in summary["statuses"].items():
        print(f"{status:<24}{count}")
    for name, milliseconds in summary["milliseconds"].items():
        print(f"{name:<24}{milliseconds} ms")
    environment.process_exit_code = 0 if set(summary["statuses"]) == {"201"} else 1
