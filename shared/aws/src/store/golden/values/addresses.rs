//! The values of the golden addresses.

use domain::{
    address::{AddressHash, AddressKind},
    channel::Channel,
    suppression::{Address, Channels, Consent, Ended, Removal, Suppression, SuppressionReason},
};

use super::at;

pub(in crate::store) fn address_hash() -> AddressHash {
    AddressHash {
        kind: AddressKind::Phone,
        hash: [7; 16],
    }
}

/// An address that is suppressed, and was before.
pub(in crate::store) fn suppressed_address() -> Address {
    Address {
        suppression: Some(Suppression {
            channels: [Channel::Call, Channel::Sms].into_iter().collect(),
            reason: SuppressionReason::Manual,
            note: Some("asked on the fair".to_owned()),
            created_at: at(3),
        }),
        ..cleared_address()
    }
}

/// An address whose suppression was removed.
pub(in crate::store) fn cleared_address() -> Address {
    let suppression = Suppression {
        channels: Channels::ALL,
        reason: SuppressionReason::OptedOut,
        note: None,
        created_at: at(0),
    };
    let removal = Removal {
        at: at(2),
        reason: "signed up again".to_owned(),
        actor: Some("Alice".to_owned()),
        consent: Some(Consent {
            at: at(1),
            source: "newsletter form".to_owned(),
        }),
    };
    Address {
        suppression: None,
        ended: vec![Ended {
            suppression,
            removal,
        }],
    }
}
