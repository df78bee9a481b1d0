//! template.yaml against the local stack's table and queues, the runbook and the metrics.

use std::collections::BTreeSet;

use aws::telemetry::ALL_METRICS;
use aws_sdk_dynamodb::types::{KeySchemaElement, Projection};
use aws_sdk_sqs::types::QueueAttributeName;
use domain::limit::Limit;
use local::Services;
use serde_json::{Value, json};

use crate::fixtures::services;

const TEMPLATE: &str = include_str!("../../../../template.yaml");
const RUNBOOK: &str = include_str!("../../../../docs/operator-guide.md");

/// Reads the template. `!Ref x` becomes `x`, and `!If [...]` becomes a list.
fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).unwrap()
}

fn resources_of(kind: &str) -> Vec<Value> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().values();
    let wanted = resources.filter(|resource| resource["Type"] == kind);
    let properties: Vec<_> = wanted
        .map(|resource| resource["Properties"].clone())
        .collect();
    assert!(!properties.is_empty(), "the template has no {kind}");
    properties
}

fn keys(schema: &[KeySchemaElement]) -> Value {
    let element = |element: &KeySchemaElement| {
        json!({
            "AttributeName": element.attribute_name(),
            "KeyType": element.key_type().as_str(),
        })
    };
    schema.iter().map(element).collect()
}

fn projection(projection: &Projection) -> Value {
    json!({
        "ProjectionType": projection.projection_type().unwrap().as_str(),
        "NonKeyAttributes": projection.non_key_attributes(),
    })
}

#[tokio::test]
async fn the_local_table_is_the_templates() {
    let services = services().await;
    let client = &services.clients.dynamodb;
    let described = client.describe_table().table_name(services.table());
    let table = described.send().await.unwrap().table.unwrap();
    let attributes: Value = table
        .attribute_definitions()
        .iter()
        .map(|attribute| {
            json!({
                "AttributeName": attribute.attribute_name(),
                "AttributeType": attribute.attribute_type().as_str(),
            })
        })
        .collect();
    let indexes: Value = table
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            json!({
                "IndexName": index.index_name().unwrap(),
                "KeySchema": keys(index.key_schema()),
                "Projection": projection(index.projection().unwrap()),
            })
        })
        .collect();
    let lives = client.describe_time_to_live().table_name(services.table());
    let lives = lives.send().await.unwrap();
    let lives = lives.time_to_live_description.unwrap();

    let wanted = &template()["Resources"]["Table"]["Properties"];
    assert_eq!(keys(table.key_schema()), wanted["KeySchema"]);
    assert_eq!(attributes, wanted["AttributeDefinitions"]);
    assert_eq!(indexes, wanted["GlobalSecondaryIndexes"]);
    let ttl = &wanted["TimeToLiveSpecification"];
    assert_eq!(json!(lives.attribute_name), ttl["AttributeName"]);
    let status = lives.time_to_live_status.unwrap();
    assert_eq!(status.as_str() == "ENABLED", ttl["Enabled"]);
    services.stop().await;
}

async fn attribute(services: &Services, url: &str, name: QueueAttributeName) -> String {
    let request = services.clients.sqs.get_queue_attributes().queue_url(url);
    let reply = request.attribute_names(name.clone()).send().await.unwrap();
    reply.attributes.unwrap()[&name].clone()
}

#[tokio::test]
async fn the_local_queues_are_the_templates() {
    let services = services().await;
    let template = template();
    let (start, dead) = (&services.queue_url, &services.dlq_url);
    let wanted = &template["Resources"]["StartQueue"]["Properties"];
    let wanted_dead = &template["Resources"]["StartDeadLetterQueue"]["Properties"];
    for (url, name, wanted) in [
        (
            start,
            QueueAttributeName::VisibilityTimeout,
            &wanted["VisibilityTimeout"],
        ),
        (
            start,
            QueueAttributeName::MessageRetentionPeriod,
            &wanted["MessageRetentionPeriod"],
        ),
        (
            dead,
            QueueAttributeName::MessageRetentionPeriod,
            &wanted_dead["MessageRetentionPeriod"],
        ),
    ] {
        let there = attribute(&services, url, name.clone()).await;
        assert_eq!(there, wanted.to_string(), "{name}");
    }
    let redrive = attribute(&services, start, QueueAttributeName::RedrivePolicy).await;
    let redrive: Value = serde_json::from_str(&redrive).unwrap();
    let arn = attribute(&services, dead, QueueAttributeName::QueueArn).await;
    assert_eq!(redrive["deadLetterTargetArn"], arn);
    let count = &redrive["maxReceiveCount"];
    let count = count.as_str().map_or(count.to_string(), str::to_owned);
    let wanted = &wanted["RedrivePolicy"];
    assert_eq!(count, wanted["maxReceiveCount"].to_string());
    assert_eq!(wanted["deadLetterTargetArn"], "StartDeadLetterQueue.Arn");
    services.stop().await;
}

/// Returns the anchor that GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase().replace(' ', "-");
    let kept = |letter: &char| letter.is_alphanumeric() || *letter == '-';
    heading.chars().filter(kept).collect()
}

#[test]
fn every_alarm_and_message_links_to_its_section_of_the_runbook() {
    let sections: BTreeSet<_> = RUNBOOK
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(anchor)
        .collect();
    let alarms = resources_of("AWS::CloudWatch::Alarm").into_iter();
    let rules = resources_of("AWS::Events::Rule").into_iter();
    let linked: BTreeSet<_> = alarms
        .map(|alarm| alarm["AlarmDescription"].clone())
        .chain(rules.map(|rule| rule["Targets"][0]["InputTransformer"]["InputTemplate"].clone()))
        .map(|text| {
            let text = text.as_str().unwrap().trim_end_matches('"');
            let (_, section) = text.split_once("${RunbookUrl}#").unwrap();
            section.to_owned()
        })
        .collect();
    assert_eq!(linked, sections);
}

#[test]
fn every_metric_of_our_own_that_an_alarm_reads_is_written() {
    let mut written: BTreeSet<_> = ALL_METRICS
        .iter()
        .map(|metric| Value::from(metric.name).to_string())
        .collect();
    for filter in resources_of("AWS::Logs::MetricFilter") {
        written.insert(filter["MetricTransformations"][0]["MetricName"].to_string());
    }
    let mut read = BTreeSet::new();
    for alarm in resources_of("AWS::CloudWatch::Alarm") {
        let parts = alarm["Metrics"].as_array().cloned().unwrap_or_default();
        let parts = parts
            .iter()
            .map(|part| part["MetricStat"]["Metric"].clone());
        for metric in parts.chain([alarm]) {
            if metric["Namespace"] == "Leadgate/${AWS::StackName}" {
                read.insert(metric["MetricName"].to_string());
            }
        }
    }
    assert!(!read.is_empty());
    assert!(read.is_subset(&written), "{read:?} are not all {written:?}");
}

#[test]
fn the_dashboard_is_json_and_shows_every_alarm() {
    let dashboard = &resources_of("AWS::CloudWatch::Dashboard")[0];
    let body: Value =
        serde_json::from_str(dashboard["DashboardBody"][0].as_str().unwrap()).unwrap();
    let widgets = body["widgets"].as_array().unwrap();
    let alarms = widgets.iter().find(|widget| widget["type"] == "alarm");
    let shown = alarms.unwrap()["properties"]["alarms"].as_array().unwrap();
    assert_eq!(shown.len(), resources_of("AWS::CloudWatch::Alarm").len());
}

#[test]
fn a_new_account_may_use_half_of_the_gateways_throttle() {
    let throttle = &template()["Parameters"]["ThrottlingRate"]["Default"];
    let rate = Limit::OF_NEW_ACCOUNT.rate();
    assert_eq!(throttle.as_u64(), Some(u64::from(rate) * 2));
}
