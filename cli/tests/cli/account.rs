//! Tests of `leadgate account`, `key` and `export`, on running services.

use std::{fs, process::Output};

use aws::clock::Clock;
use domain::api_key::ApiKey;
use local::{Ports, Services, Stack, Storage, demo};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::program::{json as json_in, nowhere, run, services, stderr, stdout};

/// Runs a command on a local stack.
fn on(services: &Services, args: &[&str]) -> Output {
    let url = ["--dynamodb-url", &services.dynamodb_url];
    run(&[args, &url].concat())
}

fn json_of(services: &Services, args: &[&str]) -> Value {
    json_in(&on(services, &[args, &["--output", "json"]].concat()))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_listed_shown_and_changed_with_its_keys() {
    let services = services().await;
    let create = [
        "account",
        "create",
        "--name",
        "Acme",
        "--default-country",
        "gb",
    ];
    let limit = ["--rate", "10", "--burst", "20"];
    let created = json_of(&services, &[&create[..], &limit].concat());
    let id = text(&created["account"], "id");
    assert_eq!(
        created["account"],
        json!({
            "id": id, "name": "Acme", "default_country": "GB", "limit": {"rate": 10, "burst": 20},
            "created_at": created["account"]["created_at"],
        })
    );
    let listed = json_of(&services, &["account", "list"]);
    let listed = listed["accounts"].as_array().unwrap().iter();
    let ids: Vec<_> = listed.map(|it| text(it, "id")).collect();
    assert_eq!(ids, [demo::ACCOUNT_ID, id]);
    let output = on(&services, &["account", "list"]);
    let lines: Vec<_> = stdout(&output).lines().collect();
    assert!(lines[0].starts_with("ID "), "{}", lines[0]);
    let short = &id[28..];
    let row = format!("{short}  Acme  GB       10/s, burst 20  just now");
    assert_eq!(lines[2], row);
    let output = on(&services, &["account", "list", "--full"]);
    let created_at = text(&created["account"], "created_at");
    let row = format!("{id}  Acme  GB       10/s, burst 20  {created_at}");
    assert_eq!(stdout(&output).lines().last(), Some(&*row));
    // A short id is enough for every command.
    let shown = json_of(&services, &["account", "show", short]);
    assert_eq!(shown, created);
    let keys = json_of(&services, &["key", "list", "--account", short]);
    assert_eq!(keys, json!({"keys": []}));

    json_of(
        &services,
        &["key", "create", "--name", "Website", "--account", id],
    );
    let changes = [
        "--name",
        "Acme Ltd",
        "--no-default-country",
        "--rate",
        "5",
        "--burst",
        "5",
    ];
    let changed = json_of(&services, &[&["account", "set", id], &changes[..]].concat());
    assert_eq!(changed, json_of(&services, &["account", "show", id]));
    assert_eq!(changed["account"]["name"], "Acme Ltd");
    assert_eq!(changed["account"]["default_country"], Value::Null);
    // Settings without an option stay.
    let renamed = json_of(&services, &["account", "set", id, "--name", "Acme"]);
    assert_eq!(renamed["account"]["limit"], json!({"rate": 5, "burst": 5}));
    let account = id.parse().unwrap();
    let [(_, key)] = services
        .store
        .api_keys(account)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    let stored = services.store.account(account).await.unwrap().unwrap();
    assert_eq!(key.account, stored.settings(None));

    let unknown = "019c0000-0000-7000-8000-00000000ffff";
    for command in [
        &["account", "show", unknown][..],
        &["account", "set", unknown, "--name", "X"],
        &["key", "list", "--account", unknown],
        &["key", "create", "--name", "X", "--account", unknown],
        &["export", "--account", unknown],
    ] {
        let expected = format!(
            "leadgate {}: no account has the id {unknown}: `leadgate account list` lists the accounts\n",
            command[0]
        );
        assert_eq!(stderr(&on(&services, command)), expected);
    }
    let output = on(
        &services,
        &[
            "account", "create", "--name", "X", "--rate", "0", "--burst", "1",
        ],
    );
    let expected = "leadgate account: --rate 0 --burst 1 is not a valid limit: rate must be 1 to 100000 requests a second\n";
    assert_eq!(stderr(&output), expected);
    for wrong in [
        &["set", id][..],
        &["create"],
        &["create", "--name", "X", "--default-country", "XX"],
    ] {
        let output = on(&services, &[&["account"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_has_a_limit_unless_the_command_says_otherwise() {
    let services = services().await;
    let create = ["account", "create", "--name", "Acme"];
    let default = Some(json!({"rate": 100, "burst": 1_000}));
    for (args, limit, says) in [
        (&[][..], default, "is the default"),
        (
            &["--rate", "5", "--burst", "6"],
            Some(json!({"rate": 5, "burst": 6})),
            "",
        ),
        (&["--no-limit"], None, ""),
    ] {
        let created = json_of(&services, &[&create[..], args].concat());
        assert_eq!(created["account"]["limit"], json!(limit));
        let id = text(&created["account"], "id").parse().unwrap();
        let stored = services.store.account(id).await.unwrap().unwrap();
        assert_eq!(json!(stored.limit), json!(limit));
        let output = on(&services, &[&create[..], args].concat());
        let shown = stdout(&output);
        assert_eq!(
            shown.contains("is the default"),
            !says.is_empty(),
            "{shown}"
        );
        let line = match limit {
            Some(limit) => format!(
                "Limit            {}/s, burst {}\n",
                limit["rate"], limit["burst"]
            ),
            None => "Limit            -\n".to_owned(),
        };
        assert!(shown.contains(&line), "{shown}");
    }
    let both = [&create[..], &["--no-limit", "--rate", "1", "--burst", "1"]].concat();
    assert_eq!(on(&services, &both).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_opens_its_account_and_opens_nothing_once_it_is_revoked() {
    let stack = Stack::start(&Storage::Memory, Ports::ANY, Clock::System);
    let stack = stack.await.unwrap();
    let services = &stack.services;
    let status = async |key: &str| {
        let request = Client::new().get(format!("{}/api/public/workflows", stack.api_url));
        request
            .header("x-api-key", key)
            .send()
            .await
            .unwrap()
            .status()
    };
    let output = on(services, &["key", "create", "--name", "Website"]);
    // A script takes the key with $(...), which cuts the last line break.
    let website = str::from_utf8(&output.stdout).unwrap();
    let website = website.strip_suffix('\n').unwrap().to_owned();
    let details = str::from_utf8(&output.stderr).unwrap();
    assert!(details.contains("\nName     Website\n"), "{details}");
    assert!(!details.contains(&website), "{details}");
    let end = [
        "--expires-at",
        "2999-01-31T00:00:00Z",
        "--rate",
        "1",
        "--burst",
        "2",
    ];
    let created = json_of(
        services,
        &[&["key", "create", "--name", "CRM"], &end[..]].concat(),
    );
    let crm = text(&created, "api_key");
    for key in [&website, crm] {
        key.parse::<ApiKey>().unwrap();
        assert_eq!(status(key).await, StatusCode::OK);
    }

    let listed = json_of(services, &["key", "list"]);
    let keys = listed["keys"].as_array().unwrap();
    let names: Vec<_> = keys.iter().map(|key| text(key, "name")).collect();
    assert_eq!(names, ["Demo", "Website", "CRM"]);
    assert!(website.ends_with(text(&keys[1], "last4")));
    let used = keys[2]["last_used"].as_str().unwrap();
    assert!(used.ends_with(":00:00Z"), "{used}");
    assert_eq!(
        keys[2],
        json!({
            "id": created["key"]["id"], "account_id": demo::ACCOUNT_ID, "name": "CRM",
            "last4": crm[crm.len() - 4..], "state": "active", "limit": {"rate": 1, "burst": 2},
            "created_at": created["key"]["created_at"], "expires_at": "2999-01-31T00:00:00Z",
            "revoked_at": null, "last_used": used,
        })
    );
    let output = on(services, &["key", "list"]);
    let table = stdout(&output);
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(!table.contains(crm) && !table.contains(&website), "{table}");

    let id = text(&keys[1], "id");
    let revoked = json_of(services, &["key", "revoke", id]);
    assert_eq!(revoked["key"]["state"], "revoked");
    assert_eq!(revoked, json_of(services, &["key", "revoke", id]));
    // The API of this test may have cached the key, so its record is read instead.
    let hash = website.parse::<ApiKey>().unwrap().hash();
    let record = services.store.api_key(&hash).await.unwrap().unwrap();
    assert!(!record.is_valid_at(Clock::System.now()));

    let unknown = "019c0000-0000-7000-8000-00000000ffff";
    let output = on(services, &["key", "revoke", unknown]);
    let expected =
        format!("leadgate key: no key has the id {unknown}: `leadgate key list` lists the keys\n");
    assert_eq!(stderr(&output), expected);
    let output = on(services, &["key", "revoke", crm]);
    let expected = "leadgate key: invalid key id: pass one that `leadgate key list` shows\n";
    assert_eq!(stderr(&output), expected);
    for command in [
        &["key", "list", "--account", crm][..],
        &["account", "show", crm],
    ] {
        let output = on(services, command);
        let expected = "invalid account name or id: pass one that `leadgate account list` shows\n";
        assert_eq!(
            stderr(&output),
            format!("leadgate {}: {expected}", command[0])
        );
    }
    let output = on(
        services,
        &[
            "key",
            "create",
            "--name",
            "X",
            "--expires-at",
            "2020-01-01T00:00:00Z",
        ],
    );
    assert_eq!(
        stderr(&output),
        "leadgate key: --expires-at 2020-01-01T00:00:00Z is not in the future: give a later time, such as 90d \
         or 2099-01-31\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires_at_a_date_or_after_a_distance() {
    let services = services().await;
    for (end, start) in [("2099-01-31", "2099-01-31T00:00:00Z"), ("87600h", "20")] {
        let args = ["key", "create", "--name", "X", "--expires-at", end];
        let expires_at = json_of(&services, &args)["key"]["expires_at"].clone();
        let expires_at = expires_at.as_str().unwrap();
        assert!(expires_at.starts_with(start), "{end}: {expires_at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_exported_and_applied_is_unchanged() {
    let services = services().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.yaml");
    let file = file.to_str().unwrap();
    let apply = |args: &[&str]| {
        let sqs = ["--sqs-url", &services.sqs_url];
        on(&services, &[&["apply", "-f", file], args, &sqs].concat())
    };
    fs::write(file, include_str!("../fixtures/workflow.yaml")).unwrap();
    stdout(&apply(&["--yes"]));
    let exported = on(&services, &["export"]);
    let yaml = stdout(&exported);
    fs::write(file, yaml).unwrap();
    assert_eq!(
        stdout(&apply(&[])),
        "Nothing to change: the account matches the file.\n"
    );

    // The file gives another account the same content.
    let created = json_of(&services, &["account", "create", "--name", "Copy"]);
    let copy = text(&created["account"], "id");
    stdout(&apply(&["--yes", "--account", copy]));
    assert_eq!(stdout(&on(&services, &["export", "--account", copy])), yaml);
}

#[test]
fn without_a_stack_each_command_shows_how_to_start_one() {
    let nowhere = nowhere();
    for command in [
        &["account", "list"][..],
        &["key", "list"],
        &["export"],
        &["workflow", "list"],
        &["campaign", "list"],
        &["lead", "list"],
        &["suppress", "list"],
        &["run", "show", "john@example.com"],
    ] {
        let args = [command, &["--dynamodb-url", &nowhere]].concat();
        let output = run(&args);
        assert_eq!(
            stderr(&output),
            format!(
                "leadgate {}: the local stack on {nowhere} does not answer: start it again with `cargo dev`, \
                 or pass --stack NAME for one on AWS\n",
                command[0]
            )
        );
    }
}

#[test]
fn completions_and_manual_pages_have_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        let script = stdout(&output);
        assert!(
            script.contains("leadgate") && script.contains("revoke"),
            "{shell}"
        );
    }
    let output = run(&["man"]);
    assert!(stdout(&output).contains(".TH leadgate 1"));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man");
    let output = run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!(stdout(&output), "");
    let page = fs::read_to_string(dir.join("leadgate-key-revoke.1")).unwrap();
    assert!(page.contains("60 seconds"), "{page}");
}
