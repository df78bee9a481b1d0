//! Actions that make an account match its file. They are computed first, then shown, then carried
//! out.

use aws::{
    randomness::{self, Randomness},
    store::Store,
};
use domain::{
    account::{Account, AccountPatch},
    campaign::Campaign,
    destination::{Destination, Destinations, WebhookSecrets},
    ids::{AccountId, CampaignId},
    patch::Change,
    time::whole_second,
    webhook_secret::WebhookSecret,
    workflow::Workflow,
};
use jiff::Timestamp;
use local::text::printable;
use serde::Serialize;

use super::{
    diff::{self, DestinationChange},
    error::ApplyError,
    stored_workflow::stored_workflow,
};
use crate::{
    definition::{AccountDefinition, File, WorkflowDefinition},
    output::{CHANGE, CREATE, REMOVE},
    stored::StoredAccount,
    summary,
    target::typed::quoted,
};

/// One write. The changed fields are those of [`diff`].
pub enum Action {
    ChangeAccount(Account, AccountPatch, Vec<String>),
    CreateWorkflow(Workflow),
    ChangeWorkflow(Workflow, Vec<String>),
    CreateCampaign(Campaign),
    RemoveWorkflow(Workflow),
    RemoveCampaign(Campaign),
    /// All destinations, in one write, and the changes as they are printed.
    ChangeDestinations(Destinations, Vec<ActionOut>),
}

/// Actions for a file.
#[derive(Default)]
pub struct Actions {
    /// Actions in the order in which they are carried out. There are none if the account matches
    /// the file.
    pub actions: Vec<Action>,
    /// Workflows of the file, as they are after all actions.
    pub workflows: Vec<Workflow>,
}

/// An action as it is printed.
#[derive(Clone, Serialize)]
pub struct ActionOut {
    action: &'static str,
    kind: &'static str,
    /// `None` if nothing with this id will be there, and for a destination, which has no id.
    id: Option<String>,
    name: String,
    /// Changed fields, one line for each.
    fields: Vec<String>,
    /// Content of a new workflow, for people.
    #[serde(skip)]
    summary: String,
}

impl Actions {
    /// Computes the actions.
    ///
    /// # Errors
    /// [`ApplyError::Ambiguous`] if two stored workflows or campaigns have a name of the file.
    pub fn new(file: File, stored: &StoredAccount, now: Timestamp) -> Result<Self, ApplyError> {
        let mut actions = Self::default();
        match file {
            File::Workflow(definition) => actions.apply_workflow(*definition, stored, now)?,
            File::Account(definition) => actions.apply_account(definition, stored, now)?,
        }
        Ok(actions)
    }

    fn apply_account(
        &mut self,
        definition: AccountDefinition,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let AccountDefinition {
            name,
            default_country,
            workflows,
            campaigns,
            destinations,
        } = definition;
        let account = &stored.account;
        let before = account.default_country;
        let name = name.filter(|name| *name != account.name);
        let country = default_country.filter(|it| Some(*it) != before);
        let fields = [
            name.as_ref()
                .map(|name| diff::line("name", &account.name, name)),
            country.map(|country| diff::line("default_country", before, country)),
        ];
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        if !fields.is_empty() {
            let patch = AccountPatch {
                name,
                default_country: country.map_or(Change::Keep, Change::Set),
                limit: Change::Keep,
            };
            let action = Action::ChangeAccount(account.clone(), patch, fields);
            self.actions.push(action);
        }
        let removes_workflows = workflows.is_some();
        for workflow in workflows.into_iter().flatten() {
            self.apply_workflow(workflow, stored, now)?;
        }
        for campaign in campaigns.iter().flatten() {
            self.apply_campaign(&campaign.name, stored, now)?;
        }
        if removes_workflows {
            let is_kept = |it: &Workflow| self.workflows.iter().any(|kept| kept.id == it.id);
            let removed = stored.workflows.iter().filter(|it| !is_kept(it)).cloned();
            let removed: Vec<_> = removed.map(Action::RemoveWorkflow).collect();
            self.actions.extend(removed);
        }
        if let Some(kept) = campaigns {
            let is_kept = |it: &Campaign| kept.iter().any(|kept| kept.name == it.name);
            let removed = stored.campaigns.iter().filter(|it| !is_kept(it)).cloned();
            self.actions.extend(removed.map(Action::RemoveCampaign));
        }
        if let Some(after) = destinations {
            self.apply_destinations(after, &stored.destinations);
        }
        Ok(())
    }

    /// Replaces the destinations if one of them differs. Another order is no change.
    fn apply_destinations(&mut self, after: Vec<Destination>, before: &Destinations) {
        let changes = diff::between_destinations(before.list(), &after);
        let changes: Vec<_> = changes.into_iter().map(ActionOut::of_destination).collect();
        // The reader of the file refuses destinations that contradict each other.
        if let Ok(after) = Destinations::new(after, before.revision)
            && !changes.is_empty()
        {
            self.actions
                .push(Action::ChangeDestinations(after, changes));
        }
    }

    fn apply_workflow(
        &mut self,
        definition: WorkflowDefinition,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let named = stored.workflows.iter();
        let named: Vec<_> = named.filter(|it| it.name == definition.name).collect();
        if let [one, another, ..] = named.as_slice() {
            return Err(ambiguous("workflow", &definition.name, one.id, another.id));
        }
        let before = named.first().copied();
        let after = stored_workflow(definition, before, now);
        let action = match before {
            None => Action::CreateWorkflow(after.clone()),
            Some(before) => {
                let fields = diff::between(before, &after);
                if fields.is_empty() {
                    self.workflows.push(before.clone());
                    return Ok(());
                }
                Action::ChangeWorkflow(after.clone(), fields)
            }
        };
        self.actions.push(action);
        self.workflows.push(after);
        Ok(())
    }

    fn apply_campaign(
        &mut self,
        name: &str,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let named = stored.campaigns.iter();
        let named: Vec<_> = named.filter(|it| it.name == name).collect();
        if let [one, another, ..] = named.as_slice() {
            return Err(ambiguous("campaign", name, one.id, another.id));
        }
        if named.is_empty() {
            self.actions.push(Action::CreateCampaign(Campaign {
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

impl Action {
    /// Writes the change.
    ///
    /// # Errors
    /// [`ApplyError::Conflict`] if the item is not as it was when it was read, or
    /// [`ApplyError::Store`]. [`ApplyError::Random`] if a new webhook gets no secret.
    pub async fn run(self, store: &Store, account: AccountId) -> Result<(), ApplyError> {
        let written = match self {
            Self::ChangeAccount(before, patch, _) => store.change_account(&before, patch).await,
            Self::CreateWorkflow(workflow) => store.create_workflow(account, &workflow).await,
            Self::ChangeWorkflow(workflow, _) => store.replace_workflow(account, &workflow).await,
            Self::CreateCampaign(campaign) => store.create_campaign(account, &campaign).await,
            Self::RemoveWorkflow(workflow) => store.remove_workflow(account, &workflow).await,
            Self::RemoveCampaign(campaign) => store.remove_campaign(account, campaign.id).await,
            Self::ChangeDestinations(after, _) => {
                return replace_destinations(store, account, &after).await;
            }
        };
        written.map_err(ApplyError::of_write)
    }

    /// Returns the workflow that this removes.
    pub fn removed(&self) -> Option<&Workflow> {
        match self {
            Self::RemoveWorkflow(workflow) => Some(workflow),
            _ => None,
        }
    }

    /// Returns the changes as they are printed.
    pub fn out(&self) -> Vec<ActionOut> {
        let (action, kind, id, name, fields) = match self {
            Self::ChangeAccount(account, _, fields) => {
                let id = account.id.to_string();
                ("change", "account", id, &account.name, fields.clone())
            }
            Self::CreateWorkflow(it) => ("create", "workflow", it.id.to_string(), &it.name, vec![]),
            Self::ChangeWorkflow(it, fields) => {
                let id = it.id.to_string();
                ("change", "workflow", id, &it.name, fields.clone())
            }
            Self::CreateCampaign(it) => ("create", "campaign", it.id.to_string(), &it.name, vec![]),
            Self::RemoveWorkflow(it) => ("remove", "workflow", it.id.to_string(), &it.name, vec![]),
            Self::RemoveCampaign(it) => ("remove", "campaign", it.id.to_string(), &it.name, vec![]),
            Self::ChangeDestinations(_, changes) => return changes.clone(),
        };
        let summary = match self {
            Self::CreateWorkflow(workflow) => summary::of(workflow),
            _ => String::new(),
        };
        vec![ActionOut {
            action,
            kind,
            id: Some(id),
            name: name.clone(),
            fields,
            summary,
        }]
    }
}

/// Replaces the destinations. A new webhook gets a secret before that, so that nothing goes out unsigned.
async fn replace_destinations(
    store: &Store,
    account: AccountId,
    after: &Destinations,
) -> Result<(), ApplyError> {
    let before = store.destinations(account).await?;
    let webhooks = |it: &&Destination| it.webhook().is_some();
    for destination in after.list().iter().filter(webhooks) {
        let name = &destination.name;
        if store.webhook_secrets(account, name).await?.is_none() {
            let secrets = WebhookSecrets {
                current: WebhookSecret::new(randomness::secret()?),
                previous: None,
                is_shown: false,
            };
            store.put_webhook_secrets(account, name, &secrets).await?;
        }
    }
    let replaced = store.replace_destinations(account, after).await;
    replaced.map_err(ApplyError::of_write)?;
    let is_kept = |name: &str| {
        let mut kept = after.list().iter().filter(webhooks);
        kept.any(|it| it.name == name)
    };
    for destination in before.list().iter().filter(webhooks) {
        if !is_kept(&destination.name) {
            store.delete_webhook(account, &destination.name).await?;
        }
    }
    Ok(())
}

impl ActionOut {
    fn of_destination((action, name, fields): DestinationChange) -> Self {
        Self {
            action,
            kind: "destination",
            id: None,
            name,
            fields,
            summary: String::new(),
        }
    }

    /// Returns the name of something of this kind that is removed.
    pub fn removed(&self, kind: &str) -> Option<&str> {
        (self.action == "remove" && self.kind == kind).then_some(self.name.as_str())
    }

    /// Removes the id of something that will not be created.
    pub fn forget_new_id(&mut self) {
        if self.action == "create" {
            self.id = None;
        }
    }

    /// Returns whether this is a destination that is a webhook from now on.
    fn is_new_webhook(&self) -> bool {
        let is_new = |line: &String| {
            line.starts_with("webhook: none ->")
                || self.action == "create" && line.starts_with("webhook: ")
        };
        self.kind == "destination" && self.fields.iter().any(is_new)
    }

    /// Returns the line about something that was created. It is empty for another change. `options` name
    /// the account and the target.
    pub fn created_text(&self, options: &str) -> String {
        match &self.id {
            None if self.is_new_webhook() => {
                let name = quoted(&self.name);
                format!(
                    "Show the secret of {}, once:\nleadgate destination secret {name}{options}\n",
                    printable(&self.name)
                )
            }
            Some(id) if self.action == "create" => {
                format!(
                    "The {} {} has the id\n  {id}\n",
                    self.kind,
                    printable(&self.name)
                )
            }
            _ => String::new(),
        }
    }

    /// Returns the lines for people.
    pub fn text(&self) -> String {
        let Self {
            action,
            kind,
            name,
            fields,
            id,
            summary,
        } = self;
        let (style, sign, what) = match (*action, *kind) {
            ("create", "workflow" | "destination") => (CREATE, "+", "will be created:"),
            ("create", _) => (CREATE, "+", "will be created"),
            ("remove", "workflow") => (
                REMOVE,
                "-",
                "will be removed\n    It accepts no new leads, and its runs continue.",
            ),
            ("remove", "destination") => (
                REMOVE,
                "-",
                "will be removed\n    A channel without a destination is pulled without a limit.",
            ),
            ("remove", _) => (REMOVE, "-", "will be removed\n    Its leads stay."),
            _ => (CHANGE, "~", "will change:"),
        };
        let name = printable(name);
        let id = match id {
            Some(id) if *action != "create" => format!(" ({id})"),
            _ => String::new(),
        };
        let mut text = format!("{style}{sign} {kind} {name}{style:#}{id} {what}\n");
        for line in fields.iter().map(String::as_str).chain(summary.lines()) {
            text += &format!("    {}\n", printable(line));
        }
        text
    }
}
