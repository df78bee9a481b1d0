//! The number in E.164, and the errors of a text that cannot be brought to it.

use std::fmt;

use thiserror::Error;

use crate::country::Country;

/// Maximum number of digits of a number, from E.164.
pub const MAX_DIGITS: usize = 15;

/// Minimum number of digits of a number, from the contract.
const MIN_DIGITS: usize = 7;

/// A phone number in E.164 form: `+[1-9][0-9]{6,14}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

/// Error for a text that is no phone number. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PhoneError {
    /// The text cannot be brought to E.164.
    #[error("is not a phone number: send it with its country code, such as +442079460958")]
    NotANumber,
    /// A letter or sign that is no part of a number. No digit, and never more than one character.
    #[error(
        "has characters that are no part of a number, such as {0:?}: send its digits only, such as +442079460958"
    )]
    OtherCharacter(char),
    /// The text is longer than a number with its separators.
    #[error("is too long for a phone number: send one number, such as +442079460958")]
    TooLong,
    /// The number has more digits than E.164 allows.
    #[error(
        "has more than 15 digits: send one number with its country code, such as +442079460958"
    )]
    TooManyDigits,
    /// The number has fewer digits than a number that is stored.
    #[error(
        "has fewer than 7 digits with its country code: send the whole number, such as +442079460958"
    )]
    TooFewDigits,
    /// The number has no `+`, and the account has no default country.
    #[error(
        "has no country: send it with +, such as +442079460958, or set the account's default_country"
    )]
    NoCountry,
    /// The number has no `+`, and its length does not exist in the account's country.
    #[error(
        "is not a phone number in {0}, the account's default_country: send it with its country code, such as +442079460958"
    )]
    NotPossibleHere(Country),
    /// Digits other than the country code stand in front of the `+`.
    #[error("has a + behind other digits: send it with one + in front, such as +442079460958")]
    PlusInside,
    /// The text has two numbers.
    #[error("has more than one number: send one number, such as +442079460958")]
    TwoNumbers,
    /// Few digits stand behind a slash: an extension, or the end of a second number.
    #[error(
        "ends with a slash and digits, which may be an extension or a second number: send one number, such as +442079460958 ext. 12"
    )]
    ShortEnding,
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
        let well_formed = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        match digits.len() {
            _ if !well_formed => Err(PhoneError::NotANumber),
            length if length < MIN_DIGITS => Err(PhoneError::TooFewDigits),
            length if length > MAX_DIGITS => Err(PhoneError::TooManyDigits),
            _ => Ok(Self(text.to_owned())),
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
