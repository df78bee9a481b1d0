//! Problems of a request, within a bound: a client chooses how many there are, and how long the names are.

use std::{
    borrow::Cow,
    fmt::{self, Display},
};

use domain::{api_key, invisible::is_invisible};
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
/// Maximum length of a value in a problem, in characters. It is enough to recognise the value.
const LONGEST_VALUE: usize = 60;

/// One thing that is wrong with a request.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The field, as the client named it. A name of more than 100 characters is cut.
    #[schema(example = "email")]
    pub field: String,
    /// The problem, as a sentence that starts with the field's name.
    #[schema(example = "email \"nope\" is not a valid email address")]
    pub message: String,
}

/// The problems of one lead, or of a request without leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    total: usize,
    hints: Hints,
}

/// Sentences for people, about a likely mistake.
// They may quote the request, so the Debug form has none of them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Hints(Vec<String>);

impl Problem {
    /// `what` goes on after the field's name, such as "is required".
    pub fn new(field: &str, what: impl Display) -> Self {
        let field = shown_name(field).into_owned();
        let message = format!("{field} {what}");
        Self { field, message }
    }

    /// Same as [`Problem::new`], and the message shows the wrong value.
    pub fn of_value(field: &str, value: &str, what: impl Display) -> Self {
        Self::new(field, format_args!("{} {what}", quoted(value)))
    }

    /// Returns the problem of a field inside of the field `outer`.
    pub fn within(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}.{}", self.field),
            message: format!("{outer}.{}", self.message),
        }
    }
}

/// Writes nothing of the client's texts, because they may be personal data.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Problem(redacted)")
    }
}

impl Hints {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, hint: impl Into<String>) {
        self.0.push(hint.into());
    }

    pub fn into_texts(self) -> Vec<String> {
        self.0
    }
}

impl FromIterator<String> for Hints {
    fn from_iter<T: IntoIterator<Item = String>>(hints: T) -> Self {
        Self(hints.into_iter().collect())
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hints({})", self.0.len())
    }
}

impl Problems {
    /// Adds hints, which may show the cause of a problem.
    pub fn with_hints(self, hints: Hints) -> Self {
        Self { hints, ..self }
    }

    pub fn hints(&self) -> &Hints {
        &self.hints
    }

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
    let (rest, is_key) = without_key(name);
    match rest.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", rest.get(..end).unwrap_or_default()).into(),
        None if is_key => format!("{rest}...").into(),
        None => rest.into(),
    }
}

/// Returns a client's text in quotes, as a reply may show it: cut, printable, and without an API key.
pub fn quoted(text: &str) -> String {
    let (rest, mut is_cut) = without_key(text);
    let mut shown = String::from('"');
    for (index, character) in rest.chars().enumerate() {
        if index == LONGEST_VALUE {
            is_cut = true;
            break;
        }
        if is_printable(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    shown.push_str(if is_cut { "...\"" } else { "\"" });
    shown
}

/// Returns the end of a sentence about a wrong id: where to find the right one.
pub fn id_advice(field: &str) -> &'static str {
    match field {
        "workflow_id" | "workflowId" => ": GET /api/public/workflows lists the ids",
        "campaign_id" => ": GET /api/public/campaigns lists the ids",
        _ => "",
    }
}

fn is_printable(character: char) -> bool {
    let is_line_end = matches!(character, '\u{2028}' | '\u{2029}');
    !(character.is_control() || is_invisible(character) || is_line_end)
}

/// Returns the text up to the secret part of an API key, and whether it has a key.
fn without_key(text: &str) -> (&str, bool) {
    match text.to_ascii_lowercase().find(api_key::PREFIX) {
        Some(at) => {
            let shown = text.get(..at + api_key::PREFIX.len());
            (shown.unwrap_or_default(), true)
        }
        None => (text, false),
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
    fn a_value_is_shown_cut_and_printable() {
        for (value, shown) in [
            ("12", r#""12""#),
            ("Zoë 山", r#""Zoë 山""#),
            ("a\n\u{1b}[2J", r#""a\u{a}\u{1b}[2J""#),
            ("\u{202e}x\u{2028}", r#""\u{202e}x\u{2028}""#),
        ] {
            assert_eq!(quoted(value), shown);
        }
        let longest = "é".repeat(60);
        assert_eq!(quoted(&longest), format!("\"{longest}\""));
        assert_eq!(quoted(&"é".repeat(61)), format!("\"{longest}...\""));
        let problem = Problem::of_value("limit", "x", "must be a whole number");
        assert_eq!(problem.message, r#"limit "x" must be a whole number"#);
    }

    #[test]
    fn a_key_in_the_place_of_a_value_is_not_shown() {
        for before in ["", "Bearer ", "key="] {
            for prefix in ["nxr_live_", "NXR_LIVE_"] {
                let shown = format!("\"{before}{prefix}...\"");
                assert_eq!(quoted(&format!("{before}{prefix}secret")), shown);
            }
        }
    }

    #[test]
    fn the_debug_form_of_a_problem_has_no_text_of_a_client() {
        let problem = Problem::of_value("John", "+1234567890", "is wrong");
        let shown = format!("{:?}", Problems::from(problem));
        assert!(
            !shown.contains("John") && !shown.contains("+123"),
            "{shown}"
        );
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
