#!/usr/bin/env python3
"""Prints template.yaml as SAM expands it. SAM refuses some templates that the linters accept.

    expand_template.py <template.yaml>
"""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class AwsPolicies:
    """Holds the ARNs of the AWS policies that SAM attaches."""

    def load(self):
        return {"AWSCodeDeployRoleForLambda": "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"}


def expand(path, parameters):
    """Returns the template as SAM expands it for these values of parameters."""
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # `sam deploy` writes such an address here
    return transform(template, parameters, AwsPolicies())


if __name__ == "__main__":
    print(json.dumps(expand(sys.argv[1], {}), indent=1))
