//! What an account's file changes: computed, then shown, then done. No step means that the account has
//! what the file says.

use anstyle::{AnsiColor, Style};
use aws::randomness::Randomness;
use aws::store::{Store, StoreError};
use domain::{
    account::{AccountPatch, AccountRecord},
    campaign::Campaign,
    ids::{AccountId, CampaignId, StatusId, WorkflowId},
    patch::Change,
    time::whole_second,
    workflow::{Status, Workflow},
};
use jiff::Timestamp;
use local::text::printable;
use serde::Serialize;

use super::{ApplyError, changes};
use crate::{
    definition::{AccountDefinition, Definition, File, StatusDefinition},
    stored::StoredAccount,
};

const CREATE: Style = AnsiColor::Green.on_default();
const CHANGE: Style = AnsiColor::Yellow.on_default();
const REMOVE: Style = AnsiColor::Red.on_default();

/// One thing that is done, in the order in which it is.
pub(super) enum Step {
    ChangeAccount(AccountRecord, AccountPatch, Vec<String>),
    CreateWorkflow(Workflow),
    ChangeWorkflow(Workflow, Vec<String>),
    CreateCampaign(Campaign),
    RemoveWorkflow(Workflow),
    RemoveCampaign(Campaign),
}

/// What a file comes to.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// The workflows of the file, as they are when all is done.
    pub(super) workflows: Vec<Workflow>,
}

/// A step as it is shown.
#[derive(Serialize)]
pub(super) struct StepOut {
    action: &'static str,
    kind: &'static str,
    id: String,
    name: String,
    /// What changes, a line for each field.
    fields: Vec<String>,
}

impl Plan {
    pub(super) fn new(
        file: File,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<Self, ApplyError> {
        let mut plan = Self {
            steps: Vec::new(),
            workflows: Vec::new(),
        };
        let definition = match file {
            File::Workflow(definition) => {
                plan.workflow(*definition, stored, now)?;
                return Ok(plan);
            }
            File::Account(definition) => definition,
        };
        let AccountDefinition {
            name,
            default_country,
            workflows,
            campaigns,
        } = definition;
        let account = &stored.record;
        let name = name.filter(|name| *name != account.name);
        let country = default_country.filter(|it| Some(*it) != account.account.default_country);
        let before = account.account.default_country;
        let fields: Vec<_> = [
            name.as_ref()
                .map(|name| changes::line("name", &account.name, name)),
            country.map(|country| changes::line("default_country", before, country)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !fields.is_empty() {
            let patch = AccountPatch {
                name,
                default_country: country.map_or(Change::Keep, Change::Set),
                limit: Change::Keep,
            };
            let step = Step::ChangeAccount(account.clone(), patch, fields);
            plan.steps.push(step);
        }
        let keeps_workflows = workflows.is_none();
        for workflow in workflows.into_iter().flatten() {
            plan.workflow(workflow, stored, now)?;
        }
        for name in campaigns.iter().flatten() {
            plan.campaign(name, stored, now)?;
        }
        let is_kept = |it: &&Workflow| plan.workflows.iter().any(|kept| kept.id == it.id);
        let removed = stored.workflows.iter().filter(|it| !is_kept(it)).cloned();
        if !keeps_workflows {
            let removed: Vec<_> = removed.map(Step::RemoveWorkflow).collect();
            plan.steps.extend(removed);
        }
        if let Some(names) = campaigns {
            let removed = stored.campaigns.iter();
            let removed = removed.filter(|it| !names.contains(&it.name)).cloned();
            plan.steps.extend(removed.map(Step::RemoveCampaign));
        }
        Ok(plan)
    }

    fn workflow(
        &mut self,
        definition: Definition,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let named = stored.workflows.iter();
        let named: Vec<_> = named.filter(|it| it.name == definition.name).collect();
        if let [one, another, ..] = named.as_slice() {
            return Err(ambiguous("workflows", &definition.name, one.id, another.id));
        }
        let before = named.first().copied();
        let after = next(definition, before, now);
        let Some(before) = before else {
            self.steps.push(Step::CreateWorkflow(after.clone()));
            self.workflows.push(after);
            return Ok(());
        };
        let fields = changes::between(before, &after);
        if fields.is_empty() {
            self.workflows.push(before.clone());
            return Ok(());
        }
        self.steps.push(Step::ChangeWorkflow(after.clone(), fields));
        self.workflows.push(after);
        Ok(())
    }

    fn campaign(
        &mut self,
        name: &str,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let named: Vec<_> = stored
            .campaigns
            .iter()
            .filter(|it| it.name == name)
            .collect();
        if let [one, another, ..] = named.as_slice() {
            return Err(ambiguous("campaigns", name, one.id, another.id));
        }
        if named.is_empty() {
            self.steps.push(Step::CreateCampaign(Campaign {
                id: CampaignId::new(now, Randomness::System.bits()),
                name: name.to_owned(),
                created_at: whole_second(now),
            }));
        }
        Ok(())
    }
}

fn ambiguous(
    kind: &'static str,
    name: &str,
    one: impl ToString,
    another: impl ToString,
) -> ApplyError {
    ApplyError::Ambiguous {
        kind,
        name: name.to_owned(),
        ids: [one.to_string(), another.to_string()],
    }
}

impl Step {
    /// Does it. Each holds only if what it changes is as it was read.
    pub(super) async fn run(self, store: &Store, account: AccountId) -> Result<(), StoreError> {
        match self {
            Self::ChangeAccount(record, patch, _) => store.change_account(&record, patch).await,
            Self::CreateWorkflow(workflow) => store.create_workflow(account, &workflow).await,
            Self::ChangeWorkflow(workflow, _) => store.replace_workflow(account, &workflow).await,
            Self::CreateCampaign(campaign) => store.create_campaign(account, &campaign).await,
            Self::RemoveWorkflow(workflow) => store.remove_workflow(account, &workflow).await,
            Self::RemoveCampaign(campaign) => store.remove_campaign(account, campaign.id).await,
        }
    }

    pub(super) fn out(&self) -> StepOut {
        let (action, kind, id, name, fields) = match self {
            Self::ChangeAccount(record, _, fields) => {
                let id = record.account.id.to_string();
                ("change", "account", id, &record.name, fields.clone())
            }
            Self::CreateWorkflow(it) => ("create", "workflow", it.id.to_string(), &it.name, vec![]),
            Self::ChangeWorkflow(it, fields) => {
                let id = it.id.to_string();
                ("change", "workflow", id, &it.name, fields.clone())
            }
            Self::CreateCampaign(it) => ("create", "campaign", it.id.to_string(), &it.name, vec![]),
            Self::RemoveWorkflow(it) => ("remove", "workflow", it.id.to_string(), &it.name, vec![]),
            Self::RemoveCampaign(it) => ("remove", "campaign", it.id.to_string(), &it.name, vec![]),
        };
        StepOut {
            action,
            kind,
            id,
            name: name.clone(),
            fields,
        }
    }
}

impl StepOut {
    pub(super) fn text(&self) -> String {
        let Self {
            action,
            kind,
            name,
            fields,
            id,
        } = self;
        let (style, sign, what) = match (*action, *kind) {
            ("create", _) => (CREATE, "+", "will be created"),
            ("remove", "workflow") => (
                REMOVE,
                "-",
                "will be removed: it takes no more leads, and its runs go on",
            ),
            ("remove", _) => (REMOVE, "-", "will be removed: its leads stay"),
            _ => (CHANGE, "~", "will change:"),
        };
        let name = printable(name);
        let mut text = format!("{style}{sign} {kind} {name}{style:#} ({id}) {what}\n");
        for field in fields {
            text += &format!("    {}\n", printable(field));
        }
        text
    }
}

/// The workflow as the definition wants it. A status keeps its id for as long as its key stays.
pub(crate) fn next(definition: Definition, before: Option<&Workflow>, now: Timestamp) -> Workflow {
    let Definition {
        name,
        goal_type,
        timezone,
        is_paused,
        statuses,
        cadence,
    } = definition;
    let status = |status| {
        let StatusDefinition {
            key,
            label,
            category,
            is_initial,
            is_terminal,
        } = status;
        let stored = before.and_then(|before| before.statuses.iter().find(|it| it.key == key));
        Status {
            id: stored.map_or_else(
                || StatusId::new(now, Randomness::System.bits()),
                |stored| stored.id,
            ),
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }
    };
    Workflow {
        id: before.map_or_else(
            || WorkflowId::new(now, Randomness::System.bits()),
            |before| before.id,
        ),
        version: before.map_or(1, |before| before.version.saturating_add(1)),
        name,
        goal_type,
        is_paused,
        timezone,
        statuses: statuses.into_iter().map(status).collect(),
        cadence,
        created_at: before.map_or_else(|| whole_second(now), |before| before.created_at),
    }
}
