use super::*;

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn times_are_relative_up_to_sixty_days() {
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
    for (time, expected) in [
        ("2026-06-01T12:00:00Z", "just now"),
        ("2026-06-01T11:59:01Z", "just now"),
        ("2026-06-01T12:00:30Z", "just now"),
        ("2026-06-01T11:59:00Z", "1 min ago"),
        ("2026-06-01T11:00:01Z", "59 min ago"),
        ("2026-06-01T11:00:00Z", "1 h ago"),
        ("2026-05-31T12:00:00Z", "1 day ago"),
        ("2026-04-03T12:00:00Z", "59 days ago"),
        ("2026-04-02T12:00:00Z", "2026-04-02"),
        ("2026-06-01T14:30:00Z", "in 2 h"),
        ("2026-06-11T12:00:00Z", "in 10 days"),
        ("2027-01-31T00:00:00Z", "2027-01-31"),
    ] {
        assert_eq!(relative(time.parse().unwrap(), now), expected, "{time}");
    }
}

#[test]
fn a_full_table_cuts_nothing() {
    let row = |id: &str, name: &str| [id.to_owned(), name.to_owned()];
    let rows = [row("1", "Ada"), row("2", &"long ".repeat(20))];
    let table = plain(&full_table_in(Some(200), ["ID", "NAME"], &rows));
    assert!(table.starts_with("ID  NAME\n1   Ada\n"), "{table}");
    let blocks = plain(&full_table_in(Some(80), ["ID", "NAME"], &rows));
    let long = "long ".repeat(20);
    assert_eq!(
        blocks,
        format!("ID    1\nNAME  Ada\n\nID    2\nNAME  {long}\n")
    );
}

#[test]
fn a_table_fits_the_terminal_by_cutting_names() {
    let row = |name: &str| {
        [
            "0a1b2c3d".to_owned(),
            name.to_owned(),
            "1 min ago".to_owned(),
        ]
    };
    let rows = [row(&"山本".repeat(30)), row("Acme")];
    for columns in [40, 80] {
        let text = plain(&table_in(
            Some(columns),
            ["ID", "NAME", "CREATED"],
            &rows,
            &["NAME"],
        ));
        assert!(text.lines().all(|line| width(line) <= columns), "{text}");
        assert!(text.contains("…  1 min ago"), "{text}");
        let starts: Vec<_> = text.lines().filter_map(|line| line.find("1 min")).collect();
        assert_eq!(starts.len(), 2);
    }
    let text = plain(&table_in(None, ["ID", "NAME", "CREATED"], &rows, &["NAME"]));
    assert!(text.contains(&"山本".repeat(30)), "{text}");
}

#[test]
fn a_table_with_several_long_columns_cuts_the_widest_first() {
    let rows = [["a".repeat(50), "b".repeat(20), "c".repeat(10)]];
    let text = plain(&table_in(Some(60), ["A", "B", "C"], &rows, &["A", "B"]));
    let expected = format!(
        "{}…  {}  {}",
        "a".repeat(25),
        "b".repeat(20),
        "c".repeat(10)
    );
    assert_eq!(text.lines().last(), Some(&*expected));
}

#[test]
fn a_long_reason_goes_on_below_itself_and_ends_after_three_lines() {
    let row = |line: &str, reason: &str| [line.to_owned(), reason.to_owned()];
    let rows = [
        row("3", "is short"),
        row("12345", "one two three four five"),
        row("7", &"word ".repeat(20)),
        row("8", &"山本".repeat(20)),
    ];
    let headings = ["LINE", "REASON"];
    let text = plain(&wrapped_table_in(Some(20), headings, &rows));
    let expected = "\
LINE   REASON
3      is short
12345  one two three
       four five
7      word word
       word word
       word word wo…
8      山本山本山本…
";
    assert_eq!(text, expected);
    let text = plain(&wrapped_table_in(None, headings, &rows));
    assert_eq!(text.lines().count(), 5);
    assert!(!text.contains('…'), "{text}");
}

#[test]
fn a_stored_name_does_not_move_the_cursor() {
    let rows = [["\u{1b}[2Jname\r\n".to_owned()]];
    let text = plain(&table_in(None, ["NAME"], &rows, &["NAME"]));
    assert_eq!(text, "NAME\n\\u{1b}[2Jname\\u{d}\\u{a}\n");
}
