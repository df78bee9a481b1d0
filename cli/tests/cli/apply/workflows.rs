//! Files of one workflow.

use std::fs;

use aws::randomness::Randomness;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{StatusId, WorkflowId},
    workflow::Workflow,
};
use jiff::Timestamp;
use local::{TABLE, demo};
use serde_json::json;

use super::{EXAMPLE, Setup, UNCHANGED, without_ids};
use crate::program::{json as json_of, leadgate, stderr, stdout};

/// The file that the README applies to the demo account.
const SALES_OUTREACH: &str = include_str!("../../../../examples/sales-outreach.yaml");

fn ids(workflow: &Workflow) -> Vec<(&str, StatusId)> {
    let statuses = workflow.statuses.iter();
    statuses
        .map(|status| (status.key.as_str(), status.id))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_needs_no_queue() {
    let setup = Setup::start().await;
    fs::write(setup.file(), EXAMPLE).unwrap();
    let urls = ["--dynamodb-url", &setup.services.dynamodb_url];
    let apply = |args: &[&str]| {
        let mut command = leadgate(&["apply", &setup.file()]);
        command.args(args).args(["--account", demo::ACCOUNT_ID]);
        command
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "s")
            .env("AWS_ENDPOINT_URL", &setup.services.dynamodb_url);
        command.output().unwrap()
    };
    for target in [&urls[..], &["--table", TABLE]] {
        let dry = apply(&[target, &["--dry-run"][..]].concat());
        assert!(stdout(&dry).ends_with("because this is a dry run.\n"));
        let refused = apply(&[target, &["--yes"][..]].concat());
        assert!(stderr(&refused).contains("no queue given"), "{refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_created_once_and_changed_as_its_next_version() {
    let setup = Setup::start().await;
    let yaml = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");

    let output = setup.apply(&yaml, &["--yes"]);
    let [_, created] = setup.workflows().await.try_into().unwrap();
    let text = stdout(&output);
    assert!(
        text.starts_with("+ workflow Renewals will be created:\n"),
        "{text}"
    );
    let end = format!(
        "\nApplied.\nThe workflow Renewals has the id\n  {}\n",
        created.id
    );
    assert!(text.ends_with(&end), "{text}");
    assert_eq!((created.name.as_str(), created.version), ("Renewals", 1));

    // Without a change, it does not ask.
    let output = setup.apply(&yaml, &[]);
    assert_eq!(stdout(&output), UNCHANGED);

    let yaml = yaml.replace("max_attempts: 3", "max_attempts: 2").replace(
        "  - {key: won,",
        "  - {key: lost, label: Lost, category: lost, is_terminal: true}\n  - {key: won,",
    );
    let output = setup.apply(&yaml, &[]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: nothing was changed, because there is no terminal to ask on: pass --yes to apply without \
         a question\n"
    );
    assert_eq!(setup.workflows().await.pop().unwrap().version, 1);

    let output = setup.apply(&yaml, &["--yes"]);
    assert_eq!(
        without_ids(stdout(&output)),
        "\
~ workflow Renewals (id) will change:
    cadence.steps[0].max_attempts: 3 -> 2
    statuses.won.position: 2 -> 3
    statuses.lost: none -> {category: lost, is_initial: false, is_terminal: true, label: Lost, position: 2}
Applied.
"
    );
    let [_, changed] = setup.workflows().await.try_into().unwrap();
    assert_eq!(
        (changed.id, changed.version, changed.created_at),
        (created.id, 2, created.created_at)
    );
    let [new, lost, won] = ids(&changed).try_into().unwrap();
    assert_eq!(ids(&created), [new, won]);
    assert_eq!(lost.0, "lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_changes_and_writes_nothing() {
    let setup = Setup::start().await;
    let yaml = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");
    let output = setup.apply(&yaml, &["--dry-run"]);
    let text = stdout(&output);
    assert!(
        text.starts_with("+ workflow Renewals will be created:\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\nNothing was changed, because this is a dry run.\n"),
        "{text}"
    );
    let output = setup.apply(&yaml, &["--dry-run", "--output", "json"]);
    let planned = json_of(&output);
    assert_eq!(planned["applied"], false);
    assert_eq!(planned["changes"][0]["action"], "create");
    assert!(planned["changes"][0]["id"].is_null());
    assert_eq!(setup.workflows().await.len(), 1);
    stdout(&setup.apply(&yaml, &["--yes"]));
    assert_eq!(stdout(&setup.apply(&yaml, &["--dry-run"])), UNCHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_changes_one_field_of_the_demo_workflow() {
    let setup = Setup::start().await;
    let output = setup.apply(SALES_OUTREACH, &["--yes", "--output", "json"]);
    let applied = json_of(&output);
    let [change] = applied["changes"].as_array().unwrap().as_slice() else {
        panic!("{applied}");
    };
    assert_eq!(change["action"], "change");
    assert_eq!(change["id"], demo::WORKFLOW_ID);
    assert_eq!(
        change["fields"],
        json!(["cadence.steps[4].delay: P3D -> P2D"])
    );
    assert_eq!(stdout(&setup.apply(SALES_OUTREACH, &[])), UNCHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_replaces_the_one_before_and_no_other() {
    let setup = Setup::start().await;
    let store = &setup.services.store;
    let replace = async |version| {
        let mut workflow = setup.demo_workflow().await;
        workflow.version = version;
        store.replace_workflow(setup.account, &workflow).await
    };
    // Older workflows were stored without a version.
    let remove_version = setup
        .services
        .clients
        .dynamodb
        .update_item()
        .table_name(setup.services.table())
        .key(
            "pk",
            AttributeValue::S(format!("ACCOUNT#{}", setup.account)),
        )
        .key(
            "sk",
            AttributeValue::S(format!("WORKFLOW#{}", demo::WORKFLOW_ID)),
        )
        .update_expression("REMOVE #version")
        .expression_attribute_names("#version", "version");
    remove_version.send().await.unwrap();
    assert!(replace(3).await.unwrap_err().is_conflict());
    replace(2).await.unwrap();
    assert!(replace(2).await.unwrap_err().is_conflict());
    assert!(replace(4).await.unwrap_err().is_conflict());
    replace(3).await.unwrap();
    let mut unknown = setup.demo_workflow().await;
    unknown.id = WorkflowId::new(Timestamp::UNIX_EPOCH, Randomness::System.bits());
    let error = store.replace_workflow(setup.account, &unknown).await;
    assert!(error.unwrap_err().is_conflict());
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_without_a_default_are_named_before_the_question() {
    let setup = Setup::start().await;
    let yaml = EXAMPLE.replace("Hello, we", "Hello {{ first_name }} of {{ company }}, we");
    let hint = "In Sales Outreach, a lead may have no value for company (step 2), and its touchpoint then fails. Give it \
                a default, such as {{company|default(\"...\")}}";
    let output = setup.apply(&yaml, &["--dry-run"]);
    let expected = format!("\nHint: {hint}\nNothing was changed, because this is a dry run.\n");
    assert!(stdout(&output).ends_with(&expected), "{output:?}");
    let applied = json_of(&setup.apply(&yaml, &["--yes", "--output", "json"]));
    assert_eq!(applied["hints"], json!([hint]));
    let with_default = yaml.replace("{{ company }}", "{{ company | default('you') }}");
    let applied = json_of(&setup.apply(&with_default, &["--yes", "--output", "json"]));
    assert_eq!(
        (&applied["hints"], &applied["applied"]),
        (&json!([]), &json!(true))
    );
}
