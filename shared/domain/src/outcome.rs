//! Outcomes of contacts, and their effects on a run
//! ([contract](../../../docs/contract.md#outcomes-in-the-file)).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::channel::Channel;

/// Key of the status that a run enters with its first contact, if the workflow has it.
pub const CONTACTED: &str = "contacted";
/// Key of the status that an answer sets by default, if the workflow has it.
pub const ENGAGED: &str = "engaged";

/// Result of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No outcome came in time. Only Leadgate sets it.
    NoOutcome,
    /// The message has arrived.
    Delivered,
    /// The call was not answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// A machine answered the call.
    Voicemail,
    /// The contact was not made.
    Failed,
    /// A person answered the call.
    Answered,
    /// The person asks for a call at another time.
    Callback,
    /// The person has replied.
    Replied,
    /// The message came back.
    Bounced,
    /// The address or the number does not exist.
    Invalid,
    /// The person wants no more contacts.
    OptedOut,
    /// The person has complained.
    Complained,
}

/// Error for a word that is no outcome. Its text follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be one of {}", words())]
pub struct OutcomeError;

fn words() -> String {
    let words: Vec<_> = Outcome::REPORTED.iter().map(|it| it.as_str()).collect();
    words.join(", ")
}

impl Outcome {
    /// All outcomes, from the lightest to the heaviest.
    pub const ALL: [Self; 13] = [
        Self::NoOutcome,
        Self::Delivered,
        Self::NoAnswer,
        Self::Busy,
        Self::Voicemail,
        Self::Failed,
        Self::Answered,
        Self::Callback,
        Self::Replied,
        Self::Bounced,
        Self::Invalid,
        Self::OptedOut,
        Self::Complained,
    ];

    /// Outcomes that clients report, in the order of the contract.
    pub const REPORTED: [Self; 12] = [
        Self::Answered,
        Self::Replied,
        Self::Voicemail,
        Self::NoAnswer,
        Self::Busy,
        Self::Failed,
        Self::Delivered,
        Self::Bounced,
        Self::Invalid,
        Self::OptedOut,
        Self::Complained,
        Self::Callback,
    ];

    /// Outcomes whose effect a workflow can set.
    pub const CONFIGURABLE: [Self; 11] = [
        Self::Answered,
        Self::Replied,
        Self::Voicemail,
        Self::NoAnswer,
        Self::Busy,
        Self::Failed,
        Self::Delivered,
        Self::Bounced,
        Self::Invalid,
        Self::Callback,
        Self::NoOutcome,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoOutcome => "no_outcome",
            Self::Delivered => "delivered",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Voicemail => "voicemail",
            Self::Failed => "failed",
            Self::Answered => "answered",
            Self::Callback => "callback",
            Self::Replied => "replied",
            Self::Bounced => "bounced",
            Self::Invalid => "invalid",
            Self::OptedOut => "opted_out",
            Self::Complained => "complained",
        }
    }

    /// Returns the weight, from 1 to 7. A heavier outcome of a touchpoint replaces a lighter one.
    pub fn weight(self) -> u8 {
        match self {
            Self::NoOutcome => 1,
            Self::Delivered => 2,
            Self::NoAnswer | Self::Busy | Self::Voicemail | Self::Failed => 3,
            Self::Answered | Self::Callback => 4,
            Self::Replied => 5,
            Self::Bounced | Self::Invalid => 6,
            Self::OptedOut | Self::Complained => 7,
        }
    }

    /// Returns whether the outcome replaces `before` as the outcome of a touchpoint.
    pub fn replaces(self, before: Self) -> bool {
        self.weight() > before.weight() || (self, before) == (Self::Callback, Self::Answered)
    }

    /// Returns the channels on which the outcome can happen.
    pub fn channels(self) -> &'static [Channel] {
        match self {
            Self::Answered | Self::Voicemail | Self::NoAnswer | Self::Busy | Self::Callback => {
                &[Channel::Call]
            }
            Self::Delivered => &[Channel::Whatsapp, Channel::Sms, Channel::Email],
            Self::NoOutcome
            | Self::Failed
            | Self::Replied
            | Self::Bounced
            | Self::Invalid
            | Self::OptedOut
            | Self::Complained => &Channel::ALL,
        }
    }

    /// Returns whether the outcome changes the run even if a later touchpoint was claimed since.
    pub fn steers_late(self) -> bool {
        self == Self::Answered || self.steers_another_run()
    }

    /// Returns whether the outcome of an ended run concerns the lead's active run.
    pub fn steers_another_run(self) -> bool {
        self.weight() >= Self::Replied.weight()
    }

    /// Returns whether the person may not be contacted any more.
    pub fn suppresses(self) -> bool {
        matches!(self, Self::OptedOut | Self::Complained)
    }

    /// Returns whether the address of the channel does not work.
    pub fn is_of_wrong_address(self) -> bool {
        matches!(self, Self::Bounced | Self::Invalid)
    }

    /// Returns whether a person was reached. A cadence that runs out without it completes its run.
    pub fn reaches_a_person(self) -> bool {
        matches!(self, Self::Answered | Self::Replied)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = OutcomeError;

    /// Reads an outcome that a client reports.
    fn from_str(text: &str) -> Result<Self, OutcomeError> {
        let mut reported = Self::REPORTED.into_iter();
        reported
            .find(|outcome| outcome.as_str() == text)
            .ok_or(OutcomeError)
    }
}

/// Effect of an outcome on the cadence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CadenceEffect {
    /// The next touchpoint follows as planned.
    #[default]
    Continue,
    /// The step's other attempts are skipped.
    NextStep,
    /// The cadence is completed. A resume can reopen it.
    Complete,
    /// The cadence is cancelled for good.
    Cancel,
}

/// Effect of an outcome on a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    #[serde(default)]
    pub cadence: CadenceEffect,
    /// Key of the status that the run enters, if the workflow has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether a person takes the lead over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub human_takeover: bool,
}

/// Effects of the outcomes of a workflow: those that the workflow sets, and the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcomes(BTreeMap<Outcome, Effect>);

impl Outcomes {
    /// Returns the effects that a workflow sets. Each replaces a default as a whole.
    pub fn new(set: BTreeMap<Outcome, Effect>) -> Self {
        Self(set)
    }

    /// Returns the effects that the workflow sets, without the defaults.
    pub fn set(&self) -> &BTreeMap<Outcome, Effect> {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the effect of an outcome.
    pub fn effect(&self, outcome: Outcome) -> Effect {
        let set = self.0.get(&outcome).filter(|_| !outcome.suppresses());
        set.cloned().unwrap_or_else(|| default_effect(outcome))
    }
}

/// Returns the effect of an outcome that a workflow does not set.
pub fn default_effect(outcome: Outcome) -> Effect {
    match outcome {
        Outcome::Answered => Effect {
            cadence: CadenceEffect::Complete,
            status: Some(ENGAGED.to_owned()),
            human_takeover: false,
        },
        Outcome::Replied => Effect {
            human_takeover: true,
            ..default_effect(Outcome::Answered)
        },
        Outcome::OptedOut | Outcome::Complained => Effect {
            cadence: CadenceEffect::Cancel,
            ..Effect::default()
        },
        _ => Effect::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcomes_are_in_the_order_of_their_weights() {
        assert!(Outcome::ALL.is_sorted_by_key(|outcome| outcome.weight()));
    }

    #[test]
    fn clients_report_every_outcome_but_the_missing_one() {
        for outcome in Outcome::ALL {
            let read = outcome.as_str().parse();
            let is_reported = outcome != Outcome::NoOutcome;
            assert_eq!(
                read,
                if is_reported {
                    Ok(outcome)
                } else {
                    Err(OutcomeError)
                }
            );
            let json = serde_json::to_value(outcome).unwrap();
            assert_eq!(json, outcome.as_str());
        }
    }

    #[test]
    fn a_heavier_outcome_and_a_callback_after_an_answer_replace() {
        for one in Outcome::ALL {
            for other in Outcome::ALL {
                let expected = one.weight() > other.weight()
                    || (one == Outcome::Callback && other == Outcome::Answered);
                assert_eq!(one.replaces(other), expected, "{one} {other}");
            }
        }
    }

    #[test]
    fn an_opt_out_cannot_be_given_another_effect() {
        let set = [(Outcome::OptedOut, Effect::default())].into();
        let effect = Outcomes::new(set).effect(Outcome::OptedOut);
        assert_eq!(effect.cadence, CadenceEffect::Cancel);
    }
}
