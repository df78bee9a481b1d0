//! Email addresses ([contract](../../../docs/contract.md#post-leads)).
//!
//! An address is trimmed and in lower case. Its domain is IDNA ASCII. It follows the syntax of RFC
//! 5321 and RFC 6531.

use std::fmt;

use email_address::{EmailAddress, Options};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Maximum length of an address in bytes: the 256 of RFC 5321 section 4.5.3.1.3 without the
/// brackets.
const MAX_LENGTH: usize = 254;

/// An email address in its stored form.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Error for a text that is no email address. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EmailError {
    #[error("is not a valid email address")]
    Syntax,
    /// The address is too long once its domain is ASCII.
    #[error("must not be longer than {MAX_LENGTH} characters")]
    TooLong,
}

impl Email {
    /// Returns the address as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Email {
    type Error = EmailError;

    fn try_from(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(EmailError::Syntax)?;
        let domain = idna::domain_to_ascii(domain).map_err(|_| EmailError::Syntax)?;
        let address = format!(
            "{}@{domain}",
            local.nfc().collect::<String>().to_lowercase()
        );
        if address.len() > MAX_LENGTH {
            return Err(EmailError::TooLong);
        }
        let options = Options::default()
            .without_display_text()
            .without_domain_literal();
        EmailAddress::parse_with_options(&address, options).map_err(|_| EmailError::Syntax)?;
        Ok(Self(address))
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_lower_cased_and_their_domain_is_ascii() {
        for (given, kept) in [
            (" John@Example.COM ", "john@example.com"),
            ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
            ("a+b@sub.example.co.uk", "a+b@sub.example.co.uk"),
        ] {
            assert_eq!(Email::try_from(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "john",
            "john@",
            "@example.com",
            "john@exa mple.com",
            "john doe@example.com",
            "John <john@example.com>",
            "john@[127.0.0.1]",
            "john@example.com, jane@example.com",
            "john@-example-.com",
        ] {
            assert_eq!(Email::try_from(text), Err(EmailError::Syntax), "{text}");
        }
    }

    #[test]
    fn the_length_counts_once_the_domain_is_ascii() {
        let domain = vec!["d".repeat(60); 4].join(".");
        let fits = format!("{}@{domain}", "l".repeat(254 - 1 - domain.len()));
        assert!(Email::try_from(fits.as_str()).is_ok());
        assert_eq!(
            Email::try_from(format!("l{fits}").as_str()),
            Err(EmailError::TooLong)
        );
    }
}
