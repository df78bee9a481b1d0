//! Tests of `leadgate init`.

use std::fs;

use crate::program::{leadgate, run, stderr, stdout};

#[test]
fn a_new_file_is_planned_as_it_stands_and_names_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let output = leadgate(&["init"]).current_dir(&folder).output().unwrap();
    assert_eq!(
        stdout(&output),
        "\
Wrote workflow.yaml, and leadgate.schema.json for your editor.

  leadgate plan workflow.yaml     shows when it contacts a lead
  leadgate apply workflow.yaml    stores it, after a question
"
    );
    let file = folder.path().join("workflow.yaml");
    let plan = run(&["plan", file.to_str().unwrap(), "--at", "2026-02-10T09:00"]);
    assert!(stdout(&plan).starts_with("My first workflow,\nfor a lead enrolled"));
    let text = fs::read_to_string(&file).unwrap();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "# yaml-language-server: $schema=leadgate.schema.json"
    );
    let schema = fs::read(folder.path().join("leadgate.schema.json")).unwrap();
    assert_eq!(schema, run(&["schema"]).stdout);
}

#[test]
fn a_name_with_a_blank_is_quoted_in_the_commands_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let output = leadgate(&["init", "My second.yaml"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(
        text.contains("  leadgate plan 'My second.yaml'  "),
        "{text}"
    );
    assert!(
        text.contains("  leadgate apply 'My second.yaml'  "),
        "{text}"
    );
}

#[test]
fn standard_output_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = leadgate(&["init", "-"]).current_dir(&folder).output();
    assert!(stderr(&output.unwrap()).contains("name the file, such as workflow.yaml"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_file_is_written_over_only_with_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.yaml");
    let file = file.to_str().unwrap();
    fs::write(file, "name: mine\n").unwrap();
    assert_eq!(
        stderr(&run(&["init", file])),
        format!(
            "leadgate init: {file} exists: choose another name, or pass --force to write over it\n"
        )
    );
    assert_eq!(fs::read_to_string(file).unwrap(), "name: mine\n");
    stdout(&run(&["init", file, "--force"]));
    assert!(fs::read_to_string(file).unwrap().contains("goal_type"));
    // A second workflow in the same folder shares the schema.
    let other = folder.path().join("other.yaml");
    stdout(&run(&["init", other.to_str().unwrap()]));
    let missing = folder.path().join("no/folder.yaml");
    let refused = run(&["init", missing.to_str().unwrap()]);
    assert!(stderr(&refused).starts_with("leadgate init: cannot write "));
}

#[test]
fn the_schema_is_the_current_one_unless_the_file_is_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("leadgate.schema.json");
    let init = |args: &[&str]| {
        let mut command = leadgate(&["init"]);
        let output = command.args(args).current_dir(&folder).output().unwrap();
        stdout(&output).to_owned()
    };
    let current = run(&["schema"]).stdout;
    // The schema of an older version.
    fs::write(
        &schema,
        r#"{"title": "Leadgate workflow", "type": "object"}"#,
    )
    .unwrap();
    let text = init(&["a.yaml"]);
    assert!(
        text.starts_with("Wrote a.yaml, and leadgate.schema.json for your editor.\n"),
        "{text}"
    );
    assert_eq!(fs::read(&schema).unwrap(), current);

    for foreign in [r#"{"title": "Other"}"#, "not JSON", "\"Leadgate workflow\""] {
        fs::write(&schema, foreign).unwrap();
        fs::remove_file(folder.path().join("a.yaml")).unwrap();
        let text = init(&["a.yaml"]);
        let expected = "\
Wrote a.yaml.
Kept leadgate.schema.json: it is not a schema of Leadgate. This writes over it:

  leadgate schema --to leadgate.schema.json

  leadgate plan a.yaml     shows when it contacts a lead
  leadgate apply a.yaml    stores it, after a question
";
        assert_eq!(text, expected);
        assert_eq!(fs::read_to_string(&schema).unwrap(), foreign);
    }
    init(&["a.yaml", "--force"]);
    assert_eq!(fs::read(&schema).unwrap(), current);
}

#[test]
fn a_file_with_a_name_of_its_own_gives_it_to_the_workflow() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call-back: später.yaml");
    let file = file.to_str().unwrap();
    stdout(&run(&["init", file]));
    let plan = run(&["plan", file]);
    assert!(stdout(&plan).starts_with("Call back: später,"), "{plan:?}");
}
