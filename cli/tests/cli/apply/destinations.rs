//! Destinations in the file of an account.

use domain::{
    channel::Channel,
    destination::{Destination, Destinations, Rate, Recipient},
    timing::Timing,
};
use serde_json::{Value, json};

use super::{EXAMPLE, Setup, UNCHANGED};
use crate::program::{json as json_of, run, stderr, stdout};

const TWO: &str = "destinations:
  - {name: dialer, channels: [call], pull: true, rate: 0.5}
  - {name: desk, channels: [sms], pull: true}
";

impl Setup {
    async fn destinations(&self) -> Destinations {
        let stored = self.services.store.destinations(self.account).await;
        stored.unwrap()
    }

    fn export(&self) -> String {
        let output = run(&["export", "--dynamodb-url", &self.services.dynamodb_url]);
        stdout(&output).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_are_created_changed_and_removed_in_one_write() {
    let setup = Setup::start().await;
    let plan = "\
+ destination dialer will be created:
    burst: 1
    channels: [call]
    pull: true
    rate: 0.5
+ destination desk will be created:
    channels: [sms]
    pull: true
";
    let dry = setup.apply(TWO, &["--dry-run"]);
    let nothing = "Nothing was changed, because this is a dry run.\n";
    assert_eq!(stdout(&dry), format!("{plan}{nothing}"));
    assert_eq!(setup.destinations().await, Destinations::default());
    let applied = setup.apply(TWO, &["--yes"]);
    assert_eq!(stdout(&applied), format!("{plan}Applied.\n"));
    let dialer = Destination {
        name: "dialer".to_owned(),
        channels: vec![Channel::Call],
        to: Recipient::Pull,
        rate: Rate::new(5, Some(1)).ok(),
        timing: Timing::default(),
    };
    let stored = setup.destinations().await;
    assert_eq!((&stored.list()[0], stored.revision), (&dialer, 1));

    // A channel moves from one to another.
    let moved =
        "destinations: [{name: dialer, channels: [call, sms], pull: true, rate: 20, burst: 40}]";
    let changed = setup.apply(moved, &["--yes"]);
    let expected = "\
~ destination dialer will change:
    burst: 1 -> 40
    channels: [call] -> [call, sms]
    rate: 0.5 -> 20
- destination desk will be removed
    A channel without a destination is pulled without a limit.
Applied.
";
    assert_eq!(stdout(&changed), expected);
    assert_eq!(setup.destinations().await.revision, 2);
    assert_eq!(stdout(&setup.apply(moved, &["--yes"])), UNCHANGED);
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_a_destination_are_set_exported_and_taken_back() {
    let setup = Setup::start().await;
    let file = |times: &str| {
        format!(
            "destinations: [{{name: dialer, channels: [call], webhook: 'https://dialer.example.com'{times}}}]"
        )
    };
    setup.apply(&file(", min_gap: PT3H"), &["--yes"]);
    let times = ", expires_after: PT600S, outcome_timeout: P1D";
    let changed = setup.apply(&file(times), &["--yes"]);
    let expected = "\
~ destination dialer will change:
    min_gap: PT3H -> none
    expires_after: none -> PT10M
    outcome_timeout: none -> P1D
Applied.
";
    assert_eq!(stdout(&changed), expected);
    let expected = Timing {
        expires_after: "PT10M".parse().ok(),
        outcome_timeout: "P1D".parse().ok(),
        min_gap: None,
    };
    assert_eq!(setup.destinations().await.list()[0].timing, expected);
    let exported = setup.export();
    assert!(
        exported.contains("  expires_after: PT10M\n  outcome_timeout: P1D\n"),
        "{exported}"
    );
    assert_eq!(stdout(&setup.apply(&exported, &["--yes"])), UNCHANGED);
    let same = file(", expires_after: PT10M, outcome_timeout: PT24H");
    assert_eq!(stdout(&setup.apply(&same, &["--yes"])), UNCHANGED);
    setup.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_account_changes_nothing_and_a_file_without_destinations_leaves_them() {
    let setup = Setup::start().await;
    assert!(setup.export().ends_with("destinations: []\n"));
    let json = setup.apply(TWO, &["--yes", "--output", "json"]);
    let changes = &json_of(&json)["changes"];
    let change = json!({"action": "create", "kind": "destination", "id": Value::Null, "name": "desk",
                        "fields": ["channels: [sms]", "pull: true"]});
    assert_eq!(changes[1], change);
    let exported = setup.export();
    assert!(exported.contains("  rate: 0.5\n  burst: 1\n"), "{exported}");
    assert_eq!(stdout(&setup.apply(&exported, &["--yes"])), UNCHANGED);
    let workflow = EXAMPLE.replace('\n', "\n    ");
    let without = format!("workflows:\n  - {}\n", workflow.trim_end());
    setup.apply(&without, &["--yes"]);
    assert_eq!(setup.destinations().await.revision, 1);
    let refused = setup.apply("destinations: []", &[]);
    assert!(stderr(&refused).contains("--yes"), "{}", stderr(&refused));
    let removed = setup.apply("destinations: []", &["--yes"]);
    assert!(stdout(&removed).contains("- destination desk will be removed"));
    assert_eq!(setup.destinations().await.list(), []);
    setup.services.stop().await;
}
