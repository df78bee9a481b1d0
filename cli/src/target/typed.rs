//! Options as a person types them, for commands to copy.

/// Returns options as they are typed, with a blank before each. Leaves out those without a value.
pub fn typed<const N: usize>(options: [(&str, Option<&str>); N]) -> String {
    let given = options.into_iter().filter_map(|(name, value)| {
        let value = value?;
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./:@".contains(it);
        Some(if value.chars().all(is_plain) && !value.is_empty() {
            format!(" {name} {value}")
        } else {
            format!(" {name} '{}'", value.replace('\'', r"'\''"))
        })
    });
    given.collect()
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
