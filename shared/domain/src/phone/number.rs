//! The number in E.164, and the errors of a text that cannot be brought to it.

use std::fmt;

use thiserror::Error;

/// A phone number in E.164 form: `+[1-9][0-9]{6,14}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

/// Error for a text that is no phone number. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PhoneError {
    /// The text cannot be brought to E.164.
    #[error("is not a phone number: send it with its country code, such as +442079460958")]
    NotANumber,
    /// The number has no `+`, and the account has no default country.
    #[error(
        "has no country: send it with +, such as +442079460958, or set the account's default_country"
    )]
    NoCountry,
    /// The number has no `+`, and its length does not exist in the account's country.
    #[error(
        "is not possible in the account's default_country: send it with its country code, such as +442079460958"
    )]
    NotPossibleHere,
    /// Digits other than the country code stand in front of the `+`.
    #[error("has a + behind other digits: send it with one + in front, such as +442079460958")]
    PlusInside,
    /// The text has two numbers.
    #[error("has more than one number: send one number, such as +442079460958")]
    TwoNumbers,
    /// A spreadsheet may have written the text as a fraction or with an exponent.
    #[error(
        "ends like a fraction of a spreadsheet: send its digits as text, such as +442079460958"
    )]
    Fraction,
    /// The only reading of the number does not exist.
    #[error(
        "was read as {}, which is no number of its country: send it with its country code, such as +442079460958",
        .0.as_str()
    )]
    WrongReading(Phone),
    /// The number has two readings, and neither exists.
    #[error(
        "was read as {} and as {}, which are no numbers of their countries: send it with its country code, such as +442079460958",
        .0.as_str(), .1.as_str()
    )]
    WrongReadings(Phone, Phone),
    /// The number has two readings, and both exist.
    #[error(
        "can be read as {} and as {}: send it with + and its country code",
        .0.as_str(), .1.as_str()
    )]
    TwoReadings(Phone, Phone),
}

impl Phone {
    /// Returns the number as it is stored and shown, with `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number without `+`.
    pub(super) fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// Makes a number from its country code and the digits behind it.
    pub(super) fn from_digits(digits: &str) -> Result<Self, PhoneError> {
        Self::try_from(format!("+{digits}").as_str())
    }
}

impl TryFrom<&str> for Phone {
    type Error = PhoneError;

    /// Accepts E.164 only. [`Phone::read`] accepts numbers as people write them.
    fn try_from(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhoneError::NotANumber)
        }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(redacted)")
    }
}
