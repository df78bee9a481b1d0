//! Tests of `leadgate openapi`, `errors`, `schema` and `reference`.

use local::demo;

use crate::program::{run, stderr, stdout};

#[test]
fn a_document_is_printed_or_written_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document");
    for (command, begins) in [
        ("openapi", "{\n  \"components\""),
        ("errors", "# Errors\n"),
        (
            "schema",
            "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\"",
        ),
    ] {
        let printed = run(&[command]);
        assert!(stdout(&printed).starts_with(begins), "{command}");
        let written = run(&[command, "--to", path.to_str().unwrap()]);
        assert_eq!(stdout(&written), "");
        assert_eq!(std::fs::read(&path).unwrap(), printed.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_one_clear_line() {
    let output = run(&["openapi", "--to", "/nowhere/openapi.json"]);
    let line = stderr(&output);
    assert!(
        line.starts_with("leadgate openapi: cannot write /nowhere/openapi.json"),
        "{line}"
    );
}

#[test]
fn the_reference_page_of_a_deployment_has_its_url_and_no_key() {
    let url = "https://leads.example.com/";
    let page = run(&["reference", "--url", url]);
    let page = stdout(&page);
    assert!(page.contains("connect-src https://leads.example.com;"));
    assert!(page.contains(r#""servers":[{"url":"https://leads.example.com"}]"#));
    assert!(page.contains("(https://leads.example.com/docs/errors)"));
    assert!(!page.contains(demo::API_KEY));
    assert!(!stdout(&run(&["reference"])).contains(demo::API_KEY));
}
