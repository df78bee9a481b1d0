//! Phone numbers ([contract](../../../docs/contract.md#phone)), stored as E.164: `+` and 7 to 15
//! digits.
//!
//! A number with `+` or a leading `00` keeps its digits, even if no numbering plan allows it.
//! libphonenumber is used only for extensions and for numbers without a country code. It loads its
//! numbering plans at the first of these, which takes some milliseconds. Requests with other numbers
//! do not need the plans.

use std::fmt;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};
use thiserror::Error;

use super::country::Country;

/// Maximum length of a text in bytes. libphonenumber has the same limit.
const MAX_TEXT_LENGTH: usize = 250;

/// A phone number in E.164 form: `+[1-9][0-9]{6,14}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

/// A phone number with its extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    pub phone: Phone,
    /// Digits of the extension.
    pub extension: Option<String>,
}

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
        let text = ascii_digits(text.trim());
        let text = strip_scheme(&text);
        if has_alternative(text) {
            return Err(PhoneError::NotANumber);
        }
        if is_international(text) {
            read_international(text)
        } else {
            read_national(text, default_country)
        }
    }

    /// Returns the number as it is stored and shown, with `+`.
    pub fn as_str(&self) -> &str {
        &self.0
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

fn read_international(text: &str) -> Result<Dialled, PhoneError> {
    // "+44 (0)20": callers from abroad leave out the zero in brackets.
    let (number, extension) = split_extension(&text.replace("(0)", ""));
    if !number.chars().all(is_number_character) {
        return Err(PhoneError::NotANumber);
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // 00 replaces the +. A number with both is read as if it had only one of them.
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let phone = Phone::try_from(format!("+{digits}").as_str())?;
    Ok(Dialled { phone, extension })
}

fn read_national(text: &str, default_country: Option<Country>) -> Result<Dialled, PhoneError> {
    let (number, extension) = split_extension(text);
    if !number.chars().all(is_number_character) || !number.contains(|c: char| c.is_ascii_digit()) {
        return Err(PhoneError::NotANumber);
    }
    let region = default_country.ok_or(PhoneError::NoCountry)?.region();
    let parsed = PHONE_NUMBER_UTIL
        .parse(&number, Some(region))
        .map_err(|_| PhoneError::NotPossibleHere)?;
    let home = PHONE_NUMBER_UTIL.get_country_code_for_region(region);
    if Some(parsed.country_code) != home || !is_complete(&parsed) {
        return Err(PhoneError::NotPossibleHere);
    }
    let phone = Phone::try_from(parsed.format_as(PhoneNumberFormat::E164).as_ref())?;
    Ok(Dialled { phone, extension })
}

/// Splits an extension such as `;ext=12`, `ext. 12` or `x12` off a number. libphonenumber finds the
/// extension, and the number is the text before its mark.
fn split_extension(text: &str) -> (String, Option<String>) {
    // Each mark of an extension has another character, so most numbers need not be parsed.
    if text.chars().all(is_number_character) {
        return (text.to_owned(), None);
    }
    // libphonenumber needs a region for numbers without +. Extensions look the same in all regions.
    let extension = PHONE_NUMBER_UTIL
        .parse(text, Some(Region::US))
        .ok()
        .and_then(|number| number.extension)
        .filter(|extension| !extension.is_empty());
    let Some(extension) = extension else {
        return (text.to_owned(), None);
    };
    let number = text
        .trim_end_matches('#')
        .strip_suffix(extension.as_str())
        .map(|rest| rest.trim_end_matches(|c: char| !c.is_ascii_digit()));
    match number {
        Some(number) => (number.to_owned(), Some(extension)),
        None => (text.to_owned(), None),
    }
}

/// Returns whether the number has its area code. `555-0100` in the US has none.
fn is_complete(number: &PhoneNumber) -> bool {
    matches!(
        PHONE_NUMBER_UTIL.is_possible_number_with_reason(number),
        Ok(NumberLengthType::IsPossible)
    )
}

/// Returns whether the text has a second number behind a slash. `901820/21` stands for two numbers
/// that differ in their last digits. `030/901820` is one number.
fn has_alternative(text: &str) -> bool {
    text.rsplit_once('/')
        .is_some_and(|(_, last)| last.chars().filter(char::is_ascii_digit).count() < 4)
}

fn strip_scheme(text: &str) -> &str {
    match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
        _ => text,
    }
}

fn is_international(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c != '+' && !c.is_ascii_digit());
    start.starts_with('+') || digits_of(start).starts_with("00")
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(2).collect()
}

/// Replaces digits of any script and the full-width plus with ASCII.
fn ascii_digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff0b}' => '+',
            c if c.is_ascii() || !c.is_numeric() => c,
            c => PHONE_NUMBER_UTIL
                .normalize_digits_only(c.encode_utf8(&mut [0; 4]))
                .chars()
                .next()
                .unwrap_or(c),
        })
        .collect()
}

/// Returns whether a number without an extension can have the character: digits, separators, and
/// invisible marks of a copied number.
fn is_number_character(c: char) -> bool {
    c.is_ascii_digit()
        || c.is_whitespace()
        || matches!(c, '+' | '-' | '.' | '(' | ')' | '[' | ']' | '/')
        || matches!(
            c,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{ff08}' | '\u{ff09}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
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

#[cfg(test)]
mod tests;
