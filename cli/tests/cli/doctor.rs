//! Tests of `leadgate doctor`, on running services.

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use local::{Services, demo};
use serde_json::{Value, json};

use crate::program::{json as json_in, run, services, stdout};

fn doctor(services: &Services, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &services.dynamodb_url];
    run(&[&["doctor"], args, &url].concat())
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// Writes an attribute of the demo account's workflow.
async fn damage(services: &Services, sort_key: &str, value: &str) {
    let update = services.clients.dynamodb.update_item();
    let update = update
        .table_name(services.table())
        .key("pk", text(format!("ACCOUNT#{}", demo::ACCOUNT_ID)))
        .key("sk", text(sort_key))
        .update_expression("SET #name = :name")
        .expression_attribute_names("#name", "name")
        .expression_attribute_values(":name", text(value));
    update.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_table_has_counts_and_no_problem() {
    let services = services().await;
    let output = doctor(&services, &[]);
    assert_eq!(output.status.code(), Some(0));
    let shown = stdout(&output);
    assert!(shown.contains("leads"), "{shown}");
    assert!(shown.contains("\nNo problem in "), "{shown}");
    let output = doctor(&services, &["--output", "json"]);
    let diagnosis = json_in(&output);
    assert_eq!(diagnosis["breaches"], json!([]));
    assert_eq!(diagnosis["counts"]["accounts"], 1);
    assert_eq!(diagnosis["counts"]["runs"], 0);
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_has_its_place_and_its_remedy_and_the_exit_code_is_1() {
    let services = services().await;
    damage(
        &services,
        &format!("WORKFLOW#{}", demo::WORKFLOW_ID),
        "Jane Doe",
    )
    .await;
    let output = doctor(&services, &[]);
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8(output.stdout).unwrap();
    let problem = format!(
        "- the workflow differs from its stored version\n  account   {}\n  workflow  {}\n  To do: \
         change the workflow with `leadgate apply`.\n",
        demo::ACCOUNT_ID,
        demo::WORKFLOW_ID
    );
    assert!(shown.contains("\n1 problem in "), "{shown}");
    assert!(shown.ends_with(&problem), "{shown}");
    assert!(!shown.contains("Jane"), "{shown}");
    let output = doctor(&services, &["--output", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        diagnosis["breaches"],
        json!([{
            "account_id": demo::ACCOUNT_ID, "lead_id": null, "workflow_id": demo::WORKFLOW_ID, "run_id": null,
            "suppression_id": null,
            "rule": "version_differs", "fault": "the workflow differs from its stored version",
            "remedy": "change the workflow with `leadgate apply`",
        }])
    );
    services.stop().await;
}
