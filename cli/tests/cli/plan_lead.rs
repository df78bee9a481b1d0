//! Tests of the messages that `leadgate plan` shows.

use std::{fs, process::Output};

use serde_json::{Value, json};

use crate::{
    program::{json as json_of, run, run_with_input, stderr, stdout},
    terminal::pty::{assert_fits, shown},
};

const EXAMPLE: &str = include_str!("../fixtures/workflow.yaml");
const MESSAGE: &str = r#"{content: "Hello, we tried to call you. When does it suit you?"}"#;
const AT: &str = "2026-09-04T19:12:00Z";

/// A workflow whose messages are templates, in a file.
struct Workflow {
    folder: tempfile::TempDir,
}

impl Workflow {
    /// Writes the example with other steps.
    fn of(steps: &str) -> Self {
        let (start, _) = EXAMPLE.split_once("    - {channel: call").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), format!("{start}{steps}")).unwrap();
        Self { folder }
    }

    fn file(&self) -> String {
        let file = self.folder.path().join("a.yaml");
        file.to_str().unwrap().to_owned()
    }

    fn plan(&self, args: &[&str]) -> Output {
        run(&[&["plan", &self.file(), "--at", AT], args].concat())
    }

    fn plan_for(&self, lead: &str) -> Output {
        self.plan(&["--lead", lead])
    }

    fn json_for(&self, lead: &str) -> Value {
        json_of(&self.plan(&["--output", "json", "--lead", lead]))
    }
}

fn greeting() -> Workflow {
    Workflow::of(
        r#"    - {channel: call, max_attempts: 2, attempt_interval: PT3H, message: {begin_message: "Hello {{ first_name }}."}}
    - channel: email
      delay: P1D
      message:
        subject: "Your request, {{ first_name }}"
        content: |
          Dear {{ first_name }},

          how is {{ company }}? Number {{ metadata.number | default("-") }}.
        html: "<p>{{ company }}</p>"
    - {channel: sms, delay: P1D, message: {content: "{{ metadata.plan }} {{ company }}"}}
"#,
    )
}

/// Returns the part of a plan under the timeline.
fn messages(plan: &str) -> &str {
    let (_, end) = plan.split_once("x skipped").unwrap();
    end.split_once('\n').unwrap().1
}

#[test]
fn the_messages_of_a_lead_are_filled_in() {
    let lead = r#"{"first_name": "Ana", "email": "ana@example.com", "phone": "+15550100101",
        "company": "A & B", "number": 12345678901234567890, "metadata": {"plan": "Pro"}}"#;
    let output = greeting().plan_for(lead);
    assert_eq!(
        messages(stdout(&output)),
        "
Step 1, call
  begin_message  Hello Ana.

Step 2, email
  subject        Your request, Ana
  content        Dear Ana,

                 how is A & B? Number 12345678901234567890.
  html           <p>A &amp; B</p>

Step 3, sms
  content        Pro A & B
"
    );
}

#[test]
fn a_message_that_cannot_be_filled_in_fails_with_its_variables() {
    let lead = r#"{"first_name": "Ana", "email": "ana@example.com", "phone": "+15550100101"}"#;
    let plan = greeting().plan_for(lead);
    let text = stdout(&plan);
    assert!(
        text.contains("2     1/1  email    Tue 2026-09-08 09:00 -03  fails: template\n"),
        "{text}"
    );
    assert!(
        messages(text).ends_with(
            "\
Step 2, email, fails: template
  It cannot be filled in: the lead has no value for company. Give it a default, such as {{company|default(\"...\")}}

Step 3, sms, fails: template
  It cannot be filled in: the lead has no value for metadata.plan, company. Give it a default, such as \
{{metadata.plan|default(\"...\")}}
"
        ),
        "{text}"
    );
    let json = greeting().json_for(lead);
    let of = |index: usize| {
        let touchpoint = &json["touchpoints"][index];
        ["state", "message", "failure"].map(|field| touchpoint[field].clone())
    };
    let call = json!({"begin_message": "Hello Ana."});
    assert_eq!(of(1), [json!("scheduled"), call, Value::Null]);
    let failure = json!({
        "reason": "template", "message": "the lead has no value for metadata.plan, company",
        "variables": ["metadata.plan", "company"],
    });
    assert_eq!(of(3), [json!("scheduled"), Value::Null, failure]);
}

#[test]
fn a_lead_is_planned_for_by_its_own_addresses() {
    let plan = greeting().plan_for(r#"{"first_name": "Ana", "metadata": {"company": "Acme"}}"#);
    let text = stdout(&plan);
    assert!(
        text.contains("skipped: no_phone\n") && text.contains("skipped: no_email\n"),
        "{text}"
    );
    assert!(!text.contains("fails"), "{text}");
    assert!(
        text.contains("\nStep 1, call, skipped: no_phone\n  begin_message  Hello Ana.\n"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "\nHint: The lead has no phone and no email, so no step of a workflow can reach it.\n"
        ),
        "{text}"
    );
    let refused = greeting().plan(&["--lead", "{}", "--no-phone"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn a_first_message_of_the_lead_takes_the_place_of_the_first() {
    let body = json!({
        "first_name": "Ana", "phone": "+15550100101",
        "workflow_id": "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d",
        "force_first_message": {"channel": "sms", "content": "For {{ first_name }}"},
    });
    let text = greeting().plan_for(&body.to_string());
    let text = stdout(&text);
    assert!(
        text.contains("1     1/2  sms      Fri 2026-09-04 15:12 -04  forced_first_message\n"),
        "{text}"
    );
    let messages = messages(text);
    assert!(
        messages.starts_with(
            "
Step 1, sms, forced_first_message
  content        For Ana

Step 1, call
  begin_message  Hello Ana.
"
        ),
        "{messages}"
    );
}

#[test]
fn a_lead_comes_from_the_option_a_file_or_standard_input() {
    let workflow = greeting();
    let lead = r#"{"first_name": "Ana"}"#;
    let expected = stdout(&workflow.plan_for(lead)).to_owned();
    let file = workflow.folder.path().join("lead.json");
    fs::write(&file, lead).unwrap();
    let of_file = workflow.plan_for(&format!("@{}", file.to_str().unwrap()));
    assert_eq!(stdout(&of_file), expected);
    let args = ["plan", &workflow.file(), "--at", AT, "--lead", "-"];
    assert_eq!(stdout(&run_with_input(&args, lead)), expected);
    for (args, error) in [
        (
            &["plan", "-", "--lead", "-"][..],
            "the file and --lead cannot both be standard input: pass one of them as a file\n",
        ),
        (
            &["plan", &workflow.file(), "--lead", "{}"],
            "first_name is required\n",
        ),
        (
            &["plan", &workflow.file(), "--lead", "[{}]"],
            "--lead has many leads: `leadgate lead import FILE.csv` takes many\n",
        ),
        (
            &["plan", &workflow.file(), "--lead", "Ana"],
            "--lead: The body is not valid JSON: it must begin with { or [ (line 1, column 1)\n",
        ),
    ] {
        assert_eq!(stderr(&run(args)), format!("leadgate plan: {error}"));
    }
}

#[test]
fn variables_that_may_be_missing_are_named_with_their_steps() {
    let plan = greeting().plan(&[]);
    let hint = "A lead may have no value for company (steps 2, 3) or metadata.plan (step 3), and its touchpoint then \
                fails. Give it a default, such as {{company|default(\"...\")}}";
    assert_eq!(messages(stdout(&plan)), format!("\nHint: {hint}\n"));
    let plan = json_of(&greeting().plan(&["--output", "json"]));
    assert_eq!(plan["hints"], json!([hint]));
    assert_eq!(
        plan["touchpoints"][0]["message"],
        json!({"begin_message": "Hello {{ first_name }}."})
    );
    // A touchpoint without its address is skipped, and does not fail.
    let addresses = Workflow::of(
        "    - {channel: sms, message: {content: \"{{ phone }} {{ email }}\"}}
    - {channel: email, message: {content: \"{{ email }} {{ last_name | default }}\"}}\n",
    );
    let plan = json_of(&addresses.plan(&["--output", "json"]));
    let hint = plan["hints"][0].as_str().unwrap();
    assert!(
        hint.starts_with("A lead may have no value for email (step 1), and "),
        "{hint}"
    );
    let many: String = (0..9)
        .map(|it| format!("{{{{ metadata.k{it} }}}}"))
        .collect();
    let many = Workflow::of(&format!(
        "    - {{channel: sms, message: {{content: \"{many}\"}}}}\n"
    ));
    let plan = json_of(&many.plan(&["--output", "json"]));
    let hint = plan["hints"][0].as_str().unwrap();
    assert!(
        hint.contains("metadata.k4 (step 1) or 4 more, and"),
        "{hint}"
    );
}

#[test]
fn a_template_that_is_wrong_is_refused_at_its_place() {
    let wrong = "{content: \"Hi {{ firstname }}\"}";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, EXAMPLE.replace(MESSAGE, wrong)).unwrap();
    let file = file.to_str().unwrap();
    for command in ["plan", "apply"] {
        let expected = format!(
            "\
leadgate {command}: {file} has 1 mistake
{file}:16:58: cadence.steps[1].message.content has the unknown variable firstname; did you mean first_name?
 16 |     - {{channel: whatsapp, delay: P1D, message: {{content: \"Hi {{{{ first…
    |                                                          ^
"
        );
        assert_eq!(stderr(&run(&[command, file])), expected);
    }
}

#[test]
fn the_messages_fit_the_terminal() {
    let long = "word ".repeat(40);
    let html: String = (1..40).map(|line| format!("<p>{line}</p>\\n")).collect();
    let workflow = Workflow::of(&format!(
        "    - {{channel: email, message: {{content: \"{long} {{{{ first_name }}}}\\e[2J\", html: \"{html}\"}}}}
    - {{channel: sms, message: {{content: \"{{{{ metadata.one }}}} {{{{ metadata.another_one }}}} {{{{ company }}}}\"}}}}\n"
    ));
    let lead = r#"{"first_name": "Ana", "phone": "+15550100101"}"#;
    let file = workflow.file();
    let plan = ["plan", &file, "--at", AT];
    assert_fits(&shown(&plan, &[]));
    let text = shown(&[&plan[..], &["--lead", lead]].concat(), &[]);
    assert_fits(&text);
    assert!(text.contains("\\u{1b}[2J"), "{text}");
    assert!(
        text.contains("... and 27 more lines: --full shows them"),
        "{text}"
    );
    let full = workflow.plan(&["--full", "--lead", lead]);
    assert!(stdout(&full).contains("<p>39</p>\n"));
}
