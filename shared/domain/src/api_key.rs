//! The API key's form (CONTRACT section 1): `nxr_live_`, 32 base62 characters from a CSPRNG, and 6
//! base62 characters of CRC-32 over all that comes before them.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    account::Account,
    ids::{AccountId, ApiKeyId},
};

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

/// What is kept of an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its id, by which it is revoked.
    pub id: ApiKeyId,
    /// What it opens.
    pub account: Account,
    /// What its operator calls it.
    pub name: String,
    /// The key's last four characters, to tell keys apart.
    pub last4: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
    /// The hour of its last use, as far as it is known.
    pub last_used: Option<Timestamp>,
}

impl ApiKeyRecord {
    /// Whether the key opens its account at `now`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// The hour to note down as that of its last use, unless it is noted already.
    pub fn unrecorded_hour(&self, now: Timestamp) -> Option<Timestamp> {
        let hour = now.as_second() - now.as_second().rem_euclid(3_600);
        let hour = Timestamp::from_second(hour).ok()?;
        self.last_used
            .is_none_or(|noted| noted < hour)
            .then_some(hour)
    }

    /// How long what was read at `now` may be gone by: as long as `most`, and not beyond its end.
    pub fn cache_lifetime(&self, now: Timestamp, most: SignedDuration) -> SignedDuration {
        self.expires_at
            .map_or(most, |end| end.duration_since(now).min(most))
    }
}

impl ApiKey {
    /// Makes a key from random bytes, which must come from a CSPRNG.
    ///
    /// Each byte gives a base62 digit with a probability of 248/256. `None` if `random` gives fewer than
    /// 32 digits.
    pub fn from_random(random: &[u8]) -> Option<Self> {
        let mut key = PREFIX.to_owned();
        key.extend(random.iter().copied().filter_map(digit).take(SECRET_LENGTH));
        if key.len() < PREFIX.len() + SECRET_LENGTH {
            return None;
        }
        let checksum = checksum(&key);
        Some(Self(key + &checksum))
    }

    /// What is to be kept of the key, which has no end and was not used yet.
    pub fn record(
        &self,
        id: ApiKeyId,
        account: Account,
        name: &str,
        created_at: Timestamp,
    ) -> ApiKeyRecord {
        ApiKeyRecord {
            id,
            account,
            name: name.to_owned(),
            last4: self.last4().to_owned(),
            created_at,
            expires_at: None,
            revoked_at: None,
            last_used: None,
        }
    }

    /// The key itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn last4(&self) -> &str {
        self.0.get(self.0.len() - 4..).unwrap_or_default()
    }

    /// What the table knows the key by.
    pub fn hash(&self) -> ApiKeyHash {
        let digest = Sha256::digest(self.0.as_bytes());
        let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16));
        ApiKeyHash(digits.collect())
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

/// A random byte as a base62 digit; some bytes are none, so that each digit is as likely as any other.
fn digit(random: u8) -> Option<char> {
    let digits = BASE62.iter().cycle().take(usize::from(u8::MAX) / 62 * 62);
    digits.copied().map(char::from).nth(usize::from(random))
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

impl FromStr for ApiKeyHash {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let well_formed = text.len() == 64 && text.bytes().all(is_digit);
        well_formed
            .then(|| Self(text.to_owned()))
            .ok_or(ApiKeyError)
    }
}

impl ApiKeyHash {
    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ApiKeyId {
    /// Returns the id of a key that was stored without one.
    pub fn of_hash(account: AccountId, hash: &ApiKeyHash) -> Self {
        Uuid::new_v5(&account.into(), hash.as_str().as_bytes()).into()
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
    use crate::limit::Limits;

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
    fn new_keys_are_well_formed_and_differ() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let [one, another] =
            [&bytes[..40], &bytes[40..]].map(|it| ApiKey::from_random(it).unwrap());
        assert_ne!(one, another);
        assert_eq!(ApiKey::from_random(&bytes[..31]), None);
        for key in [one, another] {
            assert_eq!(key.reveal().parse(), Ok(key.clone()));
            assert!(key.reveal().ends_with(key.last4()) && key.last4().len() == 4);
        }
    }

    #[test]
    fn each_digit_is_as_likely_as_any_other() {
        let digits: String = (0..=u8::MAX).filter_map(digit).collect();
        for character in BASE62 {
            assert_eq!(digits.matches(char::from(*character)).count(), 4);
        }
    }

    fn record(expires_at: Option<&str>, revoked_at: Option<&str>) -> ApiKeyRecord {
        let created_at = Timestamp::UNIX_EPOCH;
        let account = Account {
            id: AccountId::new(created_at, [7; 10]),
            default_country: None,
            limits: Limits::default(),
        };
        let key: ApiKey = KEY.parse().unwrap();
        ApiKeyRecord {
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            revoked_at: revoked_at.map(|at| at.parse().unwrap()),
            ..key.record(
                ApiKeyId::new(created_at, [7; 10]),
                account,
                "Website",
                created_at,
            )
        }
    }

    #[test]
    fn a_key_opens_nothing_once_it_is_revoked_or_has_expired() {
        let end: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let second = SignedDuration::from_secs(1);
        assert!(record(None, None).is_valid_at(end));
        assert!(!record(None, Some("2026-01-01T00:00:00Z")).is_valid_at(end));
        let key = record(Some("2026-02-10T12:00:00Z"), None);
        assert!(key.is_valid_at(end - second) && !key.is_valid_at(end));
        let minute = SignedDuration::from_mins(1);
        assert_eq!(key.cache_lifetime(end - second, minute), second);
        assert_eq!(key.cache_lifetime(end - 2 * minute, minute), minute);
    }

    #[test]
    fn a_use_is_noted_once_an_hour() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut key = record(None, None);
        let noon = at("2026-02-10T12:00:00Z");
        assert_eq!(key.unrecorded_hour(at("2026-02-10T12:59:59Z")), Some(noon));
        key.last_used = Some(noon);
        assert_eq!(key.unrecorded_hour(at("2026-02-10T12:59:59Z")), None);
        let one = at("2026-02-10T13:00:00Z");
        assert_eq!(key.unrecorded_hour(one), Some(one));
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
