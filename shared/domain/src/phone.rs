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

use rlibphonenumber::Region;

pub use number::{Phone, PhoneError};

use super::country::Country;
use notation::{clean, digits_of, is_number_character, without_fraction};

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
            return Err(PhoneError::NotANumber);
        }
        let text = clean(text);
        let (number, extension) = extension::split(without_fraction(&text)?)?;
        check_characters(number)?;
        let region = default_country.map(Country::region);
        check_single(number, region)?;
        let phone = read_number(number, region)?;
        Ok(Dialled { phone, extension })
    }
}

/// Reads a number without its extension.
fn read_number(number: &str, region: Option<Region>) -> Result<Phone, PhoneError> {
    let Some((front, behind)) = number.rsplit_once('+') else {
        return national::read(number, region);
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
    if number.chars().all(is_number_character) && digits_of(number).len() <= MAX_DIGITS {
        return Ok(());
    }
    let numbers = number
        .split(|c| !is_number_character(c))
        .filter(|part| digits_of(part).len() >= MIN_DIGITS);
    match numbers.count() {
        0 | 1 => Err(PhoneError::NotANumber),
        _ => Err(PhoneError::TwoNumbers),
    }
}

/// Refuses a second number behind a slash or on another line. `030/901820` is one number, because
/// `030` is none. `901820/21` stands for two numbers that differ in their last digits.
fn check_single(number: &str, region: Option<Region>) -> Result<(), PhoneError> {
    let splits: Vec<_> = number
        .match_indices(['/', '\n'])
        .map(|(at, _)| (&number[..at], digits_of(&number[at..]).len()))
        .filter(|(front, behind)| *behind > 0 && !digits_of(front).is_empty())
        .collect();
    if splits.len() > MAX_SPLITS {
        return Err(PhoneError::NotANumber);
    }
    let is_short = matches!(splits[..], [(_, behind)] if behind < MIN_DIGITS_BEHIND_SLASH);
    let is_number =
        |front| read_number(front, region).is_ok_and(|phone| plan::is_valid(phone.digits()));
    if is_short || splits.iter().any(|(front, _)| is_number(front)) {
        return Err(PhoneError::TwoNumbers);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
