//! `leadgate apply` as a person or a program meets it, on an embedded DynamoDB and SQS.

use aws::randomness::Randomness;
use std::{
    fs,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use aws::{clock::Clock, queue::WorkflowStart};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{AccountId, RunId, StatusId, WorkflowId},
    page::PageRequest,
    run::Run,
    workflow::Workflow,
};
use jiff::Timestamp;
use local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../fixtures/workflow.yaml");

/// The file that the README applies to the demo account.
const SALES_OUTREACH: &str = include_str!("../../../examples/sales-outreach.yaml");

const UNCHANGED: &str = "Nothing changes: the account has what the file says.\n";

/// The services, without the functions, and a workflow file.
struct Bench {
    services: Services,
    folder: tempfile::TempDir,
    account: AccountId,
}

impl Bench {
    async fn start() -> Self {
        let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System);
        Self {
            services: services.await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            account: demo::ACCOUNT_ID.parse().unwrap(),
        }
    }

    fn file(&self) -> String {
        let file = self.folder.path().join("workflow.yaml");
        file.to_str().unwrap().to_owned()
    }

    fn apply(&self, yaml: &str, args: &[&str]) -> Output {
        self.apply_with_queue(&self.services.sqs_url, yaml, args)
    }

    fn apply_with_queue(&self, sqs_url: &str, yaml: &str, args: &[&str]) -> Output {
        let file = self.file();
        fs::write(&file, yaml).unwrap();
        let dynamodb_url = &self.services.dynamodb_url;
        let mut all = vec!["--file", &file, "--dynamodb-url", dynamodb_url];
        all.extend(["--sqs-url", sqs_url]);
        all.extend(args);
        leadgate_apply(&all)
    }

    async fn workflows(&self) -> Vec<Workflow> {
        let request = PageRequest {
            limit: 200,
            after: None,
        };
        let page = self.services.store.workflows(self.account, &request);
        page.await.unwrap().items
    }

    async fn demo_workflow(&self) -> Workflow {
        let id = demo::WORKFLOW_ID.parse().unwrap();
        let workflow = self.services.store.workflow(self.account, id).await;
        workflow.unwrap().unwrap()
    }

    async fn queued(&self) -> Vec<WorkflowStart> {
        let sqs = &self.services.clients.sqs;
        let request = sqs.receive_message().queue_url(&self.services.queue_url);
        let reply = request.max_number_of_messages(10).send().await.unwrap();
        let bodies = reply.messages().iter().map(|message| message.body());
        bodies
            .map(|body| WorkflowStart::from_body(body.unwrap()).unwrap())
            .collect()
    }
}

fn leadgate_apply(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leadgate"))
        .arg("apply")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Where nothing listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn stdout(output: &Output) -> &str {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    str::from_utf8(&output.stdout).unwrap()
}

/// A text with `(id)` for each id in brackets.
fn without_ids(text: &str) -> String {
    let mut parts = text.split('(');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| match part.split_once(')') {
        Some((id, rest)) if id.len() == 36 => format!("{all}(id){rest}"),
        _ => format!("{all}({part}"),
    })
}

fn stderr(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(1));
    str::from_utf8(&output.stderr).unwrap()
}

fn ids(workflow: &Workflow) -> Vec<(&str, StatusId)> {
    let statuses = workflow.statuses.iter();
    statuses
        .map(|status| (status.key.as_str(), status.id))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_created_once_and_changed_as_its_next_version() {
    let bench = Bench::start().await;
    let yaml = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");

    let output = bench.apply(&yaml, &["--yes"]);
    let [_, created] = bench.workflows().await.try_into().unwrap();
    assert_eq!(
        stdout(&output),
        format!(
            "+ workflow Renewals ({}) will be created\nApplied.\n",
            created.id
        )
    );
    assert_eq!((created.name.as_str(), created.version), ("Renewals", 1));

    // There is nothing to ask about.
    let output = bench.apply(&yaml, &[]);
    assert_eq!(stdout(&output), UNCHANGED);

    let yaml = yaml.replace("max_attempts: 3", "max_attempts: 2").replace(
        "  - {key: won,",
        "  - {key: lost, label: Lost, category: lost, is_terminal: true}\n  - {key: won,",
    );
    let output = bench.apply(&yaml, &[]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: not a terminal, so nothing was asked and nothing was changed: pass --yes to apply\n"
    );
    assert_eq!(bench.workflows().await.pop().unwrap().version, 1);

    let output = bench.apply(&yaml, &["--yes"]);
    assert_eq!(
        without_ids(stdout(&output)),
        "\
~ workflow Renewals (id) will change:
    cadence.steps[0].max_attempts: 3 -> 2
    statuses.won.position: 2 -> 3
    statuses.lost: none -> {\"category\":\"lost\",\"is_initial\":false,\"is_terminal\":true,\
\"label\":\"Lost\",\"position\":2}
Applied.
"
    );
    let [_, changed] = bench.workflows().await.try_into().unwrap();
    assert_eq!(
        (changed.id, changed.version, changed.created_at),
        (created.id, 2, created.created_at)
    );
    let [new, lost, won] = ids(&changed).try_into().unwrap();
    assert_eq!(ids(&created), [new, won]);
    assert_eq!(lost.0, "lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_changes_one_field_of_the_demo_workflow() {
    let bench = Bench::start().await;
    let output = bench.apply(SALES_OUTREACH, &["--yes", "--output", "json"]);
    let applied: Value = serde_json::from_str(stdout(&output)).unwrap();
    let [change] = applied["changes"].as_array().unwrap().as_slice() else {
        panic!("{applied}");
    };
    assert_eq!(change["action"], "change");
    assert_eq!(change["id"], demo::WORKFLOW_ID);
    assert_eq!(
        change["fields"],
        json!([r#"cadence.steps[4].delay: "P3D" -> "P2D""#])
    );
    assert_eq!(stdout(&bench.apply(SALES_OUTREACH, &[])), UNCHANGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_unpaused_gets_the_starts_that_waited() {
    let bench = Bench::start().await;
    let store = &bench.services.store;
    let paused = EXAMPLE.replace("is_paused: false", "is_paused: true");
    let output = bench.apply(&paused, &["--yes"]);
    let is_paused = "Sales Outreach is paused: it takes leads, and schedules nothing.\n";
    assert!(stdout(&output).ends_with(is_paused));
    let demo_workflow = bench.demo_workflow().await;
    assert!(demo_workflow.is_paused);

    // The demo's leads are on this workflow; more of them than a batch of messages takes.
    let now = Timestamp::UNIX_EPOCH;
    let mut runs = Vec::new();
    for number in (1..=10).chain(1..=2) {
        let id = format!("019c0000-0000-7000-8000-0000000011{number:02}");
        let lead = store
            .lead(bench.account, id.parse().unwrap())
            .await
            .unwrap();
        let lead = lead.found().unwrap();
        let mut run = Run::build(
            &lead,
            lead.start.as_ref().unwrap(),
            Some(&demo_workflow),
            now,
        );
        if runs.len() >= 10 {
            run.id = RunId::new(now, Randomness::System.bits());
        }
        runs.push((run.id, run.job_id, run.lead_id));
        store.create_waiting_run(run).await.unwrap();
    }
    let output = bench.apply(&paused, &[]);
    assert_eq!(stdout(&output), format!("{UNCHANGED}{is_paused}"));
    assert_eq!(bench.queued().await, []);

    let output = bench.apply_with_queue(&nowhere(), EXAMPLE, &["--yes"]);
    let text = stderr(&output);
    let expected = "leadgate apply: 0 of 12 starts that waited are queued: run it again to queue the \
                    others: SQS cannot be reached";
    assert!(text.starts_with(expected), "{text}");
    assert!(!bench.demo_workflow().await.is_paused);
    let queued_all = format!("{UNCHANGED}Starts that waited and are queued now: 12.\n");
    assert_eq!(stdout(&bench.apply(EXAMPLE, &[])), queued_all);
    let mut starts = bench.queued().await;
    starts.extend(bench.queued().await);
    let mut queued: Vec<_> = starts
        .iter()
        .map(|start| (start.run_id, start.job_id, start.lead_id))
        .collect();
    queued.sort();
    runs.sort();
    assert_eq!(queued, runs);
    for start in starts {
        let workflow = (start.account_id, start.workflow_id);
        assert_eq!(workflow, (bench.account, demo_workflow.id));
    }

    // They wait until start-workflow has planned them.
    assert_eq!(stdout(&bench.apply(EXAMPLE, &[])), queued_all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_replaces_the_one_before_and_no_other() {
    let bench = Bench::start().await;
    let store = &bench.services.store;
    let replace = async |version| {
        let mut workflow = bench.demo_workflow().await;
        workflow.version = version;
        store.replace_workflow(bench.account, &workflow).await
    };
    // As it was stored before workflows had versions.
    let remove_version = bench
        .services
        .clients
        .dynamodb
        .update_item()
        .table_name(bench.services.table())
        .key(
            "pk",
            AttributeValue::S(format!("ACCOUNT#{}", bench.account)),
        )
        .key(
            "sk",
            AttributeValue::S(format!("WORKFLOW#{}", demo::WORKFLOW_ID)),
        )
        .update_expression("REMOVE #version")
        .expression_attribute_names("#version", "version");
    remove_version.send().await.unwrap();
    assert!(replace(3).await.unwrap_err().is_conflict());
    replace(2).await.unwrap();
    assert!(replace(2).await.unwrap_err().is_conflict());
    assert!(replace(4).await.unwrap_err().is_conflict());
    replace(3).await.unwrap();
    let mut unknown = bench.demo_workflow().await;
    unknown.id = WorkflowId::new(Timestamp::UNIX_EPOCH, Randomness::System.bits());
    let error = store.replace_workflow(bench.account, &unknown).await;
    assert!(error.unwrap_err().is_conflict());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_applied_is_told_with_what_to_change() {
    let bench = Bench::start().await;
    let output = bench.apply(&EXAMPLE.replace("PT2H", "soon"), &["--yes"]);
    let expected = format!(
        "leadgate apply: {}:15: cadence.steps[0].attempt_interval must be an ISO 8601 duration of \
         whole seconds from PT0S to P366D, such as PT2H or P1D\n",
        bench.file()
    );
    assert_eq!(stderr(&output), expected);

    let nobody = "019c0000-0000-7000-8000-00000000ffff";
    let output = bench.apply(EXAMPLE, &["--yes", "--account", nobody]);
    let expected = format!("leadgate apply: there is no account {nobody}\n");
    assert_eq!(stderr(&output), expected);

    let mut namesake = bench.demo_workflow().await;
    namesake.id = WorkflowId::new(
        "2027-01-01T00:00:00Z".parse().unwrap(),
        Randomness::System.bits(),
    );
    let created = bench
        .services
        .store
        .create_workflow(bench.account, &namesake);
    created.await.unwrap();
    let output = bench.apply(EXAMPLE, &["--yes"]);
    let expected = format!(
        "leadgate apply: two workflows have the name Sales Outreach, {} and {}: give each a name of its \
         own\n",
        demo::WORKFLOW_ID,
        namesake.id
    );
    assert_eq!(stderr(&output), expected);

    let file = bench.file();
    let deployment = ["--file", &file, "--table", "t", "--queue-url", "u"];
    let output = leadgate_apply(&deployment);
    let expected = "leadgate apply: no account given: pass --account ID (`leadgate account list` shows the ids)\n";
    assert_eq!(stderr(&output), expected);
    let output = leadgate_apply(&deployment[..4]);
    let expected = "leadgate apply: no queue given: pass --stack NAME, or --queue-url URL\n";
    assert_eq!(stderr(&output), expected);

    let url = nowhere();
    let output = leadgate_apply(&["--file", &file, "--dynamodb-url", &url]);
    let expected = format!(
        "leadgate apply: the local stack on {url} does not answer: start it again with `cargo dev`, or \
         pass --stack NAME for one on AWS\n"
    );
    assert_eq!(stderr(&output), expected);
}

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
    let bench = Bench::start().await;
    let store = &bench.services.store;
    let demo_workflow = bench.demo_workflow().await;
    let renewals = EXAMPLE.replace("name: Sales Outreach", "name: Renewals");
    let yaml = format!(
        "name: Acme\ndefault_country: gb\n{}",
        account_file(&[&renewals], "  - {name: Summer Sale}\n")
    );
    let output = bench.apply(&yaml, &[]);
    let plan = "\
~ account Demo (id) will change:
    name: \"Demo\" -> \"Acme\"
    default_country: \"US\" -> \"GB\"
+ workflow Renewals (id) will be created
+ campaign Summer Sale (id) will be created
- workflow Sales Outreach (id) will be removed: it takes no more leads, and its runs go on
- campaign Spring Launch (id) will be removed: its leads stay
";
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(without_ids(str::from_utf8(&output.stdout).unwrap()), plan);
    assert_eq!(bench.workflows().await[0].id, demo_workflow.id);

    let output = bench.apply(&yaml, &["--yes", "--output", "json"]);
    let applied: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(
        (&applied["applied"], &applied["queued_starts"]),
        (&json!(true), &json!(0))
    );
    let changes = applied["changes"].as_array().unwrap();
    let told = |change: &Value| {
        let word = |name: &str| change[name].as_str().unwrap().to_owned();
        (word("action"), word("kind"), word("name"))
    };
    let told: Vec<_> = changes.iter().map(told).collect();
    let expected = [
        ("change", "account", "Demo"),
        ("create", "workflow", "Renewals"),
        ("create", "campaign", "Summer Sale"),
        ("remove", "workflow", "Sales Outreach"),
        ("remove", "campaign", "Spring Launch"),
    ];
    assert_eq!(
        told,
        expected.map(|(a, k, n)| (a.into(), k.into(), n.into()))
    );

    let [left] = bench.workflows().await.try_into().unwrap();
    assert_eq!(left.name, "Renewals");
    let account = store.account(bench.account).await.unwrap().unwrap();
    let country = account.account.default_country.map(|it| it.to_string());
    assert_eq!(
        (account.name.as_str(), country.as_deref()),
        ("Acme", Some("GB"))
    );
    // What a request needs of it, its keys say too.
    let keys = store.api_keys(bench.account).await.unwrap();
    assert_eq!(keys[0].1.account, account.account);
    // Whoever is on the removed workflow stays on it.
    let kept = store.workflow_of_run(bench.account, demo_workflow.id);
    assert_eq!(kept.await.unwrap().unwrap().name, "Sales Outreach");
    let gone = store.workflow(bench.account, demo_workflow.id);
    assert!(gone.await.unwrap().is_none());

    assert_eq!(stdout(&bench.apply(&yaml, &[])), UNCHANGED);
    // The file of one workflow, and a list that is not there, remove nothing.
    assert_eq!(stdout(&bench.apply(&renewals, &[])), UNCHANGED);
    assert_eq!(
        stdout(&bench.apply("workflows:\ncampaigns:\n  - name: Summer Sale", &[])),
        UNCHANGED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_for_which_starts_wait_is_not_removed() {
    let bench = Bench::start().await;
    let store = &bench.services.store;
    let paused = EXAMPLE.replace("is_paused: false", "is_paused: true");
    stdout(&bench.apply(&paused, &["--yes"]));
    let id = "019c0000-0000-7000-8000-000000001101".parse().unwrap();
    let lead = store.lead(bench.account, id).await.unwrap();
    let lead = lead.found().unwrap();
    let workflow = bench.demo_workflow().await;
    let start = lead.start.as_ref().unwrap();
    let run = Run::build(&lead, start, Some(&workflow), Timestamp::UNIX_EPOCH);
    store.create_waiting_run(run).await.unwrap();
    let output = bench.apply("workflows: []", &["--yes"]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: the workflow Sales Outreach cannot be removed while it is paused, as starts may wait \
         for it: apply it with is_paused: false first\n"
    );
    // Unpaused, but its starts could not be sent.
    bench.apply_with_queue(&nowhere(), EXAMPLE, &["--yes"]);
    let output = bench.apply("workflows: []", &["--yes"]);
    assert_eq!(
        stderr(&output),
        "leadgate apply: the workflow Sales Outreach cannot be removed: 1 starts wait for it; apply it as it \
         is, which sends them\n"
    );
    assert_eq!(bench.workflows().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_accounts_file_is_told_with_file_line_and_field() {
    let bench = Bench::start().await;
    let yaml = account_file(
        &[EXAMPLE, &EXAMPLE.replace("PT2H", "soon")],
        "  - {name: A}\n  - name: A\n  - {title: B}\n",
    );
    let yaml = format!("default_country: XX\nlimit: 5\n{yaml}");
    let output = bench.apply(&yaml, &["--yes"]);
    let file = bench.file();
    let problem = |line: usize, what: &str| format!("leadgate apply: {file}:{line}: {what}\n");
    let at = |text: &str, nth: usize| {
        let lines = yaml.lines().enumerate();
        let mut found = lines.filter(|(_, line)| line.contains(text));
        found.nth(nth).unwrap().0 + 1
    };
    let expected = [
        problem(
            1,
            "default_country must be a country's two letters (ISO 3166) such as US, GB or CL",
        ),
        problem(
            2,
            "limit is no field: there are name, default_country, workflows, campaigns",
        ),
        problem(
            at("name: Sales Outreach", 1),
            "workflows[1].name is the name of one before: Sales Outreach",
        ),
        problem(
            at("soon", 0),
            "workflows[1].cadence.steps[0].attempt_interval must be an ISO 8601 duration of whole \
             seconds from PT0S to P366D, such as PT2H or P1D",
        ),
        problem(
            at("name: A", 1),
            "campaigns[1].name is the name of one before: A",
        ),
        problem(at("title: B", 0), "campaigns[2].name is required"),
        problem(
            at("title: B", 0),
            "campaigns[2].title is no field: there are name",
        ),
    ];
    assert_eq!(stderr(&output), expected.concat());
}
