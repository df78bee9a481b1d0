//! `leadgate openapi` and `leadgate errors` as a person meets them.

use std::process::{Command, Output};

fn leadgate(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leadgate"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn a_document_is_printed_or_written_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document");
    for (command, begins) in [("openapi", "{\n  \"components\""), ("errors", "# Errors\n")] {
        let printed = leadgate(&[command]);
        assert!(printed.status.success());
        assert!(printed.stdout.starts_with(begins.as_bytes()), "{command}");
        let written = leadgate(&[command, "--to", path.to_str().unwrap()]);
        assert!(written.status.success() && written.stdout.is_empty());
        assert_eq!(std::fs::read(&path).unwrap(), printed.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_one_clear_line() {
    let output = leadgate(&["openapi", "--to", "/nowhere/openapi.json"]);
    assert_eq!(output.status.code(), Some(1));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(
        line.starts_with("leadgate openapi: cannot write /nowhere/openapi.json"),
        "{line}"
    );
}
