//! Reasons why a command on suppressions fails.

use aws::store::StoreError;
use domain::{
    address::AddressKind, channel::Channel, email::EmailError, phone::PhoneError,
    suppression::SuppressionReason,
};
use jiff::Timestamp;
use local::text::PrintError;

use crate::target::TargetError;

/// Reason why a command on suppressions failed. No message has an address.
#[derive(Debug, thiserror::Error)]
pub enum SuppressError {
    #[error("--phone {0}")]
    Phone(PhoneError),
    #[error("--email {0}: pass one such as ana@example.com")]
    Email(EmailError),
    #[error("--channel {word} is not a channel of the {kind}: pass {own}, or leave --channel out")]
    Channel {
        kind: AddressKind,
        word: String,
        own: String,
    },
    #[error(
        "invalid suppression id: pass one that `leadgate suppress list` shows, or the address with --phone or \
         --email"
    )]
    Id,
    #[error(
        "there is no such suppression in this account, or it was removed: `leadgate suppress list` lists the \
         suppressions"
    )]
    NotSuppressed,
    #[error(
        "the reason of the suppression is {0}, so it ends with a new consent of the person only: pass \
         --consent-at and --consent-source"
    )]
    NeedsConsent(SuppressionReason),
    #[error("--consent-at {0} is in the future: pass the time of the consent, such as \"2d ago\"")]
    Future(Timestamp),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

impl SuppressError {
    pub fn channel(kind: AddressKind, word: &str) -> Self {
        let own: Vec<_> = kind.channels().map(Channel::as_str).collect();
        Self::Channel {
            kind,
            word: word.to_owned(),
            own: own.join(", "),
        }
    }
}
