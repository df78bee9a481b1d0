//! Tests of `leadgate touchpoint`, on a stack whose clock can be moved.

mod refusals;
mod shown;

use crate::manual_stack::ManualStack;

/// Returns the command in the last line of a claim's output, without the name of the program.
fn command_of(claim: &str) -> Vec<&str> {
    let last = claim.lines().last().unwrap();
    let mut words = last.split(' ');
    assert_eq!(words.next(), Some("leadgate"), "{claim}");
    words.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_calls_a_lead_until_it_answers_and_then_nothing_more_comes() {
    let stack = ManualStack::quiet().await;
    stack.create_john();
    stack.wait_for_due();

    let claim = stack.text(&["touchpoint", "claim"]);
    let mut lines = claim.lines();
    assert_eq!(
        lines.next(),
        Some("call 1/3 to John Doe, +1234567890 (Acme)")
    );
    assert!(
        claim.contains("\nReport its outcome before 12:05:00 UTC:\n"),
        "{claim}"
    );
    let mut command = command_of(&claim);
    assert_eq!(command.pop(), Some("answered"));
    let reported = stack.text(&[&command[..], &["no_answer"]].concat());
    assert_eq!(
        reported,
        "call 1/3: no_answer\nNext: call at 2026-02-10 14:00:00 UTC (in 2 h)\n"
    );

    let nothing = stack.text(&["touchpoint", "claim"]);
    assert_eq!(
        nothing,
        "Nothing is due at 2026-02-10 12:00:00 UTC.\nThe clock of the local stack stands still. Move \
         it on:\nleadgate clock advance 2h\n"
    );
    stack.advance("PT2H");
    stack.wait_for_due();
    let claim = stack.text(&["touchpoint", "claim"]);
    assert!(claim.starts_with("call 2/3 to John Doe"), "{claim}");
    assert_eq!(
        stack.text(&command_of(&claim)),
        "call 2/3: answered\nNothing more goes out: the cadence is completed (status Engaged).\n"
    );

    stack.advance("P10D");
    stack.until(&["dispatch", "status"], "Oldest due run  none\n");
    let nothing = stack.json(&["touchpoint", "claim", "--limit", "25"]);
    assert_eq!(nothing["touchpoints"], serde_json::json!([]));
    stack.stack.stop().await;
}
