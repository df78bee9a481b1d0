// A CDK app with the stack of Leadgate inside a stack of your own.
// docs/deploy.md, "From Terraform or CDK", makes packaged.yaml.
import { App, CfnOutput, CfnStack, Stack } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";

const app = new App();
const stack = new Stack(app, "Company");

// `cdk deploy` uploads the template.
const template = new Asset(stack, "Template", { path: process.env.LEADGATE_TEMPLATE ?? "packaged.yaml" });
const leadgate = new CfnStack(stack, "Leadgate", {
  templateUrl: template.httpUrl,
  parameters: { Stage: "prod", AlarmEmail: "you@example.com" },
});

new CfnOutput(stack, "LeadgateApi", { value: leadgate.getAtt("Outputs.ApiUrl").toString() });

app.synth();
