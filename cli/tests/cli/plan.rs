//! Tests of `leadgate plan`.

use std::{
    fs,
    process::{Output, Stdio},
};

use serde_json::json;

use crate::program::{json as json_of, leadgate, run, run_with_input, stderr, stdout};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/workflow.yaml");

fn plan(args: &[&str]) -> Output {
    run(&[&["plan"], args].concat())
}

#[test]
fn a_plan_is_a_table_and_a_timeline() {
    let output = plan(&[EXAMPLE, "--at", "2026-09-04T19:12:00Z"]);
    // The clocks go forward on Saturday at midnight.
    assert_eq!(
        stdout(&output),
        "\
Sales Outreach, for a lead enrolled Fri 2026-09-04 15:12 -04 (America/Santiago)

STEP  TRY  CHANNEL   LOCAL TIME                NOTE
1     1/3  call      Fri 2026-09-04 15:12 -04
1     2/3  call      Fri 2026-09-04 17:12 -04
1     3/3  call      Mon 2026-09-07 09:00 -03  moved: window.closed
2     1/1  whatsapp  Tue 2026-09-08 09:00 -03

                0     3     6     9     12    15    18    21    24
Fri 2026-09-04  ··················────────────C───C─············
⋮
Mon 2026-09-07  ··················C─────────────────············
Tue 2026-09-08  ··················W─────────────────············

                C call  W whatsapp  E email  S sms  x skipped  ─ in a window
"
    );
}

#[test]
fn options_plan_for_a_lead_without_a_phone_and_for_another_zone() {
    let args = [
        EXAMPLE,
        "--output",
        "json",
        "--at",
        "2026-02-14T12:00:00+01:00",
        "--no-phone",
        "--timezone",
        "Europe/Madrid",
    ];
    let plan = json_of(&plan(&args));
    assert_eq!(plan["timezone"], "Europe/Madrid");
    assert_eq!(plan["enrolled_at"], "2026-02-14T11:00:00Z");
    assert_eq!(
        plan["touchpoints"][0],
        json!({
            "index": 0, "stepIndex": 0, "channel": "call", "attemptNumber": 1, "maxAttempts": 3,
            "due_at": "2026-02-16T08:00:00Z", "local": "2026-02-16T09:00:00", "state": "skipped",
            "reasons": ["weekday.closed", "no_phone"], "message": null, "failure": null,
        })
    );
    assert_eq!(plan["touchpoints"].as_array().unwrap().len(), 4);
}

#[test]
fn every_time_of_rfc_3339_is_read_and_every_other_text_is_refused() {
    for (at, enrolled_at) in [
        ("2026-02-14t12:00:00.1234567890123z", "2026-02-14T12:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
        ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"),
    ] {
        let json = json_of(&plan(&[EXAMPLE, "--output", "json", "--at", at]));
        assert_eq!(json["enrolled_at"], enrolled_at);
        let table = plan(&[EXAMPLE, "--at", at]);
        assert!(table.status.success(), "{}", stderr(&table));
    }
    for at in ["soon", "2026-02-30", "10000-01-01T00:00:00Z"] {
        let output = plan(&[EXAMPLE, "--at", at]);
        let refused = String::from_utf8_lossy(&output.stderr);
        let expected = format!(
            "invalid value '{at}' for '--at <TIME>': write a date or a time, such as 2026-02-10 or 2026-02-10T09:00, \
             or its distance from now, such as 90d"
        );
        assert!(refused.contains(&expected), "{refused}");
    }
}

#[test]
fn a_date_is_its_first_moment_on_the_clocks_of_the_workflow() {
    for (args, enrolled_at) in [
        (&["--at", "2026-02-10"][..], "2026-02-10T03:00:00Z"),
        (&["--at", "2026-02-10T09:00"], "2026-02-10T12:00:00Z"),
        (
            &["--at", "2026-02-10T09:00", "--timezone", "Europe/Madrid"],
            "2026-02-10T08:00:00Z",
        ),
    ] {
        let args = [&[EXAMPLE, "--output", "json"][..], args].concat();
        assert_eq!(json_of(&plan(&args))["enrolled_at"], enrolled_at);
    }
}

#[test]
fn a_zone_that_is_not_in_the_iana_database_is_refused() {
    for zone in ["Etc/Unknown", "localtime", "right/UTC", "+03:00"] {
        let output = plan(&[EXAMPLE, "--timezone", zone]);
        let refused = String::from_utf8_lossy(&output.stderr);
        assert!(
            refused.contains("must be a time zone of the IANA database, such as America/Santiago"),
            "{refused}"
        );
    }
}

#[test]
fn each_problem_of_a_file_has_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("workflow.yaml");
    let yaml = fs::read_to_string(EXAMPLE).unwrap();
    let yaml = yaml
        .replace("PT2H", "two hours")
        .replace("Santiago #", "Nowhere #");
    fs::write(&file, yaml).unwrap();
    let file = file.to_str().unwrap();
    let output = plan(&[file]);
    assert_eq!(output.stdout, b"");
    let expected = format!(
        "\
leadgate plan: {file} has 2 mistakes
{file}:5:11: timezone is \"America/Nowhere\", but must be an IANA time zone such as America/Santiago (did you mean \
America/Nome?)
 5 | timezone: America/Nowhere # IANA
   |           ^
{file}:15:58: cadence.steps[0].attempt_interval is \"two hours\", but must be an ISO 8601 duration of whole seconds \
from PT0S to P366D, such as PT2H or P1D
 15 |     - {{channel: call, max_attempts: 3, attempt_interval: two hours, d…
    |                                                          ^
"
    );
    assert_eq!(stderr(&output), expected);
    let output = plan(&["/does/not/exist.yaml"]);
    let message = stderr(&output);
    assert!(
        message.starts_with("leadgate plan: there is no file /does/not/exist.yaml: "),
        "{message}"
    );
    let output = plan(&["/"]);
    let message = stderr(&output);
    assert!(
        message.starts_with("leadgate plan: cannot read /: "),
        "{message}"
    );
}

#[test]
fn a_plan_reads_standard_input() {
    let yaml = fs::read_to_string(EXAMPLE).unwrap();
    let args = ["plan", "-", "--at", "2026-09-04T19:12:00Z"];
    let output = run_with_input(&args, &yaml);
    assert!(stdout(&output).starts_with("Sales Outreach, for a lead"));
    let output = run_with_input(&args, "name: 12");
    let message = stderr(&output);
    assert!(
        message.starts_with("leadgate plan: <stdin> has 5 mistakes\n<stdin>:1:1: "),
        "{message}"
    );
}

#[test]
fn the_file_of_an_account_is_refused_in_one_line() {
    let message = run_with_input(&["plan", "-"], "workflows: []\n");
    let expected =
        "<stdin>:1:1: this is the file of an account: `plan` takes the file of one workflow\n";
    assert!(stderr(&message).contains(expected), "{message:?}");
}

#[test]
fn a_zone_that_is_nearly_right_is_offered() {
    let output = plan(&[EXAMPLE, "--timezone", "Europe/Berln"]);
    let refused = String::from_utf8_lossy(&output.stderr);
    assert!(
        refused.contains("(did you mean Europe/Berlin?)"),
        "{refused}"
    );
}

#[test]
fn every_timeline_in_the_documentation_is_what_plan_prints() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = fs::read_to_string(format!("{root}/docs/writing-a-workflow.md")).unwrap();
    let mut files = Vec::new();
    let mut blocks = page.split("```").skip(1).step_by(2).peekable();
    let mut part = "";
    while let Some(block) = blocks.next() {
        if let Some(yaml) = block.strip_prefix("yaml\n") {
            part = yaml;
        }
        let Some(command) = block.strip_prefix("sh\ncargo leadgate plan ") else {
            continue;
        };
        let args = command.split_whitespace();
        let args: Vec<_> = args.map(|arg| arg.trim_matches('\'')).collect();
        let file = format!("{root}/{}", args[0]);
        let output = plan(&[&[file.as_str()], &args[1..]].concat());
        let shown = blocks.peek().and_then(|block| block.strip_prefix("text\n"));
        assert_eq!(shown, Some(stdout(&output)), "{command}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.ends_with(part), "{command} shows another file");
        files.push(args[0].to_owned());
    }
    files.dedup();
    let folder = fs::read_dir(format!("{root}/examples/cadences")).unwrap();
    assert_eq!(files.len(), folder.count(), "{files:?}");
    assert!(files.len() >= 10);
}

#[test]
fn a_reader_that_ends_early_gets_no_error_message() {
    for args in [
        &["plan", EXAMPLE][..],
        &["plan", EXAMPLE, "--output", "json"],
        &["schema"],
        &["openapi"],
        &["init", "mine.yaml"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let folder = tempfile::tempdir().unwrap();
        let mut command = leadgate(args);
        let output = command
            .current_dir(&folder)
            .stdout(writer)
            .stderr(Stdio::piped());
        let output = output.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), output.stderr),
            (Some(1), Vec::new()),
            "{args:?}"
        );
    }
}
