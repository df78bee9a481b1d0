"""Deploys template.yaml, as `sam build` has built it, into an emulator of AWS on this machine; compares each resource
with what the template asks for, uses the deployment, and deletes it.

    python tests/deployed/run.py <folder of sam build> <the program leadgate>

Needs what .ci/requirements-emulator.txt lists, and `sam` in the PATH. What the emulator cannot show is in
readback.py; it checks no IAM. Takes about a minute: the schedule's first call comes after one.
"""

import json
import pathlib
import signal
import sys
import tempfile
import time

import readback
import template
from emulator import Emulator
from scenario import Deployment

ROOT = pathlib.Path(__file__).parents[2]
STACK = "leadgate-test"
PARAMETERS = {
    "Architecture": "x86_64",
    "AlarmEmail": "alarms@example.com",
    "CorsOrigins": "https://example.com,https://example.org",
    "LogRetentionDays": "7",
    "Stage": "test",
}


def deploy(emulator, built):
    # Beside the built one, which its paths are relative to.
    reduced = built / "emulated.json"
    reduced.write_text(json.dumps(template.reduce(template.read(built / "template.yaml"))), encoding="utf-8")
    parameters = [f"{name}={value}" for name, value in PARAMETERS.items()]
    config = ["--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset", "--no-progressbar"]
    emulator.run(
        "sam", "deploy", "--template", str(reduced), "--stack-name", STACK, *config, "--parameter-overrides", *parameters
    )


def main(built, leadgate):
    started = time.monotonic()

    def done(what):
        print(f"{time.monotonic() - started:5.1f} s  {what}", flush=True)

    with tempfile.TemporaryDirectory(prefix="leadgate-deployed-") as folder:
        emulator = Emulator(folder)
        try:
            deploy(emulator, built)
            done("deployed")
            resources, properties = readback.check(emulator, built / "template.yaml", STACK, PARAMETERS)
            done(f"{resources} resources read back: {properties} properties, {len(readback.NOT_EMULATED)} not emulated")
            deployment = Deployment(emulator, leadgate, STACK)
            leads = deployment.take_leads()
            done(f"{leads} leads taken, and their runs built")
            deployment.bury_a_message()
            done("a message that nobody can read is a dead letter")
            deployment.await_the_schedule()
            done("the schedule calls requeue-starts")
            deployment.tear_down(leads)
            done("deleted, all but the table")
        except BaseException:
            print(emulator.log())
            raise
        finally:
            emulator.stop()


# An end that is asked for is one that cleans up.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
