//! Tests of what `leadgate touchpoint` shows.

use serde_json::json;

use crate::{
    manual_stack::ManualStack,
    program::{run, stdout},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_touchpoint_is_listed_by_its_state_and_shown_with_everything_that_happened() {
    let stack = ManualStack::quiet().await;
    let lead = stack.create_john();
    stack.wait_for_due();
    let due = stack.json(&["touchpoint", "list"]);
    assert_eq!(due["more"], false);
    let id = due["touchpoints"][0]["id"].as_str().unwrap().to_owned();
    let end = &id[id.len() - 8..];
    let row = format!("\n{end}  call 1/3    just now  due    {}\n", &lead[28..]);
    assert!(stack.text(&["touchpoint", "list"]).ends_with(&row));
    let none = stack.text(&["touchpoint", "list", "--channel", "sms"]);
    assert_eq!(none, "Nothing is due.\n");

    stack.claimed(1, &["--channel", "call", "--lease", "10m"]);
    let claimed = stack.text(&["touchpoint", "list", "--state", "claimed"]);
    assert!(claimed.contains("  claimed  "), "{claimed}");
    // The end of an id is enough while it is in a list.
    let note = ["--note", "asks for a call", "--callback-at", "2h"];
    let report = ["touchpoint", "outcome", end, "callback"];
    let reported = stack.text(&[&report[..], &note].concat());
    assert_eq!(
        reported,
        "call 1/3: callback\nNext: call at 2026-02-10 14:00:00 UTC (in 2 h)\n"
    );
    let shown = stack.text(&["touchpoint", "show", &id]);
    for part in [
        "Contact     call 1/3\nState       done: callback\n",
        &format!("Lead        {lead}\n"),
        "\nTRY  CLAIMED\n1    just now\n",
        "OUTCOME   REPORTED  CALL BACK                         NOTE\n",
        "callback  just now  2026-02-10 14:00:00 UTC (in 2 h)  asks for a call\n",
    ] {
        assert!(shown.contains(part), "{part:?} in {shown}");
    }
    let shown = stack.json(&["touchpoint", "show", &id]);
    assert_eq!(
        shown["touchpoint"]["outcomes"][0]["note"],
        "asks for a call"
    );

    for lead in [&lead[..], &lead[28..], "+1234567890"] {
        let listed = stack.json(&["touchpoint", "list", "--lead", lead]);
        assert_eq!(listed["touchpoints"].as_array().unwrap().len(), 9, "{lead}");
    }
    let listed = stack.json(&["touchpoint", "list", "--lead", &lead, "--limit", "2"]);
    assert_eq!(listed["touchpoints"].as_array().unwrap().len(), 2);
    assert_eq!(listed["more"], true);
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_memory_is_found_by_its_url_which_the_next_command_has() {
    let stack = ManualStack::start().await;
    let url = stack.stack.api_url.clone();
    stack.wait_for_due();
    let claim = run(&["touchpoint", "claim", "--api-url", &url]);
    let claim = stdout(&claim);
    assert!(
        claim.ends_with(&format!(" answered --api-url {url}\n")),
        "{claim}"
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_key_names_the_account() {
    let stack = ManualStack::start().await;
    stack.wait_for_due();
    let account = stack.json(&["account", "create", "--name", "Acme"]);
    let account = account["account"]["id"].as_str().unwrap();
    let key = stack.json(&["key", "create", "--account", account, "--name", "desk"]);
    let key = key["api_key"].as_str().unwrap();
    let args = ["touchpoint", "list", "--output", "json"];
    let listed = stack.run_with(&args, |command| {
        command.env("LEADGATE_API_KEY", key);
    });
    let listed: serde_json::Value = serde_json::from_str(stdout(&listed)).unwrap();
    assert_eq!(listed, json!({"touchpoints": [], "more": false}));
    stack.stack.stop().await;
}
