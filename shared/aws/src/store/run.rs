//! Runs. Each touchpoint is a line of text, so that an ordinary run costs one write unit
//! (docs/data-model.md).

mod touchpoint;

use std::{collections::BTreeMap, ops::Not};

use domain::{
    cadence::{Touchpoint, Window},
    first_message::{FirstMessage, MessageParts},
    ids::{AccountId, JobId, LeadId, RunId},
    run::{CadenceState, Run, RunStatus, Snapshot},
    time::{time_zone, zone_name},
    workflow::{Status, WorkflowLabel},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::touchpoint::Line;
use super::{
    Store, StoreError,
    error::DamageError,
    item::{Attributes, Entity, damaged, decode, is_erased, text},
    keys,
};

#[derive(Serialize, Deserialize)]
pub(super) struct RunItem {
    /// Sort key, which is the only place of the run's id.
    sk: String,
    job_id: JobId,
    workflow: WorkflowLabel,
    current_status: Status,
    run_status: RunStatus,
    cadence_state: CadenceState,
    human_takeover: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    touchpoints: Vec<Line>,
    /// The client's message for the first touchpoint. `None` if the touchpoint has the message of
    /// its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_message: Option<FirstMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot: Option<SnapshotItem>,
    created_at: Timestamp,
    revision: u32,
}

#[derive(Serialize, Deserialize)]
struct SnapshotItem {
    timezone: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Window>,
    #[serde(default, skip_serializing_if = "Not::not")]
    gate_all_channels: bool,
    /// Message of each step that has one, by the index of the step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    messages: BTreeMap<u16, MessageParts>,
}

impl Entity for RunItem {
    const NAME: &'static str = "run";
    const VERSION: u8 = 2;
}

impl From<&Run> for RunItem {
    fn from(run: &Run) -> Self {
        let Run {
            account_id,
            lead_id,
            id,
            job_id,
            workflow,
            current_status,
            status,
            cadence_state,
            human_takeover,
            paused_at,
            touchpoints,
            snapshot,
            created_at,
            revision,
        } = run.clone();
        let first = touchpoints.first();
        Self {
            sk: keys::run(account_id, lead_id, id).sk,
            job_id,
            workflow,
            current_status,
            run_status: status,
            cadence_state,
            human_takeover,
            paused_at,
            first_message: first.and_then(|touchpoint| touchpoint.message.clone()),
            touchpoints: touchpoints.into_iter().map(Line).collect(),
            snapshot: snapshot.map(SnapshotItem::from),
            created_at,
            revision,
        }
    }
}

impl RunItem {
    /// Returns the run. The partition key has its account and its lead.
    fn into_run(self, account_id: AccountId, lead_id: LeadId) -> Result<Run, StoreError> {
        let Self {
            sk,
            job_id,
            workflow,
            current_status,
            run_status,
            cadence_state,
            human_takeover,
            paused_at,
            touchpoints,
            first_message,
            snapshot,
            created_at,
            revision,
        } = self;
        let mut touchpoints: Vec<Touchpoint> =
            touchpoints.into_iter().map(|Line(line)| line).collect();
        if let Some(first) = touchpoints.first_mut() {
            first.message = first_message;
        }
        Ok(Run {
            account_id,
            lead_id,
            id: id_in(&sk).ok_or_else(|| wrong("sk"))?,
            job_id,
            workflow,
            current_status,
            status: run_status,
            cadence_state,
            human_takeover,
            paused_at,
            touchpoints,
            snapshot: snapshot.map(Snapshot::try_from).transpose()?,
            created_at,
            revision,
        })
    }
}

fn id_in(sk: &str) -> Option<RunId> {
    sk.strip_prefix(keys::RUNS)?.parse().ok()
}

fn wrong(attribute: &'static str) -> StoreError {
    damaged::<RunItem>(DamageError::Value(attribute))
}

impl From<Snapshot> for SnapshotItem {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot {
            timezone,
            windows,
            gate_all_channels,
            messages,
        } = snapshot;
        Self {
            timezone: zone_name(&timezone).to_owned(),
            windows,
            gate_all_channels,
            messages,
        }
    }
}

impl TryFrom<SnapshotItem> for Snapshot {
    type Error = StoreError;

    fn try_from(item: SnapshotItem) -> Result<Self, StoreError> {
        let SnapshotItem {
            timezone,
            windows,
            gate_all_channels,
            messages,
        } = item;
        Ok(Self {
            timezone: time_zone(&timezone).map_err(|_| wrong("snapshot.timezone"))?,
            windows,
            gate_all_channels,
            messages,
        })
    }
}

/// Returns the run in an item of a lead's partition.
pub(super) fn run_of(
    item: Attributes,
    account: AccountId,
    lead: LeadId,
) -> Result<Run, StoreError> {
    decode::<RunItem>(item)?.into_run(account, lead)
}

impl Store {
    /// Returns a run of a lead. `None` if there is none, or if it was erased.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn run(
        &self,
        account: AccountId,
        lead: LeadId,
        id: RunId,
    ) -> Result<Option<Run>, StoreError> {
        let item = self.read_item(&keys::run(account, lead, id)).await?;
        let item = item.filter(|item| !is_erased(item));
        item.map(|item| run_of(item, account, lead)).transpose()
    }

    /// Returns up to `limit` runs of a lead, newest first, without those that were erased.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn runs(
        &self,
        account: AccountId,
        lead: LeadId,
        limit: usize,
    ) -> Result<Vec<Run>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :runs)")
            .expression_attribute_values(":pk", text(keys::lead_partition(account, lead)))
            .expression_attribute_values(":runs", text(keys::RUNS))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut runs = Vec::new();
        while runs.len() < limit
            && let Some(item) = items.try_next().await?
        {
            if !is_erased(&item) {
                runs.push(run_of(item, account, lead)?);
            }
        }
        Ok(runs)
    }

    /// Writes a new run. A start that SQS delivers twice writes it only once.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the run exists, or
    /// if it was erased.
    pub async fn create_run(&self, run: &Run) -> Result<(), StoreError> {
        let key = keys::run(run.account_id, run.lead_id, run.id);
        self.create(key, &RunItem::from(run)).await
    }
}

#[cfg(test)]
mod tests;
