//! Leads. The item of a lead has the start of its run, so that one write stores both
//! (docs/adr/0002-the-lead-carries-its-start.md).

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::{
    config::{Builder, retry::RetryConfig},
    types::{AttributeValue, KeysAndAttributes},
};
use domain::{
    email::Email,
    idempotency::Receipt,
    ids::{AccountId, CampaignId, LeadId, WorkflowId},
    lead::{Lead, Profile, Start},
    metadata::Metadata,
    name::Name,
    phone::Phone,
    run::Run,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Lookup, Store, StoreError,
    error::DamageError,
    item::{Attributes, Entity, damaged, decode, is_erased},
    keys,
    run::run_of,
};

/// Maximum number of items in a call of BatchGetItem. DynamoDB sets it.
const BATCH_READ: usize = 100;

#[derive(Serialize, Deserialize)]
pub(super) struct LeadItem {
    account_id: AccountId,
    #[serde(flatten)]
    profile: ProfileItem,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Start>,
    /// Workflow of the start, for the filter of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workflow_id: Option<WorkflowId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    /// Bytes that changes may still add before the size of the lead is computed again. `None` until
    /// a change adds something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<usize>,
    /// Number of changes that have added something. `None` if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<usize>,
    gsi1pk: String,
    gsi1sk: String,
}

/// The part of a lead that the list index has.
#[derive(Serialize, Deserialize)]
pub(super) struct ProfileItem {
    id: LeadId,
    first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// JSON text of each value, by key.
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign_id: Option<CampaignId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Entity for LeadItem {
    const NAME: &'static str = "lead";
    const VERSION: u8 = 1;
}

impl Entity for ProfileItem {
    const NAME: &'static str = LeadItem::NAME;
    const VERSION: u8 = LeadItem::VERSION;
}

impl LeadItem {
    pub(super) fn new(lead: &Lead, receipt: Option<&Receipt>) -> Self {
        let Lead {
            account_id,
            profile,
            start,
        } = lead;
        Self {
            account_id: *account_id,
            profile: ProfileItem::from(profile),
            start: start.clone(),
            workflow_id: start.as_ref().map(|start| start.workflow.id),
            receipt: receipt.cloned(),
            room: None,
            revision: None,
            gsi1pk: keys::lead_list(*account_id, keys::lead_shard(profile.id)),
            gsi1sk: keys::lead_list_position(profile.created_at, profile.id),
        }
    }

    /// Returns the lead and its receipt. `None` if no idempotent request has created it.
    pub(super) fn into_replayable(mut self) -> Result<Option<(Lead, Receipt)>, StoreError> {
        let Some(Receipt { fingerprint, rest }) = self.receipt.take() else {
            return Ok(None);
        };
        let rest = rest_of_reply(&rest)?;
        Ok(Some((Lead::try_from(self)?, Receipt { fingerprint, rest })))
    }

    /// Returns the rest of the first reply, if the receipt has the whole reply. Older versions kept
    /// it, with the lead.
    pub(super) fn rest_of_old_receipt(&self) -> Result<Option<String>, StoreError> {
        let old = self
            .receipt
            .as_ref()
            .filter(|it| it.rest.starts_with(OLD_RECEIPT));
        old.map(|it| rest_of_reply(&it.rest)).transpose()
    }
}

/// Beginning of the reply in every receipt of an older version, and in no other.
const OLD_RECEIPT: &str = r#"{"success""#;

/// Returns the JSON of a reply without the lead.
fn rest_of_reply(reply: &str) -> Result<String, StoreError> {
    #[derive(Serialize, Deserialize)]
    struct Rest<'a> {
        #[serde(borrow, skip_serializing_if = "Option::is_none")]
        workflow_run: Option<&'a RawValue>,
        #[serde(borrow, skip_serializing_if = "Option::is_none")]
        warning: Option<&'a RawValue>,
        #[serde(borrow, skip_serializing_if = "Option::is_none")]
        hints: Option<&'a RawValue>,
    }
    let rest = serde_json::from_str::<Rest<'_>>(reply);
    let rest = rest.and_then(|rest| serde_json::to_string(&rest));
    rest.map_err(|_| damaged::<LeadItem>(DamageError::Value("receipt")))
}

impl From<&Profile> for ProfileItem {
    fn from(profile: &Profile) -> Self {
        let Profile {
            id,
            first_name,
            last_name,
            email,
            phone,
            source,
            company,
            title,
            metadata,
            campaign_id,
            created_at,
            updated_at,
        } = profile;
        let text = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            id: *id,
            first_name: first_name.as_str().to_owned(),
            last_name: text(last_name),
            email: email.as_ref().map(|email| email.as_str().to_owned()),
            phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
            source: source.as_str().to_owned(),
            company: text(company),
            title: text(title),
            metadata: metadata
                .iter()
                .map(|(key, value)| (attribute_name(key), value.to_owned()))
                .collect(),
            campaign_id: *campaign_id,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

impl TryFrom<ProfileItem> for Profile {
    type Error = StoreError;

    fn try_from(item: ProfileItem) -> Result<Self, StoreError> {
        let ProfileItem {
            id,
            first_name,
            last_name,
            email,
            phone,
            source,
            company,
            title,
            metadata,
            campaign_id,
            created_at,
            updated_at,
        } = item;
        let metadata = metadata
            .into_iter()
            .map(|(name, value)| Ok((metadata_key(name), RawValue::from_string(value)?)))
            .collect::<Result<Metadata, serde_json::Error>>()
            .map_err(|_| damaged::<LeadItem>(DamageError::Value("metadata")))?;
        Ok(Self {
            id,
            first_name: Name::stored(first_name),
            last_name: last_name.map(Name::stored),
            email: email.map(Email::stored),
            phone: phone
                .as_deref()
                .map(Phone::try_from)
                .transpose()
                .map_err(|_| damaged::<LeadItem>(DamageError::Value("phone")))?,
            source: Name::stored(source),
            company: company.map(Name::stored),
            title: title.map(Name::stored),
            metadata,
            campaign_id,
            created_at,
            updated_at,
        })
    }
}

impl TryFrom<LeadItem> for Lead {
    type Error = StoreError;

    fn try_from(item: LeadItem) -> Result<Self, StoreError> {
        let LeadItem {
            account_id,
            profile,
            start,
            workflow_id: _,
            receipt: _,
            room: _,
            revision: _,
            gsi1pk: _,
            gsi1sk: _,
        } = item;
        Ok(Self {
            account_id,
            profile: Profile::try_from(profile)?,
            start,
        })
    }
}

/// Returns whether an item of a lead's partition is the lead itself.
fn is_self(item: &Attributes) -> bool {
    matches!(item.get("sk"), Some(AttributeValue::S(sk)) if sk == keys::LEAD)
}

/// Beginning of a name that stands for the key after it. JSON has empty keys, but DynamoDB accepts
/// no empty name.
const ESCAPE: char = '\0';

pub(super) fn attribute_name(key: &str) -> String {
    if key.is_empty() || key.starts_with(ESCAPE) {
        format!("{ESCAPE}{key}")
    } else {
        key.to_owned()
    }
}

fn metadata_key(name: String) -> String {
    match name.strip_prefix(ESCAPE) {
        Some(key) => key.to_owned(),
        None => name,
    }
}

impl Store {
    /// Returns a lead of an account, or whether it was erased or is missing.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn lead(&self, account: AccountId, id: LeadId) -> Result<Lookup<Lead>, StoreError> {
        let item = self.read_item(&keys::lead(account, id)).await?;
        item.map_or(Ok(Lookup::Missing), |item| {
            if is_erased(&item) {
                return Ok(Lookup::Erased);
            }
            Lead::try_from(decode::<LeadItem>(item)?).map(Lookup::Found)
        })
    }

    /// Reads up to 100 leads consistently, in one call without retries. The result has no lead that
    /// is erased, damaged or missing, or that DynamoDB leaves out. [`Store::lead`] tells these
    /// cases apart.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    pub async fn find_leads(
        &self,
        wanted: &HashSet<(AccountId, LeadId)>,
    ) -> Result<HashMap<(AccountId, LeadId), Lead>, StoreError> {
        let keys = wanted
            .iter()
            .take(BATCH_READ)
            .map(|(account, id)| keys::lead(*account, *id).into_item());
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys.collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::Unexpected(Box::new(error.into())))?;
        let reply = self
            .client
            .batch_get_item()
            .request_items(&*self.table, request)
            .customize()
            .config_override(Builder::new().retry_config(RetryConfig::disabled()))
            .send()
            .await?;
        let tables = reply.responses.unwrap_or_default();
        let leads = tables.into_values().flatten().filter_map(|item| {
            let lead = Lead::try_from(decode::<LeadItem>(item).ok()?).ok()?;
            Some(((lead.account_id, lead.profile.id), lead))
        });
        Ok(leads.collect())
    }

    /// Returns a lead of an account and its newest run, with one Query of two items. `None` if the
    /// lead was erased or is missing.
    ///
    /// # Errors
    /// Same as [`Store::lead`].
    pub async fn lead_with_newest_run(
        &self,
        account: AccountId,
        id: LeadId,
    ) -> Result<Option<(Lead, Option<Run>)>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first_run AND :lead")
            .expression_attribute_values(
                ":pk",
                AttributeValue::S(keys::lead_partition(account, id)),
            )
            .expression_attribute_values(":first_run", AttributeValue::S(keys::RUNS.to_owned()))
            .expression_attribute_values(":lead", AttributeValue::S(keys::LEAD.to_owned()))
            // The lead is the last item of its partition, after its newest run.
            .scan_index_forward(false)
            .limit(2)
            .consistent_read(true)
            .send()
            .await?;
        let mut items = reply.items.unwrap_or_default().into_iter();
        let Some(lead) = items
            .next()
            .filter(|item| is_self(item) && !is_erased(item))
        else {
            return Ok(None);
        };
        let lead = Lead::try_from(decode::<LeadItem>(lead)?)?;
        let run = items
            .next()
            .filter(|item| !is_erased(item))
            .map(|run| run_of(run, account, id))
            .transpose()?;
        Ok(Some((lead, run)))
    }
}

#[cfg(test)]
mod tests;
