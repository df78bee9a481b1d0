//! Names of accounts, workflows and campaigns on the command line.

use local::demo;
use serde_json::json;

use super::{apply, ids, json_of, on, stack};
use crate::program::{stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn workflows_and_campaigns_are_listed_and_named_by_name_id_or_end_of_id() {
    let stack = stack().await;
    let listed = json_of(&stack, &["workflow", "list"]);
    let [workflow] = &listed["workflows"].as_array().unwrap()[..] else {
        panic!("{listed}");
    };
    assert_eq!(
        (&workflow["id"], &workflow["name"], &workflow["steps"]),
        (
            &json!(demo::WORKFLOW_ID),
            &json!("Sales Outreach"),
            &json!(5)
        )
    );
    let output = on(&stack, &["workflow", "list"]);
    let row = stdout(&output).lines().last().unwrap();
    let expected = "000000a1  Sales Outreach  -       America/Santiago  5      ";
    assert!(row.starts_with(expected), "{row}");

    let shown = json_of(&stack, &["workflow", "show", demo::WORKFLOW_ID]);
    assert_eq!(shown["workflow"]["cadence"]["steps"][0]["channel"], "call");
    for name in ["Sales Outreach", " sales outreach ", "000000a1", "00A1"] {
        assert_eq!(json_of(&stack, &["workflow", "show", name]), shown);
    }
    let output = on(&stack, &["workflow", "show", "sales outreach"]);
    let text = stdout(&output);
    for part in [
        "Sales Outreach\n",
        demo::WORKFLOW_ID,
        "Zone      America/Santiago",
        "1  call, at once, 3 attempts 2h apart",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }

    let listed = json_of(&stack, &["campaign", "list"]);
    assert_eq!(listed["campaigns"][0]["id"], demo::CAMPAIGN_ID);
    let all = json_of(&stack, &["lead", "list"]);
    for name in ["Spring Launch", "spring launch", "000000c1"] {
        let found = json_of(&stack, &["lead", "list", "--campaign", name]);
        assert_eq!(ids(&found), ids(&all), "{name}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_is_refused_with_the_nearest_one_and_the_command_that_lists() {
    let stack = stack().await;
    for (command, expected) in [
        (
            &["workflow", "show", "Sales Outrech"][..],
            "leadgate workflow: no workflow has the name or id \"Sales Outrech\" (did you mean Sales \
             Outreach?): `leadgate workflow list` lists the workflows\n",
        ),
        (
            &["lead", "list", "--campaign", "Spring"],
            "leadgate lead: no campaign has the name or id \"Spring\" (did you mean Spring Launch?): \
             `leadgate campaign list` lists the campaigns\n",
        ),
        (
            &["lead", "list", "--workflow", "xyz"],
            "leadgate lead: no workflow has the name or id \"xyz\": `leadgate workflow list` lists the \
             workflows\n",
        ),
        (
            &["lead", "list", "--account", "Dema"],
            "leadgate lead: no account has the name or id \"Dema\" (did you mean Demo?): `leadgate \
             account list` lists the accounts\n",
        ),
    ] {
        assert_eq!(stderr(&on(&stack, command)), expected);
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_named_by_its_name_everywhere() {
    let stack = stack().await;
    let created = json_of(&stack, &["account", "create", "--name", "Łódź Ltd"]);
    let id = created["account"]["id"].as_str().unwrap();
    assert_eq!(json_of(&stack, &["account", "show", "łódź ltd"]), created);
    let renamed = ["account", "set", "Łódź Ltd", "--name", "Acme"];
    assert_eq!(json_of(&stack, &renamed)["account"]["id"], id);
    let named = ["--account", "acme"];
    for (command, empty) in [
        (&["lead", "list"][..], "The account has no leads."),
        (&["workflow", "list"], "The account has no workflows."),
        (
            &["workflow", "list", "--removed"],
            "The account has no removed workflows.",
        ),
        (&["campaign", "list"], "The account has no campaigns."),
        (&["key", "list"], "ID"),
        (&["export"], "name: Acme"),
    ] {
        let output = on(&stack, &[command, &named].concat());
        assert!(stdout(&output).contains(empty), "{}", stdout(&output));
    }
    // Two accounts of one name are told apart by their ids.
    let twin = json_of(&stack, &["account", "create", "--name", "ACME"]);
    let twin = twin["account"]["id"].as_str().unwrap();
    assert_eq!(
        stderr(&on(&stack, &["account", "show", "Acme"])),
        format!(
            "leadgate account: 2 accounts have the name \"Acme\": give an id instead, {id} or {twin}\n"
        )
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_workflow_is_shown_only_with_an_option() {
    let stack = stack().await;
    apply(&stack, "{name: Demo, workflows: []}");
    let output = on(&stack, &["workflow", "list"]);
    assert!(stdout(&output).starts_with("The account has no workflows."));
    let removed = json_of(&stack, &["workflow", "list", "--removed"]);
    assert_eq!(removed["workflows"][0]["is_removed"], true);
    let show = ["workflow", "show", "Sales Outreach"];
    assert_eq!(
        stderr(&on(&stack, &show)),
        format!(
            "leadgate workflow: the workflow {} was removed: pass --removed to show it\n",
            demo::WORKFLOW_ID
        )
    );
    let output = on(&stack, &[&show[..], &["--removed"]].concat());
    assert!(stdout(&output).starts_with("Sales Outreach (removed)\n"));
    stack.stop().await;
}
