//! Suppressions: addresses that must not be contacted
//! ([contract](../../../docs/contract.md#suppressions)).

mod channels;
mod reason;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    channels::{Channels, ChannelsError},
    reason::{SuppressionReason, SuppressionReasonError},
};
use crate::{address::AddressKind, channel::Channel, outcome::Outcome, time::whole_second};

/// Maximum number of ended suppressions that an address keeps. The oldest ones go first.
const MOST_ENDED: usize = 10;

/// A suppression of an address. `Debug` leaves out the texts of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    pub channels: Channels,
    pub reason: SuppressionReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whole second of the first request.
    pub created_at: Timestamp,
}

impl Suppression {
    /// Returns the suppression of both addresses of a lead for which an outcome asks. `None` if it asks for none.
    pub fn of_outcome(outcome: Outcome, now: Timestamp) -> Option<Self> {
        Some(Self {
            channels: Channels::ALL,
            reason: SuppressionReason::of(outcome)?,
            note: None,
            created_at: whole_second(now),
        })
    }
}

/// The consent of a person to be contacted again. `Debug` leaves out the source.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub at: Timestamp,
    /// The place where the consent was given, such as a form.
    pub source: String,
}

/// The order to remove a suppression. `Debug` leaves out the texts of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub at: Timestamp,
    pub reason: String,
    /// Person or system that removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// A suppression that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub suppression: Suppression,
    pub removal: Removal,
}

/// The suppressions of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `None` if the address is not suppressed.
    pub suppression: Option<Suppression>,
    /// Suppressions that were removed, oldest first.
    pub ended: Vec<Ended>,
}

/// Effect of a request to suppress an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppressed {
    New,
    /// The address is suppressed on more channels, or for a heavier reason.
    Changed,
    Unchanged,
}

/// Reason why a suppression is not removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRemoved {
    NotSuppressed,
    NeedsConsent(SuppressionReason),
}

impl Address {
    /// Suppresses the address. A second suppression adds its channels, and the heavier reason stays with
    /// its note.
    pub fn suppress(&mut self, new: &Suppression) -> Suppressed {
        let Some(old) = &mut self.suppression else {
            self.suppression = Some(new.clone());
            return Suppressed::New;
        };
        let before = old.clone();
        old.channels = old.channels.union(new.channels);
        if new.reason > old.reason {
            old.reason = new.reason;
            old.note = new.note.clone().or(old.note.take());
        } else if old.note.is_none() {
            old.note.clone_from(&new.note);
        }
        match *old == before {
            true => Suppressed::Unchanged,
            false => Suppressed::Changed,
        }
    }

    /// Removes the suppression, and keeps it among the ended ones.
    ///
    /// # Errors
    /// All of [`NotRemoved`].
    pub fn unsuppress(&mut self, removal: Removal) -> Result<(), NotRemoved> {
        let suppression = self.suppression.take().ok_or(NotRemoved::NotSuppressed)?;
        if suppression.reason.needs_consent() && removal.consent.is_none() {
            let reason = suppression.reason;
            self.suppression = Some(suppression);
            return Err(NotRemoved::NeedsConsent(reason));
        }
        self.ended.push(Ended {
            suppression,
            removal,
        });
        let over = self.ended.len().saturating_sub(MOST_ENDED);
        self.ended.drain(..over);
        Ok(())
    }
}

/// The channels on which a person must not be contacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppressions {
    /// Suppressed channels of the phone number. `None` if there are none.
    pub phone: Option<Channels>,
    /// Suppressed channels of the e-mail address. `None` if there are none.
    pub email: Option<Channels>,
}

impl Suppressions {
    /// Returns whether the person must not be contacted on the channel. Calls, SMS and WhatsApp use the
    /// phone number, and e-mail the e-mail address.
    pub fn covers(&self, channel: Channel) -> bool {
        let channels = match AddressKind::of(channel) {
            AddressKind::Phone => self.phone,
            AddressKind::Email => self.email,
        };
        channels.is_some_and(|channels| channels.contains(channel))
    }
}

impl fmt::Debug for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suppression")
            .field("channels", &self.channels)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Consent({})", self.at)
    }
}

impl fmt::Debug for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Removal({}, {:?})", self.at, self.consent)
    }
}

#[cfg(test)]
mod tests;
