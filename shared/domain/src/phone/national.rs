//! Numbers without `+`, which the account's country reads.

use rlibphonenumber::Region;

use super::{
    international,
    notation::digits_of,
    number::{Phone, PhoneError},
    plan,
};

/// Reads a number without `+` in the account's country. A leading `00` replaces the `+`.
pub fn read(text: &str, region: Option<Region>) -> Result<Phone, PhoneError> {
    let digits = digits_of(text);
    if digits.is_empty() {
        return Err(PhoneError::NotANumber);
    }
    if digits.starts_with("00") {
        return read_zeros(text, &digits, region);
    }
    let region = region.ok_or(PhoneError::NoCountry)?;
    let home = plan::country_code(region).ok_or(PhoneError::NotPossibleHere)?;
    let read = plan::read_in(region, &digits).ok_or(PhoneError::NotPossibleHere)?;
    if read.has_prefix {
        return valid(&read.digits);
    }
    if digits.starts_with(&home) {
        return read_own_code(&home, &digits);
    }
    if plan::is_possible(&read.digits) {
        Phone::from_digits(&read.digits)
    } else {
        Err(PhoneError::NotPossibleHere)
    }
}

/// Returns a number if it exists in its plan.
fn valid(number: &str) -> Result<Phone, PhoneError> {
    let phone = Phone::from_digits(number)?;
    if plan::is_valid(number) {
        Ok(phone)
    } else {
        Err(PhoneError::WrongReading(phone))
    }
}

/// Reads a number that begins with 00. Some countries have longer international prefixes, such as
/// `0011` in Australia.
fn read_zeros(text: &str, digits: &str, region: Option<Region>) -> Result<Phone, PhoneError> {
    let mut behind = text.chars();
    for _ in 0..2 {
        behind.find(char::is_ascii_digit);
    }
    let with_plus = international::read_interpreted(behind.as_str());
    // In most countries 00 is the whole prefix.
    let behind_zeros = digits.strip_prefix("00").and_then(plan::read);
    let with_longer_prefix = region
        .and_then(|region| plan::read_in(region, digits))
        .filter(|read| read.has_prefix && Some(&read.digits) != behind_zeros.as_ref());
    let Some(read) = with_longer_prefix else {
        return with_plus;
    };
    let is_valid = |phone: &Phone| plan::is_valid(phone.digits());
    match (with_plus, valid(&read.digits)) {
        (Ok(first), Ok(second)) if first != second && is_valid(&first) => {
            Err(PhoneError::TwoReadings(first, second))
        }
        (_, Ok(second)) => Ok(second),
        (Ok(first), Err(PhoneError::WrongReading(second))) if !is_valid(&first) => {
            Err(PhoneError::WrongReadings(first, second))
        }
        (with_plus, _) => with_plus,
    }
}

/// Reads a number that begins with the digits of its own country code, such as `491716783154` in
/// Germany: they may be an area code too. In the US both readings of `1 555 010 0000` agree.
fn read_own_code(home: &str, digits: &str) -> Result<Phone, PhoneError> {
    let read = |number: &str| Phone::from_digits(&plan::read(number)?).ok();
    let is_valid = |phone: &Phone| plan::is_valid(phone.digits());
    let (first, second) = match (read(&format!("{home}{digits}")), read(digits)) {
        (Some(first), Some(second)) => (first, second),
        (Some(only), None) | (None, Some(only)) => return valid(only.digits()),
        (None, None) => return Err(PhoneError::NotPossibleHere),
    };
    if first == second {
        return international::possible(first.digits());
    }
    match (is_valid(&first), is_valid(&second)) {
        (true, true) => Err(PhoneError::TwoReadings(first, second)),
        (true, false) => Ok(first),
        (false, true) => Ok(second),
        (false, false) => Err(PhoneError::WrongReadings(first, second)),
    }
}
