"""Deploys template.yaml, built by `sam build`, into an emulator of AWS on this machine. Compares each resource with the
template, uses the deployment, and deletes it.

    python tests/deployed/run.py <folder of sam build> <the program leadgate>

Needs the packages of .ci/requirements-emulator.txt, and `sam` in the PATH. The emulator does not check permissions, and
readback.py lists what else it does not support. The test takes about a minute, because it waits for the first calls of
the schedules.
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


def deploy(emulator, built, settings):
    """Deploys with a file of settings, as the files of the folder `deploy`."""
    # Beside the built template, because its paths are relative to that folder.
    reduced = built / "emulated.json"
    reduced.write_text(json.dumps(template.reduce(template.read(built / "template.yaml"))), encoding="utf-8")
    file = built / "emulated-settings.yaml"
    file.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()), encoding="utf-8")
    config = ["--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset", "--no-progressbar"]
    parameters = ["--parameter-overrides", f"file://{file}"]
    emulator.run("sam", "deploy", "--template", str(reduced), "--stack-name", STACK, *config, *parameters)


def main(built, leadgate):
    started = time.monotonic()

    def report(step):
        print(f"{time.monotonic() - started:5.1f} s  {step}", flush=True)

    with tempfile.TemporaryDirectory(prefix="leadgate-deployed-") as folder:
        emulator = Emulator(folder)
        try:
            deploy(emulator, built, PARAMETERS)
            report("deployed")
            resources, properties = readback.check(emulator, built / "template.yaml", STACK, PARAMETERS)
            missing = len(readback.NOT_EMULATED)
            report(f"compared {properties} properties of {resources} resources, {missing} not emulated")
            deployment = Deployment(emulator, leadgate, STACK)
            leads = deployment.create_leads()
            report(f"created {len(leads)} leads, and their runs are built")
            deployment.expect_check()
            report("the check before an upgrade passed")
            deployment.expect_failed_deployments_to_be_reported()
            report("a failed deployment is reported")
            table = deployment.restore_the_table()
            changed = PARAMETERS | {"RestoredTable": table, "MemorySize": "512", "LogLevel": "debug"}
            deploy(emulator, built, changed)
            deployment.expect_settings({"TABLE_NAME": table, "LOG_LEVEL": "debug"}, memory=512)
            deployment.expect_leads(leads)
            report("restored the table, and changed parameters reached the alias")
            deploy(emulator, built, PARAMETERS | {"RestoredTable": ""})
            deployment.expect_settings({"TABLE_NAME": deployment.table()}, memory=512)
            report("the stack uses its own table again, and keeps the settings that the file does not name")
            deployment.make_a_dead_letter()
            report("an unreadable message became a dead letter")
            deployment.send_a_hint()
            report("dispatch-touchpoints has read a hint")
            deployment.wait_for_the_schedules()
            report("the schedules called requeue-starts and wake-runs")
            deployment.delete(leads)
            report("deleted everything except the table")
        except BaseException:
            print(emulator.log())
            raise
        finally:
            emulator.stop()


# Also cleans up after SIGTERM.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
