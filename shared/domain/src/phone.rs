//! Phone numbers (CONTRACT section 3), stored as E.164: `+`, a country and at most 15 digits.
//!
//! A number given with `+` (or a leading `00`) keeps its digits, whatever a numbering plan says of it:
//! libphonenumber is asked about extensions and about numbers without a country, never to correct. Its numbering
//! plans are read when the first such number comes, for some milliseconds; no other request waits for them.

use std::fmt;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};
use thiserror::Error;

use super::country::Country;

/// Longer texts are not looked at; libphonenumber has the same bound.
const LONGEST_TEXT: usize = 250;

/// A phone number in E.164 form: `+[1-9][0-9]{6,14}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

/// What a text said: a number, and the extension behind it if there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// The number itself.
    pub phone: Phone,
    /// The extension's digits.
    pub extension: Option<String>,
}

/// Why a text is not a phone number; reads on from the field's name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PhoneError {
    /// It cannot be brought to E.164 form.
    #[error("is not a phone number: send it with its country, such as +442079460958")]
    NotANumber,
    /// It has no `+`, and the account says no country to read it in.
    #[error(
        "has no country: send it with +, such as +442079460958, or set the account's default_country"
    )]
    NoCountry,
    /// It has no `+`, and its length does not exist in the account's country.
    #[error(
        "is not possible in the account's default_country: send it with its country, such as +442079460958"
    )]
    NotPossibleHere,
}

impl Phone {
    /// Reads a number as people write it: with spaces, dashes, dots, brackets, `(0)`, `tel:`, and with
    /// digits of any script. Without `+` or `00` it is a number of `default_country`.
    pub fn read(text: &str, default_country: Option<Country>) -> Result<Dialled, PhoneError> {
        if text.len() > LONGEST_TEXT {
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

    /// The number as it is stored and shown, `+` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Phone {
    type Error = PhoneError;

    /// Takes E.164 and nothing else; for what people write, see [`Phone::read`].
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
    // The zero that is dialled at home only: "+44 (0)20".
    let (number, extension) = split_extension(&text.replace("(0)", ""));
    if !number.chars().all(is_number_character) {
        return Err(PhoneError::NotANumber);
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // 00 is the international prefix only where there is no +; both at once is taken as a slip.
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

/// Splits `;ext=12`, `ext. 12`, `x12` and the like off a number. libphonenumber knows how extensions are
/// written; the number is then all that stands before the extension's mark.
fn split_extension(text: &str) -> (String, Option<String>) {
    // Every mark of an extension is something else; most numbers need not be parsed for one.
    if text.chars().all(is_number_character) {
        return (text.to_owned(), None);
    }
    // The region only lets numbers without + be read: an extension looks the same everywhere.
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

/// Not one that works without its area code only, such as `555-0100` in the US.
fn is_complete(number: &PhoneNumber) -> bool {
    matches!(
        PHONE_NUMBER_UTIL.is_possible_number_with_reason(number),
        Ok(NumberLengthType::IsPossible)
    )
}

/// `030/901820` is one number, `901820/21` is two that differ in their last digits: which is meant
/// cannot be stored.
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

/// Digits of any script and the full-width plus as ASCII; all else as it is.
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

/// Digits, the separators people use, and the invisible marks that come along when a number is copied.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, country: Option<&str>) -> Result<(String, Option<String>), PhoneError> {
        let country = country.map(|code| code.parse().unwrap());
        Phone::read(text, country).map(|read| (read.phone.as_str().to_owned(), read.extension))
    }

    #[test]
    fn a_number_with_its_country_keeps_its_digits() {
        for (given, kept) in [
            ("+1234567890", "+1234567890"),
            (" +44 (0)20 7946-0958 ", "+442079460958"),
            ("00442079460958", "+442079460958"),
            ("0044 20.7946.0958", "+442079460958"),
            ("tel:+49-151-23456789", "+4915123456789"),
            ("+44 020 7946 0958", "+4402079460958"),
            ("(+39) 06 6982", "+39066982"),
            ("\u{202a}+1 (555) 010-0000\u{202c}", "+15550100000"),
            ("＋８１９０１２３４５６７８", "+819012345678"),
            ("+٩٦٦٥٠١٢٣٤٥٦٧", "+966501234567"),
        ] {
            for country in [None, Some("US"), Some("GB")] {
                assert_eq!(read(given, country), Ok((kept.to_owned(), None)), "{given}");
            }
        }
    }

    #[test]
    fn a_number_without_a_country_is_read_in_the_accounts() {
        for (given, country, kept) in [
            ("020 7946 0958", "GB", "+442079460958"),
            ("(555) 010-0000", "US", "+15550100000"),
            ("0151 23456789", "DE", "+4915123456789"),
            ("030/901820", "DE", "+4930901820"),
            ("06 6982", "IT", "+39066982"),
        ] {
            assert_eq!(
                read(given, Some(country)),
                Ok((kept.to_owned(), None)),
                "{given}"
            );
            assert_eq!(read(given, None), Err(PhoneError::NoCountry), "{given}");
        }
        assert_eq!(read("12345", Some("US")), Err(PhoneError::NotPossibleHere));
    }

    #[test]
    fn an_extension_is_split_off() {
        for given in [
            "+1 (555) 010-0000 ext 12",
            "+15550100000;ext=12",
            "+1 555 010 0000 x12",
        ] {
            let split = ("+15550100000".to_owned(), Some("12".to_owned()));
            assert_eq!(read(given, None), Ok(split), "{given}");
        }
        let split = ("+15550100000".to_owned(), Some("12".to_owned()));
        assert_eq!(read("(555) 010-0000 ext. 12", Some("US")), Ok(split));
    }

    proptest! {
        #[test]
        fn what_has_no_mark_of_an_extension_has_none(
            text in "[0-9+ .()/\\[\\]\t\u{a0}\u{2010}-\u{2015}\u{2212}\u{ff0d}\u{ff08}\u{ff09}\u{200b}-\u{200f}\u{2060}\u{3000}-]{1,30}"
        ) {
            prop_assume!(text.chars().all(is_number_character));
            let parsed = PHONE_NUMBER_UTIL.parse(&text, Some(Region::US));
            prop_assert_eq!(parsed.ok().and_then(|number| number.extension), None);
        }
    }

    #[test]
    fn what_cannot_be_e164_is_refused() {
        for given in [
            "",
            "+",
            "n/a",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "call me",
            "+1-800-FLOWERS",
            "+49 30 901820/21",
        ] {
            assert_eq!(
                read(given, Some("US")),
                Err(PhoneError::NotANumber),
                "{given}"
            );
        }
        assert_eq!(
            read(&"1".repeat(251), Some("US")),
            Err(PhoneError::NotANumber)
        );
    }
}
