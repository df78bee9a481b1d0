"""Reads each kind of resource from its service, with the property names of CloudFormation."""

import json


def capitalised(node):
    if isinstance(node, list):
        return [capitalised(it) for it in node]
    if isinstance(node, dict):
        return {name[0].upper() + name[1:]: capitalised(value) for name, value in node.items()}
    return node


def tag_list(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def log_group(aws, id, _):
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=id)["logGroups"]
    return capitalised(next(group for group in groups if group["logGroupName"] == id))


def metric_filter(aws, id, _):
    return capitalised(aws("logs").describe_metric_filters(filterNamePrefix=id)["metricFilters"][0])


def api(aws, id, _):
    return aws("apigatewayv2").get_api(ApiId=id)


def integration(aws, id, wanted):
    under = {"ApiId": wanted["ApiId"]}
    return aws("apigatewayv2").get_integration(IntegrationId=id, **under) | under


def route(aws, id, wanted):
    under = {"ApiId": wanted["ApiId"]}
    return aws("apigatewayv2").get_route(RouteId=id.rsplit("/", 1)[1], **under) | under


def stage(aws, id, wanted):
    under = {"ApiId": wanted["ApiId"]}
    return aws("apigatewayv2").get_stage(StageName=id, **under) | under


def permission(aws, id, wanted):
    policy = json.loads(aws("lambda").get_policy(FunctionName=wanted["FunctionName"])["Policy"])
    allowed = next(statement for statement in policy["Statement"] if statement["Sid"] == id)
    return allowed | {
        "FunctionName": allowed["Resource"],
        "Principal": allowed["Principal"]["Service"],
        "SourceArn": allowed["Condition"]["ArnLike"]["AWS:SourceArn"],
    }


def function(aws, id, _):
    there = aws("lambda").get_function_configuration(FunctionName=id)
    return there | {"Tags": tag_list(aws("lambda").list_tags(Resource=there["FunctionArn"])["Tags"])}


def alias(aws, id, _):
    name = id.split(":")[6]
    return aws("lambda").get_alias(FunctionName=name, Name=id.split(":")[7]) | {"FunctionName": name}


def version(aws, id, _):
    return aws("lambda").get_function_configuration(FunctionName=id)


def event_invoke_config(aws, _, wanted):
    name, qualifier = wanted["FunctionName"], wanted["Qualifier"]
    there = aws("lambda").get_function_event_invoke_config(FunctionName=name, Qualifier=qualifier)
    return there | {"FunctionName": name, "Qualifier": qualifier}


def event_source(aws, id, _):
    there = aws("lambda").get_event_source_mapping(UUID=id)
    return there | {"FunctionName": there["FunctionArn"]}


def role(aws, id, _):
    iam = aws("iam")
    names = iam.list_role_policies(RoleName=id)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
    return iam.get_role(RoleName=id)["Role"] | {
        "Policies": [iam.get_role_policy(RoleName=id, PolicyName=name) for name in names],
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
    }


def table(aws, id, _):
    dynamodb = aws("dynamodb")
    there = dynamodb.describe_table(TableName=id)["Table"]
    lives = dynamodb.describe_time_to_live(TableName=id)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=id)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    return there | {
        "BillingMode": there["BillingModeSummary"]["BillingMode"],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery == "ENABLED"},
        "TimeToLiveSpecification": {
            "AttributeName": lives.get("AttributeName"),
            "Enabled": lives["TimeToLiveStatus"] == "ENABLED",
        },
        "Tags": dynamodb.list_tags_of_resource(ResourceArn=there["TableArn"])["Tags"],
    }


def queue(aws, id, _):
    there = aws("sqs").get_queue_attributes(QueueUrl=id, AttributeNames=["All"])["Attributes"]
    tags = aws("sqs").list_queue_tags(QueueUrl=id).get("Tags", {})
    return there | {"RedrivePolicy": json.loads(there.get("RedrivePolicy", "{}")), "Tags": tag_list(tags)}


def queue_policy(aws, _, wanted):
    [url] = wanted["Queues"]
    there = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    return {"Queues": [url], "PolicyDocument": json.loads(there["Policy"])}


def topic(aws, id, _):
    sns = aws("sns")
    return sns.get_topic_attributes(TopicArn=id)["Attributes"] | {
        "Subscription": sns.list_subscriptions_by_topic(TopicArn=id)["Subscriptions"],
        "Tags": sns.list_tags_for_resource(ResourceArn=id)["Tags"],
    }


def topic_policy(aws, _, wanted):
    [arn] = wanted["Topics"]
    there = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    return {"Topics": [arn], "PolicyDocument": json.loads(there)}


def alarm(aws, id, _):
    return aws("cloudwatch").describe_alarms(AlarmNames=[id])["MetricAlarms"][0]


def dashboard(aws, id, _):
    return aws("cloudwatch").get_dashboard(DashboardName=id)


def schedule(aws, id, _):
    return aws("scheduler").get_schedule(Name=id)


READERS = {
    "AWS::ApiGatewayV2::Api": api,
    "AWS::ApiGatewayV2::Integration": integration,
    "AWS::ApiGatewayV2::Route": route,
    "AWS::ApiGatewayV2::Stage": stage,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::Dashboard": dashboard,
    "AWS::DynamoDB::Table": table,
    "AWS::IAM::Role": role,
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::EventInvokeConfig": event_invoke_config,
    "AWS::Lambda::EventSourceMapping": event_source,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Permission": permission,
    "AWS::Lambda::Version": version,
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::MetricFilter": metric_filter,
    "AWS::SNS::Topic": topic,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SQS::Queue": queue,
    "AWS::SQS::QueuePolicy": queue_policy,
    "AWS::Scheduler::Schedule": schedule,
}
