use std::{collections::BTreeMap, time::Instant};

use jiff::Timestamp;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

fn lead(metadata: &str) -> Profile {
    let metadata: BTreeMap<String, Box<RawValue>> = serde_json::from_str(metadata).unwrap();
    Profile {
        id: "019c0000-0000-7000-8000-000000001101".parse().unwrap(),
        first_name: "Ana <b>".try_into().unwrap(),
        last_name: None,
        email: Some("ana@example.com".try_into().unwrap()),
        phone: Some("+15550100101".try_into().unwrap()),
        source: Name::api(),
        company: None,
        title: None,
        metadata: metadata.into_iter().collect(),
        campaign_id: None,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn content(text: &str) -> MessageParts {
    MessageParts {
        content: Some(text.to_owned()),
        ..MessageParts::default()
    }
}

fn html(text: &str) -> MessageParts {
    MessageParts {
        html: Some(text.to_owned()),
        ..MessageParts::default()
    }
}

fn filled(text: &str, metadata: &str) -> String {
    match content(text).render(&lead(metadata)) {
        Ok(message) => message.content.unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_field_is_filled_in_and_the_others_stay() {
    let parts = MessageParts {
        content: Some("Hi {{ first_name }},\n".to_owned()),
        begin_message: Some("{{ email }}".to_owned()),
        subject: Some("{{ phone }}".to_owned()),
        html: Some("<p>{{ first_name }}</p>".to_owned()),
        template_id: Some("{{ first_name }}".to_owned()),
        components: Some("[\"{{ x\"]".to_owned()),
    };
    let filled = parts.render(&lead("{}")).unwrap();
    let expected = MessageParts {
        content: Some("Hi Ana <b>,\n".to_owned()),
        begin_message: Some("ana@example.com".to_owned()),
        subject: Some("+15550100101".to_owned()),
        html: Some("<p>Ana &lt;b&gt;</p>".to_owned()),
        ..parts
    };
    assert!(filled == expected, "{:?}", filled.html);
}

#[test]
fn values_and_defaults_are_escaped_in_html_alone() {
    let template = "<i>{{ metadata.x }}{{ metadata.y | default('<&\"') }}</i>";
    let metadata = r#"{"x": "<script src='/a'>&\"</script>"}"#;
    assert_eq!(
        filled(template, metadata),
        "<i><script src='/a'>&\"</script><&\"</i>"
    );
    let escaped = html(template).render(&lead(metadata)).unwrap();
    assert_eq!(
        escaped.html.as_deref(),
        Some(
            "<i>&lt;script src=&#x27;&#x2f;a&#x27;&gt;&amp;&quot;&lt;&#x2f;script&gt;&lt;&amp;&quot;</i>"
        )
    );
}

#[test]
fn a_value_of_the_metadata_comes_out_as_it_was_sent() {
    for (value, expected) in [
        ("12345678901234567890", "12345678901234567890"),
        (
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999999",
        ),
        ("1.0", "1.0"),
        ("1e2", "1e2"),
        ("-0", "-0"),
        ("true", "true"),
        (r#"[1, "a"]"#, r#"[1, "a"]"#),
        (r#"{"a": 1.50}"#, r#"{"a": 1.50}"#),
        (r#""Jos\u00e9 {{ email }}""#, "José {{ email }}"),
    ] {
        let metadata = format!("{{\"x\": {value}, \"o\": {{\"in side\": {value}}}}}");
        assert_eq!(filled("{{ metadata.x }}", &metadata), expected);
        assert_eq!(
            filled("{{ metadata['o'][\"in side\"] }}", &metadata),
            expected
        );
    }
}

#[test]
fn a_default_replaces_every_value_that_is_not_there() {
    for metadata in [
        "{}",
        r#"{"x": null}"#,
        r#"{"x": ""}"#,
        r#"{"x": "  \u200b"}"#,
        r#"{"x": {"y": null}}"#,
        r#"{"x": {}}"#,
        r#"{"x": [1]}"#,
        r#"{"x": "text"}"#,
    ] {
        assert_eq!(
            filled("{{ metadata.x.y | default('there') }}", metadata),
            "there"
        );
        let error = filled("{{ metadata.x.y }}", metadata);
        assert_eq!(error, "the lead has no value for metadata.x.y");
    }
    for (template, expected) in [
        ("{{ last_name | default(\"\") }}!", "!"),
        ("{{ last_name | default }}!", "!"),
        ("{{ last_name | default('-', true) }}", "-"),
        ("{{ last_name | default(7) }}", "7"),
        ("{{ last_name | default(email) }}", "ana@example.com"),
        ("{{ last_name | default(title) | default('x') }}", "x"),
        ("{{ email | default('x') }}", "ana@example.com"),
    ] {
        assert_eq!(filled(template, r#"{"x": false}"#), expected, "{template}");
    }
    assert_eq!(
        filled("{{ metadata.x | default(1) }}", r#"{"x": false}"#),
        "false"
    );
}

#[test]
fn every_variable_without_a_value_is_named_once_for_each_field() {
    let parts = MessageParts {
        content: Some(
            "{{ last_name }} {{ first_name }} {{ last_name }} {{ metadata.x }}".to_owned(),
        ),
        subject: Some("{{ title | default(company) }} {{ last_name }}".to_owned()),
        ..MessageParts::default()
    };
    let Err(FillError::NoValue(missing)) = parts.render(&lead("{}")) else {
        panic!("it is filled in");
    };
    let names = |found: &[Missing]| {
        let names = found
            .iter()
            .map(|it| format!("{} {}", it.field, it.variable));
        names.collect::<Vec<_>>()
    };
    let expected = [
        "content last_name",
        "content metadata.x",
        "subject title",
        "subject last_name",
    ];
    assert_eq!(names(&missing), expected);
    assert_eq!(names(&parts.variables_that_may_be_missing()), expected);
    assert_eq!(
        names(&content("{{ first_name }} {{ email }}").variables_that_may_be_missing()),
        ["content email"]
    );
}

#[test]
fn company_and_title_are_those_of_the_lead_or_of_its_metadata() {
    let metadata = r#"{"company": "Acme", "title": "CTO"}"#;
    assert_eq!(filled("{{ company }} {{ title }}", metadata), "Acme CTO");
    let mut lead = lead(metadata);
    lead.company = Some("Example".try_into().unwrap());
    let filled = content("{{ company }} {{ metadata.company }}").render(&lead);
    assert_eq!(filled.unwrap().content.as_deref(), Some("Example Acme"));
}

#[test]
fn a_filled_message_is_bounded_in_size_and_in_work() {
    let big = "&".repeat(60_000);
    let metadata = format!(
        "{{\"x\": \"{big}\", \"o\": {{\"x\": \"{big}\"}}, \"b\": \"{}\"}}",
        " ".repeat(60_000)
    );
    let lead = lead(&metadata);
    let start = Instant::now();
    for template in [
        "{{metadata.x}}",
        "{{metadata.o.y|default(1)}}",
        "{{metadata.b|default(1)}}",
        "{{metadata.b}}",
    ] {
        let text = template.repeat(60_000 / template.len());
        assert_eq!(
            html(&text).render(&lead),
            Err(FillError::TooLong),
            "{template}"
        );
    }
    let chain = "|default(metadata.b)".repeat(3_000);
    let chain = html(&format!("{{{{metadata.b{chain}}}}}"));
    assert_eq!(chain.render(&lead), Err(FillError::TooLong));
    for number in [0, 1] {
        let names = (0..3_000).map(|it| format!("{{{{metadata.k{it}}}}}"));
        let text: String = names.take(3_000 * number).collect();
        let missing = html(&text).variables_that_may_be_missing();
        assert_eq!(missing.len(), 50 * number);
    }
    // A quarter of a second is far more than the work of a few megabytes, also in a debug build.
    assert!(start.elapsed().as_millis() < 2_500, "{:?}", start.elapsed());
    let text = format!("{}{{{{ metadata.x }}}}", "x".repeat(60_000));
    let once = content(&text).render(&lead).unwrap().content.unwrap();
    assert_eq!(once.len(), 120_000);
}

#[test]
fn a_text_that_is_no_template_is_an_error_of_its_field() {
    let error = content("{{ x }}").render(&lead("{}")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("content has the unknown variable x; ")
    );
    assert!(
        content("{{ x }}")
            .variables_that_may_be_missing()
            .is_empty()
    );
}

/// Returns what minijinja itself makes of a template. `None` if a variable is undefined.
fn of_minijinja(text: &str, is_html: bool, values: &[(&str, &str)]) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| match is_html {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.keep_trailing_newline(true).build().unwrap());
    let values = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let metadata: BTreeMap<_, _> = values.collect();
    let context = BTreeMap::from([
        ("first_name", minijinja::Value::from("Ana <b>")),
        ("email", "ana@example.com".into()),
        ("phone", "+15550100101".into()),
        ("metadata", metadata.into()),
    ]);
    match environment.render_str(text, context) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::UndefinedError => None,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn piece() -> impl Strategy<Value = String> {
    let variable = proptest::sample::select(vec![
        "first_name",
        "last_name",
        "email",
        "phone",
        "title",
        "metadata.a",
        "metadata['b c']",
        "metadata.none",
    ]);
    let text = "[a-z<&\"'/ \\n{}%#é]{0,6}";
    let quoted = prop_oneof![
        "[a-z<&' {}%#é]{0,6}".prop_map(|text| format!("\"{text}\"")),
        "[a-z<&\" {}%#é]{0,6}".prop_map(|text| format!("'{text}'")),
        Just(r#""\n\"\\é""#.to_owned()),
    ];
    let default = prop_oneof![
        3 => quoted.clone().prop_map(|text| format!("| default({text})")),
        1 => variable.clone().prop_map(|name| format!("|default( {name} )")),
        1 => Just("|default".to_owned()),
        1 => (0..u64::MAX).prop_map(|number| format!("| default({number})")),
        3 => Just(String::new()),
    ];
    let first = prop_oneof![4 => variable.prop_map(str::to_owned), 1 => quoted];
    let signs = proptest::sample::select(vec!["", "", "", "-", "+"]);
    let value = (signs.clone(), first, default.clone(), default, signs).prop_map(
        |(start, first, default, another, end)| {
            format!("{{{{{start} {first} {default}{another} {end}}}}}")
        },
    );
    prop_oneof![
        4 => value,
        4 => text.prop_filter("it begins no template", |text| {
            !text.contains("{{") && !text.contains("{%") && !text.contains("{#") && !text.ends_with('{')
        }),
        1 => Just("{#- {{ x #}".to_owned()),
        1 => Just("{% raw -%} {{ x }} {%- endraw %}".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_template_is_filled_in_as_minijinja_does_it(
        pieces in proptest::collection::vec(piece(), 0..6),
        is_html: bool,
        a in "[a-z<&\"'/é{}]{1,6}",
        b in "[0-9]{1,9}",
    ) {
        let text = pieces.concat();
        let expected = of_minijinja(&text, is_html, &[("a", &a), ("b c", &b)]);
        let metadata = serde_json::json!({"a": a, "b c": b}).to_string();
        let parts = if is_html { html(&text) } else { content(&text) };
        let found = match parts.render(&lead(&metadata)) {
            Ok(message) => message.html.or(message.content),
            Err(FillError::NoValue(_)) => None,
            Err(error) => panic!("{text:?}: {error}"),
        };
        prop_assert_eq!(found, expected, "{:?}", text);
    }
}
