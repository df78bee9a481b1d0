//! Spellings of names: other separators, another case, and one or two letters wrong.

use strsim::osa_distance;

/// Maximum length of a misspelt name, in letters. It bounds the work.
const LONGEST: usize = 40;
/// Minimum numbers of letters of a known name that may have one and two letters wrong.
const MAY_BE_WRONG: [usize; 2] = [4, 8];

/// A name in its words, in lower case.
pub struct Words {
    words: Vec<String>,
    joined: String,
}

impl Words {
    /// Splits a name at separators, and where an upper-case letter follows a lower-case one.
    pub fn of(name: &str) -> Self {
        let mut words = vec![String::new()];
        let mut is_after_lower = false;
        for character in name.chars().take(LONGEST + 1) {
            let is_start = character.is_uppercase() && is_after_lower;
            if is_start || !character.is_alphanumeric() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
                word.extend(character.to_lowercase());
            }
            is_after_lower = character.is_lowercase();
        }
        words.retain(|word| !word.is_empty());
        let joined = words.concat();
        Self { words, joined }
    }

    /// Returns the words without separators.
    pub fn joined(&self) -> &str {
        &self.joined
    }

    /// Returns whether this name begins with all words of `start`, of which there is at least one.
    pub fn begins_with(&self, start: &Self) -> bool {
        !start.words.is_empty() && self.words.starts_with(&start.words)
    }

    /// Returns whether this is the name `known`, with other separators or with one or two letters wrong.
    ///
    /// Each word of `known` has to be there: `first_page` is not `first_name`. A digit makes another name, such
    /// as `phone_2`.
    pub fn is_misspelling_of(&self, known: &Self) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit();
        self.joined == known.joined
            || self.joined.len() <= LONGEST
                && !self.joined.bytes().any(is_digit)
                && is_near(&self.joined, &known.joined)
                && is_made_of(&self.joined, &known.words)
    }
}

/// Returns whether a text is these words in a row, each with one or two letters wrong.
fn is_made_of(text: &str, words: &[String]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return text.is_empty();
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.map(|end| text.split_at(end))
        .any(|(start, end)| is_alike(start, first) && is_made_of(end, rest))
}

/// Returns whether a word is the known one, or near. A wrong first letter makes another word: `game` is not
/// `name`. The first two letters can be swapped. A short word can have a letter too many: `ids` is near `id`.
fn is_alike(word: &str, known: &str) -> bool {
    let first_two = |text: &str| {
        let mut letters = text.chars();
        (letters.next(), letters.next())
    };
    let (first, second) = first_two(word);
    let begins = first_two(known);
    let is_longer =
        known.len() < MAY_BE_WRONG[0] && word.strip_prefix(known).is_some_and(|it| it.len() == 1);
    word == known
        || is_longer
        || (first == begins.0 || (second, first) == begins) && is_near(word, known)
}

/// Returns whether a text has no more letters wrong, missing, too many or swapped than the known one may have.
fn is_near(text: &str, known: &str) -> bool {
    let may = MAY_BE_WRONG.map(|least| usize::from(known.len() >= least));
    let most = may.into_iter().sum();
    most > 0 && text.len().abs_diff(known.len()) <= most && osa_distance(text, known) <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(given: &str, known: &str) -> bool {
        Words::of(given).is_misspelling_of(&Words::of(known))
    }

    #[test]
    fn one_letter_may_be_wrong_in_a_word_of_four_to_seven_and_two_from_eight() {
        for (given, known, expected) in [
            ("emial", "email", true),
            ("eamll", "email", false),
            ("chanel", "channel", true),
            ("wrokflwo", "workflow", true),
            ("wrokflow_di", "workflow_id", false),
            ("frist_nmae", "first_name", true),
            ("fristname", "first_name", true),
            ("ifrst_name", "first_name", true),
            ("fisrt_nmaee", "first_name", false),
            ("work_flow_id", "workflow_id", true),
            ("workflow_ids", "workflow_id", true),
            ("worflow_idd", "workflow_id", true),
            ("workflow_idea", "workflow_id", false),
            ("id", "ids", false),
        ] {
            assert_eq!(is_found(given, known), expected, "{given} {known}");
        }
    }

    #[test]
    fn another_word_in_a_name_of_several_is_another_name() {
        for given in [
            "last_game",
            "lastgame",
            "last_page",
            "lastpage",
            "last_date",
            "lastdate",
            "best_name",
            "last_nme2",
        ] {
            assert!(!is_found(given, "last_name"), "{given}");
        }
        assert!(!is_found("iphone", "phone"));
        assert!(!is_found("workflow_no", "workflow_id"));
        assert!(!is_found(&"email".repeat(100_000), "email"));
    }
}
