//! The API key's form (CONTRACT section 1): `nxr_live_`, 32 base62 characters from a CSPRNG, and 6
//! base62 characters of CRC-32 over all that comes before them.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use thiserror::Error;

const PREFIX: &str = "nxr_live_";
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A well-formed API key. Whether it opens anything is the store's to say.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// The SHA-256 of an API key in lower-case hexadecimal: all that the table and the caches hold of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(String);

/// A text that cannot be an API key: wrong prefix, length, alphabet or checksum.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("is not a well-formed API key")]
pub struct ApiKeyError;

impl ApiKey {
    /// What the table knows the key by.
    pub fn hash(&self) -> ApiKeyHash {
        let digest = Sha256::digest(self.0.as_bytes());
        ApiKeyHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let rest = text.strip_prefix(PREFIX).ok_or(ApiKeyError)?;
        let well_formed = rest.len() == SECRET_LENGTH + CHECKSUM_LENGTH
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (body, given) = text
            .split_at_checked(PREFIX.len() + SECRET_LENGTH)
            .filter(|_| well_formed)
            .ok_or(ApiKeyError)?;
        if checksum(body) == given {
            Ok(Self(text.to_owned()))
        } else {
            Err(ApiKeyError)
        }
    }
}

/// CRC-32 of `body` as 6 base62 digits, most significant first.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        let value = usize::try_from(rest % 62).unwrap_or_default();
        *digit = BASE62.get(value).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

impl ApiKeyHash {
    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "nxr_live_LeadgateWrongKeyNotInAnyTable0003kkIk0";

    #[test]
    fn a_key_with_a_right_checksum_is_well_formed() {
        let key: ApiKey = KEY.parse().unwrap();
        assert_eq!(
            key.hash().as_str(),
            "c1861067576f416d648463a73bbf809cb662c19673f6ba661b34f660afc0c064"
        );
    }

    #[test]
    fn a_change_of_any_character_is_noticed_without_a_read() {
        for position in 0..KEY.len() {
            let mut changed = KEY.as_bytes().to_vec();
            changed[position] = if changed[position] == b'x' {
                b'y'
            } else {
                b'x'
            };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(changed.parse::<ApiKey>(), Err(ApiKeyError), "{changed}");
        }
        for wrong in [
            "",
            "nxr_live_",
            &KEY[1..],
            &KEY[..KEY.len() - 1],
            &format!("{KEY}0"),
        ] {
            assert_eq!(wrong.parse::<ApiKey>(), Err(ApiKeyError), "{wrong}");
        }
        assert!("nxr_live_ééééééééééééééééééé".parse::<ApiKey>().is_err());
    }

    #[test]
    fn a_key_never_shows_in_debug_output() {
        let key: ApiKey = KEY.parse().unwrap();
        let shown = format!("{key:?} {:?}", key.hash());
        assert!(!shown.contains("Wrong") && !shown.contains(key.hash().as_str()));
    }
}
