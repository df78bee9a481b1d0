//! Email addresses ([contract](../../../docs/contract.md#post-leads)).
//!
//! An address is trimmed and in lower case. Its domain is IDNA ASCII. It follows the syntax of RFC
//! 5321 and RFC 6531.
//!
//! The crate `idna` checks the domain, and this module checks the part before the `@`. A library for
//! whole addresses would add little. `email_address` 0.2.10 takes `#` and `?` in a domain, and
//! blanks, control characters and marks of direction before the `@`. `lettre` uses the same crate,
//! and the version 3 of `email-address-parser` is not released.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46, verify_dns_length};
use thiserror::Error;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::invisible::{is_invisible, trim};

/// Maximum length of an address in bytes: the 256 of RFC 5321 section 4.5.3.1.3 without the
/// brackets.
const MAX_LENGTH: usize = 254;
/// Maximum length of the part before the `@`, in bytes: RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL_LENGTH: usize = 64;

/// An email address in its stored form.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Error for a text that is no email address. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EmailError {
    #[error("is not a valid email address")]
    Syntax,
    /// The address is too long once its domain is ASCII.
    #[error("must not be longer than {MAX_LENGTH} characters")]
    TooLong,
}

impl Email {
    /// Returns an address that was stored. An older version may have accepted more than
    /// [`Email::try_from`].
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the address as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Email {
    type Error = EmailError;

    fn try_from(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = trim(text).rsplit_once('@').ok_or(EmailError::Syntax)?;
        let domain = Uts46::new()
            .to_ascii(
                domain.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Ignore,
            )
            .map_err(|_| EmailError::Syntax)?;
        let local = local.nfc().collect::<String>().to_lowercase();
        let address = format!("{local}@{domain}");
        if address.len() > MAX_LENGTH {
            Err(EmailError::TooLong)
        } else if is_local_part(&local) && verify_dns_length(&domain, false) {
            Ok(Self(address))
        } else {
            Err(EmailError::Syntax)
        }
    }
}

/// Returns whether a text can stand before the `@`: words with dots between them, or a text in
/// quotes.
fn is_local_part(text: &str) -> bool {
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    text.len() <= MAX_LOCAL_LENGTH
        && match quoted {
            Some(text) => is_quotable(text),
            None => text
                .split('.')
                .all(|word| !word.is_empty() && word.chars().all(is_in_word)),
        }
}

/// Returns whether RFC 5321 and RFC 6531 allow a character outside of quotes.
fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_international(c)
}

/// Returns whether RFC 5321 and RFC 6531 allow a text between quotes. It is not empty.
fn is_quotable(text: &str) -> bool {
    let is_printable = |c| matches!(c, ' '..='~');
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let is_allowed = match c {
            '"' => false,
            '\\' => chars.next().is_some_and(is_printable),
            _ => is_printable(c) || is_international(c),
        };
        if !is_allowed {
            return false;
        }
    }
    !text.is_empty()
}

/// Returns whether a character is one that RFC 6531 adds: a letter or a mark of any script, also a
/// filler of Hangul, or another character that shows something.
fn is_international(c: char) -> bool {
    let is_letter_or_mark = c.is_alphabetic() || is_combining_mark(c);
    let is_shown = !(c.is_control() || c.is_whitespace() || is_invisible(c));
    !c.is_ascii() && (is_letter_or_mark || is_shown)
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(text: &str) -> Option<String> {
        Email::try_from(text).ok().map(String::from)
    }

    #[test]
    fn addresses_are_trimmed_lower_cased_and_their_domain_is_ascii() {
        for (given, expected) in [
            (" John@Example.COM ", "john@example.com"),
            ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
            ("a+b@sub.example.co.uk", "a+b@sub.example.co.uk"),
            ("user@localhost", "user@localhost"),
            ("a@r3---sn-x.example.com", "a@r3---sn-x.example.com"),
            ("বিড়াল@example.org", "বিড\u{9bc}াল@example.org"),
            (r#""john doe"@example.com"#, r#""john doe"@example.com"#),
            (r#""a\"@\\b"@example.com"#, r#""a\"@\\b"@example.com"#),
        ] {
            assert_eq!(kept(given).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_refused() {
        for text in [
            "",
            "john",
            "john@",
            "@example.com",
            "john@exa mple.com",
            "john doe@example.com",
            "John <john@example.com>",
            "<john@example.com>",
            "mailto:john@example.com",
            "john@[127.0.0.1]",
            "john@example.com, jane@example.com",
            "john@-example-.com",
            "john@example..com",
            "john@example.com.",
            "john@.example.com",
            ".john@example.com",
            "john.@example.com",
            "jo..hn@example.com",
            "jane@example.com?subject=Hi",
            "john@gmail#com",
            "john@xn--a.example",
            "\"\"@example.com",
            "\"@example.com",
            "\"a\"b\"@example.com",
            "\"a\\\"@example.com",
            "\"a\tb\"@example.com",
        ] {
            assert_eq!(Email::try_from(text), Err(EmailError::Syntax), "{text}");
        }
    }

    #[test]
    fn the_parts_of_an_address_are_bounded_as_in_the_rfcs() {
        for (length, fits) in [(63, true), (64, false)] {
            let text = format!("a@{}.com", "d".repeat(length));
            assert_eq!(kept(&text).is_some(), fits);
            let text = format!("{}@example.com", "l".repeat(length + 1));
            assert_eq!(kept(&text).is_some(), fits);
        }
    }

    #[test]
    fn the_length_counts_once_the_domain_is_ascii() {
        let domain = vec!["d".repeat(60); 4].join(".");
        let fits = format!("{}@{domain}", "l".repeat(254 - 1 - domain.len()));
        assert!(Email::try_from(fits.as_str()).is_ok());
        assert_eq!(
            Email::try_from(format!("l{fits}").as_str()),
            Err(EmailError::TooLong)
        );
    }

    #[test]
    fn a_domain_takes_letters_digits_hyphens_and_dots_and_nothing_else() {
        for c in ('\0'..=char::MAX).filter(|c| *c != '@') {
            let domain = format!("x{c}x.com");
            let kept = kept(&format!("a@{domain}"));
            if c.is_ascii() {
                let is_allowed = c.is_ascii_alphanumeric() || "-.".contains(c);
                let expected = is_allowed.then(|| format!("a@{}", domain.to_lowercase()));
                assert_eq!(kept, expected, "{c:?}");
            } else if let Some(address) = kept {
                let (_, domain) = address.split_once('@').unwrap();
                let is_allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.');
                assert!(domain.chars().all(is_allowed), "{c:?} {domain}");
            }
        }
    }

    #[test]
    fn the_part_before_the_at_sign_takes_the_ascii_of_rfc_5321() {
        // The table of atext in RFC 5322 section 3.2.3, and of qtextSMTP in RFC 5321 section 4.1.2.
        let atext = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.";
        for c in '\0'..='\x7f' {
            let lower = c.to_ascii_lowercase();
            let plain = format!("x{lower}x@example.com");
            let expected = atext.contains(lower).then_some(plain);
            assert_eq!(kept(&format!("x{c}x@example.com")), expected, "{c:?}");
            let quoted = format!("\"x{lower}x\"@example.com");
            let is_allowed = matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
            // A backslash takes the character after it.
            let expected = (is_allowed || c == '\\').then_some(quoted);
            assert_eq!(kept(&format!("\"x{c}x\"@example.com")), expected, "{c:?}");
        }
    }

    #[test]
    fn an_invisible_mark_is_taken_off_at_either_end_alike() {
        for c in ('\0'..=char::MAX).filter(|c| is_invisible(*c) || c.is_whitespace()) {
            for text in [
                format!("{c}a@example.com"),
                format!("a@example.com{c}"),
                format!("{c} {c}a@example.com {c}{c}"),
            ] {
                assert_eq!(kept(&text).as_deref(), Some("a@example.com"), "{c:?}");
            }
        }
    }

    #[test]
    fn a_character_that_only_formats_is_refused_before_the_at_sign() {
        for c in [
            '\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{a0}', '\u{85}',
        ] {
            assert_eq!(kept(&format!("a{c}b@example.com")), None, "{c:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        // The classes are Unicode's own.
        #[test]
        fn letters_and_marks_of_every_script_are_taken_before_the_at_sign(
            text in "[\\p{L}\\p{M}--\\p{Han}--\\p{Hangul}]{1,6}",
            rare in "[\\p{L}\\p{M}]{1,6}",
        ) {
            for text in [text, rare] {
                let first = kept(&format!("x{text}x@example.com"));
                prop_assert!(first.is_some(), "{:?}", text);
                prop_assert_eq!(first.as_deref().and_then(kept), first);
            }
        }
    }

    #[test]
    fn every_letter_and_mark_is_taken_before_the_at_sign_and_kept_when_it_is_read_again() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_alphabetic() || is_combining_mark(*c)) {
            let kept = kept(&format!("x{c}x@example.com"));
            let kept = kept.unwrap_or_else(|| panic!("{c:?} is refused"));
            assert_eq!(
                Email::try_from(kept.as_str()).unwrap().as_str(),
                kept,
                "{c:?}"
            );
        }
    }
}
