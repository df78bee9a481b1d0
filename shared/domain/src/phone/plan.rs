//! The numbering plans of libphonenumber.
//!
//! Numbers are digits here: the country code and the digits behind it. libphonenumber reads its
//! plans at the first call, which takes some milliseconds.

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
};

/// Trunk prefixes other than those that begin with 0, as country code and prefix.
///
/// libphonenumber has them too, but it first reads all plans. A request with an ordinary number
/// does not wait for that.
const TRUNK_PREFIXES: [(&str, char); 6] = [
    ("1", '1'),
    ("7", '8'),
    ("370", '8'),
    ("375", '8'),
    ("692", '1'),
    ("993", '8'),
];

/// A reading of digits as a phone in some region dials them.
pub struct Dialled {
    /// The country code and the digits behind it.
    pub digits: String,
    /// Whether the digits begin with an international prefix of the region.
    pub has_prefix: bool,
}

/// Splits a number behind its country code. No plan is read: the lengths of country codes are fixed.
pub fn split_country_code(digits: &str) -> Option<(&str, &str)> {
    let length = match *digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    };
    digits.split_at_checked(length)
}

/// Returns whether the digits behind a country code may begin with a trunk prefix of its plan. No
/// plan is read.
pub fn may_have_trunk_prefix(code: &str, national: &str) -> bool {
    national.starts_with('0')
        || TRUNK_PREFIXES
            .iter()
            .any(|(of, prefix)| *of == code && national.starts_with(*prefix))
}

/// Removes the trunk prefix of a plan. `None` if libphonenumber does not take it off the plan's
/// example number.
pub fn without_trunk_prefix<'a>(code: &str, national: &'a str) -> Option<&'a str> {
    let code_number = code.parse().ok()?;
    let example = match PHONE_NUMBER_UTIL.get_region_for_country_code(code_number)? {
        Region::World => PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code_number),
        region => PHONE_NUMBER_UTIL.get_example_number(region),
    };
    let example = digits(&example.ok()?);
    let example_national = example.strip_prefix(code)?;
    [1, 2].into_iter().find_map(|length| {
        let (prefix, rest) = national.split_at_checked(length)?;
        let is_taken_off =
            read(&format!("{code}{prefix}{example_national}")).as_ref() == Some(&example);
        is_taken_off.then_some(rest)
    })
}

/// Returns libphonenumber's reading of a number with a country code, without its trunk prefix.
pub fn read(number: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(format!("+{number}"), None).ok()?;
    Some(digits(&number))
}

/// Returns libphonenumber's reading of digits that a phone dials in a region.
pub fn read_in(region: Region, dialled: &str) -> Option<Dialled> {
    let number = PHONE_NUMBER_UTIL
        .parse_and_keep_raw_input(dialled, Some(region))
        .ok()?;
    Some(Dialled {
        digits: digits(&number),
        has_prefix: number.country_code_source() == CountryCodeSource::FromNumberWithIdd,
    })
}

/// Returns the country code of a region.
pub fn country_code(region: Region) -> Option<String> {
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
    Some(code.to_string())
}

/// Returns whether the number exists in its plan.
pub fn is_valid(number: &str) -> bool {
    as_given(number).is_some_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number))
}

/// Returns whether the plan of the number has numbers of its length, with area code. `555-0100` in
/// the US has no area code.
pub fn is_possible(number: &str) -> bool {
    as_given(number).is_some_and(|number| {
        matches!(
            PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number),
            Ok(NumberLengthType::IsPossible)
        )
    })
}

/// Makes a number of libphonenumber that keeps all digits.
fn as_given(number: &str) -> Option<PhoneNumber> {
    let (code, national) = split_country_code(number)?;
    let zeros = national.bytes().take_while(|byte| *byte == b'0').count();
    Some(PhoneNumber {
        country_code: code.parse().ok()?,
        national_number: national.parse().ok()?,
        italian_leading_zero: Some(zeros > 0),
        number_of_leading_zeros: i32::try_from(zeros).ok(),
        ..PhoneNumber::default()
    })
}

fn digits(number: &PhoneNumber) -> String {
    number
        .format_as(PhoneNumberFormat::E164)
        .trim_start_matches('+')
        .to_owned()
}
