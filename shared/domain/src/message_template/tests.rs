use proptest::prelude::*;

use super::*;

fn error(text: &str) -> String {
    match Template::parse(text) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn without_default(text: &str) -> Vec<String> {
    let template = Template::parse(text).unwrap();
    let variables = template.variables_without_default();
    variables.map(ToString::to_string).collect()
}

#[test]
fn a_text_without_templates_is_one_part_that_stays_as_it_is() {
    for text in ["Hi", " 50 % { } }} %} #} \n\n", "a{b}c\r\n", "{ {", "é"] {
        let parts = Template::parse(text).unwrap().parts;
        assert!(
            matches!(parts.as_slice(), [Part::Text(part)] if *part == text),
            "{text:?}"
        );
    }
    assert!(Template::parse("").unwrap().parts.is_empty());
}

#[test]
fn a_variable_can_be_missing_unless_it_has_a_default_that_is_always_there() {
    for (text, expected) in [
        ("{{ first_name }}", &[][..]),
        ("{{last_name}}{{- email -}}", &["last_name", "email"]),
        ("{{ phone | default(\"-\") }}", &[]),
        ("{{ phone|default }}", &[]),
        ("{{ phone | default('', true) }}", &[]),
        ("{{ company | default(first_name) }}", &[]),
        ("{{ company | default(title) }}", &["company"]),
        ("{{ company | default(title) | default(0) }}", &[]),
        ("{{ metadata.plan }}", &["metadata.plan"]),
        ("{{ metadata.a.b_2 }}", &["metadata.a.b_2"]),
        (
            "{{ metadata['first visit'] }}",
            &["metadata[\"first visit\"]"],
        ),
        ("{{ metadata[\"plan\"] }}", &["metadata.plan"]),
        (
            "{{ \"{{\" }} {# {{ phone }} #} {% raw %}{{ email }}{% endraw %}",
            &[],
        ),
    ] {
        assert_eq!(without_default(text), expected, "{text}");
    }
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_one() {
    for (name, meant) in [
        ("firstname", "did you mean first_name?"),
        ("firstName", "did you mean first_name?"),
        ("frist_name", "did you mean first_name?"),
        ("FIRST_NAME", "did you mean first_name?"),
        ("name", "did you mean first_name?"),
        ("surname", "did you mean last_name?"),
        ("mobile", "did you mean phone?"),
        ("e_mail", "did you mean email?"),
        ("compnay", "did you mean company?"),
        ("lead.first_name", "did you mean first_name?"),
        (
            "first_name.upper",
            "known are first_name, last_name, email, phone, company, title and keys of metadata, as in metadata.plan",
        ),
        (
            "meta",
            "known are first_name, last_name, email, phone, company, title and keys of metadata, as in metadata.plan",
        ),
        (
            "metdata.plan",
            "known are first_name, last_name, email, phone, company, title and keys of metadata, as in metadata.plan",
        ),
        (
            "Metadata",
            "did you mean a key of metadata, as in metadata.plan?",
        ),
        (
            "workflow",
            "known are first_name, last_name, email, phone, company, title and keys of metadata, as in metadata.plan",
        ),
    ] {
        let expected = format!("has the unknown variable {name}; {meant}");
        assert_eq!(error(&format!("Hi {{{{ {name} }}}}")), expected);
        assert_eq!(
            error(&format!("{{{{ email | default({name}) }}}}")),
            expected
        );
    }
}

#[test]
fn a_template_that_does_not_parse_is_refused_with_what_is_wrong() {
    let plain = "a plain {{ is written {{ \"{{\" }}";
    for (text, problem) in [
        (
            "{{ }}",
            "it has `}}` instead of a variable or a text in quotes",
        ),
        (
            "{{",
            "it has its end instead of a variable or a text in quotes",
        ),
        ("Hi {{ first_name", "it has its end instead of `|` or `}}`"),
        ("Hi {{ first_name }", "it has `}` instead of `|` or `}}`"),
        (
            "{{ first_name last_name }}",
            "it has last_name instead of `|` or `}}`",
        ),
        ("{{ first_name() }}", "it has `(` instead of `|` or `}}`"),
        (
            "{{ first_name ~ 'x' }}",
            "it has `~` instead of `|` or `}}`",
        ),
        (
            "{{ -1 }}",
            "it has `-` instead of a variable or a text in quotes",
        ),
        (
            "{{ [1] }}",
            "it has `[` instead of a variable or a text in quotes",
        ),
        ("{{1}}", "it has an integer instead of a variable"),
        (
            "{{ 1.5 }}",
            "it has a float instead of a variable or a text in quotes",
        ),
        ("{{ email | }}", "it has `}}` instead of a filter"),
        (
            "{{ email | default('a' 'b') }}",
            "it has a string instead of `)`",
        ),
        (
            "{{ email | default('a', false) }}",
            "it has false instead of true",
        ),
        (
            "{{ metadata }}",
            "it has `}}` instead of `.` and a key, as in metadata.plan",
        ),
        ("{{ metadata. }}", "it has `}}` instead of a key"),
        (
            "{{ metadata[0] }}",
            "it has an integer instead of a key in quotes",
        ),
        (
            "{{ metadata.utm-source }}",
            "it has `-` instead of `|` or `}}` (a key with other characters is written metadata[\"...\"])",
        ),
    ] {
        assert_eq!(
            error(text),
            format!("is not a valid template: {problem}; {plain}")
        );
    }
    let plain = format!("{plain}, and a plain {{# is written {{{{ \"{{#\" }}}}");
    for (text, problem) in [
        ("{{ 'a }}", "unexpected end of string"),
        ("{{ é }}", "unexpected character"),
        ("{# a", "unexpected end of comment"),
        ("@media{#a{}}", "unexpected end of comment"),
        ("{% raw %}", "unexpected end of raw block"),
    ] {
        assert_eq!(
            error(text),
            format!("is not a valid template: {problem}; {plain}")
        );
    }
    assert_eq!(
        error("{{ email | upper }}"),
        "has the unknown filter upper; the only filter is default"
    );
}

#[test]
fn the_place_is_shown_in_a_text_of_several_lines() {
    assert!(error("Dear {{ firstname }},\n").ends_with("first_name?"));
    let found = error("Dear\n{{ email");
    assert!(
        found.contains("`}}` (line 2, column 4 of the text); a plain"),
        "{found}"
    );
    let found = error("<p>\n  É {{ firstname }}\n</p>\n");
    assert!(
        found.ends_with("first_name? (line 2, column 8 of the text)"),
        "{found}"
    );
}

#[test]
fn a_statement_is_refused_so_no_template_can_loop_or_call_anything() {
    for text in [
        "{% for a in [1, 2] %}x{% endfor %}",
        "{% for a in range(1000000000) %}{{ a }}{% endfor %}",
        "{% if company %}{{ company }}{% endif %}",
        "{% set a = 'x' * 1000000000 %}",
        "{% macro a() %}{{ a() }}{% endmacro %}",
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% extends 'a' %}",
        "{%- autoescape false %}{{ company }}{% endautoescape %}",
        "20{% off",
    ] {
        assert_eq!(
            error(text),
            "has {% ... %}, but a message takes only {{ variables }}; a plain {% is written {{ \"{%\" }}"
        );
    }
}

#[test]
fn a_template_is_bounded_in_bytes() {
    let longest = "é".repeat(MAX_SIZE / 2);
    assert!(Template::parse(&longest).is_ok());
    assert_eq!(
        error(&(longest + "x")),
        "must not be longer than 65534 bytes"
    );
}

#[test]
fn a_hostile_template_is_refused_without_a_panic_or_deep_recursion() {
    for (start, repeated, end) in [
        ("{{ metadata", ".a", "}}"),
        ("{{ email", "|default('')", "}}"),
        ("{{ email", "|default(email)", "}}"),
        ("{{ email|default", "(", "}}"),
        ("{{ ", "[", "}}"),
        ("{{ ", "{", "}}"),
        ("", "{{", ""),
        ("", "{%", ""),
        ("", "{#", ""),
        ("", "{{ é", ""),
        ("", "{{''}}", ""),
        ("", "{#-#}", ""),
        ("", "{% raw %}", ""),
        (" ", " ", "{{ é"),
        ("", "\n", "{{ é"),
        ("", "x", "{{ é"),
        ("", "x", "{{'"),
    ] {
        let count = (MAX_SIZE - start.len() - end.len()) / repeated.len();
        let text = format!("{start}{}{end}", repeated.repeat(count));
        let _ = Template::parse(&text).map_err(|error| error.to_string());
    }
}

#[test]
fn an_error_shows_a_name_cut_and_no_api_key() {
    let found = error(&format!("{{{{ {} }}}}", "x".repeat(60_000)));
    assert!(found.len() < 300, "{}", found.len());
    let found = error("{{ nxr_live_LeadgateDemoKeyForLocalStackOnly0m2QZI }}");
    assert!(found.contains("variable nxr_live_...;"), "{found}");
    let found = Template::parse("{{ John }}").unwrap_err();
    assert_eq!(format!("{found:?}"), "TemplateError(redacted)");
    let template = Template::parse("{{ metadata.John }}").unwrap();
    let shown = format!("{:?}", template.variables_without_default().next());
    assert_eq!(shown, "Some(metadata(redacted))");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(
        text in "\\PC{0,40}",
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "\r\n", "\"", "'", "\\", "\\u", "|",
                "default", "(", ")", ",", "true", ".", "[", "]", "{", "}", "first_name", "metadata", "x", "0",
                "1e9", "0x", "_", "é", "raw", "endraw", "😀", "~", "*",
            ]),
            0..30,
        ),
    ) {
        for text in [text, pieces.concat()] {
            if let Err(error) = Template::parse(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
