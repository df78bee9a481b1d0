//! Sends the starts that were lost when the stack last stopped. The embedded queues are in memory,
//! but the table is on disk, and the item of a lead has its start.

use std::collections::{HashMap, HashSet};

use aws::{clock::Clock, queue::WorkflowStart, store::StoreError, telemetry::ErrorChain};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::{AccountId, LeadId, RunId};

use crate::{LocalError, Services};

/// Sends the start of every lead whose run is missing. Returns the ids of those runs.
#[expect(
    clippy::disallowed_methods,
    reason = "only the local stack starts with empty queues, and its table is small"
)]
pub(super) async fn send_lost_starts(
    services: &Services,
    clock: &Clock,
) -> Result<HashSet<RunId>, LocalError> {
    let mut waiting: HashMap<(String, String), (AccountId, LeadId)> = HashMap::new();
    let mut pages = services
        .clients
        .dynamodb
        .scan()
        .table_name(services.table())
        .filter_expression("attribute_exists(#start) OR et = :run")
        .projection_expression("pk, sk, account_id, id, run_status, #start.run_id")
        .expression_attribute_names("#start", "start")
        .expression_attribute_values(":run", AttributeValue::S("run".to_owned()))
        .consistent_read(true)
        .into_paginator()
        .send();
    let mut built = Vec::new();
    while let Some(page) = pages.next().await {
        for item in page?.items.unwrap_or_default() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let (Some(pk), Some(sk)) = (text("pk"), text("sk")) else {
                continue;
            };
            if let Some(run) = sk.strip_prefix("RUN#") {
                // The workflow of a waiting run may be unpaused by now, so the start is sent again.
                if text("run_status").is_some_and(|status| status == "queued") {
                    continue;
                }
                built.push((pk.clone(), run.to_owned()));
                continue;
            }
            let run = item
                .get("start")
                .and_then(|start| start.as_m().ok())
                .and_then(|start| start.get("run_id"))
                .and_then(|run| run.as_s().ok());
            let account = text("account_id").and_then(|id| id.parse().ok());
            let lead = text("id").and_then(|id| id.parse().ok());
            if let (Some(run), Some(account), Some(lead)) = (run, account, lead) {
                waiting.insert((pk.clone(), run.clone()), (account, lead));
            }
        }
    }
    for run in built {
        waiting.remove(&run);
    }
    let mut sent = HashSet::new();
    for (account, id) in waiting.values() {
        match services.store.lead(*account, *id).await {
            Ok(lead) => {
                let lead = lead.found();
                if let Some(start) = lead.and_then(|lead| WorkflowStart::of(&lead, clock.now())) {
                    services.queue.send(&start).await?;
                    sent.insert(start.run_id);
                }
            }
            // A damaged lead must not stop the starts of the others.
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(lead.id = %id, error = %ErrorChain(&error), "a start was not sent");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}
