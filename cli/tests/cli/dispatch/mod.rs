//! Tests of `leadgate dispatch`, on a stack whose clock can be moved.

mod queue;

use serde_json::{Value, json};

use crate::{
    manual_stack::{ACCOUNT, ManualStack},
    program::stderr,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_status_counts_what_is_due_and_what_callers_have() {
    let stack = ManualStack::start().await;
    stack.claimed(4, &["--limit", "4", "--channel", "call"]);
    stack.until(&["dispatch", "status"], "call     6    4  ");
    let status = stack.json(&["dispatch", "status"]);
    let lane = json!({
        "account_id": ACCOUNT,
        "channel": "call",
        "due": 6,
        "claimed": 4,
        "more": false,
        "oldest_due_at": "2026-02-10T12:00:00Z",
        "pulled_at": "2026-02-10T12:00:00Z",
    });
    assert_eq!(status["lanes"], json!([lane]));
    assert_eq!(status["oldest_due_run"], Value::Null);
    assert_eq!(
        (&status["holds"], &status["releases"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(status["dead_letters"]["visible"], 0);
    let text = stack.text(&["dispatch", "status"]);
    for part in [
        "ACCOUNT   CHANNEL  DUE  CLAIMED",
        "Nothing is held.\n",
        "\ndispatch, dead letters  0",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touchpoint_that_needs_a_person_is_listed_and_settled_once() {
    let stack = ManualStack::quiet().await;
    let lead = stack.create_john();
    stack.wait_for_due();
    let id = stack.unconfirmed();
    let end = &id[id.len() - 8..];
    let list = stack.text(&["dispatch", "attention"]);
    for part in [
        &format!("{end}  call 1/3, unconfirmed, due 4 min ago\n"),
        "  it may have gone out: ",
        "Settle one:  leadgate dispatch settle ID\n",
    ] {
        assert!(list.contains(part), "{part:?} in {list}");
    }
    let listed = stack.json(&["dispatch", "attention"]);
    assert_eq!(listed["touchpoints"][0]["id"], json!(id));
    assert_eq!(listed["touchpoints"][0]["lead_id"], json!(lead));

    let settle = [
        "dispatch",
        "settle",
        end,
        "--reason",
        "the caller has told me",
    ];
    assert_eq!(
        stack.text(&settle),
        "Settled: call 1/3 stays unconfirmed, and needs no person any more.\n"
    );
    let nothing = stack.text(&["dispatch", "attention"]);
    assert_eq!(nothing, "No touchpoint needs a person.\n");
    let history = stack.json(&["lead", "show", &lead]);
    let last = history["history"].as_array().unwrap().last().unwrap();
    assert_eq!(last["kind"], "touchpoint_ended");
    assert_eq!(last["subject"], "call 1/3: unconfirmed, settled");
    let by = (&last["actor"], &last["reason"]);
    assert_eq!(by, (&json!("operator"), &json!("the caller has told me")));
    let shown = stack.text(&["lead", "show", &lead]);
    assert!(
        shown
            .contains("  call 1/3: unconfirmed, settled        operator  the caller has told me\n"),
        "{shown}"
    );
    let again = stack.run(&["dispatch", "settle", &id]);
    assert_eq!(
        stderr(&again),
        "leadgate dispatch: the touchpoint is not on the list: a person has settled it already\n"
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touchpoint_is_sent_again_under_its_id_and_leaves_the_list() {
    let stack = ManualStack::quiet().await;
    let lead = stack.create_john();
    stack.wait_for_due();
    let id = stack.unconfirmed();
    stack.text(&["hold", "--account", "demo"]);
    let held = stack.run(&["dispatch", "resend", &id]);
    assert_eq!(
        stderr(&held),
        "leadgate dispatch: its run is held: end the hold that `leadgate dispatch status` shows, and resend then\n"
    );
    stack.text(&["unhold", "--account", "demo"]);
    assert_eq!(
        stack.text(&["dispatch", "resend", &id, "--reason", "not reached"]),
        "Scheduled again: call 1/3, due at 2026-02-10 12:04:00 UTC (just now).\n"
    );
    let nothing = stack.text(&["dispatch", "attention"]);
    assert_eq!(nothing, "No touchpoint needs a person.\n");
    let claimed = stack.claimed(1, &[]);
    assert_eq!(claimed[0]["touchpoint"]["id"], json!(id));
    let shown = stack.text(&["lead", "show", &lead]);
    assert!(shown.contains("call 1/3: scheduled again "), "{shown}");
    let again = stack.run(&["dispatch", "resend", &id]);
    assert_eq!(
        stderr(&again),
        "leadgate dispatch: the touchpoint is claimed and needs no person: `leadgate dispatch attention` lists those \
         that do\n"
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touchpoint_of_a_run_that_does_not_go_on_is_not_sent_again() {
    let stack = ManualStack::quiet().await;
    stack.create_john();
    stack.wait_for_due();
    let id = stack.unconfirmed();
    let second = stack.text(&["dispatch", "attention", "--full"]);
    assert!(second.starts_with(&id), "{second}");
    stack.advance("2h");
    let next = stack.claimed(1, &[]);
    let next = next[0]["touchpoint"]["id"].as_str().unwrap();
    stack.text(&["touchpoint", "outcome", next, "answered"]);
    let refused = stack.run(&["dispatch", "resend", &id]);
    assert_eq!(
        stderr(&refused),
        "leadgate dispatch: the cadence of its run is completed, so nothing goes out any more: settle the touchpoint \
         with `leadgate dispatch settle`\n"
    );
    stack.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_with_what_to_change() {
    let stack = ManualStack::quiet().await;
    let key = "nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI";
    for (args, message) in [
        (
            &["settle", "zzzz"][..],
            "no touchpoint that needs a person has an id that ends in zzzz",
        ),
        (
            &["resend", "zzzz"],
            "`leadgate dispatch attention` lists those",
        ),
        (&["settle", key], "invalid touchpoint id: pass one that"),
        (&["resend", key], "invalid touchpoint id: pass one that"),
        (
            &["settle", "zzzz", "--reason", key],
            "--reason must not contain an API key",
        ),
        (&["status", "--account", "Dmo"], "did you mean Demo?"),
        (&["attention", "--account", "Dmo"], "did you mean Demo?"),
    ] {
        let output = stack.run(&[&["dispatch"], args].concat());
        let text = stderr(&output);
        assert!(text.contains(message), "{args:?}: {text}");
        assert!(!text.contains("nxr_live"), "{text}");
    }
    stack.stack.stop().await;
}
