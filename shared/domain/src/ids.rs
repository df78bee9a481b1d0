//! Ids, one type for each entity ([contract](../../../docs/contract.md#the-http-contract)).
//!
//! Ids are UUIDs in lower case. New ids have version 7, so they sort by the time of their creation.
//! The ids of an idempotent request are derived from its key.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// Error for a text that is no UUID in hyphenated form. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a UUID such as 0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Returns a UUIDv7 that sorts by `at`. `random` fills its random part.
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
            }

            /// Returns the 16 bytes of the id.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // `try_parse` also accepts braces, URNs and 32 bare digits. The contract does not.
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

id! { AccountId }
id! {
    /// Id of an API key. It is no secret.
    ApiKeyId
}
id! { LeadId }
id! { RunId }
id! {
    /// Id of a start, which the API shows as `job_id`.
    JobId
}
id! { WorkflowId }
id! { CampaignId }
id! { StatusId }

impl RunId {
    /// Returns a new id that sorts by `at`, and always after `previous`, even if the clock that
    /// made `previous` is ahead.
    pub fn new_after(previous: Option<Self>, at: Timestamp, random: [u8; 10]) -> Self {
        let [a, b, c, d, e, f, ..] = previous.map_or([0; 16], |id| *id.as_bytes());
        let previous = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let later = Timestamp::from_millisecond(previous.saturating_add(1)).unwrap_or(at);
        Self::new(at.max(later), random)
    }

    /// Returns the id of the first run of an idempotent request's lead. It begins with zeros, so it
    /// sorts before the ids of all later runs, which begin with their time.
    pub fn of_lead(lead: LeadId) -> Self {
        let mut bytes = *Uuid::new_v5(&lead.0, b"run").as_bytes();
        if let Some(time) = bytes.first_chunk_mut::<6>() {
            *time = [0; 6];
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl JobId {
    /// Returns the id of the first start of an idempotent request's lead.
    pub fn of_lead(lead: LeadId) -> Self {
        Self(Uuid::new_v5(&lead.0, b"job"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; 10] = [7; 10];

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
        let early = LeadId::new("2026-02-10T12:00:00Z".parse().unwrap(), RANDOM);
        let late = LeadId::new("2026-02-10T12:00:00.002Z".parse().unwrap(), RANDOM);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn a_derived_run_is_the_same_each_time_and_sorts_before_every_new_one() {
        let lead = LeadId::new("2026-02-10T12:00:00Z".parse().unwrap(), RANDOM);
        let run = RunId::of_lead(lead);
        assert_eq!(run, RunId::of_lead(lead));
        assert_ne!(
            run,
            RunId::of_lead(LeadId::new(Timestamp::UNIX_EPOCH, RANDOM))
        );
        assert!(run < RunId::new(Timestamp::from_millisecond(1).unwrap(), RANDOM));
        let late = RunId::new("2026-02-10T12:00:00Z".parse().unwrap(), RANDOM);
        assert!(RunId::new_after(Some(late), Timestamp::UNIX_EPOCH, RANDOM) > late);
    }
}
