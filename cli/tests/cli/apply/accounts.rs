//! Files of an account.

use serde_json::{Value, json};

use super::{EXAMPLE, Setup, UNCHANGED, without_ids};
use crate::program::{json as json_of, stderr, stdout};

fn account_file(workflows: &[&str], campaigns: &str) -> String {
    let indented = workflows.iter().map(|workflow| {
        let lines = workflow.trim_end().replace('\n', "\n    ");
        format!("  - {lines}\n")
    });
    let indented: String = indented.collect();
    format!("workflows:\n{indented}campaigns:\n{campaigns}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_what_its_file_lists_and_loses_what_it_does_not() {
    let setup = Setup::start().await;
    let store = &setup.services.store;
    let demo_workflow = setup.demo_workflow().await;
    let renewals = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");
    let yaml = format!(
        "name: Acme\ndefault_country: gb\n{}",
        account_file(&[&renewals], "  - {name: Summer Sale}\n")
    );
    let output = setup.apply(&yaml, &[]);
    let plan = "\
~ account Demo (id) will change:
    name: Demo -> Acme
    default_country: US -> GB
+ workflow Renewals will be created:
    Goal      appointment
    Zone      America/Santiago
    Statuses  new (first), won (ends)
    Windows   mon-fri 09:00-18:00 (for calls)
    Steps      1  call, at once, 3 attempts 2h apart
               2  whatsapp, 1d later: \"Hello, we tried to call you. When does i…
+ campaign Summer Sale will be created
- workflow Sales Outreach (id) will be removed
    It accepts no new leads, and its runs continue.
- campaign Spring Launch (id) will be removed
    Its leads stay.
";
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(without_ids(str::from_utf8(&output.stdout).unwrap()), plan);
    assert_eq!(setup.workflows().await[0].id, demo_workflow.id);

    let output = setup.apply(&yaml, &["--yes", "--output", "json"]);
    let applied = json_of(&output);
    assert_eq!(
        (&applied["applied"], &applied["queued_starts"]),
        (&json!(true), &json!(0))
    );
    let changes = applied["changes"].as_array().unwrap();
    let summary = |change: &Value| {
        let word = |name: &str| change[name].as_str().unwrap().to_owned();
        (word("action"), word("kind"), word("name"))
    };
    let summaries: Vec<_> = changes.iter().map(summary).collect();
    let expected = [
        ("change", "account", "Demo"),
        ("create", "workflow", "Renewals"),
        ("create", "campaign", "Summer Sale"),
        ("remove", "workflow", "Sales Outreach"),
        ("remove", "campaign", "Spring Launch"),
    ];
    assert_eq!(
        summaries,
        expected.map(|(a, k, n)| (a.into(), k.into(), n.into()))
    );

    let [left] = setup.workflows().await.try_into().unwrap();
    assert_eq!(left.name, "Renewals");
    let account = store.account(setup.account).await.unwrap().unwrap();
    let country = account.default_country.map(|it| it.to_string());
    assert_eq!(
        (account.name.as_str(), country.as_deref()),
        ("Acme", Some("GB"))
    );
    // The keys have copies of the account's settings.
    let keys = store.api_keys(setup.account).await.unwrap();
    assert_eq!(keys[0].1.account, account.settings(None));
    // The removed workflow is kept for its runs.
    let kept = store.workflow_of_run(setup.account, demo_workflow.id);
    assert_eq!(kept.await.unwrap().unwrap().name, "Sales Outreach");
    let gone = store.workflow(setup.account, demo_workflow.id);
    assert!(gone.await.unwrap().is_none());

    assert_eq!(stdout(&setup.apply(&yaml, &[])), UNCHANGED);
    // The file of one workflow, and a list that is left out, remove nothing.
    assert_eq!(stdout(&setup.apply(&renewals, &[])), UNCHANGED);
    assert_eq!(
        stdout(&setup.apply("workflows:\ncampaigns:\n  - name: Summer Sale", &[])),
        UNCHANGED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_of_an_accounts_file_has_its_line_and_its_field() {
    let setup = Setup::start().await;
    let yaml = account_file(
        &[EXAMPLE, &EXAMPLE.replace("PT2H", "soon")],
        "  - {name: A}\n  - name: A\n  - {title: B}\n",
    );
    let yaml = format!("default_country: XX\nlimit: 5\n{yaml}");
    let output = setup.apply(&yaml, &["--yes"]);
    let file = setup.file();
    let problem = |line: usize, what: &str| format!("{file}:{line}: {what}");
    let at = |text: &str, nth: usize| {
        let lines = yaml.lines().enumerate();
        let mut found = lines.filter(|(_, line)| line.contains(text));
        found.nth(nth).unwrap().0 + 1
    };
    let expected = [
        problem(
            1,
            "default_country is \"XX\", but must be a two-letter country code (ISO 3166) such as US, GB or CL",
        ),
        problem(
            2,
            "limit is not a known field: use name, default_country, workflows, campaigns or destinations",
        ),
        problem(
            at("name: Sales Outreach", 1),
            "workflows[1].name is \"Sales Outreach\", which an earlier entry has: choose another name",
        ),
        problem(
            at("soon", 0),
            "workflows[1].cadence.steps[0].attempt_interval is \"soon\", but must be an ISO 8601 duration of whole \
             seconds from PT0S to P366D, such as PT2H or P1D",
        ),
        problem(
            at("name: A", 1),
            "campaigns[1].name is \"A\", which an earlier entry has: choose another name",
        ),
        problem(at("title: B", 0), "campaigns[2].name is required"),
        problem(
            at("title: B", 0),
            "campaigns[2].title is not a known field: use name",
        ),
    ];
    // Without the columns and the lines of the file.
    let message = stderr(&output);
    let (first, problems) = message.split_once('\n').unwrap();
    assert_eq!(first, format!("leadgate apply: {file} has 7 mistakes"));
    let problems = problems.lines().filter_map(|line| {
        let (line, rest) = line.strip_prefix(&format!("{file}:"))?.split_once(':')?;
        let (_, message) = rest.split_once(": ")?;
        Some(format!("{file}:{line}: {message}"))
    });
    assert_eq!(problems.collect::<Vec<_>>(), expected);
}
