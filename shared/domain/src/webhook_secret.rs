//! Secrets with which webhooks are signed
//! ([Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use thiserror::Error;

/// Text in front of each secret.
pub const PREFIX: &str = "whsec_";
/// Sizes in bytes that Standard Webhooks allows.
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret of a destination. The receiver has it as well.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// Error for a text that is no secret. The message follows the name of the field.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("must be {PREFIX} and the base64 of 24 to 64 bytes")]
pub struct WebhookSecretError;

impl WebhookSecret {
    /// Returns a secret of these bytes of a CSPRNG.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random.to_vec())
    }

    /// Returns the secret as the receiver gets it. Show it once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    /// Returns the key of the HMAC.
    pub fn key(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for WebhookSecret {
    type Err = WebhookSecretError;

    fn from_str(text: &str) -> Result<Self, WebhookSecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(WebhookSecretError)?;
        let bytes = BASE64_STANDARD.decode(encoded);
        let bytes = bytes.map_err(|_| WebhookSecretError)?;
        if SIZES.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(WebhookSecretError)
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_is_shown() {
        let secret = WebhookSecret::new([7; 32]);
        let text = secret.reveal();
        assert!(text.starts_with("whsec_") && text.len() == 50, "{text}");
        assert_eq!(text.parse(), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "WebhookSecret(redacted)");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        for (size, is_taken) in [(23, false), (24, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", BASE64_STANDARD.encode(vec![1; size]));
            assert_eq!(text.parse::<WebhookSecret>().is_ok(), is_taken, "{size}");
        }
        for text in ["", "whsec_", "whsec_?", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(text.parse::<WebhookSecret>(), Err(WebhookSecretError));
        }
    }
}
