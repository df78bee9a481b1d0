//! Checks of JSON values ([contract](../../../docs/contract.md#extra-keys)).
//!
//! The checks work on valid JSON text, without parsing it into values.

use thiserror::Error;

/// Maximum depth of arrays and objects in one value.
const MAX_DEPTH: usize = 8;
/// Maximum number of significant digits that DynamoDB keeps ("Supported data types", Number).
const MAX_DIGITS: usize = 38;
/// Powers of ten of the first significant digit that DynamoDB keeps: its numbers go from 1E-130 to
/// 9.9999999999999999999999999999999999999E+125.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;

/// Error for a value that cannot be stored. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JsonError {
    #[error("is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A string has half of a surrogate pair.
    #[error("has text that is not valid Unicode")]
    NotUnicode,
    #[error("has a number of more than {MAX_DIGITS} significant digits: send it as a string")]
    TooManyDigits,
    #[error("has a number outside 1E-130 to 1E+126: send it as a string")]
    OutOfRange,
}

/// Returns the size of a text inside a JSON string, in bytes.
pub fn escaped_size(text: &[u8]) -> usize {
    let size = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.iter().map(size).sum()
}

/// Checks a value, given as valid JSON text.
///
/// # Errors
/// The first problem in the text.
pub fn check(text: &str) -> Result<(), JsonError> {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => {
                let length = string_length(rest);
                check_string(rest.get(..length).unwrap_or_default())?;
                length
            }
            '-' | '0'..='9' => {
                let length = rest
                    .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
                    .unwrap_or(rest.len());
                check_number(rest.get(..length).unwrap_or_default())?;
                length
            }
            '[' | '{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(JsonError::TooDeep);
                }
                1
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                1
            }
            other => other.len_utf8(),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Refuses half of a surrogate pair: it is valid JSON, but a strict reader of the reply could not
/// read it.
fn check_string(text: &str) -> Result<(), JsonError> {
    if text.contains("\\u") && serde_json::from_str::<String>(text).is_err() {
        return Err(JsonError::NotUnicode);
    }
    Ok(())
}

/// Returns the length in bytes of the string at the start of `text`, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn check_number(text: &str) -> Result<(), JsonError> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('-').trim_start_matches('0');
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_matches('0');
    if significant.is_empty() {
        return Ok(());
    }
    if significant.len() > MAX_DIGITS {
        return Err(JsonError::TooManyDigits);
    }
    let leading_zeros = digits.len() - digits.trim_start_matches('0').len();
    // The power of ten of the first significant digit. `None` is far out of range.
    let magnitude = i64::try_from(whole.len())
        .ok()
        .zip(i64::try_from(leading_zeros).ok())
        .zip(exponent.parse::<i64>().ok())
        .and_then(|((whole, zeros), exponent)| (whole - 1 - zeros).checked_add(exponent));
    match magnitude {
        Some(magnitude) if MAGNITUDES.contains(&magnitude) => Ok(()),
        _ => Err(JsonError::OutOfRange),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_store_holds_exactly_are_kept() {
        for number in [
            "0",
            "-0",
            "0.0",
            "0e999",
            "35",
            "0.1",
            "1.0",
            "1e2",
            "-1E+2",
            "9007199254740993",
            "18446744073709551616",
            "12345678901234567890",
            "1e125",
            "9.99e125",
            "1e-130",
            "0.5e-129",
            "99999999999999999999999999999999999999",
            "100000000000000000000000000000000000000000",
            "0.00000000000000000000000000000000000000000001",
        ] {
            assert_eq!(check(number), Ok(()), "{number}");
        }
    }

    #[test]
    fn other_numbers_are_refused_wherever_they_are() {
        for (number, error) in [
            (
                "123456789012345678901234567890123456789",
                JsonError::TooManyDigits,
            ),
            (
                "0.123456789012345678901234567890123456789",
                JsonError::TooManyDigits,
            ),
            ("1e400", JsonError::OutOfRange),
            ("1e126", JsonError::OutOfRange),
            ("10e125", JsonError::OutOfRange),
            ("-1e-131", JsonError::OutOfRange),
            ("0.1e-130", JsonError::OutOfRange),
            ("1e99999999999999999999", JsonError::OutOfRange),
        ] {
            assert_eq!(check(number).as_ref(), Err(&error), "{number}");
            assert_eq!(
                check(&format!(r#"{{"a":["1e400\"]",{number}]}}"#)),
                Err(error),
                "{number}"
            );
        }
    }

    #[test]
    fn eight_levels_are_kept_and_nine_are_not() {
        let nested = |levels| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(check(&nested(8)), Ok(()));
        assert_eq!(check(&nested(9)), Err(JsonError::TooDeep));
        // Arrays side by side are not deep, and brackets in strings do not count.
        assert_eq!(check(&format!("[{0},{0}]", nested(7))), Ok(()));
        assert_eq!(check(r#"["[[[[[[[[[","\"[[[[[[[[["]"#), Ok(()));
    }
}
