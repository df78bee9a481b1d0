//! Tests of an import on a terminal.

use std::{fs, iter};

use crate::{
    program::services,
    terminal::pty::{Terminal, assert_fits},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_shows_a_bar_until_its_end() {
    let services = services().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.csv");
    let lines = (0..1_000).map(|number| format!("Ada {number}\n"));
    let text: String = iter::once("first_name\n".to_owned()).chain(lines).collect();
    fs::write(&file, text).unwrap();
    let mut import = Terminal::run(
        &[
            "lead",
            "import",
            file.to_str().unwrap(),
            "--dynamodb-url",
            &services.dynamodb_url,
            "--sqs-url",
            &services.sqs_url,
        ],
        &[],
    );
    import.wait_for(" of 1000 lines");
    let (status, text) = import.end();
    assert_eq!(status.code(), Some(0), "{text}");
    // The bar is cleared.
    let (_, end) = text.rsplit_once(" of 1000 lines").unwrap();
    assert!(
        end.ends_with("Created: 1000, already there: 0, refused: 0.\r\n"),
        "{end:?}"
    );
    assert!(end.contains("\u{1b}[2K"), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_shows_the_whole_reason_of_a_refused_line() {
    let services = services().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.csv");
    let lines = "first_name,phone\nAda,12\n".to_owned() + &format!("{},1\n", "Ada ".repeat(60));
    fs::write(&file, lines).unwrap();
    let args = ["lead", "import", file.to_str().unwrap(), "--dry-run"];
    let urls = ["--dynamodb-url", &services.dynamodb_url];
    let (_, text) = Terminal::run(&[&args[..], &urls].concat(), &[]).end();
    assert_fits(&text);
    let reason = "2     phone \"12\" is not a phone number in US, the account's default_country:\r\n      send it with its country code, such as ";
    assert!(text.contains(reason), "{text}");
}
