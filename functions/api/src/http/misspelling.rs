//! Names that a client probably meant.

use strsim::osa_distance;

use super::problem::MOST_SHOWN;

/// Maximum length of a misspelt name, in bytes. It bounds the work.
const LONGEST: usize = 40;

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

    /// Returns whether this is the name `known`, with other separators or with one or two letters wrong.
    ///
    /// With the same number of words, each word has to be near: `first_page` is not `first_name`. A digit that
    /// `known` does not have makes another name, such as `phone_2`.
    pub fn is_misspelling_of(&self, known: &Self) -> bool {
        if self.joined == known.joined {
            return true;
        }
        let is_digit = |byte: u8| byte.is_ascii_digit();
        if self.joined.len() > LONGEST || self.joined.bytes().any(is_digit) {
            return false;
        }
        if self.words.len() == known.words.len() {
            let mut pairs = self.words.iter().zip(&known.words);
            return pairs.all(|(word, known)| is_near(word, known, [4, 8]));
        }
        is_near(&self.joined, &known.joined, [4, 10])
    }
}

/// Returns whether a word is the known one, or has one letter wrong. `lengths` are the minimum lengths of a known
/// word that may have one and two letters wrong.
fn is_near(word: &str, known: &str, [one, two]: [usize; 2]) -> bool {
    let most = usize::from(known.len() >= one) + usize::from(known.len() >= two);
    word == known
        || most > 0 && word.len().abs_diff(known.len()) <= most && osa_distance(word, known) <= most
}

/// Returns the known name that `given` is a misspelling of. `None` if there is none.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let words = Words::of(given);
    let is_meant = |name: &&&str| words.is_misspelling_of(&Words::of(name));
    known.iter().find(is_meant).copied()
}

/// Ends of sentences about unknown names.
pub struct Advice<'a> {
    known: &'a [&'a str],
    /// Number of the next names that get an end of their own. A request can have a million names.
    left: usize,
    lists_known: bool,
}

impl<'a> Advice<'a> {
    pub fn new(known: &'a [&'a str]) -> Self {
        Self {
            known,
            left: MOST_SHOWN,
            lists_known: true,
        }
    }

    /// Returns the nearest known name, or all of them the first time that none is near.
    pub fn about(&mut self, given: &str) -> String {
        if self.left == 0 {
            return String::new();
        }
        self.left -= 1;
        match nearest(given, self.known) {
            Some(name) => format!("; did you mean {name}?"),
            None if std::mem::take(&mut self.lists_known) => {
                format!("; known are {}", self.known.join(", "))
            }
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 6] = [
        "first_name",
        "last_name",
        "email",
        "phone",
        "workflow_id",
        "metadata",
    ];

    #[test]
    fn a_name_with_one_or_two_letters_wrong_is_found() {
        for (given, known) in [
            ("emial", "email"),
            ("emal", "email"),
            ("emaill", "email"),
            ("E-Mail", "email"),
            ("\u{feff}email", "email"),
            ("phnoe", "phone"),
            ("Phone:", "phone"),
            ("frist_nmae", "first_name"),
            ("firstName", "first_name"),
            ("FIRST NAME", "first_name"),
            ("fristname", "first_name"),
            ("last_nam", "last_name"),
            ("work_flow_id", "workflow_id"),
            ("wrokflwo_id", "workflow_id"),
            ("workflowid", "workflow_id"),
            ("meta_data", "metadata"),
            ("metdata", "metadata"),
        ] {
            assert_eq!(nearest(given, &KNOWN), Some(known), "{given}");
        }
    }

    #[test]
    fn another_name_is_left_alone() {
        for other in [
            "",
            "-",
            "id",
            "page",
            "photo",
            "html",
            "male",
            "age",
            "first_page",
            "first_time",
            "last_date",
            "host_name",
            "user_name",
            "phone_2",
            "email2",
            "workflow_no",
            "山",
        ] {
            assert_eq!(nearest(other, &KNOWN), None, "{other}");
        }
        assert_eq!(nearest(&"email".repeat(100_000), &KNOWN), None);
    }
}
