//! Tests of `leadgate destination`, on an embedded DynamoDB without the functions.

mod receivers;

use std::fs;

use domain::{destination::WebhookSecrets, ids::AccountId, webhook_secret::WebhookSecret};
use local::{Services, demo};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{json as json_of, run, services, stderr};

const PATH: &str = "/hooks/T0secret";

/// Services with a webhook `dialer` for calls, and a pulled destination `desk`.
struct Setup {
    services: Services,
    _folder: TempDir,
}

impl Setup {
    async fn start(url: &str) -> Self {
        let services = services().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("account.yaml");
        let yaml = format!(
            "destinations:\n  - {{name: dialer, channels: [call], webhook: '{url}', rate: 2}}\n  \
             - {{name: desk, channels: [sms], pull: true}}\n"
        );
        fs::write(&file, yaml).unwrap();
        let setup = Self {
            services,
            _folder: folder,
        };
        let sqs_url = setup.services.sqs_url.clone();
        let applied = setup.text(&[
            "apply",
            file.to_str().unwrap(),
            "--yes",
            "--sqs-url",
            &sqs_url,
        ]);
        assert!(!applied.contains(PATH), "{applied}");
        assert!(applied.contains("    webhook: "), "{applied}");
        assert!(
            applied.contains("Show the secret of dialer, once:\nleadgate destination secret dialer --dynamodb-url "),
            "{applied}"
        );
        setup
    }

    fn run(&self, args: &[&str]) -> std::process::Output {
        run(&[args, &["--dynamodb-url", &self.services.dynamodb_url]].concat())
    }

    /// Returns the output of a command that succeeded. Standard error may have more.
    fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        json_of(&self.run(&[args, &["--output", "json"]].concat()))
    }

    fn refused(&self, args: &[&str]) -> String {
        stderr(&self.run(args)).replace("\n    ", " ")
    }

    async fn secrets(&self) -> WebhookSecrets {
        let account: AccountId = demo::ACCOUNT_ID.parse().unwrap();
        let secrets = self.services.store.webhook_secrets(account, "dialer").await;
        secrets.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_shown_without_the_path_of_its_url() {
    let setup = Setup::start(&format!("https://dialer.example.com{PATH}")).await;
    assert_eq!(
        setup.text(&["destination", "list"]),
        "\
NAME    CHANNELS  TO                              RATE        STATE
dialer  call      https://dialer.example.com/...  2 a second  open
desk    sms       callers pull                    -           -
"
    );
    let dialer = json!({
        "name": "dialer", "channels": ["call"], "webhook": "https://dialer.example.com/...", "pull": false,
        "rate": 2.0, "burst": 2, "expires_after": null, "outcome_timeout": null, "min_gap": null, "state": "open", "paused": null, "cooling_until": null, "failures": 0,
        "secret": {"is_shown": false, "previous_until": null},
    });
    let listed = setup.json(&["destination", "list"]);
    assert_eq!(listed["destinations"][0], dialer);
    assert_eq!(listed["destinations"][1]["pull"], true);
    assert_eq!(
        setup.json(&["destination", "show", "dialer"])["destination"],
        dialer
    );
    assert_eq!(
        setup.text(&["destination", "show", "dialer"]),
        "\
Name      dialer
Channels  call
To        https://dialer.example.com/...
Rate      2 a second, 2 at once after a quiet time
Secret    not shown yet: `leadgate destination secret` shows it once
State     open
"
    );
    // The file of an export creates the same destination, so it has the path.
    assert!(setup.text(&["export"]).contains(PATH));
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_two_are_valid_during_a_rotation() {
    let setup = Setup::start("https://dialer.example.com").await;
    let output = setup.run(&["destination", "secret", "dialer"]);
    let first: WebhookSecret = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("Save this secret: it is not shown again."),
        "{said}"
    );
    assert_eq!(setup.secrets().await.current, first);
    let refused = setup.refused(&["destination", "secret", "dialer"]);
    assert!(
        refused.starts_with(
            "leadgate destination: the secret of dialer was shown before: make a new one with"
        ),
        "{refused}"
    );

    let rotated = setup.json(&["destination", "rotate", "dialer", "--keep", "1h"]);
    let second: WebhookSecret = rotated["secret"].as_str().unwrap().parse().unwrap();
    assert_ne!(second, first);
    let stored = setup.secrets().await;
    let (previous, until) = stored.previous.clone().unwrap();
    assert_eq!((stored.current, previous), (second.clone(), first));
    assert_eq!(rotated["previous_until"], json!(until));
    let refused = setup.refused(&["destination", "rotate", "dialer"]);
    assert!(
        refused.contains("the last rotation of dialer ends at "),
        "{refused}"
    );
    assert!(
        refused.contains("`leadgate destination rotate dialer --finish --dynamodb-url "),
        "{refused}"
    );

    let finished = setup.text(&["destination", "rotate", "dialer", "--finish"]);
    assert_eq!(
        finished,
        "The rotation of dialer has ended: only its current secret is valid.\n"
    );
    let stored = setup.secrets().await;
    assert_eq!((stored.current, stored.previous), (second.clone(), None));
    let refused = setup.refused(&["destination", "rotate", "dialer", "--finish"]);
    assert!(
        refused.contains("dialer has no rotation under way"),
        "{refused}"
    );
    // No other command shows it.
    for args in [
        &["export"][..],
        &["destination", "show", "dialer"],
        &["destination", "list"],
    ] {
        let text = setup.text(args);
        assert!(!text.contains(&second.reveal()), "{text}");
    }
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_pauses_a_webhook_and_resumes_it() {
    let setup = Setup::start("https://dialer.example.com").await;
    assert_eq!(
        setup.text(&["destination", "pause", "dialer"]),
        "dialer is paused: Leadgate sends it nothing.\nNothing is dropped: the touchpoints that are still in \
         time go out after\n`leadgate destination resume`.\n"
    );
    let shown = setup.json(&["destination", "show", "dialer"]);
    let destination = &shown["destination"];
    assert_eq!(
        (&destination["state"], &destination["paused"]["by"]),
        (&json!("paused"), &json!("operator"))
    );
    let table = setup.text(&["destination", "list"]);
    assert!(
        table.contains("paused, by an operator, just now"),
        "{table}"
    );
    assert_eq!(
        setup.text(&["destination", "resume", "dialer"]),
        "dialer is open: Leadgate sends it touchpoints again, within two minutes.\nA touchpoint that its receiver has \
         put off waits until its next try.\n"
    );
    assert_eq!(
        setup.json(&["destination", "show", "dialer"])["destination"]["state"],
        "open"
    );
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_and_a_pulled_destination_are_refused_with_advice() {
    let setup = Setup::start("https://dialer.example.com").await;
    for (args, expected) in [
        (
            &["show", "dailer"][..],
            "the account has no destination dailer (did you mean dialer?): `leadgate destination list` shows all",
        ),
        (
            &["secret", "desk"],
            "callers pull the touchpoints of desk, so Leadgate sends it nothing: give it a webhook with `leadgate apply`",
        ),
        (
            &["test", "desk"],
            "callers pull the touchpoints of desk, so Leadgate sends it nothing: give it a webhook with `leadgate apply`",
        ),
    ] {
        let refused = setup.refused(&[&["destination"], args].concat());
        assert_eq!(
            refused.trim_end(),
            format!("leadgate destination: {expected}")
        );
    }
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_path_keeps_the_secret_and_a_removed_webhook_loses_it() {
    let setup = Setup::start("https://dialer.example.com/one").await;
    let before = setup.secrets().await;
    let (folder, sqs_url) = (tempfile::tempdir().unwrap(), setup.services.sqs_url.clone());
    let file = folder.path().join("account.yaml");
    let apply = |destinations: &str| {
        fs::write(&file, format!("destinations: [{destinations}]")).unwrap();
        setup.text(&[
            "apply",
            file.to_str().unwrap(),
            "--yes",
            "--sqs-url",
            &sqs_url,
        ])
    };
    let changed = apply(
        "{name: dialer, channels: [call], webhook: 'https://dialer.example.com/two', rate: 2}",
    );
    assert!(
        changed.contains("    webhook: https://dialer.example.com/... with another path\n"),
        "{changed}"
    );
    assert!(
        !changed.contains("/two") && !changed.contains("secret"),
        "{changed}"
    );
    assert_eq!(setup.secrets().await, before);
    apply("{name: dialer, channels: [call], pull: true}");
    let account: AccountId = demo::ACCOUNT_ID.parse().unwrap();
    let gone = setup
        .services
        .store
        .webhook_secrets(account, "dialer")
        .await;
    assert_eq!(gone.unwrap(), None);
    setup.services.stop().await;
}
