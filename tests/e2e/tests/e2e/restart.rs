//! Restarts of the local stack: data stays, and unfinished work continues.

use aws::clock::Clock;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode};
use local::{LocalError, Ports, Services, Stack, Storage, demo};
use serde_json::json;

use crate::fixtures::Api;

async fn stack_in(storage: &Storage) -> Stack {
    Stack::start(storage, Ports::ANY, Clock::System)
        .await
        .unwrap()
}

#[tokio::test]
async fn leads_and_runs_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().join("data"));
    let stack = stack_in(&storage).await;
    let lead =
        json!({"first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID});
    let created = Api::of(&stack).create(&lead).await;
    stack.stop().await;

    let stack = stack_in(&storage).await;
    let lead = Api::of(&stack)
        .lead(created["lead"]["id"].as_str().unwrap())
        .await;
    assert_eq!(lead["first_name"], "John");
    // The stop waited until the queue was empty.
    assert_eq!(lead["active_workflow_run"]["run_status"], "running");
    stack.stop().await;
}

#[tokio::test]
async fn a_start_that_was_in_the_queue_is_sent_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().to_owned());
    // The services seed ten leads with starts. No function consumes the starts.
    let services = Services::start(&storage, Ports::ANY, &Clock::System)
        .await
        .unwrap();
    services.stop().await;

    let stack = stack_in(&storage).await;
    let api = Api::of(&stack);
    for number in 1..=10 {
        let id = format!("019c0000-0000-7000-8000-0000000011{number:02}");
        api.lead_with_run(&id).await;
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_second_stack_on_the_same_folder_is_refused_with_the_first_ones_process() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().to_owned());
    let stack = stack_in(&storage).await;
    let error = Stack::start(&storage, Ports::ANY, Clock::System)
        .await
        .unwrap_err();
    assert!(matches!(error, LocalError::InUse { .. }));
    let message = error.to_string();
    assert!(message.contains(&stack.api_url), "{message}");
    assert!(
        message.contains(&std::process::id().to_string()),
        "{message}"
    );
    stack.stop().await;
    // After the stop, the folder is free.
    stack_in(&storage).await.stop().await;
}

#[tokio::test]
async fn data_of_another_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().to_owned());
    let services = Services::start(&storage, Ports::ANY, &Clock::System)
        .await
        .unwrap();
    let dynamodb = &services.clients.dynamodb;
    let described = dynamodb.describe_table().table_name(services.table());
    let table = described.send().await.unwrap().table.unwrap();
    let ttl = dynamodb
        .describe_time_to_live()
        .table_name(services.table());
    let ttl = ttl.send().await.unwrap().time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name(), Some("ttl"));
    // An older table: the same one without its indexes.
    let gone = dynamodb.delete_table().table_name(services.table());
    gone.send().await.unwrap();
    let keys = table.key_schema.unwrap();
    let is_key = |it: &AttributeDefinition| {
        keys.iter()
            .any(|key| key.attribute_name == it.attribute_name)
    };
    let mut attributes = table.attribute_definitions.unwrap();
    attributes.retain(is_key);
    dynamodb
        .create_table()
        .table_name(services.table())
        .set_key_schema(Some(keys.clone()))
        .set_attribute_definitions(Some(attributes))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    services.stop().await;
    for _ in 0..2 {
        let error = Services::start(&storage, Ports::ANY, &Clock::System)
            .await
            .unwrap_err();
        assert!(matches!(error, LocalError::OtherVersion { .. }), "{error}");
    }
}
