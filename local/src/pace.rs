//! Choice of a stack's clock, as `--clock` has it.

use std::{fmt, str::FromStr};

use aws::clock::Clock;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Greatest factor of a clock. A day then passes in less than a second.
const FASTEST: u32 = 100_000;
/// Choice of a clock, as `--clock` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Pace {
    /// Clock of the machine.
    #[default]
    System,
    /// A clock that stands still until it is moved.
    Manual,
    /// A clock that runs this number of times as fast as the machine's.
    Times(u32),
}

/// Error for a text that is no choice of a clock.
#[derive(Debug, Error)]
#[error("write system, manual, or a factor from 1x to {FASTEST}x, such as 60x")]
pub struct PaceError;

impl FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "system" => Ok(Self::System),
            "manual" => Ok(Self::Manual),
            text => {
                let factor = text.strip_suffix('x').and_then(|it| it.parse().ok());
                let factor = factor.filter(|it| (1..=FASTEST).contains(it));
                factor.map(Self::Times).ok_or(PaceError)
            }
        }
    }
}

impl TryFrom<String> for Pace {
    type Error = PaceError;

    fn try_from(text: String) -> Result<Self, PaceError> {
        text.parse()
    }
}

impl From<Pace> for String {
    fn from(pace: Pace) -> Self {
        pace.to_string()
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Manual => f.write_str("manual"),
            Self::Times(factor) => write!(f, "{factor}x"),
        }
    }
}

impl Pace {
    /// Returns a clock that starts at the time of the machine.
    pub fn clock(self) -> Clock {
        let now = Clock::System.now();
        match self {
            Self::System => Clock::System,
            Self::Manual => Clock::manual(now),
            Self::Times(factor) => Clock::paced(now, factor),
        }
    }

    /// Whether it is the clock of the machine.
    pub fn is_system(&self) -> bool {
        *self == Self::System
    }

    /// Returns the choice that `clock` is made by.
    pub fn of(clock: &Clock) -> Self {
        match clock.factor() {
            None => Self::System,
            Some(0) => Self::Manual,
            Some(factor) => Self::Times(factor),
        }
    }
}
