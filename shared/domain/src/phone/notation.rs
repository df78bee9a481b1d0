//! The characters of a number: digits, separators, and prefixes of other programs.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::number::PhoneError;
use crate::invisible::is_invisible;

/// Prefixes that programs write in front of a number.
const SCHEMES: [&str; 5] = ["tel:", "whatsapp:", "sms:", "callto:", "p:"];

/// Quotes in front of a number. A spreadsheet marks a text with one.
const QUOTES: [char; 10] = [
    '\'', '\u{2018}', '\u{2019}', '\u{2bc}', '\u{ff07}', '`', '"', '\u{201c}', '\u{201d}',
    '\u{201e}',
];

/// Minimum number of digits in front of `.00`. A shorter group can be an area code.
const MIN_DIGITS_OF_FRACTION: usize = 7;

/// Brings digits and separators to ASCII, and removes invisible characters and prefixes.
pub fn clean(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(ascii)
        .collect();
    without_prefixes(&text).to_owned()
}

/// Returns whether a number without an extension can have the character.
pub fn is_number_character(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')' | '/' | '~' | ' ' | '\n')
}

/// Returns the digits of a text.
pub fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Returns the text behind a number of digits.
pub fn behind_digits(text: &str, count: usize) -> &str {
    let mut behind = text.chars();
    for _ in 0..count {
        behind.find(char::is_ascii_digit);
    }
    behind.as_str()
}

/// Splits a text at its first zero that stands alone in brackets, and returns the digits in front of
/// it and behind it.
pub fn split_at_bracketed_zero(text: &str) -> Option<(String, String)> {
    let text = text.replace([' ', '\n'], "");
    let (before, after) = text.split_once("(0)")?;
    Some((digits_of(before), digits_of(after)))
}

/// Removes the `.0` that spreadsheets write behind a number.
///
/// # Errors
/// [`PhoneError::Fraction`] for other fractions and for exponents.
pub fn without_fraction(text: &str) -> Result<&str, PhoneError> {
    if has_exponent(text) {
        return Err(PhoneError::Fraction);
    }
    let Some((whole, fraction)) = text
        .rfind(['.', ','])
        .and_then(|at| text.split_at_checked(at))
    else {
        return Ok(text);
    };
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_long = digits.len() >= MIN_DIGITS_OF_FRACTION;
    match fraction {
        ".0" if is_digits(digits) => Ok(whole),
        ",0" | ".00" | ",00" if is_digits(digits) && is_long => Err(PhoneError::Fraction),
        _ if fraction.len() == 2
            && fraction.strip_prefix('.').is_some_and(is_digits)
            && whole.chars().all(is_number_character) =>
        {
            Err(PhoneError::Fraction)
        }
        _ => Ok(text),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text is a number such as `3.36E+10`.
fn has_exponent(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.trim_start_matches(['+', '-']);
    is_digits(exponent) && is_digits(&number.replace(['.', ',', '+'], ""))
}

fn without_prefixes(text: &str) -> &str {
    let text = text.trim();
    let rest = text.trim_start_matches(QUOTES);
    let rest = if rest.len() < text.len() {
        rest.trim_end_matches(QUOTES)
    } else {
        rest
    };
    let rest = SCHEMES
        .iter()
        .find_map(|scheme| {
            let (start, rest) = rest.split_at_checked(scheme.len())?;
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            start.eq_ignore_ascii_case(scheme).then_some(rest)
        })
        .unwrap_or(rest);
    if rest.len() < text.len() {
        without_prefixes(rest)
    } else {
        text
    }
}

/// Replaces digits of any script, and the plus and the separators that libphonenumber reads.
fn ascii(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        c if c.is_whitespace() => ' ',
        '\u{ff0b}' => '+',
        '\u{2010}'..='\u{2015}'
        | '\u{2053}'
        | '\u{2212}'
        | '\u{223c}'
        | '\u{30fc}'
        | '\u{ff0d}' => '-',
        '\u{ff0e}' => '.',
        '\u{ff0f}' => '/',
        '\u{ff5e}' => '~',
        '[' | '\u{ff08}' | '\u{ff3b}' => '(',
        ']' | '\u{ff09}' | '\u{ff3d}' => ')',
        c if c.is_ascii() || !c.is_numeric() => c,
        c => PHONE_NUMBER_UTIL
            .normalize_digits_only(c.encode_utf8(&mut [0; 4]))
            .chars()
            .next()
            .unwrap_or(c),
    }
}
