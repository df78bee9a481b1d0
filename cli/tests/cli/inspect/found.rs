//! Lists of leads, and how a lead is found.

use std::time::Duration;

use local::demo;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, create, enrolled, ids, json_of, on, stack};
use crate::program::{stderr, stdout};

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
