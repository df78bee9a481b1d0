//! Channels of contacts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Way of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Call,
    Whatsapp,
    Email,
    /// A text message.
    Sms,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::Call, Self::Whatsapp, Self::Email, Self::Sms];

    /// Returns the channel of a word, such as `call`. `None` if it is no channel.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
