//! Leads. One conditional write is the lead and the order to start its run at once (ADR 0002).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Entity, damaged, decode},
    keys,
    run::RunItem,
};
use crate::domain::{
    cadence::FirstTouchpoint,
    first_message::FirstMessage,
    idempotency::Receipt,
    ids::{AccountId, CampaignId, JobId, LeadId, RunId},
    lead::{Lead, Start},
    metadata::Metadata,
    run::Run,
    workflow::{Status, WorkflowLabel},
};

#[derive(Serialize, Deserialize)]
pub(super) struct LeadItem {
    account_id: AccountId,
    id: LeadId,
    first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    source: String,
    /// Keys and the JSON texts of their values.
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign_id: Option<CampaignId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<StartItem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptItem>,
    created_at: Timestamp,
    updated_at: Timestamp,
    gsi1pk: String,
    gsi1sk: String,
}

/// The order to start a run, inside the lead's item and in the index of unsent starts.
#[derive(Serialize, Deserialize)]
pub(super) struct StartItem {
    run_id: RunId,
    job_id: JobId,
    workflow: WorkflowLabel,
    status: Status,
    first: FirstTouchpoint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_message: Option<FirstMessage>,
    enrolled_at: Timestamp,
}

/// Only where the client sent an idempotency key.
#[derive(Serialize, Deserialize)]
struct ReceiptItem {
    request_hash: String,
    reply: String,
}

impl Entity for LeadItem {
    const NAME: &'static str = "lead";
    const VERSION: u8 = 1;
}

impl LeadItem {
    pub(super) fn new(lead: &Lead, receipt: Option<&Receipt>) -> Self {
        let Lead {
            account_id,
            id,
            first_name,
            last_name,
            email,
            phone,
            source,
            metadata,
            campaign_id,
            start,
            created_at,
            updated_at,
        } = lead;
        let metadata = metadata
            .iter()
            .map(|(key, value)| (attribute_name(key), value.to_owned()))
            .collect();
        Self {
            account_id: *account_id,
            id: *id,
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_ref().map(|name| name.as_str().to_owned()),
            email: email.as_ref().map(|email| email.as_str().to_owned()),
            phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
            source: source.clone(),
            metadata,
            campaign_id: *campaign_id,
            start: start.clone().map(StartItem::from),
            receipt: receipt.cloned().map(
                |Receipt {
                     request_hash,
                     reply,
                 }| ReceiptItem {
                    request_hash,
                    reply,
                },
            ),
            created_at: *created_at,
            updated_at: *updated_at,
            gsi1pk: keys::lead_list(*account_id, *id),
            gsi1sk: keys::lead_list_position(*created_at, *id),
        }
    }

    pub(super) fn into_receipt(self) -> Option<Receipt> {
        self.receipt.map(
            |ReceiptItem {
                 request_hash,
                 reply,
             }| Receipt {
                request_hash,
                reply,
            },
        )
    }
}

impl TryFrom<LeadItem> for Lead {
    type Error = StoreError;

    fn try_from(item: LeadItem) -> Result<Self, StoreError> {
        let LeadItem {
            account_id,
            id,
            first_name,
            last_name,
            email,
            phone,
            source,
            metadata,
            campaign_id,
            start,
            receipt: _,
            created_at,
            updated_at,
            gsi1pk: _,
            gsi1sk: _,
        } = item;
        let metadata = metadata
            .into_iter()
            .map(|(name, value)| Ok((metadata_key(name), RawValue::from_string(value)?)))
            .collect::<Result<Metadata, serde_json::Error>>()
            .map_err(|_| damaged::<LeadItem>(DamageError::Value("metadata")))?;
        Ok(Self {
            account_id,
            id,
            first_name: accept("first_name", &first_name)?,
            last_name: last_name
                .map(|text| accept("last_name", &text))
                .transpose()?,
            email: email.map(|text| accept("email", &text)).transpose()?,
            phone: phone.map(|text| accept("phone", &text)).transpose()?,
            source,
            metadata,
            campaign_id,
            start: start.map(Start::from),
            created_at,
            updated_at,
        })
    }
}

/// DynamoDB takes no empty attribute name; JSON has empty keys. U+0000 in front stands for "as follows".
const AS_FOLLOWS: char = '\0';

fn attribute_name(key: &str) -> String {
    if key.is_empty() || key.starts_with(AS_FOLLOWS) {
        format!("{AS_FOLLOWS}{key}")
    } else {
        key.to_owned()
    }
}

fn metadata_key(name: String) -> String {
    match name.strip_prefix(AS_FOLLOWS) {
        Some(key) => key.to_owned(),
        None => name,
    }
}

fn accept<T>(attribute: &'static str, text: &str) -> Result<T, StoreError>
where
    T: for<'a> TryFrom<&'a str>,
{
    T::try_from(text).map_err(|_| damaged::<LeadItem>(DamageError::Value(attribute)))
}

impl From<Start> for StartItem {
    fn from(start: Start) -> Self {
        let Start {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
        } = start;
        Self {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
        }
    }
}

impl From<StartItem> for Start {
    fn from(item: StartItem) -> Self {
        let StartItem {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
        } = item;
        Self {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
        }
    }
}

impl Store {
    /// A lead of an account.
    ///
    /// # Errors
    /// As of any read; [`StoreError::Damaged`] also for values that this version would not accept.
    pub async fn lead(&self, account: AccountId, id: LeadId) -> Result<Option<Lead>, StoreError> {
        let item: Option<LeadItem> = self.read(&keys::lead(account, id)).await?;
        item.map(Lead::try_from).transpose()
    }

    /// A lead of an account with all its runs, oldest first: one Query.
    ///
    /// # Errors
    /// As of [`Store::lead`].
    pub async fn lead_with_runs(
        &self,
        account: AccountId,
        id: LeadId,
    ) -> Result<Option<(Lead, Vec<Run>)>, StoreError> {
        let mut lead = None;
        let mut runs = Vec::new();
        let mut pages = self
            .client
            .query()
            .table_name(&*self.table)
            // The history, under ACT#, sorts before LEAD and stays out.
            .key_condition_expression("pk = :pk AND sk BETWEEN :lead AND :last_run")
            .expression_attribute_values(
                ":pk",
                AttributeValue::S(keys::lead_partition(account, id)),
            )
            .expression_attribute_values(":lead", AttributeValue::S(keys::LEAD.to_owned()))
            .expression_attribute_values(":last_run", AttributeValue::S(format!("{}~", keys::RUNS)))
            .consistent_read(true)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for item in page?.items.unwrap_or_default() {
                match item.get("sk") {
                    Some(AttributeValue::S(sk)) if sk == keys::LEAD => {
                        lead = Some(Lead::try_from(decode::<LeadItem>(item)?)?);
                    }
                    _ => runs.push(decode::<RunItem>(item)?.into_run(account, id)?),
                }
            }
        }
        // Runs without their lead belong to one that was erased.
        Ok(lead.map(|lead| (lead, runs)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::item::encode;

    proptest! {
        #[test]
        fn a_lead_comes_back_from_its_item_equal(
            first_name in "[^\\p{Cc}\\p{Z}]{1,50}",
            last_name in prop::option::of("[a-z]{1,9}"),
            keys in prop::collection::btree_set("[\\x00a-c]{0,3}", 0..9),
        ) {
            let metadata = keys.into_iter().map(|key| {
                let value = RawValue::from_string("[1.0, -0]".to_owned()).unwrap();
                (key, value)
            });
            let now = "2026-02-10T12:00:00Z".parse().unwrap();
            let lead = Lead {
                account_id: AccountId::new(now),
                id: LeadId::new(now),
                first_name: first_name.as_str().try_into().unwrap(),
                last_name: last_name.map(|name| name.as_str().try_into().unwrap()),
                email: None,
                phone: Some("+1234567890".try_into().unwrap()),
                source: "api".to_owned(),
                metadata: metadata.collect(),
                campaign_id: None,
                start: None,
                created_at: now,
                updated_at: now,
            };
            let key = keys::lead(lead.account_id, lead.id);
            let item = encode(key, &LeadItem::new(&lead, None)).unwrap();
            let back = Lead::try_from(decode::<LeadItem>(item).unwrap()).unwrap();
            prop_assert_eq!(back, lead);
        }
    }

    #[test]
    fn a_damaged_item_is_refused_and_its_values_are_not_shown() {
        let item = std::collections::HashMap::from([
            ("et".to_owned(), AttributeValue::S("lead".to_owned())),
            ("v".to_owned(), AttributeValue::N("1".to_owned())),
            ("first_name".to_owned(), AttributeValue::N("555".to_owned())),
        ]);
        let error = decode::<LeadItem>(item).err().unwrap();
        let shown = crate::telemetry::Chain(&error).to_string();
        assert!(shown.starts_with("a lead item is damaged"), "{shown}");
        assert!(!shown.contains("555"), "{shown}");
    }
}
