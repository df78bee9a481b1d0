//! Suggestions for misspelt words.

/// Similarity from which another word is suggested, as clap does for options.
const SIMILAR: f64 = 0.7;

/// Returns the known word that is most like `word`, in upper or lower case. `None` if none is like
/// it.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let known = known.into_iter();
    known
        .map(|known| (strsim::jaro(&word, &known.to_lowercase()), known))
        .filter(|(similarity, _)| *similarity > SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_nearly_right_has_the_nearest_one() {
        let known = ["Sales Outreach", "Callback", "Sales"];
        for (word, expected) in [
            ("Sales Outrech", Some("Sales Outreach")),
            ("calback", Some("Callback")),
            ("SALE", Some("Sales")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
