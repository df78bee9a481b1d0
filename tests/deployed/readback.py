"""Compares every resource of the deployed stack with template.yaml."""

import json
import pathlib
import sys

from readers import READERS
from template import Missing, Resolver

EXPAND = pathlib.Path(__file__).parents[2] / ".ci/expand_template.py"

# Properties that the emulator drops, and resources that it does not support. The test fails for a difference that is
# missing here, and for an entry that is no longer a difference.
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
    # The emulator refuses these, so template.py removes them before the deployment.
    "AWS::CloudWatch::Alarm Metrics",
    "AWS::CodeDeploy::Application ServerlessDeploymentApplication",
    "AWS::CodeDeploy::DeploymentGroup ApiFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup DispatchTouchpointsFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup RequeueStartsFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup StartWorkflowFunctionDeploymentGroup",
    "AWS::CodeDeploy::DeploymentGroup WakeRunsFunctionDeploymentGroup",
    "AWS::Events::Rule FailedDeploymentRule",  # it names the application of CodeDeploy
    "AWS::Lambda::EventSourceMapping ScalingConfig",
    # The emulator gives an API an address on this machine.
    "AWS::Lambda::Function Environment.Variables.API_URL",
}


def check(emulator, path, stack, parameters):
    """Raises if the differences from the template are not those of `NOT_EMULATED`.

    Returns the number of resources and the number of compared properties.
    """
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
        wanted.pop("Code", None)  # the later steps use the code that runs
        compared += len(wanted)
        dropped.update(f"{kind} {it}" for it in differences(wanted, READERS[kind](emulator.aws, id, wanted)))
    unknown = sorted(dropped - NOT_EMULATED)
    if unknown:
        raise SystemExit(f"These differ from template.yaml. Correct them, or add them to NOT_EMULATED: {unknown}")
    supported = sorted(NOT_EMULATED - dropped)
    if supported:
        raise SystemExit(f"The emulator supports these now. Remove them from NOT_EMULATED: {supported}")
    return len(template["Resources"]), compared


def differences(wanted, there, path=""):
    """Yields the paths of `wanted` with another value or no value in `there`."""
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
    """Returns a value as text, in one spelling for all services."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
