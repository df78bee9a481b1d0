"""Every resource of the deployed stack, against what template.yaml asks for."""

import json
import pathlib
import sys

from readers import READERS
from template import Missing, Resolver

EXPAND = pathlib.Path(__file__).parents[2] / ".ci/expand-template"

# What the emulator is known not to do: a property that it drops, or a resource that it does not know. A name that is
# missing here fails the test, and so does one that need not be here any more.
NOT_EMULATED = {
    "AWS::ApiGatewayV2::Api CorsConfiguration.AllowHeaders",
    "AWS::ApiGatewayV2::Api CorsConfiguration.AllowMethods",
    "AWS::ApiGatewayV2::Api CorsConfiguration.AllowOrigins",
    "AWS::ApiGatewayV2::Api CorsConfiguration.ExposeHeaders",
    "AWS::ApiGatewayV2::Api CorsConfiguration.MaxAge",
    "AWS::ApiGatewayV2::Stage DefaultRouteSettings.ThrottlingBurstLimit",
    "AWS::ApiGatewayV2::Stage DefaultRouteSettings.ThrottlingRateLimit",
    "AWS::DynamoDB::Table PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
    "AWS::DynamoDB::Table TimeToLiveSpecification.AttributeName",
    "AWS::DynamoDB::Table TimeToLiveSpecification.Enabled",
    # Taken out before the deployment (template.py): the emulator refuses them.
    "AWS::CloudWatch::Alarm Metrics",
    "AWS::CodeDeploy::Application ServerlessDeploymentApplication",
    "AWS::CodeDeploy::DeploymentGroup ApiFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup RequeueStartsFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup StartWorkflowFunctionDeploymentGroup",
    "AWS::IAM::Role CodeDeployServiceRole",
}


def check(emulator, path, stack, parameters):
    """Raises if what is not as the template says differs from `NOT_EMULATED`; gives the numbers of resources and of
    properties that were compared."""
    resources = emulator.aws("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    template = json.loads(emulator.run(sys.executable, str(EXPAND), str(path)))
    resolver = Resolver(template, stack, parameters, ids)
    dropped, compared = set(), 0
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        if not resolver.holds(resource.get("Condition")):
            continue
        try:
            id = resolver.id_of(name)
            wanted = resolver.resolve(resource["Properties"])
        except Missing:
            dropped.add(f"{kind} {name}")
            continue
        wanted.pop("Code", None)  # what runs shows which it is
        compared += len(wanted)
        dropped.update(f"{kind} {it}" for it in differences(wanted, READERS[kind](emulator.aws, id, wanted)))
    unknown = sorted(dropped - NOT_EMULATED)
    if unknown:
        raise SystemExit(f"not as template.yaml says, or not emulated: {unknown}")
    honoured = sorted(NOT_EMULATED - dropped)
    if honoured:
        raise SystemExit(f"emulated after all, take it off the list: {honoured}")
    return len(template["Resources"]), compared


def differences(wanted, there, path=""):
    """The paths of what is wanted and not there."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        for name, value in wanted.items():
            below = f"{path}.{name}" if path else name
            if name in there:
                yield from differences(value, there[name], below)
            else:
                yield below
    elif isinstance(wanted, list) and isinstance(there, list):
        for element in wanted:
            if all(any(differences(element, other)) for other in there):
                yield path
                return
    elif plain(wanted) != plain(there):
        yield path or "."


def plain(value):
    """A value as text, however a service spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
