//! Tests of `leadgate hold` and `leadgate unhold`.

use serde_json::{Value, json};

use crate::{
    manual_stack::{ACCOUNT, ManualStack},
    program::stderr,
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_while_everything_is_held_and_then_it_goes_on() {
    let stack = ManualStack::quiet().await;
    assert_eq!(
        stack.text(&["hold", "--all", "--reason", "restore"]),
        "No touchpoint goes out any more.\nTouchpoints that callers have stay theirs.\nEnd it with: leadgate unhold \
         --all\n"
    );
    let lead = stack.create_john();
    stack.until(
        &["lead", "show", &lead],
        "held just now: an operator holds all accounts",
    );
    assert_eq!(
        stack.json(&["touchpoint", "claim"])["touchpoints"],
        json!([])
    );
    stack.until(
        &["dispatch", "status"],
        "all accounts  just now  1     restore\n",
    );
    let status = stack.json(&["dispatch", "status"]);
    assert_eq!(
        status["holds"],
        json!([{
            "account_id": null, "workflow_id": null, "workflow": null,
            "since": "2026-02-10T12:00:00Z", "reason": "restore", "held_runs": 1,
        }])
    );

    stack.advance("1h");
    assert_eq!(
        stack.text(&["unhold", "--all"]),
        "The hold has ended.\nWithin minutes, wake-runs releases the runs that waited.\nThe rest of each moves by the \
         time for which it was held.\n"
    );
    stack.go_on_until_due();
    let claimed = stack.claimed(1, &[]);
    assert_eq!(claimed[0]["lead"]["id"], json!(lead));
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_of_one_account_is_another_than_that_of_all() {
    let stack = ManualStack::start().await;
    let held = stack.json(&["hold", "--account", "demo"]);
    let since = "2026-02-10T12:00:00Z";
    assert_eq!(
        held,
        json!({"account_id": ACCOUNT, "held": true, "hold": {"since": since}})
    );
    stack.advance("1h");
    // A repeat keeps the time and takes the new reason.
    let again = stack.json(&["hold", "--account", "Demo", "--reason", "audit"]);
    assert_eq!(again["hold"], json!({"since": since, "reason": "audit"}));
    stack.text(&["hold", "--all"]);
    let ended = stack.text(&["unhold", "--account", "Demo"]);
    assert_eq!(
        ended,
        "The hold of the account Demo has ended.\nAll accounts are still held. End that with: leadgate unhold --all\n"
    );
    let ended = stack.json(&["unhold", "--all"]);
    assert_eq!(
        ended,
        json!({"account_id": null, "held": false, "hold": Value::Null})
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_with_what_to_change() {
    let stack = ManualStack::start().await;
    for command in ["hold", "unhold"] {
        for args in [&[command][..], &[command, "--all", "--account", "Demo"]] {
            let output = stack.run(args);
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(
                text.contains("--all") && text.contains("--account"),
                "{text}"
            );
        }
        let output = stack.run(&[command, "--account", "Dmo"]);
        assert!(stderr(&output).contains("did you mean Demo?"));
    }
    for (args, what) in [
        (&["unhold", "--all"][..], "all accounts"),
        (&["unhold", "--account", "Demo"], "the account Demo"),
    ] {
        assert_eq!(
            stderr(&stack.run(args)),
            format!(
                "leadgate unhold: there is no hold of {what}: `leadgate dispatch status` shows the holds\n"
            )
        );
    }
    let long = "x".repeat(1_001);
    let output = stack.run(&["hold", "--all", "--reason", &long]);
    assert!(stderr(&output).contains("must not be longer than 1000 characters"));
    stack.stack.stop().await;
}
