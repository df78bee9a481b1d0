//! Numbers with a country code.

use super::{
    notation::{digits_of, split_at_bracketed_zero},
    number::{Phone, PhoneError},
    plan,
};

/// Reads the text behind a `+`. The length of the number need not be possible.
pub fn read_given(text: &str) -> Result<Phone, PhoneError> {
    if let Some((code, rest)) = split_at_bracketed_zero(text)
        && plan::split_country_code(&code).is_some_and(|(_, behind)| behind.is_empty())
    {
        return read_bracketed_zero(&code, &rest);
    }
    Phone::from_digits(&without_trunk_prefix(&digits_of(text))?)
}

/// Reads the text behind an international prefix, or behind a country code that comes twice.
pub fn read_interpreted(text: &str) -> Result<Phone, PhoneError> {
    possible(read_given(text)?.digits())
}

/// Returns a number if its plan has numbers of its length. A number that begins with 0 behind its
/// country code must exist, because the 0 may be a trunk prefix of another plan.
pub fn possible(number: &str) -> Result<Phone, PhoneError> {
    let phone = Phone::from_digits(number)?;
    let has_zero = plan::split_country_code(number).is_some_and(|(_, rest)| rest.starts_with('0'));
    if plan::is_possible(number) && (!has_zero || plan::is_valid(number)) {
        Ok(phone)
    } else {
        Err(PhoneError::WrongReading(phone))
    }
}

/// Reads `+44 (0)20` without the zero, which callers from abroad leave out, and `+39 (0)6` with it.
fn read_bracketed_zero(code: &str, rest: &str) -> Result<Phone, PhoneError> {
    let dropped = format!("{code}{rest}");
    let kept = format!("{code}0{rest}");
    if let Some(read) = plan::read(&kept)
        && (read == dropped || (read != kept && plan::is_valid(&read)))
    {
        return possible(&read);
    }
    let has_trunk_zero = || plan::without_trunk_prefix(code, &format!("0{rest}")) == Some(rest);
    match (plan::is_valid(&dropped), plan::is_valid(&kept)) {
        (true, true) => Err(PhoneError::TwoReadings(
            Phone::from_digits(&dropped)?,
            Phone::from_digits(&kept)?,
        )),
        (true, false) => Phone::from_digits(&dropped),
        (false, true) => Phone::from_digits(&kept),
        (false, false) if has_trunk_zero() => possible(&dropped),
        (false, false) => Err(PhoneError::WrongReading(Phone::from_digits(&dropped)?)),
    }
}

/// Removes a trunk prefix behind the country code, if the number does not exist with it.
fn without_trunk_prefix(number: &str) -> Result<String, PhoneError> {
    let Some((code, national)) = plan::split_country_code(number) else {
        return Err(PhoneError::NotANumber);
    };
    if !plan::may_have_trunk_prefix(code, national) || plan::is_valid(number) {
        return Ok(number.to_owned());
    }
    let stripped = plan::without_trunk_prefix(code, national).map(|rest| format!("{code}{rest}"));
    // "+33 0033 6": the country code comes twice.
    let once = national
        .strip_prefix("00")
        .and_then(|rest| rest.strip_prefix(code))
        .map(|rest| format!("{code}{rest}"));
    let valid = [plan::read(number), stripped.clone(), once]
        .into_iter()
        .flatten()
        .find(|read| plan::is_valid(read));
    match (valid, stripped) {
        (Some(valid), _) => Ok(valid),
        (None, Some(stripped)) if national.starts_with('0') => {
            Err(PhoneError::WrongReading(Phone::from_digits(&stripped)?))
        }
        _ => Ok(number.to_owned()),
    }
}
