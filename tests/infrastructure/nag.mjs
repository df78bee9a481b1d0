// Runs cdk-nag on template.yaml as SAM expands it.
//
//     node nag.mjs <expanded template>
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack, Validations } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { AwsSolutionsChecks } from "cdk-nag";

// Findings that are right as they are, with the reason.
const ACKNOWLEDGED = {
  "CloudFormation-Validate::W1030": "Conditions leave the properties out while their parameters are empty.",
  "CloudFormation-Validate::W3011": "SAM makes the versions. A replaced one is not needed.",
  "AwsSolutions-APIG4": "The function api checks the API key of each request.",
  "AwsSolutions-L1": "The check uses python3.13, which AWS supports for years. The functions use provided.al2023.",
  "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda]":
    "AWS keeps this policy equal to what CodeDeploy does.",
  "AwsSolutions-IAM5[Resource::*]": "The actions of X-Ray have no resources.",
  "AwsSolutions-IAM5[Resource::<ApiFunction.Arn>:*]": "The check calls each new version of api, whose numbers change.",
  "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:codedeploy:<AWS::Region>:<AWS::AccountId>:deploymentgroup:<AWS::StackName>-*]":
    "CloudFormation names the deployment groups.",
};

const app = new App({ outdir: mkdtempSync(join(tmpdir(), "leadgate-nag-")) });
const stack = new Stack(app, "Leadgate");
new CfnInclude(stack, "Template", { templateFile: process.argv[2] });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
for (const [id, reason] of Object.entries(ACKNOWLEDGED)) Validations.of(stack).acknowledge({ id, reason });
app.synth();
