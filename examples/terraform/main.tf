# The stack of Leadgate in a Terraform configuration.
# docs/deploy.md, "From Terraform or CDK", makes packaged.yaml and puts it into the bucket.

variable "bucket" {
  description = "Bucket that has packaged.yaml and the code of the functions"
  type        = string
}

data "aws_s3_object" "template" {
  bucket = var.bucket
  key    = "leadgate/packaged.yaml"
}

resource "aws_cloudformation_stack" "leadgate" {
  name         = "leadgate"
  template_url = "https://${var.bucket}.s3.amazonaws.com/${data.aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = {
    Stage      = "prod"
    AlarmEmail = "you@example.com"
  }
}

output "leadgate_api" {
  value = aws_cloudformation_stack.leadgate.outputs["ApiUrl"]
}
