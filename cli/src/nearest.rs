//! Nearest right values, for messages about wrong ones.

/// Similarity from which another value is suggested, as clap does for options.
const SIMILAR: f64 = 0.7;

/// Returns the known name that is most like `name`, in upper or lower case. `None` if none is like
/// it.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let similarity = |known: &str| strsim::jaro(&name, &known.to_lowercase());
    let nearest = known
        .iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(nearest) > SIMILAR).then_some(nearest)
}

/// Returns a question for the end of a message. It is empty if there is nothing to suggest.
pub fn question(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |it| format!(" (did you mean {it}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_has_the_nearest_one() {
        let known = ["Sales Outreach", "Callback", "Sales"];
        for (name, expected) in [
            ("Sales Outrech", Some("Sales Outreach")),
            ("calback", Some("Callback")),
            ("SALE", Some("Sales")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
    }
}
