//! Tests of the refused lines, on the screen and in files.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
};

use super::{Import, counts, message, summary};
use crate::program::stdout;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn refused_lines_are_written_beside_the_file_and_can_be_mended() {
    let import = Import::new().await;
    let text = "First Name,Email\nAda,ada@example.com\nBob,bob.example.com\n\nEve,eve@example.com,more\n,x@example.com\n";
    let output = import.text(text, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        message(&output),
        "leadgate lead: 3 of 4 lines refused: mend them in leads.refused.csv, and import that file\n"
    );
    let shown = str::from_utf8(&output.stdout).unwrap();
    let table = "LINE  REFUSED BECAUSE\n\
                 3     email \"bob.example.com\" is not a valid email address\n\
                 5     has 3 values, and the first line has 2 columns\n\
                 6     first_name is required\n";
    assert!(shown.contains(table), "{shown}");
    assert!(shown.ends_with("Created: 1, already there: 0, refused: 3.\n"));
    let path = import.path("leads.refused.csv");
    assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
    let refused = fs::read_to_string(&path).unwrap();
    assert_eq!(
        refused,
        "refused line,refused reason,First Name,Email\n\
         3,\"email \"\"bob.example.com\"\" is not a valid email address\",Bob,bob.example.com\n\
         5,\"has 3 values, and the first line has 2 columns\",Eve,eve@example.com,more\n\
         6,first_name is required,,x@example.com\n"
    );
    let mended = refused.replace("bob.", "bob@").replace(",more", "");
    fs::write(&path, &mended).unwrap();
    let output = import.run(&["leads.refused.csv", "--output", "json"]);
    assert_eq!(counts(&output), [2, 0, 1]);
    // A second report does not replace the one that the operator may be mending.
    assert_eq!(fs::read_to_string(&path).unwrap(), mended);
    let second = import.path("leads.refused-2.csv");
    assert_eq!(summary(&output)["refused_file"], "leads.refused-2.csv");
    assert_eq!(
        fs::read_to_string(second).unwrap(),
        "refused line,refused reason,First Name,Email\n4,first_name is required,,x@example.com\n"
    );
    assert_eq!(import.leads().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_never_written_over_a_file() {
    let import = Import::new().await;
    fs::write(import.path("kept.csv"), "precious").unwrap();
    let text = "first_name,email\nAda,x\n";
    let output = import.text(text, &["--report", "kept.csv"]);
    let expected = "leadgate lead: kept.csv exists already: name a new file with --report\n";
    assert_eq!(message(&output), expected);
    assert_eq!(
        fs::read_to_string(import.path("kept.csv")).unwrap(),
        "precious"
    );
    let output = import.text(text, &["--report", "new.csv"]);
    assert!(
        message(&output).contains("mend them in new.csv"),
        "{output:?}"
    );
    assert!(import.path("new.csv").exists());
    assert!(!import.path("leads.refused.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_is_an_error_before_a_lead_is_stored() {
    let import = Import::new().await;
    symlink("nowhere/refused.csv", import.path("dangling.csv")).unwrap();
    fs::create_dir(import.path("folder")).unwrap();
    let there = |name| format!("{name} exists already: name a new file with --report\n");
    let other = |name| {
        format!("cannot write the refused lines to {name}: name another file with --report: ")
    };
    for (name, expected) in [
        ("dangling.csv", there("dangling.csv")),
        ("folder", there("folder")),
        ("leads.csv", there("leads.csv")),
        ("no/folder.csv", other("no/folder.csv")),
        ("leads.csv/refused.csv", other("leads.csv/refused.csv")),
    ] {
        let text = "first_name,email\nAda,\nBob,x\n";
        let output = import.text(text, &["--report", name]);
        let expected = format!("leadgate lead: {expected}");
        assert!(message(&output).starts_with(&expected), "{output:?}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(import.leads().await, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_without_refused_lines_leaves_no_file() {
    let import = Import::new().await;
    let report = ["--report", "new.csv"];
    stdout(&import.text("first_name\nAda\n", &report));
    assert!(!import.path("new.csv").exists());
    let unknown = ["--workflow", "No such workflow"];
    let output = import.text("first_name\nAda\n", &[report, unknown].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(!import.path("new.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_is_printed_before_the_error_of_a_report() {
    let import = Import::new().await;
    // The name of the report beside it is longer than a file system allows.
    let name = "a".repeat(251) + ".csv";
    fs::write(import.path(&name), "first_name,email\nAda,\nBob,x\n").unwrap();
    let output = import.run(&[&name, "--output", "json"]);
    assert_eq!(counts(&output), [1, 0, 1]);
    assert_eq!(summary(&output)["refused_file"], Value::Null);
    let expected = "leadgate lead: cannot write the refused lines to aaa";
    assert!(message(&output).starts_with(expected), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    let output = import.run(&[&name]);
    let shown = str::from_utf8(&output.stdout).unwrap();
    assert!(shown.ends_with("Created: 0, already there: 1, refused: 1.\n"));
}
