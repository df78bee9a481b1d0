//! Changes of a lead: one UpdateItem, which writes only the attributes that change.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::{
    ids::{AccountId, LeadId},
    lead::{Lead, LeadPatch},
    patch::Change,
};
use jiff::Timestamp;

use super::{
    Store, StoreError,
    item::{Entity, decode, text},
    keys,
    lead::{LeadItem, attribute_name},
    update::Update,
};

impl From<LeadPatch> for Update {
    fn from(patch: LeadPatch) -> Self {
        let LeadPatch {
            first_name,
            last_name,
            email,
            phone,
            source,
            company,
            title,
            campaign_id,
            metadata,
        } = patch;
        let mut update = Self::default();
        update.change("first_name", first_name.map_or(Change::Keep, Change::Set));
        update.change("last_name", last_name);
        update.change("email", email);
        update.change("phone", phone);
        update.change("source", source.map_or(Change::Keep, Change::Set));
        update.change("company", company);
        update.change("title", title);
        update.change("campaign_id", campaign_id);
        if !metadata.is_empty() {
            let map = update.name("metadata");
            for (key, value) in metadata.iter() {
                let name = update.name(&attribute_name(key));
                let path = format!("{map}.{name}");
                if value == "null" {
                    update.remove.push(path);
                } else {
                    update.set(&path, text(value));
                }
            }
        }
        update
    }
}

impl Store {
    /// Changes a lead, and returns the changed lead. DynamoDB sets and removes each key of the
    /// metadata by itself, so that two changes of different keys at the same moment both hold.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::NotFound`] if there is no such
    /// lead, or if it was erased.
    pub async fn change_lead(
        &self,
        account: AccountId,
        id: LeadId,
        patch: LeadPatch,
        now: Timestamp,
    ) -> Result<Lead, StoreError> {
        let mut update = Update::from(patch);
        update.change("updated_at", Change::Set(now.to_string()));
        let reply = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(keys::lead(account, id).into_item()))
            .update_expression(update.expression())
            // A tombstone is another entity.
            .condition_expression("et = :lead")
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .expression_attribute_values(":lead", AttributeValue::S(LeadItem::NAME.to_owned()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(StoreError::of_existing)?;
        Lead::try_from(decode::<LeadItem>(reply.attributes.unwrap_or_default())?)
    }
}
