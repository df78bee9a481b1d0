//! Sets of channels.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::channel::Channel;

/// The word for all channels, also those of later versions.
const ALL: &str = "all";
/// Bit of [`ALL`]. The other bits are the places in [`Channel::ALL`].
const ALL_BIT: u8 = 1 << 7;

/// The channels on which an address is suppressed. Stored as a list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<String>", try_from = "Vec<String>")]
pub struct Channels(u8);

/// Error for a text that is no channel.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be all, or a list of call, whatsapp, email and sms")]
pub struct ChannelsError;

impl Channels {
    /// All channels of the address, also those of later versions.
    pub const ALL: Self = Self(ALL_BIT);

    /// Returns the channels of both sets.
    pub fn union(self, other: Self) -> Self {
        let both = Self(self.0 | other.0);
        if both.is_all() { Self::ALL } else { both }
    }

    pub fn is_all(self) -> bool {
        self.0 & ALL_BIT != 0
    }

    pub fn contains(self, channel: Channel) -> bool {
        self.is_all() || self.0 & bit(channel) != 0
    }

    /// Returns the words of the set: "all", or the channels.
    pub fn words(self) -> Vec<&'static str> {
        if self.is_all() {
            return vec![ALL];
        }
        let channels = Channel::ALL.into_iter();
        let channels = channels.filter(|channel| self.contains(*channel));
        channels.map(Channel::as_str).collect()
    }
}

fn bit(channel: Channel) -> u8 {
    let place = Channel::ALL.iter().position(|it| *it == channel);
    1 << place.unwrap_or_default()
}

impl FromIterator<Channel> for Channels {
    fn from_iter<T: IntoIterator<Item = Channel>>(channels: T) -> Self {
        Self(channels.into_iter().fold(0, |set, it| set | bit(it)))
    }
}

impl From<Channels> for Vec<String> {
    fn from(channels: Channels) -> Self {
        channels.words().into_iter().map(str::to_owned).collect()
    }
}

impl TryFrom<Vec<String>> for Channels {
    type Error = ChannelsError;

    fn try_from(words: Vec<String>) -> Result<Self, ChannelsError> {
        if words == [ALL] {
            return Ok(Self::ALL);
        }
        let channel = |word: &String| Channel::of_word(word);
        let channels: Option<Self> = words.iter().map(channel).collect();
        channels.filter(|it| it.0 != 0).ok_or(ChannelsError)
    }
}
