"""Checks that the examples of CDK and Terraform fit template.yaml: each parameter exists, and so does each output.

    check.py <folder of cdk.out>

The CDK example was synthesised into that folder. The Terraform example is parsed: Terraform itself cannot be installed
from the registries that CI uses.
"""

import json
import pathlib
import sys

import hcl2
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


def check(example, parameters, outputs):
    unknown = [it for it in parameters if it not in TEMPLATE["Parameters"]]
    unknown += [it for it in outputs if it not in TEMPLATE["Outputs"]]
    if unknown or not parameters or not outputs:
        raise SystemExit(f"{example} names parameters or outputs that template.yaml has not: {unknown}")


def cdk(folder):
    stack = json.loads((folder / "Company.template.json").read_text(encoding="utf-8"))
    nested = stack["Resources"]["Leadgate"]["Properties"]
    values = [it["Value"]["Fn::GetAtt"][1] for it in stack["Outputs"].values()]
    check("examples/cdk", nested["Parameters"], [it.removeprefix("Outputs.") for it in values])


def terraform():
    with open(ROOT / "examples/terraform/main.tf", encoding="utf-8") as file:
        text = file.read()
    parsed = hcl2.loads(text)
    [stack] = [it for it in parsed["resource"] if "aws_cloudformation_stack" in str(it)]
    stack = next(iter(next(iter(stack.values())).values()))
    outputs = [part.split('"')[0] for part in text.split('.outputs["')[1:]]
    check("examples/terraform", stack["parameters"], outputs)


cdk(pathlib.Path(sys.argv[1]))
terraform()
