//! Health of the lanes of webhooks. A lane that has always been healthy has no item.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ids::AccountId,
    lane::{Lane, Pause, PausedBy, Slow, TouchpointMark},
    run::Receiver,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    error::DamageError,
    item::{Entity, damaged, encode},
    keys,
};

/// Maximum number of writes of a lane that others change at the same time.
const TRIES: u32 = 5;

#[derive(Serialize, Deserialize)]
pub(super) struct HealthItem {
    /// Hash of the URL that the health is about.
    receiver: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    /// Whether the receiver has asked for the pause.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_gone: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failed: Vec<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_errors: bool,
    coolings: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    busy_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cooling_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probe_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slow_ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slow_at: Option<Timestamp>,
    revision: u32,
}

impl Entity for HealthItem {
    const NAME: &'static str = "health";
    const VERSION: u8 = 1;
}

impl From<&Lane> for HealthItem {
    fn from(lane: &Lane) -> Self {
        let Lane {
            receiver,
            paused,
            failed,
            has_errors,
            coolings,
            busy_since,
            cooling_until,
            probe_until,
            slow,
            revision,
        } = lane;
        Self {
            receiver: URL_SAFE_NO_PAD.encode(receiver.0),
            paused_at: paused.map(|it| it.since),
            is_gone: paused.is_some_and(|it| it.by == PausedBy::Receiver),
            failed: failed.iter().map(|TouchpointMark(mark)| *mark).collect(),
            has_errors: *has_errors,
            coolings: *coolings,
            busy_since: *busy_since,
            cooling_until: *cooling_until,
            probe_until: *probe_until,
            slow_ms: slow.map(|it| u32::try_from(it.took.as_millis()).unwrap_or(u32::MAX)),
            slow_at: slow.map(|it| it.at),
            revision: *revision,
        }
    }
}

impl TryFrom<HealthItem> for Lane {
    type Error = StoreError;

    fn try_from(item: HealthItem) -> Result<Self, StoreError> {
        let hash = URL_SAFE_NO_PAD.decode(&item.receiver).ok();
        let hash = hash.and_then(|hash| hash.try_into().ok());
        let wrong = || damaged::<HealthItem>(DamageError::Value("receiver"));
        let by = match item.is_gone {
            true => PausedBy::Receiver,
            false => PausedBy::Operator,
        };
        let slow = item.slow_ms.zip(item.slow_at);
        Ok(Self {
            receiver: Receiver(hash.ok_or_else(wrong)?),
            paused: item.paused_at.map(|since| Pause { since, by }),
            failed: item.failed.into_iter().map(TouchpointMark).collect(),
            has_errors: item.has_errors,
            coolings: item.coolings,
            busy_since: item.busy_since,
            cooling_until: item.cooling_until,
            probe_until: item.probe_until,
            slow: slow.map(|(millis, at)| Slow {
                took: SignedDuration::from_millis(millis.into()),
                at,
            }),
            revision: item.revision,
        })
    }
}

impl Store {
    /// Returns the health of the lane of a webhook. One without an item is healthy.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn lane(&self, account: AccountId, destination: &str) -> Result<Lane, StoreError> {
        let item: Option<HealthItem> = self.read(&keys::health(account, destination)).await?;
        item.map_or_else(|| Ok(Lane::default()), Lane::try_from)
    }

    /// Writes the health of a lane. It has the revision that was read.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if it was changed since.
    pub async fn write_lane(
        &self,
        account: AccountId,
        destination: &str,
        lane: &Lane,
    ) -> Result<(), StoreError> {
        let mut item = HealthItem::from(lane);
        item.revision = item.revision.saturating_add(1);
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(encode(keys::health(account, destination), &item)?));
        let put = match lane.revision {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            before => put
                .condition_expression("revision = :before")
                .expression_attribute_values(":before", AttributeValue::N(before.to_string())),
        };
        Box::pin(put.send()).await?;
        Ok(())
    }

    /// Changes the health of a lane. `change` gets the lane as it is, several times if others change it
    /// at the same time. Writes nothing if the lane stays as it is.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads) and of a [write](StoreError#writes).
    /// [`StoreError::Conflict`] after five tries.
    pub async fn change_lane(
        &self,
        account: AccountId,
        destination: &str,
        change: impl Fn(&mut Lane),
    ) -> Result<Lane, StoreError> {
        for _ in 0..TRIES {
            let before = self.lane(account, destination).await?;
            let mut lane = before.clone();
            change(&mut lane);
            if lane == before {
                return Ok(lane);
            }
            match self.write_lane(account, destination, &lane).await {
                Err(StoreError::Conflict) => {}
                written => return written.map(|()| lane),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Pauses the lane of a webhook: nothing goes out until it is resumed.
    ///
    /// # Errors
    /// Same as [`Store::change_lane`].
    pub async fn pause_lane(
        &self,
        account: AccountId,
        destination: &str,
        now: Timestamp,
    ) -> Result<Lane, StoreError> {
        let pause = |lane: &mut Lane| lane.pause(now);
        self.change_lane(account, destination, pause).await
    }

    /// Resumes the lane of a webhook, also one that cools.
    ///
    /// # Errors
    /// Same as [`Store::change_lane`].
    pub async fn resume_lane(
        &self,
        account: AccountId,
        destination: &str,
    ) -> Result<Lane, StoreError> {
        self.change_lane(account, destination, Lane::resume).await
    }
}
