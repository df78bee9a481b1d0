//! Tests of `leadgate lead import`.

mod reports;
mod screen;
mod services;

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Output, Stdio},
};

use aws::clock::Clock;
use domain::{
    lead::{LeadFilter, Profile},
    page::PageRequest,
};
use local::{Ports, Services, Storage, demo};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{leadgate, stdout};

/// Number of leads of the demo account.
const DEMO_LEADS: usize = 10;

/// Services, and a folder for files.
struct Import {
    services: Services,
    folder: TempDir,
}

impl Import {
    async fn new() -> Self {
        let services = Services::start(&Storage::Memory, Ports::ANY, &Clock::System);
        Self {
            services: services.await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = leadgate(&["lead", "import"]);
        command
            .args(args)
            .args(["--dynamodb-url", &self.services.dynamodb_url])
            .args(["--sqs-url", &self.services.sqs_url])
            .current_dir(self.folder.path());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Imports a file with this text.
    fn text(&self, text: impl AsRef<[u8]>, args: &[&str]) -> Output {
        fs::write(self.path("leads.csv"), text).unwrap();
        self.run(&[&["leads.csv"], args].concat())
    }

    /// Returns the newest leads.
    async fn profiles(&self, limit: u16) -> Vec<Profile> {
        let account = demo::ACCOUNT_ID.parse().unwrap();
        let request = PageRequest { limit, after: None };
        let store = &self.services.store;
        let newest = store.leads(account, &LeadFilter::default(), &request).await;
        let items = newest.unwrap().page.items.into_iter();
        items.map(Result::unwrap).collect()
    }

    /// Returns the number of leads beyond those of the demo account.
    async fn leads(&self) -> usize {
        let account = demo::ACCOUNT_ID.parse().unwrap();
        let mut request = PageRequest {
            limit: 200,
            after: None,
        };
        let mut count = 0;
        loop {
            let page = self
                .services
                .store
                .leads(account, &LeadFilter::default(), &request)
                .await
                .unwrap();
            count += page.page.items.len();
            request.after = page.page.next;
            if request.after.is_none() {
                return count - DEMO_LEADS;
            }
        }
    }
}

fn summary(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn counts(output: &Output) -> [u64; 3] {
    let summary = summary(output);
    ["created", "already_there", "refused"].map(|name| summary[name].as_u64().unwrap())
}

fn message(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

fn many(count: usize) -> String {
    let line = |number| format!("Ada {number},+4420794{number:05},{number}\n");
    "first_name,phone,number\n".to_owned() + &(0..count).map(line).collect::<String>()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_shown_as_they_are_read_and_the_rest_is_metadata() {
    let import = Import::new().await;
    let text = "\u{feff}First Name;E-Mail;Handy;Company;Notes\r\n\
                Ada;ada@example.com;+44 20 7946 0958;\"Example; Ltd\";secret\r\n";
    let args = [
        "--map",
        "Handy=phone",
        "--map",
        "Notes=-",
        "--default",
        "metadata.list=spring",
    ];
    let output = import.text(text, &args);
    assert_eq!(
        stdout(&output),
        "COLUMN      READ AS\n\
         First Name  first_name\n\
         E-Mail      email\n\
         Handy       phone\n\
         Company     metadata.Company\n\
         Notes       left out\n\
         \n\
         Created: 1, already there: 0, refused: 0.\n"
    );
    let profile = &import.profiles(1).await[0];
    assert_eq!(profile.phone.as_ref().unwrap().as_str(), "+442079460958");
    let metadata: Value = serde_json::to_value(&profile.metadata).unwrap();
    assert_eq!(
        metadata,
        json!({"Company": "Example; Ltd", "list": "spring"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_creates_nothing_and_a_changed_line_is_a_new_lead() {
    let import = Import::new().await;
    let json = ["--output", "json"];
    let text = "first_name,last_name\nAda,King\nBob,\nAda,King\n";
    assert_eq!(counts(&import.text(text, &json)), [3, 0, 0]);
    assert_eq!(counts(&import.text(text, &json)), [0, 3, 0]);
    // The order of the columns and of the lines makes no difference.
    let text = "last_name,first_name\n,Bob\nKing,Ada\nLovelace,Ada\nKing,Ada\n";
    assert_eq!(counts(&import.text(text, &json)), [1, 3, 0]);
    // The same line in another workflow is another lead.
    let args = [
        &json[..],
        &[
            "--workflow",
            demo::WORKFLOW_ID,
            "--default",
            "phone=+442079460958",
        ],
    ]
    .concat();
    assert_eq!(counts(&import.text(text, &args)), [4, 0, 0]);
    assert_eq!(import.leads().await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_lines_are_named_before_the_import() {
    let import = Import::new().await;
    let output = import.text("first_name\nAda\nAda\nAda\n", &["--dry-run"]);
    let text = stdout(&output);
    let expected = "2 lines are equal to one above: each becomes a lead of its own.\n";
    assert!(text.contains(expected), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_are_no_warnings() {
    let import = Import::new().await;
    let text = "first_name\nAda\nBob\n";
    let hint = "The lead has no phone and no email, so no step of a workflow can reach it.";
    let output = import.text(text, &["--dry-run"]);
    let table = format!("LINES  HINT\n2      {hint}\n\n");
    assert!(stdout(&output).contains(&table), "{output:?}");
    let summary = summary(&import.text(text, &["--output", "json"]));
    assert_eq!(summary["warnings"], json!({}));
    assert_eq!(summary["hints"], json!({hint: 2}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_twenty_refused_lines_are_shown_and_the_file_has_the_others() {
    let import = Import::new().await;
    let text = "first_name,email\n".to_owned() + &"Ada,x\n".repeat(25);
    let output = import.text(&text, &[]);
    let shown = str::from_utf8(&output.stdout).unwrap();
    let expected =
        "\n21    email \"x\" is not a valid email address\n... and 5 more in leads.refused.csv\n";
    assert!(shown.contains(expected), "{shown}");
    let output = import.text(&text, &["--dry-run"]);
    let shown = str::from_utf8(&output.stdout).unwrap();
    assert!(shown.contains("\n... and 5 more\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_checks_all_and_stores_nothing() {
    let import = Import::new().await;
    let output = import.text("first_name,email\nAda,\nBob,x\n", &["--dry-run"]);
    let shown = str::from_utf8(&output.stdout).unwrap();
    for expected in [
        "1      The lead has no phone and no email, so no step of a workflow can reach it.\n",
        "3     email \"x\" is not a valid email address\n",
        "Nothing is stored. Valid: 1, refused: 1.\n",
    ] {
        assert!(shown.contains(expected), "{expected:?} in {shown}");
    }
    assert_eq!(import.leads().await, 0);
    let files = fs::read_dir(import.folder.path()).unwrap();
    assert_eq!(files.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_one_error_and_stores_nothing() {
    let import = Import::new().await;
    for (text, args, expected) in [
        (
            &b"first_name\nAda\nJos\xe9\n"[..],
            &[][..],
            "leads.csv is not UTF-8 in line 3: save it as UTF-8 (in Excel, choose \"CSV UTF-8\")",
        ),
        (
            b"Name,Phone\nAda,1\n",
            &[],
            "no column is read as first_name: name one with --map COLUMN=first_name, or a value for all lines \
             with --default first_name=VALUE (the columns are Name, Phone)",
        ),
        (
            b"first_name,Note\nAda,1\n",
            &["--map", "Notes=-"],
            "there is no column Notes (did you mean Note?): the columns are first_name, Note",
        ),
    ] {
        let output = import.text(text, args);
        assert_eq!(message(&output), format!("leadgate lead: {expected}\n"));
        assert_eq!(output.status.code(), Some(1));
    }
    let output = import.text("first_name\nAda\n", &["--map", "first_name=fist_name"]);
    let expected = "fist_name is not a field of a lead (did you mean first_name?)";
    assert!(message(&output).contains(expected), "{output:?}");
    let output = import.run(&["nowhere.csv"]);
    assert!(message(&output).starts_with("leadgate lead: cannot read nowhere.csv: "));
    assert_eq!(import.leads().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_read_and_leaves_no_file() {
    let import = Import::new().await;
    let mut child = import
        .command(&["-", "--delimiter", "tab", "--output", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(b"first_name\temail\nAda\t\nBob\tx\n")
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(counts(&output), [1, 0, 1]);
    let refusals = json!([{"line": 3, "reason": "email \"x\" is not a valid email address"}]);
    assert_eq!(summary(&output)["refusals"], refusals);
    let expected = "leadgate lead: 1 of 2 lines refused: mend them, and import the file again\n";
    assert_eq!(message(&output), expected);
    assert_eq!(fs::read_dir(import.folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_or_a_default_names_workflows_and_campaigns_by_name_or_id() {
    let import = Import::new().await;
    let text = format!(
        "First,Phone,Workflow,Campaign\n\
         Ada,+442079460958,sales outreach,Spring Launch\n\
         Bob,+442079460958,{},\n\
         Cyd,+442079460958, Sales Outreach ,spring launch\n\
         Dan,+442079460958,Sales Outreech,\n\
         Eve,+442079460958,,Autumn\n\
         Fay,+442079460958,019c0000-0000-7000-8000-0000000000ff,\n",
        demo::WORKFLOW_ID,
    );
    let output = import.text(&text, &["--output", "json"]);
    assert_eq!(counts(&output), [3, 0, 3]);
    let keeps =
        |column| format!("; --map \"{column}=metadata.{column}\" keeps the column as metadata");
    let lists = "`leadgate workflow list` lists the workflows";
    assert_eq!(
        summary(&output)["refusals"],
        json!([
            {"line": 5, "reason": format!(
                "no workflow has the name or id \"Sales Outreech\" (did you mean Sales Outreach?): {lists}{}",
                keeps("Workflow"),
            )},
            {"line": 6, "reason": format!(
                "no campaign has the name or id \"Autumn\": `leadgate campaign list` lists the campaigns{}",
                keeps("Campaign"),
            )},
            {"line": 7, "reason": format!(
                "no workflow has the id 019c0000-0000-7000-8000-0000000000ff: {lists}{}",
                keeps("Workflow"),
            )},
        ])
    );
    let newest = import.profiles(3).await;
    for profile in newest {
        let has_campaign = profile.first_name.as_str() != "Bob";
        assert_eq!(profile.campaign_id.is_some(), has_campaign);
        assert_eq!(serde_json::to_value(&profile.metadata).unwrap(), json!({}));
    }
    // The name and the id of a workflow are the same lead.
    let text = "first_name,phone,workflow_id\nBob,+442079460958,Sales Outreach\n";
    assert_eq!(counts(&import.text(text, &["--output", "json"])), [0, 1, 0]);
    let text = "first_name,phone,workflow_id\nBob,+442079460958,\nGus,+442079460958,Sales\n";
    let named = [
        "--default",
        "workflow_id=Sales Outreach",
        "--output",
        "json",
    ];
    let output = import.text(text, &named);
    assert_eq!(counts(&output), [0, 1, 1]);
    let reason = summary(&output)["refusals"][0]["reason"].to_string();
    assert!(
        reason.contains("did you mean Sales Outreach?") && !reason.contains("--map"),
        "{reason}"
    );
    // A wrong default is wrong for each line, so it is one error.
    let output = import.text(text, &["--default", "campaign_id=Sprng Launch"]);
    assert_eq!(
        message(&output),
        "leadgate lead: no campaign has the name or id \"Sprng Launch\" (did you mean Spring Launch?): \
         `leadgate campaign list` lists the campaigns\n"
    );
    assert_eq!(output.stdout, b"");
    assert_eq!(import.leads().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heading_that_is_nearly_a_field_is_shown_with_the_option_to_type() {
    let import = Import::new().await;
    let output = import.text(
        "First,emial,last_game,Cellnumber\nAda,ada@example.com,Go,\n",
        &[],
    );
    let table = "COLUMN      READ AS\n\
                 First       first_name\n\
                 emial       metadata.emial (or --map \"emial=email\"?)\n\
                 last_game   metadata.last_game\n\
                 Cellnumber  phone\n";
    assert!(stdout(&output).starts_with(table), "{output:?}");
    let text = "First,emial\nAda,ada@example.com\n";
    let mapped = stdout(&import.text(text, &["--map", "emial=email"])).to_owned();
    assert!(mapped.contains("emial   email\n"), "{mapped}");
}
