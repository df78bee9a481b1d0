//! `leadgate export`: an account as a file for `leadgate apply`, which changes nothing then.

use std::{io, process::ExitCode};

use aws::store::StoreError;
use clap::Args;
use domain::{
    cadence::{Channel, Interval, Step, Window},
    campaign::Campaign,
    country::Country,
    first_message::MessageParts,
    ids::AccountId,
    workflow::{GoalType, Status, Workflow},
};
use serde::Serialize;

use crate::{
    definition::Node,
    failure,
    output::OutputArg,
    stored::StoredAccount,
    target::{AccountArg, Target, TargetArgs, TargetError},
};

/// What `leadgate export` can be told.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    account: AccountArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Serialize)]
struct AccountFile<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_country: Option<Country>,
    workflows: Vec<WorkflowFile<'a>>,
    campaigns: Vec<CampaignFile<'a>>,
}

#[derive(Serialize)]
struct CampaignFile<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct WorkflowFile<'a> {
    name: &'a str,
    goal_type: GoalType,
    timezone: &'a str,
    is_paused: bool,
    statuses: Vec<StatusFile<'a>>,
    cadence: CadenceFile<'a>,
}

#[derive(Serialize)]
struct StatusFile<'a> {
    key: &'a str,
    label: &'a str,
    category: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    is_initial: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_terminal: bool,
}

#[derive(Serialize)]
struct CadenceFile<'a> {
    #[serde(skip_serializing_if = "no_windows")]
    windows: &'a [Window],
    gate_all_channels: bool,
    steps: Vec<StepFile<'a>>,
}

#[derive(Serialize)]
struct StepFile<'a> {
    channel: Channel,
    max_attempts: u8,
    attempt_interval: Interval,
    delay: Interval,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageFile<'a>>,
}

#[derive(Serialize)]
struct MessageFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<&'a str>,
    /// With its keys in their order: what is stored is its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Node>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if hands out references"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn no_windows(windows: &&[Window]) -> bool {
    windows.is_empty()
}

impl<'a> WorkflowFile<'a> {
    fn new(workflow: &'a Workflow) -> Result<Self, ExportError> {
        let cadence = &workflow.cadence;
        let statuses = workflow.statuses.iter().map(|status| {
            let Status {
                id: _,
                key,
                label,
                category,
                is_initial,
                is_terminal,
            } = status;
            StatusFile {
                key,
                label,
                category,
                is_initial: *is_initial,
                is_terminal: *is_terminal,
            }
        });
        let steps = cadence.steps.iter().map(StepFile::new);
        Ok(Self {
            name: &workflow.name,
            goal_type: workflow.goal_type,
            timezone: workflow.timezone_name(),
            is_paused: workflow.is_paused,
            statuses: statuses.collect(),
            cadence: CadenceFile {
                windows: &cadence.windows,
                gate_all_channels: cadence.gate_all_channels,
                steps: steps.collect::<Result<_, _>>()?,
            },
        })
    }
}

impl<'a> StepFile<'a> {
    fn new(step: &'a Step) -> Result<Self, ExportError> {
        let Step {
            channel,
            max_attempts,
            attempt_interval,
            delay,
            message,
        } = step;
        Ok(Self {
            channel: *channel,
            max_attempts: *max_attempts,
            attempt_interval: *attempt_interval,
            delay: *delay,
            message: message.as_ref().map(MessageFile::new).transpose()?,
        })
    }
}

impl<'a> MessageFile<'a> {
    fn new(message: &'a MessageParts) -> Result<Self, ExportError> {
        let MessageParts {
            content,
            begin_message,
            subject,
            html,
            template_id,
            components,
        } = message;
        // JSON is YAML.
        let components = components.as_deref().map(Node::read).transpose();
        Ok(Self {
            content: content.as_deref(),
            begin_message: begin_message.as_deref(),
            subject: subject.as_deref(),
            html: html.as_deref(),
            template_id: template_id.as_deref(),
            components: components.map_err(ExportError::Components)?,
        })
    }
}

/// Prints the account. Exit code 1, and a line for each problem on standard error, if it cannot.
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
    let stored = stored.ok_or(ExportError::NoAccount(account))?;
    let file = AccountFile::new(&stored)?;
    let yaml = serde_saphyr::to_string(&file).map_err(ExportError::Yaml)?;
    args.output.print(&file, |_| yaml)?;
    Ok(())
}

impl<'a> AccountFile<'a> {
    fn new(stored: &'a StoredAccount) -> Result<Self, ExportError> {
        let StoredAccount {
            record,
            workflows,
            campaigns,
        } = stored;
        Ok(Self {
            name: &record.name,
            default_country: record.account.default_country,
            workflows: workflows
                .iter()
                .map(WorkflowFile::new)
                .collect::<Result<_, _>>()?,
            campaigns: campaigns
                .iter()
                .map(|Campaign { name, .. }| CampaignFile { name })
                .collect(),
        })
    }
}

/// Why an account cannot be written as a file.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    #[error("a template's components cannot be read")]
    Components(#[source] serde_saphyr::Error),
    #[error("it cannot be written as YAML")]
    Yaml(#[source] serde_saphyr::ser::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print")]
    Terminal(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use domain::{
        account::{Account, AccountRecord},
        ids::CampaignId,
        limit::Limits,
    };
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        apply::{between, next},
        definition::{Definition, File},
    };

    /// Every field of CONTRACT section 7, and every part of a message.
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
"#;

    fn workflow(yaml: &str) -> Workflow {
        let definition = Definition::read(yaml).unwrap();
        next(definition, None, Timestamp::UNIX_EPOCH)
    }

    /// What a file of the account with this workflow says, read back.
    fn read_back(workflow: &Workflow, campaign: &str) -> (Definition, String) {
        let created_at = Timestamp::UNIX_EPOCH;
        let stored = StoredAccount {
            record: AccountRecord {
                account: Account {
                    id: AccountId::new(created_at, [7; 10]),
                    default_country: "CL".parse().ok(),
                    limits: Limits::default(),
                },
                name: "Acme".to_owned(),
                created_at,
            },
            workflows: vec![workflow.clone()],
            campaigns: vec![Campaign {
                id: CampaignId::new(created_at, [7; 10]),
                name: campaign.to_owned(),
                created_at,
            }],
        };
        let yaml = serde_saphyr::to_string(&AccountFile::new(&stored).unwrap()).unwrap();
        let Ok(File::Account(file)) = File::read(&yaml) else {
            panic!("{yaml}");
        };
        assert_eq!(file.name.as_deref(), Some("Acme"));
        assert_eq!(file.default_country, "CL".parse().ok());
        let [definition] = file.workflows.unwrap().try_into().unwrap();
        let [campaign] = file.campaigns.unwrap().try_into().unwrap();
        (definition, campaign)
    }

    #[test]
    fn every_field_of_a_workflow_comes_back() {
        let before = workflow(EVERY_FIELD);
        let (definition, _) = read_back(&before, "Spring");
        let after = next(definition, Some(&before), Timestamp::UNIX_EPOCH);
        assert_eq!(between(&before, &after), [""; 0]);
        assert_eq!(before.name, after.name);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(name in "\\PC{0,20}[^\\s\\p{C}]", text in "(?s).{0,60}") {
            let mut before = workflow(EVERY_FIELD);
            before.name = name.trim().to_owned();
            before.statuses[0].label.clone_from(&before.name);
            let message = before.cadence.steps[1].message.as_mut().unwrap();
            message.content = Some(format!("{text}."));
            let (definition, campaign) = read_back(&before, name.trim());
            prop_assert_eq!(&campaign, &before.name);
            prop_assert_eq!(&definition.name, &before.name);
            let after = next(definition, Some(&before), Timestamp::UNIX_EPOCH);
            prop_assert_eq!(between(&before, &after), Vec::<String>::new());
        }
    }
}
