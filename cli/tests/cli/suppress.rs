//! Tests of `leadgate suppress`.

use std::process::Output;

use local::Services;
use serde_json::{Value, json};

use crate::program::{self, services, stderr, stdout};

const PHONE: &str = "+1 202 555 0123";

fn on(services: &Services, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &services.dynamodb_url];
    program::run(&[&["suppress"][..], args, &url].concat())
}

fn json_of(services: &Services, args: &[&str]) -> Value {
    program::json(&on(services, &[args, &["--output", "json"]].concat()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_suppressed_checked_listed_and_let_go() {
    let services = services().await;
    let shown = on(&services, &["check", "--phone", PHONE]);
    assert_eq!(stdout(&shown), "The phone number is not suppressed.\n");
    let shown = on(&services, &["list"]);
    assert!(stdout(&shown).starts_with("The account has no suppressions."));

    let added = on(
        &services,
        &[
            "add",
            "--phone",
            PHONE,
            "--channel",
            "call",
            "--reason",
            "opted_out",
            "--note",
            "by letter",
        ],
    );
    let text = stdout(&added);
    assert!(text.starts_with("Suppressed the address:"), "{text}");
    for line in [
        "Address   phone",
        "Channels  call",
        "Reason    opted_out",
        "Note      by letter",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{text}");
    }
    // The number of the account's country needs no country code.
    let again = json_of(
        &services,
        &["add", "--phone", "(202) 555-0123", "--channel", "sms"],
    );
    assert_eq!(
        (
            &again["new"],
            &again["suppression"]["channels"],
            &again["suppression"]["reason"]
        ),
        (&json!(false), &json!(["call", "sms"]), &json!("opted_out"))
    );
    let again = on(&services, &["add", "--email", "Ana@Example.com"]);
    assert!(stdout(&again).contains("\nChannels  all\nReason    manual\n"));

    let listed = on(&services, &["list"]);
    let lines: Vec<_> = stdout(&listed).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.len() <= 80 && !line.contains("555")),
        "{lines:?}"
    );
    let listed = on(&services, &["list", "--limit", "1"]);
    assert!(stdout(&listed).ends_with("pass a --limit above 1 to list them.\n"));
    let listed = json_of(&services, &["list"]);
    assert_eq!(
        (
            listed["suppressions"].as_array().unwrap().len(),
            &listed["more"]
        ),
        (2, &json!(false))
    );

    let checked = json_of(&services, &["check", "--phone", PHONE]);
    assert_eq!(
        (&checked["suppressed"], &checked["ended"]),
        (&json!(true), &json!([]))
    );
    let id = checked["suppression"]["id"].as_str().unwrap();
    let refused = on(&services, &["remove", id, "--reason", "came back"]);
    assert_eq!(
        stderr(&refused),
        "leadgate suppress: the reason of the suppression is opted_out, so it ends with a new consent of the \
         person only: pass --consent-at and --consent-source\n"
    );
    let removed = on(
        &services,
        &[
            "remove",
            "--phone",
            PHONE,
            "--reason",
            "came back",
            "--actor",
            "Ada",
            "--consent-at",
            "2026-02-10",
            "--consent-source",
            "form",
        ],
    );
    let text = stdout(&removed);
    assert!(
        text.starts_with("Removed the suppression: the address can be contacted again.\n"),
        "{text}"
    );
    assert!(
        text.ends_with(": came back\n  by Ada\n  consent of 2026-02-10T00:00:00Z: form\n"),
        "{text}"
    );
    let checked = json_of(&services, &["check", "--phone", PHONE]);
    let removal = &checked["ended"][0]["removal"];
    assert_eq!(
        (&checked["suppressed"], &removal["reason"]),
        (&json!(false), &json!("came back"))
    );
    let checked = on(&services, &["check", "--phone", PHONE]);
    assert!(
        stdout(&checked).starts_with(
            "The phone number is not suppressed.\n\nEnded suppressions, oldest first:\n"
        )
    );
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_has_what_to_change_and_repeats_no_address() {
    let services = services().await;
    let invalid_id = "leadgate suppress: invalid suppression id: pass one that `leadgate suppress list` shows, or the \
                      address with --phone or --email\n";
    for (args, message) in [
        (
            &["add", "--phone", "12-canary"][..],
            "leadgate suppress: --phone has characters that are no part of a number",
        ),
        (
            &["check", "--email", "canary"],
            "leadgate suppress: --email is not a valid email address: pass one such as ana@example.com\n",
        ),
        (
            &["add", "--phone", PHONE, "--channel", "email"],
            "leadgate suppress: --channel email is not a channel of the phone number: pass call, whatsapp, sms, or leave \
             --channel out\n",
        ),
        (&["remove", "canary", "--reason", "r"], invalid_id),
        (
            &["remove", "sup_0B96l7gA770SM0WzBBmANR5", "--reason", "r"],
            "leadgate suppress: there is no such suppression in this account, or it was removed: `leadgate suppress \
             list` lists the suppressions\n",
        ),
        (
            &[
                "remove",
                "--phone",
                PHONE,
                "--reason",
                "r",
                "--consent-at",
                "2999-01-01",
                "--consent-source",
                "f",
            ],
            "leadgate suppress: --consent-at 2999-01-01T00:00:00Z is in the future: pass the time of the consent, such as \
             \"2d ago\"\n",
        ),
    ] {
        let output = on(&services, args);
        let shown = stderr(&output);
        assert!(shown.starts_with(message), "{args:?}: {shown}");
        let repeated = shown.contains("555") || shown.contains("canary");
        assert!(!repeated, "{args:?}: {shown}");
    }
    for args in [
        &["add"][..],
        &["add", "--phone", PHONE, "--email", "a@example.com"],
        &["add", "--phone", PHONE, "--reason", "opt_out"],
        &["remove", "--phone", PHONE],
        &[
            "remove",
            "--phone",
            PHONE,
            "--reason",
            "r",
            "--consent-at",
            "2026-02-10",
        ],
        &["add", "--phone", PHONE, "--note", " "],
    ] {
        let output = on(&services, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    services.stop().await;
}
