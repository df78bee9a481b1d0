"""Reads template.yaml, reduces it to what the emulator accepts, and resolves its functions."""

import pathlib
import re

from samtranslator.yaml_helper import yaml_parse

APPLICATION = "the-application-of-codedeploy"


def read(path):
    return yaml_parse(pathlib.Path(path).read_text(encoding="utf-8"))


def reduce(template):
    """Removes what the emulator refuses: CodeDeploy, the concurrency of an event source, and all metrics of an alarm
    except the first. The rule for failed deployments gets the name of an application that does not exist."""
    template["Globals"]["Function"].pop("DeploymentPreference")
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties.pop("DeploymentPreference", None)
            for event in properties.get("Events", {}).values():
                event["Properties"].pop("ScalingConfig", None)
        if resource["Type"] == "AWS::Events::Rule":
            properties["EventPattern"]["detail"]["application"] = [APPLICATION]
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            parts = properties.pop("Metrics")
            first = next(part["MetricStat"] for part in parts if "MetricStat" in part)
            properties |= first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"]}
    return template


class Missing(Exception):
    """Reports that the stack lacks a resource."""


NO_VALUE = object()


class Resolver:
    """Replaces CloudFormation's functions with the parameters and the physical ids of a stack."""

    def __init__(self, template, stack, given, ids):
        self._conditions = template["Conditions"]
        self._types = {name: resource["Type"] for name, resource in template["Resources"].items()}
        defaults = {name: it.get("Default") for name, it in template["Parameters"].items()}
        lists = {name for name, it in template["Parameters"].items() if it["Type"] == "CommaDelimitedList"}
        self._values = {
            name: value.split(",") if name in lists else value for name, value in (defaults | given).items()
        } | {
            "AWS::StackName": stack,
            "AWS::Region": "us-east-1",
            "AWS::Partition": "aws",
            "AWS::AccountId": "000000000000",
            "AWS::NoValue": NO_VALUE,
        }
        self._ids = ids

    def holds(self, condition):
        return condition is None or self.resolve(self._conditions[condition])

    def resolve(self, node):
        if isinstance(node, list):
            return [it for it in map(self.resolve, node) if it is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        match list(node.items()):
            case [("Ref", name)]:
                return self._values[name] if name in self._values else self.id_of(name)
            case [("Fn::GetAtt", [name, attribute])]:
                return self._attribute(name, attribute)
            case [("Fn::Sub", str(text))]:
                return self._substitute(text, {})
            case [("Fn::Sub", [text, values])]:
                return self._substitute(text, values)
            case [("Fn::If", [condition, yes, no])]:
                return self.resolve(yes if self.holds(condition) else no)
            case [("Fn::Join", [between, parts])]:
                return between.join(self.resolve(parts))
            case [("Fn::Equals", [one, other])]:
                return self.resolve(one) == self.resolve(other)
            case [("Fn::Not", [condition])]:
                return not self.resolve(condition)
        pairs = ((name, self.resolve(value)) for name, value in node.items())
        return {name: value for name, value in pairs if value is not NO_VALUE}

    def _substitute(self, text, values):
        def value(found):
            name = found[1]
            if name in values:
                return self.resolve(values[name])
            owner, _, attribute = name.partition(".")
            return self._attribute(owner, attribute) if attribute else str(self.resolve({"Ref": name}))

        return re.sub(r"\$\{([^!}]+)\}", value, text).replace("${!", "${")

    def id_of(self, name):
        if name in self._ids:
            return self._ids[name]
        # The name of a version ends with a hash of its code and settings.
        alike = [id for other, id in self._ids.items() if "Version" in name and other[:-10] == name[:-10]]
        if not alike:
            raise Missing(name)
        return alike[0]

    def _attribute(self, name, attribute):
        id = self.id_of(name)
        arn = "arn:aws:{}:us-east-1:000000000000:{}"
        match self._types[name], attribute:
            case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return f"https://{id}.execute-api.us-east-1.amazonaws.com"
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::000000000000:role/{id}"
            case "AWS::Lambda::Function", "Arn":
                return arn.format("lambda", f"function:{id}")
            case "AWS::Lambda::Version", "Version":
                return id.rsplit(":", 1)[1]
            case "AWS::Logs::LogGroup", "Arn":
                return arn.format("logs", f"log-group:{id}:*")
            case "AWS::CloudWatch::Alarm", "Arn":
                return arn.format("cloudwatch", f"alarm:{id}")
            case "AWS::DynamoDB::Table", "Arn":
                return arn.format("dynamodb", f"table/{id}")
            case "AWS::SQS::Queue", "Arn":
                return arn.format("sqs", id.rsplit("/", 1)[1])
            case "AWS::SQS::Queue", "QueueName":
                return id.rsplit("/", 1)[1]
        raise NotImplementedError(f"{self._types[name]}.{attribute}")
