//! Rules of an account's partition: its workflows with their versions and pauses, its destinations with
//! the secrets of webhooks, and its waiting notes.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    destination::{Destinations, WebhookSecrets},
    ids::{AccountId, RunId, WorkflowId},
    workflow::Workflow,
};

use super::{
    breach::{Breach, Rule},
    findings::Findings,
};
use crate::store::{
    account::AccountItem,
    campaign::CampaignItem,
    destination::DestinationsItem,
    hold::Hold,
    item::{Attributes, Entity, decode},
    keys,
    lane::LaneItem,
    manifest::ManifestItem,
    waiting::WaitingNote,
    webhook::SecretsItem,
    workflow::{Pause, WorkflowItem},
};

/// The partition of an account.
pub(super) struct AccountPart {
    pub(super) account: AccountId,
}

/// Workflows, removed workflows, versions and pauses of an account.
#[derive(Default)]
struct Workflows {
    present: BTreeMap<WorkflowId, (Workflow, Attributes)>,
    removed: BTreeMap<WorkflowId, (Workflow, Attributes)>,
    versions: BTreeMap<(WorkflowId, u32), Attributes>,
    paused: BTreeSet<WorkflowId>,
}

impl AccountPart {
    pub(super) fn check(&self, items: Vec<Attributes>, findings: &mut Findings) {
        let mut workflows = Workflows::default();
        for item in items {
            if item.contains_key("gsi2pk") || item.contains_key("gsi2sk") {
                let breach = Breach::of_account(Rule::PendingEntry, self.account);
                findings.breaches.insert(breach);
            }
            let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
            let taken = self.take_in(
                sk.as_deref().unwrap_or_default(),
                item,
                &mut workflows,
                findings,
            );
            findings.breaches.extend(taken.err());
        }
        self.check_workflows(&workflows, findings);
    }

    /// Takes in one item. `Err` if it cannot be read, or is no item of an account.
    fn take_in(
        &self,
        sk: &str,
        item: Attributes,
        workflows: &mut Workflows,
        findings: &mut Findings,
    ) -> Result<(), Breach> {
        let unknown = || Breach::of_account(Rule::Unknown, self.account);
        if sk == "ACCOUNT" {
            findings.counts.accounts += 1;
            self.readable::<AccountItem>(item)?;
        } else if let Some(id) = sk.strip_prefix(keys::WORKFLOWS) {
            let id = id.parse().map_err(|_| unknown())?;
            findings.counts.workflows += 1;
            workflows.present.insert(id, self.workflow(id, item)?);
        } else if let Some(id) = sk.strip_prefix(keys::REMOVED_WORKFLOWS) {
            let id = id.parse().map_err(|_| unknown())?;
            workflows.removed.insert(id, self.workflow(id, item)?);
        } else if let Some((id, version)) = keys::parse_workflow_version(sk) {
            let (_, item) = self.workflow(id, item)?;
            findings.versions.insert((self.account, id, version));
            workflows.versions.insert((id, version), item);
        } else if let Some(id) = keys::parse_pause(sk) {
            self.readable::<Pause>(item)?;
            workflows.paused.insert(id);
        } else if let Some((workflow, run)) = keys::parse_waiting_note(sk) {
            self.note(workflow, run, item, findings)?;
        } else if sk.starts_with(keys::CAMPAIGNS) {
            self.readable::<CampaignItem>(item)?;
        } else if sk.starts_with(keys::MANIFESTS) {
            self.readable::<ManifestItem>(item)?;
        } else if sk == keys::HOLD {
            self.readable::<Hold>(item)?;
        } else if keys::parse_lane(sk).is_some() {
            self.readable::<LaneItem>(item)?;
        } else if sk.starts_with(keys::WEBHOOKS) {
            let item = self.readable::<SecretsItem>(item)?;
            let damaged = |_| Breach::of_account(Rule::Damaged, self.account);
            WebhookSecrets::try_from(item).map_err(damaged)?;
        } else if sk == keys::DESTINATIONS {
            let item = self.readable::<DestinationsItem>(item)?;
            let damaged = |_| Breach::of_account(Rule::Damaged, self.account);
            Destinations::try_from(item).map_err(damaged)?;
        } else if ![keys::LIMIT, keys::TOUCHPOINT_LIMIT].contains(&sk)
            && !sk.starts_with(keys::DESTINATION_LIMITS)
        {
            return Err(unknown());
        }
        Ok(())
    }

    fn readable<E: Entity>(&self, item: Attributes) -> Result<E, Breach> {
        decode(item).map_err(|_| Breach::of_account(Rule::Damaged, self.account))
    }

    /// Returns the workflow of an item, and the item without its key.
    fn workflow(
        &self,
        id: WorkflowId,
        mut item: Attributes,
    ) -> Result<(Workflow, Attributes), Breach> {
        let damaged = || Breach::of_workflow(Rule::Damaged, self.account, id);
        let workflow = decode::<WorkflowItem>(item.clone()).map_err(|_| damaged())?;
        let workflow = Workflow::try_from(workflow).map_err(|_| damaged())?;
        if workflow.id != id {
            return Err(damaged());
        }
        item.remove("sk");
        Ok((workflow, item))
    }

    fn note(
        &self,
        workflow: WorkflowId,
        run: RunId,
        item: Attributes,
        findings: &mut Findings,
    ) -> Result<(), Breach> {
        let damaged = |_| Breach::of_workflow(Rule::Damaged, self.account, workflow);
        let note: WaitingNote = decode(item).map_err(damaged)?;
        let place = (self.account, workflow, run);
        findings.notes.insert(place, note.lead_id);
        Ok(())
    }

    fn check_workflows(&self, workflows: &Workflows, findings: &mut Findings) {
        let Workflows {
            present,
            removed,
            versions,
            paused,
        } = workflows;
        for (id, (workflow, item)) in present.iter().chain(removed) {
            if versions.get(&(*id, workflow.version)) != Some(item) {
                let breach = Breach::of_workflow(Rule::VersionDiffers, self.account, *id);
                findings.breaches.insert(breach);
            }
        }
        let by_workflows = present.iter().filter(|(_, (it, _))| it.is_paused);
        let by_workflows: BTreeSet<_> = by_workflows.map(|(id, _)| *id).collect();
        for id in by_workflows.symmetric_difference(paused) {
            let breach = Breach::of_workflow(Rule::Pause, self.account, *id);
            findings.breaches.insert(breach);
        }
    }
}
