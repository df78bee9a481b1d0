//! Typed ids. All are UUIDs in lower case; new ones are version 7, so they sort by the time they were
//! made (CONTRACT, introduction).

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::{NoContext, Uuid};

use super::{api_key::ApiKeyHash, idempotency::IdempotencyKey};

/// A text that is not a UUID in its hyphenated form.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a UUID such as 0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d")]
pub struct IdError;

/// Where the random bits of new ids come from.
#[derive(Clone, Debug)]
pub enum IdSource {
    /// The operating system.
    System,
    /// A count that makes a run of the code repeatable; clones share it. For tests: such ids can be guessed.
    Counted(Arc<AtomicU64>),
}

impl IdSource {
    fn id(&self, at: Timestamp) -> Uuid {
        match self {
            Self::System => {
                let seconds = u64::try_from(at.as_second()).unwrap_or_default();
                let nanoseconds = u32::try_from(at.subsec_nanosecond()).unwrap_or_default();
                Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
            }
            Self::Counted(count) => {
                let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
                let mut bits = [0; 10];
                let count = count.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                bits.iter_mut()
                    .rev()
                    .zip(count.iter().rev())
                    .for_each(|(bit, count)| *bit = *count);
                uuid::Builder::from_unix_timestamp_millis(milliseconds, &bits).into_uuid()
            }
        }
    }
}

/// The examples are those of the local stack's demo account.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, format = "uuid", example = $example)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts by `at`, with random bits from the operating system.
            pub fn new(at: Timestamp) -> Self {
                Self::new_from(&IdSource::System, at)
            }

            /// A new id that sorts by `at`, with random bits from `source`.
            pub fn new_from(source: &IdSource, at: Timestamp) -> Self {
                Self(source.id(at))
            }

            /// The id's 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // `try_parse` also takes braces, URNs and 32 bare digits: the contract has one form.
                if text.len() != uuid::fmt::Hyphenated::LENGTH {
                    return Err(IdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

id! {
    /// A customer of the deployment; everything belongs to exactly one.
    AccountId, "019c0000-0000-7000-8000-000000000001"
}
id! {
    /// An API key, as its operator names it; it opens nothing.
    ApiKeyId, "019c0000-0000-7000-8000-000000000061"
}
id! {
    /// A lead.
    LeadId, "019c0000-0000-7000-8000-000000001101"
}
id! {
    /// One enrolment of a lead in a workflow.
    RunId, "019c0000-0000-7000-8000-000000001201"
}
id! {
    /// The order to start a run, as the client sees it.
    JobId, "019c0000-0000-7000-8000-000000001301"
}
id! {
    /// A workflow.
    WorkflowId, "019c0000-0000-7000-8000-0000000000a1"
}
id! {
    /// A campaign.
    CampaignId, "019c0000-0000-7000-8000-0000000000c1"
}
id! {
    /// A status of a workflow.
    StatusId, "019c0000-0000-7000-8000-000000000053"
}

impl ApiKeyId {
    /// The id of a key that was stored without one.
    pub fn of_hash(account: AccountId, hash: &ApiKeyHash) -> Self {
        Self(Uuid::new_v5(&account.0, hash.as_str().as_bytes()))
    }
}

impl LeadId {
    /// The id of the lead at `index` of the request that a client named `key`: the same request, sent
    /// again, finds its lead.
    pub fn of_request(account: AccountId, key: &IdempotencyKey, index: usize) -> Self {
        let name = format!("{index}#{}", key.as_str());
        Self(Uuid::new_v5(&account.0, name.as_bytes()))
    }
}

impl RunId {
    /// A new id that sorts by `at`, and behind the run before it whatever the clocks say.
    pub fn new_after(source: &IdSource, before: Option<Self>, at: Timestamp) -> Self {
        let [a, b, c, d, e, f, ..] = before.map_or([0; 16], |id| *id.as_bytes());
        let before = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let later = Timestamp::from_millisecond(before.saturating_add(1)).unwrap_or(at);
        Self::new_from(source, at.max(later))
    }

    /// The id of the first run of a lead whose id is its request's. It sorts before the ids of all later
    /// runs, which begin with their time.
    pub fn of_lead(lead: LeadId) -> Self {
        let mut bytes = *Uuid::new_v5(&lead.0, b"run").as_bytes();
        if let Some(time) = bytes.first_chunk_mut::<6>() {
            *time = [0; 6];
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl JobId {
    /// The id of the first order of a lead whose id is its request's.
    pub fn of_lead(lead: LeadId) -> Self {
        Self(Uuid::new_v5(&lead.0, b"job"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_ids_come_again_with_their_count_and_differ_within_it() {
        let ids = || {
            let source = IdSource::Counted(Arc::default());
            [(); 2].map(|()| LeadId::new_from(&source, Timestamp::UNIX_EPOCH))
        };
        assert_eq!(ids(), ids());
        assert_ne!(ids()[0], ids()[1]);
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id_and_it_comes_back_in_lower_case() {
        let id: LeadId = "0192F0C1-7A3E-7CC4-9D5B-3F1E2A4B5C6D".parse().unwrap();
        assert_eq!(id.to_string(), "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d");
        for wrong in [
            "",
            "0192f0c17a3e7cc49d5b3f1e2a4b5c6d",
            "{0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d}",
            "urn:uuid:0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d",
            "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6g",
        ] {
            assert_eq!(wrong.parse::<LeadId>(), Err(IdError), "{wrong}");
        }
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = LeadId::new("2026-02-10T12:00:00Z".parse().unwrap());
        let late = LeadId::new("2026-02-10T12:00:00.002Z".parse().unwrap());
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn a_derived_run_is_the_same_each_time_and_sorts_before_every_new_one() {
        let lead = LeadId::new("2026-02-10T12:00:00Z".parse().unwrap());
        let run = RunId::of_lead(lead);
        assert_eq!(run, RunId::of_lead(lead));
        assert_ne!(run, RunId::of_lead(LeadId::new(Timestamp::UNIX_EPOCH)));
        assert!(run < RunId::new(Timestamp::from_millisecond(1).unwrap()));
        let late = RunId::new("2026-02-10T12:00:00Z".parse().unwrap());
        assert!(RunId::new_after(&IdSource::System, Some(late), Timestamp::UNIX_EPOCH) > late);
    }
}
