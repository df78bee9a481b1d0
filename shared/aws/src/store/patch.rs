//! Changes of a lead: one UpdateItem, which writes only the attributes that change.
//!
//! Simultaneous changes must not make a lead too large, and must not be in each other's way. So the
//! item has its `room`: the bytes that changes may still add. A change takes its bytes from the room
//! on the condition that they are there. If they are not, the change computes the exact size, and
//! writes the new room on the condition that nothing was added since the read (`revision`).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::{
    ids::{AccountId, LeadId},
    lead::{Lead, LeadPatch, MAX_SIZE},
    patch::Change,
};
use jiff::Timestamp;

use super::{
    Store, StoreError,
    item::{Entity, decode, is_erased, text},
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

/// A lead as it was read for a change.
#[derive(Debug)]
pub struct ReadLead {
    pub lead: Lead,
    room: Option<usize>,
    revision: Option<usize>,
    /// Rest of the first reply, if the receipt has the whole reply.
    rest_of_old_receipt: Option<String>,
}

impl ReadLead {
    /// Returns whether a change can be made. It cannot if it makes the lead larger, and the lead
    /// would be over [`MAX_SIZE`].
    pub fn has_room_for(&self, patch: &LeadPatch) -> bool {
        let profile = &self.lead.profile;
        let before = profile.size_after(&LeadPatch::default());
        profile.size_after(patch) <= before.max(MAX_SIZE)
    }

    /// Adds to `update` what the change takes of the lead's room, and returns its further condition.
    fn take_room(&self, patch: &LeadPatch, update: &mut Update) -> &'static str {
        let number = |value: usize| AttributeValue::N(value.to_string());
        let added = patch.added_size();
        if added == 0 {
            return "";
        }
        if self.room.is_some_and(|room| room >= added) {
            update.assign("room=room-:added", ":added", number(added));
            update.assign("revision=revision+:one", ":one", number(1));
            return " AND room >= :added";
        }
        let room = MAX_SIZE.saturating_sub(self.lead.profile.size_after(patch));
        let revision = self.revision.unwrap_or_default();
        update.assign("room=:room", ":room", number(room));
        update.assign("revision=:next", ":next", number(revision + 1));
        if self.revision.is_none() {
            return " AND attribute_not_exists(revision)";
        }
        update
            .values
            .insert(":revision".to_owned(), number(revision));
        " AND revision = :revision"
    }
}

impl Store {
    /// Reads a lead that will be changed. `None` if there is no such lead, or if it was erased.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn read_for_change(
        &self,
        account: AccountId,
        id: LeadId,
    ) -> Result<Option<ReadLead>, StoreError> {
        let item = self.read_item(&keys::lead(account, id)).await?;
        let Some(item) = item.filter(|item| !is_erased(item)) else {
            return Ok(None);
        };
        let item: LeadItem = decode(item)?;
        Ok(Some(ReadLead {
            room: item.room,
            revision: item.revision,
            rest_of_old_receipt: item.rest_of_old_receipt()?,
            lead: Lead::try_from(item)?,
        }))
    }

    /// Changes a lead, and returns the changed lead. DynamoDB sets and removes each key of the
    /// metadata by itself, so that two changes of different keys at the same moment both hold.
    /// The caller has checked [`ReadLead::has_room_for`].
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the lead was erased,
    /// or if another change has taken its room since it was read.
    pub async fn change_lead(
        &self,
        read: &ReadLead,
        patch: &LeadPatch,
        now: Timestamp,
    ) -> Result<Lead, StoreError> {
        let mut update = Update::from(patch.clone());
        update.change("updated_at", Change::Set(now.to_string()));
        if let Some(rest) = &read.rest_of_old_receipt {
            update.set("receipt.reply", text(rest));
        }
        // A tombstone is another entity.
        let condition = format!("et = :lead{}", read.take_room(patch, &mut update));
        let reply = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(
                keys::lead(read.lead.account_id, read.lead.profile.id).into_item(),
            ))
            .update_expression(update.expression())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .expression_attribute_values(":lead", AttributeValue::S(LeadItem::NAME.to_owned()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await?;
        Lead::try_from(decode::<LeadItem>(reply.attributes.unwrap_or_default())?)
    }
}
