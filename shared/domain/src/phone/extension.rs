//! Extensions: `;ext=12`, `ext. 12`, `x12`, `,,12`.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::{notation::is_number_character, number::PhoneError};

/// Minimum number of digits behind a single comma or semicolon that may be a second number. An
/// extension of that length has a plainer mark.
const MIN_DIGITS_OF_NUMBER: usize = 5;

/// Splits an extension off a number. libphonenumber finds the extension, and the number is the text
/// before its mark.
///
/// # Errors
/// - [`PhoneError::TwoNumbers`] if the extension may be a second number.
/// - [`PhoneError::OtherCharacter`] for a `~`, which separates digits or marks an extension.
pub fn split(text: &str) -> Result<(&str, Option<String>), PhoneError> {
    // Each mark of an extension has another character, so most numbers need not be parsed.
    if text.chars().all(|c| is_number_character(c) && c != '~') {
        return Ok((text, None));
    }
    // libphonenumber needs a region for numbers without +. Extensions look the same in all regions.
    let extension = PHONE_NUMBER_UTIL
        .parse(text, Some(Region::US))
        .ok()
        .and_then(|number| number.extension)
        .filter(|extension| !extension.is_empty());
    let Some(extension) = extension else {
        return Ok((text, None));
    };
    let Some(rest) = text.trim_end_matches('#').strip_suffix(extension.as_str()) else {
        return Ok((text, None));
    };
    let number = rest.trim_end_matches(|c: char| !c.is_ascii_digit());
    let mark = rest.strip_prefix(number).unwrap_or_default();
    match mark.trim_matches(|c| c == ' ' || c == '\n') {
        "," | ";" if extension.len() >= MIN_DIGITS_OF_NUMBER => Err(PhoneError::TwoNumbers),
        mark if mark.starts_with('~') => Err(PhoneError::OtherCharacter('~')),
        _ => Ok((number, Some(extension))),
    }
}
