//! Problems of a request, within a bound: a client chooses how many there are, and how long the names are.

use std::{borrow::Cow, fmt::Display};

use domain::api_key;
use serde::Serialize;
use utoipa::ToSchema;

/// Maximum number of names or problems that a reply shows. A person reads no more, and 1,000 leads of an
/// array have so many each.
pub const MOST_SHOWN: usize = 20;
/// Maximum number of problems that are kept. A lead has at most 45 problems before the first one of an
/// unknown field, and later checks look for them.
const MOST_KEPT: usize = 64;
/// Maximum length of a name in a problem, in characters. A name can be as long as a body, and a problem
/// shows it twice.
const LONGEST_NAME: usize = 100;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The field, as the client named it. A name of more than 100 characters is cut.
    #[schema(example = "email")]
    pub field: String,
    /// The problem, as a sentence that starts with the field's name.
    #[schema(example = "email is not a valid email address")]
    pub message: String,
}

/// The problems of one lead, or of a request without leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    total: usize,
}

impl Problem {
    /// `what` goes on after the field's name, such as "is required".
    pub fn new(field: &str, what: impl Display) -> Self {
        let field = shown_name(field).into_owned();
        let message = format!("{field} {what}");
        Self { field, message }
    }

    /// Returns the problem of a field inside of the field `outer`.
    pub fn within(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}.{}", self.field),
            message: format!("{outer}.{}", self.message),
        }
    }
}

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        self.total += 1;
        if self.kept.len() < MOST_KEPT {
            self.kept.push(problem);
        }
    }

    /// Adds the problems of an inner object. `change` names its field.
    pub fn extend(&mut self, inner: Self, change: impl Fn(Problem) -> Problem) {
        let not_kept = inner.total - inner.kept.len();
        for problem in inner.kept {
            self.push(change(problem));
        }
        self.total += not_kept;
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Returns the number of all problems.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Returns the problems that are kept. Those of known fields are among them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.kept.iter()
    }

    /// Returns the problems that a reply shows.
    pub fn shown(&self) -> &[Problem] {
        self.kept.get(..MOST_SHOWN).unwrap_or(&self.kept)
    }

    /// Returns one sentence for the problems that a reply shows, and the number of the others.
    pub fn message(&self) -> String {
        let shown = self.shown().iter().map(|problem| problem.message.as_str());
        joined(shown, "; ", self.total)
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<T: IntoIterator<Item = Problem>>(problems: T) -> Self {
        let mut all = Self::default();
        problems.into_iter().for_each(|problem| all.push(problem));
        all
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self::from_iter([problem])
    }
}

/// Joins the first texts of `total` texts, and adds the number of the others.
pub fn joined<'a>(texts: impl Iterator<Item = &'a str>, separator: &str, total: usize) -> String {
    let shown: Vec<&str> = texts.take(MOST_SHOWN).collect();
    let rest = total - shown.len();
    let shown = shown.join(separator);
    match rest {
        0 => shown,
        rest => format!("{shown}{separator}... and {rest} more"),
    }
}

/// Returns a client's name for something as a reply may show it: cut, and without an API key.
pub fn shown_name(name: &str) -> Cow<'_, str> {
    let (rest, is_key) = match name.find(api_key::PREFIX) {
        Some(at) => (name.get(..at + api_key::PREFIX.len()), true),
        None => (Some(name), false),
    };
    let rest = rest.unwrap_or_default();
    match rest.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", rest.get(..end).unwrap_or_default()).into(),
        None if is_key => format!("{rest}...").into(),
        None => rest.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(count: usize) -> Problems {
        let problem = |number| Problem::new(&format!("f{number}"), "is unknown");
        (0..count).map(problem).collect()
    }

    #[test]
    fn all_problems_up_to_twenty_stand_in_the_message() {
        assert_eq!(many(2).message(), "f0 is unknown; f1 is unknown");
        assert_eq!((many(20).shown().len(), many(20).total()), (20, 20));
        assert!(many(20).message().ends_with("; f19 is unknown"));
    }

    #[test]
    fn more_problems_are_counted_and_not_shown() {
        let problems = many(500);
        assert_eq!((problems.shown().len(), problems.total()), (20, 500));
        let message = problems.message();
        assert!(
            message.ends_with("; f19 is unknown; ... and 480 more"),
            "{message}"
        );
    }

    #[test]
    fn the_problems_of_an_inner_object_are_all_counted() {
        let mut problems = many(3);
        problems.extend(many(500), |problem| problem.within("outer"));
        assert_eq!((problems.shown().len(), problems.total()), (20, 503));
        assert_eq!(problems.shown()[3].message, "outer.f0 is unknown");
    }

    #[test]
    fn a_long_name_is_cut_between_two_characters() {
        for character in ["x", "é", "好", "😀", "\u{1}", "\""] {
            let longest = character.repeat(100);
            assert_eq!(shown_name(&longest), longest);
            let problem = Problem::new(&character.repeat(101), "is unknown");
            assert_eq!(problem.field, format!("{longest}..."));
            assert_eq!(problem.message, format!("{longest}... is unknown"));
        }
    }

    #[test]
    fn a_key_in_the_place_of_a_name_is_not_shown() {
        for before in ["", "metadata.", "Bearer "] {
            let shown = format!("{before}nxr_live_...");
            assert_eq!(shown_name(&format!("{before}nxr_live_secret")), shown);
            assert_eq!(
                shown_name(&format!("{before}nxr_live_{}", "s".repeat(200))),
                shown
            );
        }
    }
}
