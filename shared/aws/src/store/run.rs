//! Runs. Each touchpoint is a line of text, so that an ordinary run costs one write unit
//! (docs/data-model.md).

mod progress;
mod touchpoint;

use std::ops::Not;

use domain::{
    cadence::Touchpoint,
    first_message::FirstMessage,
    ids::{AccountId, JobId, LeadId, RunId},
    run::{CadenceState, Run, RunStatus},
    workflow::{Status, WorkflowLabel},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    progress::{
        awaited_line, hand_over_line, held_line, parse_awaited, parse_hand_over, parse_held,
    },
    touchpoint::Line,
};
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
    #[serde(default, skip_serializing_if = "Not::not")]
    is_status_set: bool,
    touchpoints: Vec<Line>,
    /// The client's message for the first touchpoint. `None` if the touchpoint has the message of
    /// its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_message: Option<FirstMessage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hand_over: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    awaited: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<String>,
    created_at: Timestamp,
    revision: u32,
    /// The entry in the list of open touchpoints, made from the other attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
    /// The run's entry in the second index, made from the other attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2sk: Option<String>,
}

impl Entity for RunItem {
    const NAME: &'static str = "run";
    const VERSION: u8 = 3;
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
            is_status_set,
            touchpoints,
            hand_over,
            awaited,
            held,
            created_at,
            revision,
        } = run.clone();
        let (gsi1pk, gsi1sk) = keys::open_entry(run).unzip();
        let entry = run.wake().map(|wake| keys::run_entry(run, wake));
        let (gsi2pk, gsi2sk) = entry.unzip();
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
            is_status_set,
            hand_over: hand_over.as_ref().map(hand_over_line),
            awaited: awaited.as_ref().map(awaited_line),
            held: held.map(held_line),
            created_at,
            revision,
            gsi1pk,
            gsi1sk,
            gsi2pk,
            gsi2sk,
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
            is_status_set,
            touchpoints,
            first_message,
            hand_over,
            awaited,
            held,
            created_at,
            revision,
            gsi1pk: _,
            gsi1sk: _,
            gsi2pk: _,
            gsi2sk: _,
        } = self;
        let held = read(held, "held", |line| parse_held(line, workflow.id))?;
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
            is_status_set,
            touchpoints,
            hand_over: read(hand_over, "hand_over", parse_hand_over)?,
            awaited: read(awaited, "awaited", parse_awaited)?,
            held,
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

/// Reads a line of an attribute.
fn read<T>(
    line: Option<String>,
    attribute: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let parsed = line.map(|line| parse(&line).ok_or_else(|| wrong(attribute)));
    parsed.transpose()
}

/// Returns the run in an item of a lead's partition.
pub(super) fn run_of(
    item: Attributes,
    account: AccountId,
    lead: LeadId,
) -> Result<Run, StoreError> {
    decode::<RunItem>(item)?.into_run(account, lead)
}

/// Returns the entry in the second index that an item has.
pub(super) fn entry_in(item: &Attributes) -> (Option<String>, Option<String>) {
    (attribute(item, "gsi2pk"), attribute(item, "gsi2sk"))
}

/// Returns the entry in the first index that an item has.
pub(super) fn list_entry_in(item: &Attributes) -> (Option<String>, Option<String>) {
    (attribute(item, "gsi1pk"), attribute(item, "gsi1sk"))
}

fn attribute(item: &Attributes, name: &str) -> Option<String> {
    item.get(name).and_then(|it| it.as_s().ok()).cloned()
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
