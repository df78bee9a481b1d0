"""Uses a deployment in the way of docs/deploy.md, from the first key to the tear-down."""

import json
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request

from botocore.exceptions import ClientError

from template import APPLICATION

ROOT = pathlib.Path(__file__).parents[2]


def expect(holds, expected):
    if not holds:
        raise SystemExit(f"Expected {expected}")


def wait_for(seconds, expected, look):
    """Calls `look` until its result is true, and returns this result."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        expect(time.monotonic() < deadline, f"{expected} within {seconds} s")
        time.sleep(0.2)
    return found


class Deployment:
    def __init__(self, emulator, leadgate, stack):
        self._emulator = emulator
        self._leadgate = leadgate
        self._stack = stack
        stacks = emulator.aws("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        self._outputs = {it["OutputKey"]: it["OutputValue"] for it in stacks[0]["Outputs"]}

    def leadgate(self, *command):
        output = self._emulator.run(self._leadgate, *command, "--stack", self._stack, "--output", "json")
        return json.loads(output)

    def call(self, method, path, key, body=None):
        """Returns the status and the reply of the deployed API."""
        request = urllib.request.Request(self._emulator.url + path, method=method)
        # Some resolvers do not resolve names under localhost.
        request.add_header("Host", urllib.parse.urlsplit(self._outputs["ApiUrl"]).netloc)
        request.add_header("X-API-Key", key)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=40) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as reply:
            return reply.code, json.load(reply)

    def create_leads(self):
        """Creates a key and leads, and waits for their runs. Returns the ids of the leads."""
        account = self.leadgate("account", "create", "--name", "Acme", "--default-country", "US")["account"]["id"]
        key = self._key = self.leadgate("key", "create", "--account", account, "--name", "website")["api_key"]
        file = "examples/sales-outreach.yaml"
        changes = self.leadgate("apply", file, "--account", account, "--yes")["changes"]
        workflow = next(it["id"] for it in changes if it["kind"] == "workflow")

        leads = []
        for number in range(5):
            lead = {"first_name": "John", "phone": f"+1202555010{number}", "workflow_id": workflow}
            status, reply = self.call("POST", "/api/public/leads", key, lead)
            expect(status == 201 and reply["workflow_run"], f"201 with a run, but got {status} {reply}")
            leads.append(reply["lead"]["id"])
        for id in leads:
            def has_run(path=f"/api/public/leads/{id}"):
                run = self.call("GET", path, key)[1]["lead"]["active_workflow_run"]
                return run["run_status"] == "running"
            wait_for(30, "a run, built through the queue and the event source,", has_run)

        self.expect_leads(leads)
        status, reply = self.call("GET", "/api/public/leads", "nxr_live_" + "0" * 43)
        expect((status, reply["code"]) == (401, "invalid_api_key"), f"401 for a wrong key, but got {status} {reply}")
        status, reply = self.call("GET", "/elsewhere", key)
        expect((status, reply["code"]) == (404, "not_found"), f"404 of the API itself, but got {status} {reply}")
        return leads

    def expect_leads(self, ids):
        status, reply = self.call("GET", "/api/public/leads", self._key)
        listed = [lead["id"] for lead in reply.get("leads", [])]
        expect((status, sorted(listed)) == (200, sorted(ids)), f"a list of all leads, but got {status} {reply}")

    def expect_check(self):
        """Calls the check of a new version. The emulator has no CodeDeploy, which calls it in an upgrade."""
        functions = self._emulator.aws("lambda")
        names = [it["FunctionName"] for it in functions.list_functions()["Functions"]]
        name = next(name for name in names if "ApiCheckFunction" in name)
        answer = json.load(functions.invoke(FunctionName=name, Payload="{}")["Payload"])
        expect(answer == {"passed": True}, f"a check that passes, but got {answer}")

    def expect_failed_deployments_to_be_reported(self):
        """Checks which events of CodeDeploy the rule sends to the topic. The emulator does not let clients send them."""
        events = self._emulator.aws("events")
        [rule] = events.list_rules(NamePrefix=self._stack)["Rules"]
        [topic] = self._emulator.aws("sns").list_topics()["Topics"]
        [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        expect(target["Arn"] == topic["TopicArn"], f"the topic of the alarms as the target, but found {target}")
        for application, state, expected in (
            (APPLICATION, "FAILURE", True),
            (APPLICATION, "STOP", True),
            (APPLICATION, "START", False),
            (APPLICATION, "SUCCESS", False),
            ("another", "FAILURE", False),
        ):
            event = {
                "id": "1",
                "account": "000000000000",
                "region": "us-east-1",
                "time": "2026-02-10T12:00:00Z",
                "resources": [],
                "source": "aws.codedeploy",
                "detail-type": "CodeDeploy Deployment State-change Notification",
                "detail": {"application": application, "deploymentId": "d-1", "deploymentGroup": "api", "state": state},
            }
            answer = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))
            expect(answer["Result"] == expected, f"{expected} for {state} of {application}, but got {answer['Result']}")

    def table(self):
        """Returns the name of the stack's own table."""
        return self._outputs["TableName"]

    def restore_the_table(self):
        """Restores the table with deploy/restore. Returns the name of the new table."""
        table = f"{self._stack}-restored"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._emulator.run(str(ROOT / "deploy/restore"), self.table(), now, table)
        dynamodb = self._emulator.aws("dynamodb")
        settings = (
            dynamodb.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"],
            dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"],
            dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
            ["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        )
        expect(settings == (True, "ENABLED", "ENABLED"), f"the settings of a restored table, but found {settings}")
        return table

    def expect_settings(self, variables, memory):
        """Checks the settings of the versions behind the alias `live`. ApiCheckFunction has no alias."""
        functions = self._emulator.aws("lambda")
        names = [it["FunctionName"] for it in functions.list_functions()["Functions"]]
        for name in names:
            if "ApiCheckFunction" in name:
                continue
            live = functions.get_function_configuration(FunctionName=name, Qualifier="live")
            there = {key: live["Environment"]["Variables"][key] for key in variables}
            expect((there, live["MemorySize"]) == (variables, memory), f"the new settings of {name}, but found {live}")

    def make_a_dead_letter(self):
        """Checks that only an unreadable message becomes a dead letter."""
        sqs = self._emulator.aws("sqs")
        url = self._outputs["StartQueueUrl"]
        # With 190 seconds, five deliveries would take a quarter of an hour.
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        message = sqs.send_message(QueueUrl=url, MessageBody="not JSON")["MessageId"]

        def letters():
            return self.leadgate("queue", "dlq", "list")["dead_letters"]

        [letter] = wait_for(60, "a dead letter", letters)
        is_ours = (letter["message_id"], letter["reason"]) == (message, "unreadable")
        expect(is_ours, f"the sent message as a dead letter, but found {letter}")

    def send_a_hint(self):
        """Sends a hint about a run that is not there, and waits until dispatch-touchpoints has read it."""
        hint = {"type": "run_due.v1", "channel": "call", "due_at": "2026-02-10T12:00:00Z"}
        for name in ("account_id", "lead_id", "run_id"):
            hint[name] = "019c0000-0000-7000-8000-00000000dead"
        url = self._outputs["DispatchQueueUrl"]
        self._emulator.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(hint))
        self._wait_for_line("DispatchTouchpointsLogGroup", "batch", "dispatch-touchpoints")
        letters = self._emulator.aws("sqs").get_queue_attributes(
            QueueUrl=self._outputs["DispatchDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]["ApproximateNumberOfMessages"]
        expect(letters == "0", f"no dead letter of dispatch-touchpoints, but found {letters}")

    def wait_for_the_schedules(self):
        """Waits until the schedules have called requeue-starts and wake-runs, and the calls have finished."""
        self._wait_for_line("RequeueStartsLogGroup", "requeued", "requeue-starts")
        self._wait_for_line("WakeRunsLogGroup", "woken", "wake-runs")

    def _wait_for_line(self, group, message, function):
        logs = self._emulator.aws("logs")
        names = [it["logGroupName"] for it in logs.describe_log_groups()["logGroups"]]
        name = next(name for name in names if name.endswith(f"{self._stack}/{group}"))

        def lines():
            events = logs.filter_log_events(logGroupName=name)["events"]
            return [it["message"] for it in events if f'"message":"{message}"' in it["message"]]

        wait_for(90, f"a line of {function}", lines)

    def delete(self, leads):
        """Checks that `sam delete` deletes everything except the table and its leads."""
        self._emulator.run("sam", "delete", "--stack-name", self._stack, "--no-prompts", "--region", "us-east-1")
        aws = self._emulator.aws
        try:
            aws("cloudformation").describe_stacks(StackName=self._stack)
        except ClientError as error:
            expect("does not exist" in str(error), f"no stack after `sam delete`, but got {error}")
        else:
            raise SystemExit("`sam delete` did not delete the stack")
        left = {
            "APIs": aws("apigatewayv2").get_apis()["Items"],
            "functions": aws("lambda").list_functions()["Functions"],
            "event sources": aws("lambda").list_event_source_mappings()["EventSourceMappings"],
            "schedules": aws("scheduler").list_schedules()["Schedules"],
            "roles": aws("iam").list_roles()["Roles"],
            "queues": aws("sqs").list_queues().get("QueueUrls", []),
            "rules": aws("events").list_rules()["Rules"],
            "topics": aws("sns").list_topics()["Topics"],
            "alarms": aws("cloudwatch").describe_alarms()["MetricAlarms"],
            "dashboards": aws("cloudwatch").list_dashboards()["DashboardEntries"],
            "log groups": aws("logs").describe_log_groups()["logGroups"],
        }
        left = {kind: resources for kind, resources in left.items() if resources}
        expect(not left, f"only the table after `sam delete`, but found {left}")
        items = aws("dynamodb").scan(TableName=self.table())["Items"]
        kept = sum(item.get("et", {}).get("S") == "lead" for item in items)
        expect(kept == len(leads), f"{len(leads)} leads in the table after `sam delete`, but found {kept}")
