//! Phone numbers ([contract](../../../docs/contract.md#phone)), stored as E.164: `+` and 7 to 15
//! digits.
//!
//! A number with `+` keeps its digits, even if no numbering plan allows it. libphonenumber is used
//! only for extensions, trunk prefixes, and numbers without a country code. It loads its numbering
//! plans at the first of these, which takes some milliseconds. Requests with other numbers do not
//! need the plans.

mod extension;
mod international;
mod national;
mod notation;
mod number;
mod plan;

pub use number::{Phone, PhoneError};

use super::country::Country;
use notation::{behind_digits, clean, digits_of, is_number_character, without_fraction};

/// Maximum length of a text in bytes. libphonenumber has the same limit.
const MAX_TEXT_LENGTH: usize = 250;

/// Maximum number of digits of a text without an extension: an international prefix, the country
/// code twice, and the longest number. It bounds the work.
const MAX_DIGITS: usize = 32;

/// Minimum number of digits that can be a number of their own.
const MIN_DIGITS: usize = 5;

/// Minimum number of digits behind the only slash of a number.
const MIN_DIGITS_BEHIND_SLASH: usize = 4;

/// Maximum number of slashes and line breaks between digits. It bounds the work, and is enough for
/// `+33/6/31/96/65/43`.
const MAX_SPLITS: usize = 6;

/// A phone number with its extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    pub phone: Phone,
    /// Digits of the extension.
    pub extension: Option<String>,
}

impl Phone {
    /// Reads a number as people write it: with spaces, dashes, dots, brackets, `(0)`, `tel:`, and
    /// digits of any script. A number without `+` or `00` is read as a number of `default_country`.
    ///
    /// # Errors
    /// All of [`PhoneError`].
    pub fn read(text: &str, default_country: Option<Country>) -> Result<Dialled, PhoneError> {
        if text.len() > MAX_TEXT_LENGTH {
            return Err(PhoneError::TooLong);
        }
        let text = clean(text);
        let (number, extension) = extension::split(without_fraction(&text)?)?;
        check_characters(number)?;
        check_single(number, default_country)?;
        let phone = read_number(number, default_country).map_err(|error| {
            if is_pair(number, default_country) {
                PhoneError::TwoNumbers
            } else {
                error
            }
        })?;
        Ok(Dialled { phone, extension })
    }
}

/// Reads a number without its extension.
fn read_number(number: &str, country: Option<Country>) -> Result<Phone, PhoneError> {
    let Some((front, behind)) = number.rsplit_once('+') else {
        return national::read(number, country);
    };
    let front = digits_of(front);
    let behind_digits = digits_of(behind);
    let code = front.strip_prefix("00").unwrap_or(&front);
    let has_code_twice =
        plan::split_country_code(&behind_digits).is_some_and(|(of_number, _)| code == of_number);
    if front.is_empty() && !behind_digits.starts_with("00") {
        international::read_given(behind)
    } else if front.is_empty() {
        // "+0044": 00 replaces the +.
        national::read(behind, None)
    } else if code.is_empty() || has_code_twice {
        international::read_interpreted(behind)
    } else if front.len() >= MIN_DIGITS {
        Err(PhoneError::TwoNumbers)
    } else {
        Err(PhoneError::PlusInside)
    }
}

fn check_characters(number: &str) -> Result<(), PhoneError> {
    let other = number.chars().find(|c| !is_number_character(*c));
    if other.is_none() && digits_of(number).len() <= MAX_DIGITS {
        return Ok(());
    }
    let numbers = number
        .split(|c| !is_number_character(c))
        .filter(|part| digits_of(part).len() >= MIN_DIGITS);
    match numbers.count() {
        0 | 1 => Err(other.map_or(PhoneError::TooManyDigits, PhoneError::OtherCharacter)),
        _ => Err(PhoneError::TwoNumbers),
    }
}

/// Refuses a second number behind a slash or on another line. `030/901820` is one number, because
/// `030` alone is no number. `901820/21` may stand for two numbers that differ in their last digits.
fn check_single(number: &str, country: Option<Country>) -> Result<(), PhoneError> {
    let splits: Vec<_> = number
        .match_indices(['/', '\n'])
        .map(|(at, _)| (&number[..at], digits_of(&number[at..]).len()))
        .filter(|(front, behind)| *behind > 0 && !digits_of(front).is_empty())
        .collect();
    if splits.len() > MAX_SPLITS {
        return Err(PhoneError::NotANumber);
    }
    let is_short = matches!(splits[..], [(_, behind)] if behind < MIN_DIGITS_BEHIND_SLASH);
    if is_short {
        Err(PhoneError::ShortEnding)
    } else if splits.iter().any(|(front, _)| is_valid(front, country)) {
        Err(PhoneError::TwoNumbers)
    } else {
        Ok(())
    }
}

/// Returns whether a text that is too long for one number has a number in front of a blank, and
/// enough digits for another behind it.
fn is_pair(text: &str, country: Option<Country>) -> bool {
    let length = digits_of(text).len();
    length > number::MAX_DIGITS
        && (MIN_DIGITS..=length - MIN_DIGITS).any(|count| {
            let behind = behind_digits(text, count);
            let front = text.strip_suffix(behind).unwrap_or_default();
            behind.starts_with([' ', '\n']) && is_valid(front, country)
        })
}

fn is_valid(number: &str, country: Option<Country>) -> bool {
    read_number(number, country).is_ok_and(|phone| plan::is_valid(phone.digits()))
}

#[cfg(test)]
mod tests;
