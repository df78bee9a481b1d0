//! Options as a person types them, for commands to copy.

use std::borrow::Cow;

/// Returns options as they are typed, with a blank before each. Leaves out those without a value.
pub fn typed<const N: usize>(options: [(&str, Option<&str>); N]) -> String {
    let given = options
        .into_iter()
        .filter_map(|(name, value)| Some(format!(" {name} {}", quoted(value?))));
    given.collect()
}

/// Returns an argument as it is typed, in quotes if a shell would read it otherwise.
pub fn quoted(value: &str) -> Cow<'_, str> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./:@".contains(it);
    if value.chars().all(is_plain) && !value.is_empty() {
        value.into()
    } else {
        format!("'{}'", value.replace('\'', r"'\''")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_blanks_or_quotes_is_quoted_for_a_shell() {
        let options = [
            ("--stack", Some("leadgate")),
            ("--table", None),
            ("--data-dir", Some("my data")),
            ("--name", Some("O'Brien")),
        ];
        assert_eq!(
            typed(options),
            r" --stack leadgate --data-dir 'my data' --name 'O'\''Brien'"
        );
    }
}
