//! Names of people, companies and other things ([contract](../../../docs/contract.md#post-leads)).
//!
//! A name is trimmed and in NFC. Otherwise its characters stay as they are: a name is not
//! transliterated, title-cased or escaped. Invisible characters stay too, because Malayalam, Persian
//! and emoji need them, and also at the end of a name. A byte order mark means nothing in a name, so
//! it is trimmed.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::invisible::shows_nothing;

/// Maximum number of characters, counted as Unicode scalar values after NFC.
const MAX_LENGTH: usize = 200;

/// A name, such as a first name, a company or a job title.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(String);

/// Error for a text that is no name. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// The text shows nothing.
    #[error("is required")]
    Empty,
    #[error("must not be longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The text has a character of Unicode's category Cc, such as a tab, a line break or U+0000.
    #[error("must not contain control characters, such as tabs or line breaks")]
    ControlCharacter,
}

impl Name {
    /// Returns `api`, the source of leads that come in over HTTP.
    pub fn api() -> Self {
        Self("api".to_owned())
    }

    /// Returns a name that was stored. An older version may have accepted more than
    /// [`Name::try_from`].
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the name as it is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Name {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        let name: String = trim(text).nfc().collect();
        if shows_nothing(&name) {
            return Err(NameError::Empty);
        }
        if name.chars().any(char::is_control) {
            return Err(NameError::ControlCharacter);
        }
        if name.chars().count() > MAX_LENGTH {
            return Err(NameError::TooLong);
        }
        Ok(Self(name))
    }
}

/// Takes blanks and byte order marks off both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::invisible::is_invisible;

    #[test]
    fn names_are_trimmed_and_composed_and_otherwise_kept() {
        for (given, kept) in [
            ("  John ", "John"),
            ("O'Brien-Łukasz <b>", "O'Brien-Łukasz <b>"),
            ("Jose\u{301}", "José"),
            ("\u{3000}山田\u{3000}太郎", "山田\u{3000}太郎"),
            ("mc donald", "mc donald"),
            ("\u{feff}John", "John"),
            (" \u{feff} John\u{feff}\n\u{feff}", "John"),
        ] {
            assert_eq!(Name::try_from(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn a_name_that_shows_nothing_is_missing() {
        let invisible = ('\0'..=char::MAX).filter(|c| is_invisible(*c) || c.is_whitespace());
        for c in invisible {
            for text in [c.to_string(), format!(" {c}\u{200d}{c} ")] {
                assert_eq!(
                    Name::try_from(text.as_str()),
                    Err(NameError::Empty),
                    "{c:?}"
                );
            }
        }
    }

    #[test]
    fn invisible_characters_that_a_script_or_an_emoji_needs_stay_in_a_name() {
        for name in [
            // Persian with a non-joiner, and Malayalam with a joiner at the end.
            "علی\u{200c}رضا",
            "രമണന്\u{200d}",
            // A family, a heart, and the flag of Scotland.
            "👩\u{200d}👩\u{200d}👧",
            "Anna ❤\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        ] {
            assert_eq!(Name::try_from(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn the_length_is_counted_in_characters() {
        assert!(Name::try_from("é".repeat(200).as_str()).is_ok());
        assert_eq!(
            Name::try_from("é".repeat(201).as_str()),
            Err(NameError::TooLong)
        );
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\tb", "a\nb", "a\u{0}b", "a\u{9f}b"] {
            assert_eq!(Name::try_from(text), Err(NameError::ControlCharacter));
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_accepted_again_unchanged(text in "\\PC{0,220}") {
            if let Ok(name) = Name::try_from(text.as_str()) {
                prop_assert_eq!(Name::try_from(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
