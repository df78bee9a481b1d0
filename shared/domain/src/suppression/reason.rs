//! Reasons of suppressions.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::outcome::Outcome;

/// Reason of a suppression, from the lightest to the heaviest. A heavier reason replaces a lighter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The account does not want to contact the address.
    Manual,
    /// The address does not work.
    Invalid,
    /// A law or a court forbids contacts.
    Legal,
    /// The person wants no contacts.
    OptedOut,
    /// The person has complained.
    Complained,
}

/// Error for a text that is no reason. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be one of opted_out, complained, invalid, legal, manual")]
pub struct SuppressionReasonError;

impl SuppressionReason {
    pub const ALL: [Self; 5] = [
        Self::OptedOut,
        Self::Complained,
        Self::Invalid,
        Self::Legal,
        Self::Manual,
    ];

    /// Returns the reason of an outcome. `None` if the outcome suppresses nothing.
    pub fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::OptedOut => Some(Self::OptedOut),
            Outcome::Complained => Some(Self::Complained),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Invalid => "invalid",
            Self::Legal => "legal",
            Self::OptedOut => "opted_out",
            Self::Complained => "complained",
        }
    }

    /// Returns whether only a new consent of the person ends the suppression.
    pub fn needs_consent(self) -> bool {
        matches!(self, Self::OptedOut | Self::Complained)
    }
}

impl fmt::Display for SuppressionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SuppressionReason {
    type Err = SuppressionReasonError;

    fn from_str(text: &str) -> Result<Self, SuppressionReasonError> {
        let mut all = Self::ALL.into_iter();
        let reason = all.find(|reason| reason.as_str() == text);
        reason.ok_or(SuppressionReasonError)
    }
}
