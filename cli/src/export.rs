//! `leadgate export`: prints an account as a file for `leadgate apply`. Applied to the same
//! account, the file changes nothing.

use std::process::ExitCode;

use clap::Args;
use domain::campaign::Campaign;
use local::text::{PrintError, is_hidden};

use crate::{
    definition::{AccountDefinition, CampaignDefinition, WorkflowDefinition},
    failure,
    output::{OutputArg, safe_json},
    stored::StoredAccount,
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// Options of `leadgate export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Prints the account. The exit code is 1 if it cannot; standard error then has a line for each
/// problem.
pub async fn run(args: &ExportArgs) -> ExitCode {
    match export(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("export", &error),
    }
}

async fn export(args: &ExportArgs) -> Result<(), ExportError> {
    let target = Target::of(&args.target).await?;
    let account = target.account(&args.account).await?;
    let stored = StoredAccount::read(&target.store()?, account).await?;
    let definition = AccountDefinition::from(&stored);
    let text = text(&definition)?;
    args.output.print(&definition, |_| text)?;
    Ok(())
}

/// Returns the definition as YAML. If it has hidden characters, the YAML is JSON, which can escape
/// them: the file then gives the same account back, and is safe to print.
fn text(definition: &AccountDefinition) -> Result<String, ExportError> {
    let yaml = serde_saphyr::to_string(definition)?;
    if !yaml.chars().any(|it| it != '\n' && is_hidden(it)) {
        return Ok(yaml);
    }
    let json = serde_json::to_string_pretty(definition)?;
    Ok(safe_json(&json) + "\n")
}

impl From<&StoredAccount> for AccountDefinition {
    fn from(stored: &StoredAccount) -> Self {
        let StoredAccount {
            account,
            workflows,
            campaigns,
            destinations,
        } = stored;
        let campaign = |Campaign { name, .. }: &Campaign| CampaignDefinition { name: name.clone() };
        Self {
            name: Some(account.name.clone()),
            default_country: account.default_country,
            workflows: Some(workflows.iter().map(WorkflowDefinition::from).collect()),
            campaigns: Some(campaigns.iter().map(campaign).collect()),
            destinations: Some(destinations.list().to_vec()),
        }
    }
}

/// Reason why an account cannot be printed as a file.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("the account cannot be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    #[error("the account cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

#[cfg(test)]
mod tests {
    use domain::{
        account::Account,
        channel::Channel,
        destination::{Destination, Destinations, Rate, Recipient},
        ids::{AccountId, CampaignId},
        timing::Timing,
        workflow::Workflow,
    };
    use jiff::Timestamp;
    use proptest::prelude::*;

    use domain::message_template::Template;

    use super::*;
    use crate::{
        apply::{between, stored_workflow},
        definition::File,
    };

    /// Every field of a [definition](../../docs/contract.md#workflow-definition), and every part of
    /// a message.
    const EVERY_FIELD: &str = r#"
name: Every field
goal_type: document_collection
timezone: Europe/Madrid
is_paused: true
statuses:
  - {key: new, label: New, category: active, is_initial: true}
  - {key: "true", label: "12", category: "~", is_terminal: true}
cadence:
  windows:
    - {days: [mon, sun], start: "22:00", end: "02:00"}
    - {days: [tue], start: "00:00", end: "24:00"}
  gate_all_channels: true
  steps:
    - {channel: call, max_attempts: 10, attempt_interval: P1DT2H, delay: PT90S, message: {begin_message: "Hi: # there"}}
    - channel: whatsapp
      message:
        template_id: welcome
        content: |
          First line

            second, 'quoted' and "quoted"
        components: [{z: 1, a: [1, 2.5, true, ~, "x: y"], m: {"": "007", é: "\u2028"}}, text]
    - {channel: email, delay: P366D, message: {subject: "- no list", html: "<p>é\t&amp;</p>\r\n"}}
    - {channel: sms, message: {content: " spaces "}}
outcomes:
  replied: {cadence: continue, status: "true", human_takeover: true}
  no_outcome: {cadence: next_step}
"#;

    fn workflow(yaml: &str) -> Workflow {
        let definition = WorkflowDefinition::read(yaml).unwrap();
        stored_workflow(definition, None, Timestamp::UNIX_EPOCH)
    }

    fn destinations() -> Destinations {
        let pulled = |name: &str, channels: &[Channel], rate| Destination {
            name: name.to_owned(),
            channels: channels.to_vec(),
            to: Recipient::Pull,
            rate,
            timing: Timing::default(),
        };
        let rate = |tenths, burst| Rate::new(tenths, burst).ok();
        let list = vec![
            Destination {
                to: Recipient::Webhook(
                    "https://dialer.example.com/leadgate?key=1".parse().unwrap(),
                ),
                timing: Timing {
                    expires_after: "PT10M".parse().ok(),
                    outcome_timeout: "P1D".parse().ok(),
                    min_gap: "PT0S".parse().ok(),
                },
                ..pulled("dialer", &[Channel::Call], rate(5, None))
            },
            pulled(
                "desk",
                &[Channel::Sms, Channel::Whatsapp],
                rate(50, Some(10)),
            ),
            pulled("post", &[Channel::Email], None),
        ];
        Destinations::new(list, 0).unwrap()
    }

    /// Writes an account with this workflow and this campaign.
    fn written(workflow: &Workflow, campaign: &str) -> String {
        let created_at = Timestamp::UNIX_EPOCH;
        let stored = StoredAccount {
            account: Account {
                id: AccountId::new(created_at, [7; 10]),
                name: "Acme".to_owned(),
                default_country: "CL".parse().ok(),
                limit: None,
                created_at,
            },
            workflows: vec![workflow.clone()],
            campaigns: vec![Campaign {
                id: CampaignId::new(created_at, [7; 10]),
                name: campaign.to_owned(),
                created_at,
            }],
            destinations: destinations(),
        };
        text(&AccountDefinition::from(&stored)).unwrap()
    }

    /// Writes an account, and reads its workflow and its campaign back.
    fn read_back(workflow: &Workflow, campaign: &str) -> (WorkflowDefinition, String) {
        let yaml = written(workflow, campaign);
        let Ok(File::Account(file)) = File::read(&yaml) else {
            panic!("{yaml}");
        };
        assert_eq!(file.name.as_deref(), Some("Acme"));
        assert_eq!(file.default_country, "CL".parse().ok());
        assert_eq!(file.destinations.unwrap(), destinations().list());
        let [definition] = file.workflows.unwrap().try_into().unwrap();
        let [campaign] = file.campaigns.unwrap().try_into().unwrap();
        (definition, campaign.name)
    }

    #[test]
    fn every_field_of_a_workflow_comes_back() {
        let before = workflow(EVERY_FIELD);
        let (definition, _) = read_back(&before, "Spring");
        let after = stored_workflow(definition, Some(&before), Timestamp::UNIX_EPOCH);
        assert_eq!(between(&before, &after), [""; 0]);
        assert_eq!(before.name, after.name);
    }

    #[test]
    fn hidden_characters_are_escaped_and_come_back() {
        let hidden = "a\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{9b}\tb \"c\\ 👩\u{200d}🔧";
        let mut before = workflow(EVERY_FIELD);
        let message = before.cadence.steps[1].message.as_mut().unwrap();
        message.content = Some(hidden.to_owned());
        let text = written(&before, "Spring");
        assert!(
            !text.chars().any(|it| it != '\n' && is_hidden(it)),
            "{text}"
        );
        let (definition, campaign) = read_back(&before, "Spring");
        let after = stored_workflow(definition, Some(&before), Timestamp::UNIX_EPOCH);
        assert_eq!(between(&before, &after), [""; 0]);
        assert_eq!(campaign, "Spring");
    }

    #[test]
    fn an_account_is_written_in_the_form_of_the_contract() {
        let fixture = include_str!("../tests/fixtures/workflow.yaml");
        assert_eq!(
            written(&workflow(fixture), "Spring"),
            r#"name: Acme
default_country: CL
workflows:
- name: Sales Outreach
  goal_type: appointment
  timezone: America/Santiago
  is_paused: false
  statuses:
  - key: new
    label: New
    category: active
    is_initial: true
  - key: won
    label: Won
    category: won
    is_terminal: true
  cadence:
    windows:
    - days:
      - mon
      - tue
      - wed
      - thu
      - fri
      start: 09:00
      end: "18:00"
    gate_all_channels: false
    steps:
    - channel: call
      max_attempts: 3
      attempt_interval: PT2H
      delay: PT0S
    - channel: whatsapp
      max_attempts: 1
      attempt_interval: PT0S
      delay: P1D
      message:
        content: Hello, we tried to call you. When does it suit you?
campaigns:
- name: Spring
destinations:
- name: dialer
  channels:
  - call
  webhook: https://dialer.example.com/leadgate?key=1
  rate: 0.5
  burst: 1
  expires_after: PT10M
  outcome_timeout: P1D
  min_gap: PT0S
- name: desk
  channels:
  - sms
  - whatsapp
  pull: true
  rate: 5
  burst: 10
- name: post
  channels:
  - email
  pull: true
"#
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back(name in "\\PC{0,20}[^\\s\\p{C}]", text in "(?s).{0,60}") {
            let mut before = workflow(EVERY_FIELD);
            before.name = name.trim().to_owned();
            before.statuses[0].label.clone_from(&before.name);
            let message = before.cadence.steps[1].message.as_mut().unwrap();
            let text = format!("{text}.");
            prop_assume!(Template::parse(&text).is_ok());
            message.content = Some(text);
            let (definition, campaign) = read_back(&before, name.trim());
            prop_assert_eq!(&campaign, &before.name);
            prop_assert_eq!(&definition.name, &before.name);
            let after = stored_workflow(definition, Some(&before), Timestamp::UNIX_EPOCH);
            prop_assert_eq!(between(&before, &after), Vec::<String>::new());
        }
    }
}
