//! The filter of a list of touchpoints ([contract](../../../docs/contract.md#get-touchpoints)).

use std::str::FromStr;

use thiserror::Error;

use crate::{cadence::TouchpointState, channel::Channel, ids::LeadId};

/// State by which touchpoints are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedState {
    /// A touchpoint that callers can claim now.
    Due,
    /// A touchpoint in this state.
    Is(TouchpointState),
}

/// Filter of a list of touchpoints. `None` keeps all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TouchpointFilter {
    pub state: Option<ListedState>,
    pub channel: Option<Channel>,
    pub lead_id: Option<LeadId>,
}

/// Error for a word that is no state. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be due, {}", states())]
pub struct ListedStateError;

fn states() -> String {
    let states = TouchpointState::ALL.map(|it| it.to_string());
    let [rest @ .., last] = &states;
    format!("{} or {last}", rest.join(", "))
}

impl FromStr for ListedState {
    type Err = ListedStateError;

    fn from_str(text: &str) -> Result<Self, ListedStateError> {
        if text == "due" {
            return Ok(Self::Due);
        }
        let mut states = TouchpointState::ALL.into_iter();
        let state = states.find(|state| state.to_string() == text);
        state.map(Self::Is).ok_or(ListedStateError)
    }
}

impl ListedState {
    /// Returns whether touchpoints in this state are listed for a whole account. The others are listed
    /// for one lead only.
    pub fn is_of_account(self) -> bool {
        matches!(
            self,
            Self::Due
                | Self::Is(
                    TouchpointState::Claimed
                        | TouchpointState::Unconfirmed
                        | TouchpointState::Failed
                )
        )
    }
}
