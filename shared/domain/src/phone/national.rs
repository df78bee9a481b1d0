//! Numbers without `+`, which the account's country reads.

use rlibphonenumber::Region;

use super::{
    international,
    notation::{behind_digits, digits_of, split_at_bracketed_zero},
    number::{Phone, PhoneError},
    plan,
};
use crate::country::Country;

/// Reads a number without `+` in the account's country. A leading `00` replaces the `+`.
pub fn read(text: &str, country: Option<Country>) -> Result<Phone, PhoneError> {
    let digits = digits_of(text);
    if digits.is_empty() {
        return Err(PhoneError::NotANumber);
    }
    if digits.starts_with("00") {
        return read_zeros(text, &digits, country.map(Country::region));
    }
    let country = country.ok_or(PhoneError::NoCountry)?;
    let not_possible = || PhoneError::NotPossibleHere(country);
    let home = plan::country_code(country.region()).ok_or_else(not_possible)?;
    let read = plan::read_in(country.region(), &digits).ok_or_else(not_possible)?;
    let national = read.digits.strip_prefix(&home).unwrap_or_default();
    let with_code = [&digits, national]
        .map(|number| number.trim_start_matches('0'))
        .into_iter()
        .find(|number| number.starts_with(&home) && digits.ends_with(number))
        .map(|number| behind_digits(text, digits.len() - number.len()));
    if read.has_prefix {
        let own = with_code.and_then(|text| international::read_given(text).ok());
        let own = own.filter(|phone| plan::is_valid(phone.digits()));
        return match (read_behind_prefix(text, &digits, &read.digits), own) {
            (Ok(foreign), Some(own)) if foreign != own => {
                Err(PhoneError::TwoReadings(foreign, own))
            }
            (_, Some(own)) => Ok(own),
            (foreign, None) => foreign,
        };
    }
    if let Some(with_code) = with_code {
        return read_own_code(country, &home, &digits, with_code);
    }
    if plan::is_possible(&read.digits) {
        international::possible(&read.digits)
    } else {
        Err(not_possible())
    }
}

/// Reads a number behind an international prefix. libphonenumber's reading has the zero of `(0)`.
fn read_behind_prefix(text: &str, digits: &str, read: &str) -> Result<Phone, PhoneError> {
    let length = split_at_bracketed_zero(text).and_then(|_| {
        let mut lengths = (1..digits.len()).rev();
        lengths.find(|length| {
            let behind = digits.get(*length..).and_then(plan::read);
            behind.as_deref() == Some(read)
        })
    });
    match length {
        Some(length) => valid(international::read_given(behind_digits(text, length))?.digits()),
        None => valid(read),
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
    let with_plus = international::read_interpreted(behind_digits(text, 2));
    // In most countries 00 is the whole prefix.
    let behind_zeros = digits.strip_prefix("00").and_then(plan::read);
    let with_longer_prefix = region
        .and_then(|region| plan::read_in(region, digits))
        .filter(|read| read.has_prefix && Some(&read.digits) != behind_zeros.as_ref());
    let Some(read) = with_longer_prefix else {
        return with_plus;
    };
    let is_valid = |phone: &Phone| plan::is_valid(phone.digits());
    match (with_plus, read_behind_prefix(text, digits, &read.digits)) {
        (Ok(first), Ok(second)) if first != second && is_valid(&first) => {
            Err(PhoneError::TwoReadings(first, second))
        }
        (_, Ok(second)) => Ok(second),
        (Ok(first), Err(PhoneError::WrongReading(second))) if !is_valid(&first) => {
            Err(PhoneError::WrongReadings(first, second))
        }
        (Ok(first), Err(error @ PhoneError::TwoReadings(..))) if !is_valid(&first) => Err(error),
        (with_plus, _) => with_plus,
    }
}

/// Reads a number that begins with the digits of its own country code, such as `491716783154` in
/// Germany: they may be an area code too. A trunk prefix may stand in front of them. In the US both
/// readings of `1 555 010 0000` agree.
fn read_own_code(
    country: Country,
    home: &str,
    digits: &str,
    with_code: &str,
) -> Result<Phone, PhoneError> {
    let has_trunk_prefix = !digits.starts_with(home);
    let is_valid = |phone: &Phone| plan::is_valid(phone.digits());
    let is_possible = |phone: &Phone| plan::is_possible(phone.digits());
    let first =
        plan::read(&format!("{home}{digits}")).and_then(|number| Phone::from_digits(&number).ok());
    let second = match international::read_given(with_code) {
        Ok(phone) | Err(PhoneError::WrongReading(phone)) => Some(phone),
        Err(error @ PhoneError::TwoReadings(..)) => return Err(error),
        Err(_) => None,
    };
    let (first, second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (Some(first), None) if has_trunk_prefix => {
            return international::possible(first.digits());
        }
        (Some(only), None) | (None, Some(only)) => return valid(only.digits()),
        (None, None) => return Err(PhoneError::NotPossibleHere(country)),
    };
    if first == second {
        return international::possible(first.digits());
    }
    match (is_valid(&first), is_valid(&second)) {
        (true, true) => Err(PhoneError::TwoReadings(first, second)),
        (true, false) => Ok(first),
        (false, true) => Ok(second),
        (false, false) if has_trunk_prefix && is_possible(&first) && !is_possible(&second) => {
            international::possible(first.digits())
        }
        (false, false) => Err(PhoneError::WrongReadings(first, second)),
    }
}
