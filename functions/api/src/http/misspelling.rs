//! Names that a client probably meant.

use domain::spelling::Words;

use super::problem::MOST_SHOWN;

/// Returns the known name that `given` is a misspelling of. `None` if there is none.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let words = Words::of(given);
    let is_meant = |name: &&&str| words.is_misspelling_of(&Words::of(name));
    known.iter().find(is_meant).copied()
}

/// Returns the known name that begins with all words of `given`. `None` if none does, or more than one.
fn longer<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let start = Words::of(given);
    let begins = |name: &&&str| Words::of(name).begins_with(&start);
    let mut longer = known.iter().filter(begins);
    longer.next().copied().filter(|_| longer.next().is_none())
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
        match nearest(given, self.known).or_else(|| longer(given, self.known)) {
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
    fn the_first_words_of_one_name_alone_are_advised() {
        let known = [
            "status_key",
            "workflowId",
            "created_after",
            "created_before",
        ];
        for (given, name) in [
            ("status", Some("status_key")),
            ("Status", Some("status_key")),
            ("workflow", Some("workflowId")),
            ("created", None),
            ("stat", None),
            ("key", None),
            ("id", None),
            ("", None),
        ] {
            assert_eq!(longer(given, &known), name, "{given}");
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
