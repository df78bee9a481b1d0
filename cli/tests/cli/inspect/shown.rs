//! A lead and its runs, as they are shown.

use aws_sdk_dynamodb::types::AttributeValue;
use local::demo;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, create, enrolled, ids, json_of, on, stack};
use crate::program::{stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_shown_with_its_runs_its_metadata_and_its_history() {
    let stack = stack().await;
    let lead = json!({
        "first_name": "Ada", "phone": "+14155550123", "campaign_id": demo::CAMPAIGN_ID,
        "metadata": {"plan": "gold", "\u{1b}[2J": "\u{202e}"},
    });
    let id = enrolled(&stack, lead).await;
    let first = json_of(&stack, &["run", "show", &id]);
    let assign = json!({"workflowId": demo::WORKFLOW_ID, "reason": "again", "actorId": "ops"});
    let reply = call(
        &stack,
        Method::POST,
        &format!("/{id}/assign-workflow"),
        &assign,
    )
    .await;
    let second = reply["workflowRunId"].as_str().unwrap();

    let shown = json_of(&stack, &["lead", "show", &id]);
    assert_eq!(shown["lead"]["campaign"]["name"], "Spring Launch");
    assert_eq!(shown["lead"]["metadata"]["plan"], "gold");
    assert_eq!(shown["runs"][0]["id"], second);
    assert_eq!(shown["runs"][1]["id"], first["run"]["id"]);
    assert_eq!(shown["runs"][1]["run_status"], "stopped");
    let history = shown["history"].as_array().unwrap();
    let kinds: Vec<_> = history
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["lead_created", "workflow_assigned", "workflow_assigned"]
    );
    assert_eq!(
        (&history[2]["actor"], &history[2]["reason"]),
        (&json!("ops"), &json!("again"))
    );

    let output = on(&stack, &["lead", "show", &id]);
    let text = stdout(&output);
    for part in [
        &format!("Lead      {id}\n"),
        "Phone     +14155550123\n",
        "Campaign  Spring Launch\n",
        "plan       \"gold\"\n",
        "\\u{1b}[2J  \"\\u{202e}\"\n",
        &format!("Run          {second}\n"),
        "EARLIER RUN  WORKFLOW        STATUS  STATE    CREATED\n",
        "  Sales Outreach  New     stopped  just now\n",
        "just now  assigned to Sales Outreach  ops  again\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    // Each run is shown by its id.
    let earlier = first["run"]["id"].as_str().unwrap();
    let output = on(&stack, &["run", "show", &id, "--run", &earlier[28..]]);
    assert!(stdout(&output).contains(
        "State        stopped: the lead has a newer run, or the person wants no more contacts\n"
    ));
    let output = on(&stack, &["run", "show", &id, "--run", "ffffffff"]);
    assert_eq!(
        stderr(&output),
        "leadgate run: no run has the id ffffffff: `leadgate lead show` lists the runs\n"
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_the_timeline_of_plan_and_the_state_of_each_touchpoint() {
    let stack = stack().await;
    let id = enrolled(
        &stack,
        json!({"first_name": "Ada", "phone": "+14155550123"}),
    )
    .await;
    let output = on(&stack, &["run", "show", &id]);
    let text = stdout(&output);
    for part in [
        "State        running\n",
        "Touchpoints  1 skipped, 8 scheduled\n",
        "STEP  TRY  CHANNEL   LOCAL TIME",
        "  skipped (no_email)\n",
        "C call  W whatsapp  E email  S sms  x skipped\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let stop = json!({"workflow_id": demo::WORKFLOW_ID});
    call(
        &stack,
        Method::POST,
        &format!("/{id}/automation/stop"),
        &stop,
    )
    .await;
    let output = on(&stack, &["run", "show", &id]);
    let text = stdout(&output);
    for part in [
        "State        taken over just now: nothing goes out until the lead is handed back\n",
        "Touchpoints  1 skipped, 8 cancelled\n",
        "  cancelled\n",
        "x skipped or cancelled\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let run = json_of(&stack, &["run", "show", &id]);
    assert_eq!(run["run"]["next"], Value::Null);
    assert_eq!(run["run"]["touchpoints"][8]["state"], "cancelled");
    let listed = on(&stack, &["lead", "list", "--limit", "1"]);
    assert!(stdout(&listed).contains("New (taken over)"));

    let solo = create(&stack, json!({"first_name": "Solo"})).await;
    let output = on(&stack, &["run", "show", &solo]);
    assert_eq!(
        stderr(&output),
        format!(
            "leadgate run: the lead {solo} has no run: it is in no workflow (POST \
             /leads/{{id}}/assign-workflow puts it in one)\n"
        )
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_erased_or_damaged_is_one_clear_error_and_hides_no_other() {
    let stack = stack().await;
    let [erased, damaged, whole] =
        ["Erased", "Damaged", "Whole"].map(|name| json!({"first_name": name}));
    let erased = create(&stack, erased).await;
    let damaged = create(&stack, damaged).await;
    let whole = create(&stack, whole).await;
    call(&stack, Method::DELETE, &format!("/{erased}"), &json!({})).await;
    let pk = AttributeValue::S(format!("LEAD#{}#{damaged}", demo::ACCOUNT_ID));
    let update = stack.services.clients.dynamodb.update_item();
    let update = update.table_name(stack.services.table());
    let update = update
        .key("pk", pk)
        .key("sk", AttributeValue::S("SELF".to_owned()))
        .update_expression("SET phone = :wrong")
        .expression_attribute_values(":wrong", AttributeValue::S("secret".to_owned()));
    update.send().await.unwrap();

    let output = on(&stack, &["lead", "show", &erased]);
    let expected = format!("leadgate lead: the lead {erased} was erased\n");
    assert_eq!(stderr(&output), expected);
    // The end of the id of a damaged lead finds it.
    for text in [&damaged, &damaged[28..]] {
        let output = on(&stack, &["lead", "show", text]);
        assert_eq!(
            stderr(&output),
            "leadgate lead: the lead item is damaged: the attribute phone has an invalid value\n"
        );
    }
    let listed = json_of(&stack, &["lead", "list"]);
    assert!(ids(&listed).contains(&&*whole) && ids(&listed).len() == 11);
    assert_eq!(
        listed["damaged"],
        json!([{
            "id": damaged,
            "error": "the lead item is damaged: the attribute phone has an invalid value",
        }])
    );
    let output = on(&stack, &["lead", "list"]);
    assert!(stdout(&output).contains(&format!("The lead {damaged} cannot be read: ")));
    stack.stop().await;
}
