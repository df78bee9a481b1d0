//! Random bytes for ids and keys. No other module asks the operating system for them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::api_key::ApiKey;
use thiserror::Error;
use uuid::{NoContext, Timestamp, Uuid};

/// Source of the random part of new ids.
#[derive(Clone, Debug)]
pub enum Randomness {
    /// The operating system.
    System,
    /// A counter that clones share, so that a test can repeat its ids. Such ids can be guessed.
    Counted(Arc<AtomicU64>),
}

/// The operating system returned no random bytes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the operating system returned no random bytes")]
pub struct NoRandomness;

impl Randomness {
    /// Returns the random part of a new UUIDv7.
    pub fn bits(&self) -> [u8; 10] {
        match self {
            Self::System => {
                let id = Uuid::new_v7(Timestamp::from_unix(NoContext, 0, 0)).into_bytes();
                id.last_chunk().copied().unwrap_or_default()
            }
            Self::Counted(count) => {
                let count = u128::from(count.fetch_add(1, Ordering::SeqCst)).to_be_bytes();
                count.last_chunk().copied().unwrap_or_default()
            }
        }
    }
}

/// Returns a new secret of an account.
///
/// # Errors
/// [`NoRandomness`] if the operating system returns no random bytes.
pub fn secret() -> Result<[u8; 32], NoRandomness> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| NoRandomness)?;
    Ok(random)
}

/// Returns a new API key.
///
/// # Errors
/// [`NoRandomness`] if the operating system returns no random bytes.
pub fn api_key() -> Result<ApiKey, NoRandomness> {
    let mut random = [0; 256];
    getrandom::fill(&mut random).map_err(|_| NoRandomness)?;
    ApiKey::from_random(&random).ok_or(NoRandomness)
}

#[cfg(test)]
mod tests {
    use domain::ids::LeadId;

    use super::*;

    #[test]
    fn counted_ids_come_again_with_their_count_and_differ_within_it() {
        let ids = || {
            let random = Randomness::Counted(Arc::default());
            [(); 2].map(|()| LeadId::new(jiff::Timestamp::UNIX_EPOCH, random.bits()))
        };
        assert_eq!(ids(), ids());
        assert_ne!(ids()[0], ids()[1]);
    }

    #[test]
    fn ids_and_keys_of_the_system_differ() {
        assert_ne!(Randomness::System.bits(), Randomness::System.bits());
        assert_ne!(api_key(), api_key());
    }
}
