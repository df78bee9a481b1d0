//! Characters that show nothing.

/// Returns whether a character shows nothing on its own: a format character, a character that
/// Unicode lets a font ignore, a filler, or no character at all. Blanks and line breaks are not
/// invisible.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || is_noncharacter(c)
}

/// Returns whether a character is one of the last two of a plane, which Unicode never assigns.
fn is_noncharacter(c: char) -> bool {
    u32::from(c) & 0xfffe == 0xfffe
}

/// Takes blanks and invisible characters off both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Returns whether a text shows nothing.
pub fn shows_nothing(text: &str) -> bool {
    trim(text).is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The classes are Unicode's own. U+0600 and its like are format characters that show a sign.
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn a_format_character_without_a_sign_is_invisible(
            text in "[\\p{Cf}--\\p{Prepended_Concatenation_Mark}]"
        ) {
            prop_assert!(text.chars().all(is_invisible), "{:?}", text);
        }

        #[test]
        fn a_character_that_a_font_may_ignore_is_invisible(
            text in "[\\p{Default_Ignorable_Code_Point}--[\u{e0000}-\u{e0fff}]]"
        ) {
            prop_assert!(text.chars().all(is_invisible), "{:?}", text);
        }

        #[test]
        fn a_code_that_is_no_character_is_invisible(text in "\\p{Noncharacter_Code_Point}") {
            prop_assert!(text.chars().all(is_invisible), "{:?}", text);
        }

        #[test]
        fn a_letter_a_digit_a_mark_or_a_blank_is_visible(
            text in "[[\\p{L}\\p{N}\\p{M}\\p{P}\\p{S}\\p{Z}\\s]--[\\p{Default_Ignorable_Code_Point}\u{2800}]]"
        ) {
            prop_assert!(!text.chars().any(is_invisible), "{:?}", text);
        }
    }

    #[test]
    fn a_filler_is_invisible() {
        for c in ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'] {
            assert!(is_invisible(c), "{c:?}");
        }
        assert!(!"aß字 \n\u{a0}\u{600}".chars().any(is_invisible));
    }
}
