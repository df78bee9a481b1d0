//! Tests of the commands that look inside an account: `leadgate workflow`, `campaign`, `lead` and
//! `run`, on a running stack.

use std::{
    fs,
    process::Output,
    time::{Duration, Instant},
};

use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use local::{Ports, Stack, Storage, demo};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::program::{json as json_in, run, stderr, stdout};

async fn stack() -> Stack {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    stack.await.unwrap()
}

fn on(stack: &Stack, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &stack.services.dynamodb_url];
    run(&[args, &url].concat())
}

fn json_of(stack: &Stack, args: &[&str]) -> Value {
    json_in(&on(stack, &[args, &["--output", "json"]].concat()))
}

/// Applies a file to the demo account.
fn apply(stack: &Stack, file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.yaml");
    fs::write(&path, file).unwrap();
    let sqs = ["--sqs-url", &stack.services.sqs_url];
    let apply = ["apply", "--file", path.to_str().unwrap(), "--yes"];
    stdout(&on(stack, &[&apply[..], &sqs].concat()));
}

/// Sends a request with the demo key.
async fn call(stack: &Stack, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/api/public/leads{path}", stack.api_url);
    let request = Client::new().request(method, url).json(body);
    let response = request.header("x-api-key", demo::API_KEY).send().await;
    response.unwrap().json().await.unwrap()
}

/// Creates a lead, and returns its id.
async fn create(stack: &Stack, lead: Value) -> String {
    let reply = call(stack, Method::POST, "", &lead).await;
    let id = reply["lead"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// Creates a lead in the demo workflow, waits until its run is built, and returns its id.
async fn enrolled(stack: &Stack, mut lead: Value) -> String {
    lead["workflow_id"] = json!(demo::WORKFLOW_ID);
    let id = create(stack, lead).await;
    let started = Instant::now();
    loop {
        let shown = json_of(stack, &["run", "show", &id]);
        if shown["run"]["run_status"] == "running" {
            return id;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn ids(listed: &Value) -> Vec<&str> {
    let leads = listed["leads"].as_array().unwrap().iter();
    leads.map(|lead| lead["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_and_campaigns_are_listed_and_named_by_name_id_or_end_of_id() {
    let stack = stack().await;
    let listed = json_of(&stack, &["workflow", "list"]);
    let [workflow] = &listed["workflows"].as_array().unwrap()[..] else {
        panic!("{listed}");
    };
    assert_eq!(
        (&workflow["id"], &workflow["name"], &workflow["steps"]),
        (
            &json!(demo::WORKFLOW_ID),
            &json!("Sales Outreach"),
            &json!(5)
        )
    );
    let output = on(&stack, &["workflow", "list"]);
    let row = stdout(&output).lines().last().unwrap();
    let expected = "000000a1  Sales Outreach  -       America/Santiago  5      ";
    assert!(row.starts_with(expected), "{row}");

    let shown = json_of(&stack, &["workflow", "show", demo::WORKFLOW_ID]);
    assert_eq!(shown["workflow"]["cadence"]["steps"][0]["channel"], "call");
    for name in ["Sales Outreach", " sales outreach ", "000000a1", "00A1"] {
        assert_eq!(json_of(&stack, &["workflow", "show", name]), shown);
    }
    let output = on(&stack, &["workflow", "show", "sales outreach"]);
    let text = stdout(&output);
    for part in [
        "Sales Outreach\n",
        demo::WORKFLOW_ID,
        "Zone      America/Santiago",
        "1  call, at once, 3 attempts 2h apart",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }

    let listed = json_of(&stack, &["campaign", "list"]);
    assert_eq!(listed["campaigns"][0]["id"], demo::CAMPAIGN_ID);
    let all = json_of(&stack, &["lead", "list"]);
    for name in ["Spring Launch", "spring launch", "000000c1"] {
        let found = json_of(&stack, &["lead", "list", "--campaign", name]);
        assert_eq!(ids(&found), ids(&all), "{name}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_is_refused_with_the_nearest_one_and_the_command_that_lists() {
    let stack = stack().await;
    for (command, expected) in [
        (
            &["workflow", "show", "Sales Outrech"][..],
            "leadgate workflow: no workflow has the name or id \"Sales Outrech\" (did you mean Sales \
             Outreach?): `leadgate workflow list` lists the workflows\n",
        ),
        (
            &["lead", "list", "--campaign", "Spring"],
            "leadgate lead: no campaign has the name or id \"Spring\" (did you mean Spring Launch?): \
             `leadgate campaign list` lists the campaigns\n",
        ),
        (
            &["lead", "list", "--workflow", "xyz"],
            "leadgate lead: no workflow has the name or id \"xyz\": `leadgate workflow list` lists the \
             workflows\n",
        ),
        (
            &["lead", "list", "--account", "Dema"],
            "leadgate lead: no account has the name or id \"Dema\" (did you mean Demo?): `leadgate \
             account list` lists the accounts\n",
        ),
    ] {
        assert_eq!(stderr(&on(&stack, command)), expected);
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_named_by_its_name_everywhere() {
    let stack = stack().await;
    let created = json_of(&stack, &["account", "create", "--name", "Łódź Ltd"]);
    let id = created["account"]["id"].as_str().unwrap();
    assert_eq!(json_of(&stack, &["account", "show", "łódź ltd"]), created);
    let renamed = ["account", "set", "Łódź Ltd", "--name", "Acme"];
    assert_eq!(json_of(&stack, &renamed)["account"]["id"], id);
    let named = ["--account", "acme"];
    for (command, empty) in [
        (&["lead", "list"][..], "The account has no leads."),
        (&["workflow", "list"], "The account has no workflows."),
        (
            &["workflow", "list", "--removed"],
            "The account has no removed workflows.",
        ),
        (&["campaign", "list"], "The account has no campaigns."),
        (&["key", "list"], "ID"),
        (&["export"], "name: Acme"),
    ] {
        let output = on(&stack, &[command, &named].concat());
        assert!(stdout(&output).contains(empty), "{}", stdout(&output));
    }
    // Two accounts of one name are told apart by their ids.
    let twin = json_of(&stack, &["account", "create", "--name", "ACME"]);
    let twin = twin["account"]["id"].as_str().unwrap();
    assert_eq!(
        stderr(&on(&stack, &["account", "show", "Acme"])),
        format!(
            "leadgate account: 2 accounts have the name \"Acme\": give an id instead, {id} or {twin}\n"
        )
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_workflow_is_shown_only_with_an_option() {
    let stack = stack().await;
    apply(&stack, "{name: Demo, workflows: []}");
    let output = on(&stack, &["workflow", "list"]);
    assert!(stdout(&output).starts_with("The account has no workflows."));
    let removed = json_of(&stack, &["workflow", "list", "--removed"]);
    assert_eq!(removed["workflows"][0]["is_removed"], true);
    let show = ["workflow", "show", "Sales Outreach"];
    assert_eq!(
        stderr(&on(&stack, &show)),
        format!(
            "leadgate workflow: the workflow {} was removed: pass --removed to show it\n",
            demo::WORKFLOW_ID
        )
    );
    let output = on(&stack, &[&show[..], &["--removed"]].concat());
    assert!(stdout(&output).starts_with("Sales Outreach (removed)\n"));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_are_listed_newest_first_with_their_workflow_and_status() {
    let stack = stack().await;
    let email = json!({"first_name": "Solo", "email": "solo@example.com"});
    let solo = create(&stack, email).await;
    // Leads are created at whole seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let phone = json!({"first_name": "John", "last_name": "Doe", "phone": "+14155550123"});
    let john = enrolled(&stack, phone).await;
    let listed = json_of(&stack, &["lead", "list"]);
    assert_eq!(ids(&listed)[..2], [&john, &solo]);
    assert_eq!((ids(&listed).len(), &listed["more"]), (12, &json!(false)));
    let [newest, second, ..] = &listed["leads"].as_array().unwrap()[..] else {
        panic!("{listed}");
    };
    assert_eq!(newest["phone"], "+14155550123");
    assert_eq!(newest["run"]["workflow"]["name"], "Sales Outreach");
    assert_eq!(newest["run"]["current_status"]["label"], "New");
    assert_eq!(second["run"], Value::Null);

    let output = on(&stack, &["lead", "list", "--limit", "2"]);
    let short = |id: &str| id[28..].to_owned();
    let expected = format!(
        "ID        NAME      CONTACT           WORKFLOW        STATUS  CREATED\n\
         {}  John Doe  +14155550123      Sales Outreach  New     just now\n\
         {}  Solo      solo@example.com  -               -       just now\n\n\
         There are more leads: pass a --limit above 2 to list them.\n",
        short(&john),
        short(&solo)
    );
    assert_eq!(stdout(&output), expected);
    let output = on(&stack, &["lead", "list", "--limit", "1", "--full"]);
    let created_at = newest["created_at"].as_str().unwrap();
    assert!(stdout(&output).contains(&john) && stdout(&output).contains(created_at));

    let list = |options: &[&str]| json_of(&stack, &[&["lead", "list"], options].concat());
    assert_eq!(ids(&list(&["--workflow", "sales outreach"])).len(), 11);
    assert_eq!(ids(&list(&["--created-after", created_at])), [&john]);
    let before = list(&["--created-before", created_at, "--limit", "1"]);
    assert_eq!(
        (ids(&before), &before["more"]),
        (vec![&*solo], &json!(true))
    );
    let output = on(
        &stack,
        &["lead", "list", "--created-after", "2099-01-01T00:00:00Z"],
    );
    assert_eq!(stdout(&output), "No lead fits these options.\n");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_found_by_its_id_its_end_its_address_or_its_number() {
    let stack = stack().await;
    let lead = json!({"first_name": "Ada", "email": "ada@example.com", "phone": "+14155550123"});
    let id = create(&stack, lead).await;
    for text in [
        &*id,
        &id.to_uppercase(),
        &id[28..],
        "ada@example.com",
        " Ada@EXAMPLE.com",
        "+14155550123",
        "+1 (415) 555-0123",
    ] {
        let shown = json_of(&stack, &["lead", "show", text]);
        assert_eq!(shown["lead"]["id"], id, "{text}");
    }
    // Neither an address nor a number is in an error.
    let twin = json!({"first_name": "Twin", "email": "ada@example.com"});
    let twin = create(&stack, twin).await;
    let unknown = "019c0000-0000-7000-8000-0000000fffff";
    let way_out = "`leadgate lead list` lists the leads, and --account names another account";
    for (text, expected) in [
        (
            "ada@example.com",
            "2 leads have this e-mail address: pass the id of one, such as ".to_owned(),
        ),
        (
            "bob@example.com",
            format!("no lead of the account has this e-mail address: {way_out}\n"),
        ),
        (
            "+14155550199",
            format!("no lead of the account has this phone number: {way_out}\n"),
        ),
        (
            "fedcabcd",
            format!("no lead of the account has an id that ends in fedcabcd: {way_out}\n"),
        ),
        (
            unknown,
            format!("no lead of the account has the id {unknown}: {way_out}\n"),
        ),
        (
            "Ada",
            "invalid lead: pass its id or the last characters of it, ".to_owned(),
        ),
        (
            "14155550123",
            "invalid lead: pass its id or the last characters of it, ".to_owned(),
        ),
        (
            demo::API_KEY,
            "invalid lead: pass its id or the last characters of it, ".to_owned(),
        ),
    ] {
        for command in ["lead", "run"] {
            let output = on(&stack, &[command, "show", text]);
            let message = stderr(&output);
            assert!(
                message.starts_with(&format!("leadgate {command}: {expected}")),
                "{message}"
            );
            for secret in ["ada@", "bob@", "5550199", "5550123", "nxr_live", "Ada"] {
                assert!(!message.contains(secret), "{message}");
            }
        }
    }
    let output = on(&stack, &["lead", "show", "ada@example.com"]);
    assert!(stderr(&output).contains(&id) && stderr(&output).contains(&twin));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_shown_with_its_runs_its_metadata_and_its_history() {
    let stack = stack().await;
    let lead = json!({
        "first_name": "Ada", "phone": "+14155550123", "campaign_id": demo::CAMPAIGN_ID,
        "metadata": {"plan": "gold", "\u{1b}[2J": "\u{202e}"},
    });
    let id = enrolled(&stack, lead).await;
    let first = json_of(&stack, &["run", "show", &id]);
    let assign = json!({"workflowId": demo::WORKFLOW_ID, "reason": "again", "actorId": "ops"});
    let reply = call(
        &stack,
        Method::POST,
        &format!("/{id}/assign-workflow"),
        &assign,
    )
    .await;
    let second = reply["workflowRunId"].as_str().unwrap();

    let shown = json_of(&stack, &["lead", "show", &id]);
    assert_eq!(shown["lead"]["campaign"]["name"], "Spring Launch");
    assert_eq!(shown["lead"]["metadata"]["plan"], "gold");
    assert_eq!(shown["runs"][0]["id"], second);
    assert_eq!(shown["runs"][1]["id"], first["run"]["id"]);
    assert_eq!(shown["runs"][1]["run_status"], "stopped");
    let history = shown["history"].as_array().unwrap();
    let kinds: Vec<_> = history
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["lead_created", "workflow_assigned", "workflow_assigned"]
    );
    assert_eq!(
        (&history[2]["actor"], &history[2]["reason"]),
        (&json!("ops"), &json!("again"))
    );

    let output = on(&stack, &["lead", "show", &id]);
    let text = stdout(&output);
    for part in [
        &format!("Lead      {id}\n"),
        "Phone     +14155550123\n",
        "Campaign  Spring Launch\n",
        "plan       \"gold\"\n",
        "\\u{1b}[2J  \"\\u{202e}\"\n",
        &format!("Run          {second}\n"),
        "EARLIER RUN  WORKFLOW        STATUS  STATE     CREATED\n",
        "  Sales Outreach  New     replaced  just now\n",
        "just now  assigned to Sales Outreach  ops  again\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    // Each run is shown by its id.
    let earlier = first["run"]["id"].as_str().unwrap();
    let output = on(&stack, &["run", "show", &id, "--run", &earlier[28..]]);
    assert!(stdout(&output).contains("State        replaced: the lead has a newer run\n"));
    let output = on(&stack, &["run", "show", &id, "--run", "ffffffff"]);
    assert_eq!(
        stderr(&output),
        "leadgate run: no run has the id ffffffff: `leadgate lead show` lists the runs\n"
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_the_timeline_of_plan_and_the_state_of_each_touchpoint() {
    let stack = stack().await;
    let id = enrolled(
        &stack,
        json!({"first_name": "Ada", "phone": "+14155550123"}),
    )
    .await;
    let output = on(&stack, &["run", "show", &id]);
    let text = stdout(&output);
    for part in [
        "State        running\n",
        "Touchpoints  1 skipped, 8 scheduled\n",
        "STEP  TRY  CHANNEL   LOCAL TIME",
        "  skipped (no_email)\n",
        "C call  W whatsapp  E email  S sms  x skipped\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let stop = json!({"workflow_id": demo::WORKFLOW_ID});
    call(
        &stack,
        Method::POST,
        &format!("/{id}/automation/stop"),
        &stop,
    )
    .await;
    let output = on(&stack, &["run", "show", &id]);
    let text = stdout(&output);
    for part in [
        "State        taken over just now: nothing goes out until the lead is handed back\n",
        "Touchpoints  1 skipped, 8 cancelled\n",
        "  cancelled\n",
        "x skipped or cancelled\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let run = json_of(&stack, &["run", "show", &id]);
    assert_eq!(run["run"]["next"], Value::Null);
    assert_eq!(run["run"]["touchpoints"][8]["state"], "cancelled");
    let listed = on(&stack, &["lead", "list", "--limit", "1"]);
    assert!(stdout(&listed).contains("New (taken over)"));

    let solo = create(&stack, json!({"first_name": "Solo"})).await;
    let output = on(&stack, &["run", "show", &solo]);
    assert_eq!(
        stderr(&output),
        format!(
            "leadgate run: the lead {solo} has no run: it is in no workflow (POST \
             /leads/{{id}}/assign-workflow puts it in one)\n"
        )
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_erased_or_damaged_is_one_clear_error_and_hides_no_other() {
    let stack = stack().await;
    let [erased, damaged, whole] =
        ["Erased", "Damaged", "Whole"].map(|name| json!({"first_name": name}));
    let erased = create(&stack, erased).await;
    let damaged = create(&stack, damaged).await;
    let whole = create(&stack, whole).await;
    call(&stack, Method::DELETE, &format!("/{erased}"), &json!({})).await;
    let pk = AttributeValue::S(format!("LEAD#{}#{damaged}", demo::ACCOUNT_ID));
    let update = stack.services.clients.dynamodb.update_item();
    let update = update.table_name(stack.services.table());
    let update = update
        .key("pk", pk)
        .key("sk", AttributeValue::S("SELF".to_owned()))
        .update_expression("SET phone = :wrong")
        .expression_attribute_values(":wrong", AttributeValue::S("secret".to_owned()));
    update.send().await.unwrap();

    let output = on(&stack, &["lead", "show", &erased]);
    let expected = format!("leadgate lead: the lead {erased} was erased\n");
    assert_eq!(stderr(&output), expected);
    // The end of the id of a damaged lead finds it.
    for text in [&damaged, &damaged[28..]] {
        let output = on(&stack, &["lead", "show", text]);
        assert_eq!(
            stderr(&output),
            "leadgate lead: the lead item is damaged: the attribute phone has an invalid value\n"
        );
    }
    let listed = json_of(&stack, &["lead", "list"]);
    assert!(ids(&listed).contains(&&*whole) && ids(&listed).len() == 11);
    assert_eq!(
        listed["damaged"],
        json!([{
            "id": damaged,
            "error": "the lead item is damaged: the attribute phone has an invalid value",
        }])
    );
    let output = on(&stack, &["lead", "list"]);
    assert!(stdout(&output).contains(&format!("The lead {damaged} cannot be read: ")));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_not_among_the_newest_thousand_is_found_by_its_whole_id_only() {
    let stack = stack().await;
    let old = create(
        &stack,
        json!({"first_name": "Old", "email": "old@example.com"}),
    )
    .await;
    // The demo leads are older or as old. Leads of one second are ordered by their ids.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let hundred: Value = (0..100).map(|_| json!({"first_name": "New"})).collect();
    for _ in 0..10 {
        let reply = call(&stack, Method::POST, "", &hundred).await;
        assert_eq!(reply["created"], 100, "{reply}");
    }
    for (text, what) in [
        (&old[28..], format!("an id that ends in {}", &old[28..])),
        ("old@example.com", "this e-mail address".to_owned()),
    ] {
        assert_eq!(
            stderr(&on(&stack, &["lead", "show", text])),
            format!(
                "leadgate lead: no lead among the newest 1000 of the account has {what}: pass the whole \
                 id, as the reply to POST /leads and `leadgate lead list --full` show it\n"
            )
        );
    }
    let shown = json_of(&stack, &["lead", "show", &old]);
    assert_eq!(shown["lead"]["first_name"], "Old");
    let output = on(&stack, &["lead", "list", "--limit", "1000"]);
    let text = stdout(&output);
    // A heading, the leads, and how to list the others.
    assert_eq!(text.lines().count(), 1 + 1_000 + 3);
    assert!(
        text.contains("pass --created-before 20"),
        "{}",
        text.lines().last().unwrap()
    );
    stack.stop().await;
}
