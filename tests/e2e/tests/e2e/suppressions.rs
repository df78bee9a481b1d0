//! Addresses that must not be contacted ([contract](../../../../docs/contract.md#suppressions)).

use aws::store::check;
use futures::future::join_all;
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};
use simulation::Fault;

use crate::fixtures::{Container, Reply, raw_table};

pub const PHONE: &str = "+12025550123";
pub const EMAIL: &str = "canary@example.com";

async fn add(container: &Container, body: &Value) -> Reply {
    container.call("POST", "/suppressions", Some(body)).await
}

/// Adds a suppression that must be stored, and returns it.
pub async fn added(container: &Container, body: Value) -> Value {
    let mut reply = add(container, &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{body}: {}", reply.text);
    assert_eq!(
        (&reply.body["success"], &reply.body["runs_stopped"]),
        (&json!(true), &json!(0))
    );
    reply.body["suppression"].take()
}

pub async fn checked(container: &Container, field: &str, address: &str) -> Value {
    let path = format!(
        "/suppressions/check?{field}={}",
        address.replace('+', "%2B")
    );
    let reply = container.call("GET", &path, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.body
}

pub async fn remove(container: &Container, id: &Value, body: &Value) -> Reply {
    let path = format!("/suppressions/{}", id.as_str().unwrap());
    container.call("DELETE", &path, Some(body)).await
}

/// Checks every rule of the table, and that nothing in it shows an address.
pub async fn check_table(container: &Container) {
    let table = raw_table(&container.services).await;
    let text = format!("{table:?}");
    let shown: Vec<_> = text.split('"').filter(|it| it.contains("anary")).collect();
    assert!(
        !text.contains("2025550123") && shown.is_empty(),
        "{shown:?}"
    );
    assert_eq!(check(table.into_values()).breaches, []);
}

#[tokio::test]
async fn an_address_is_suppressed_once_and_a_repeat_adds_its_channels() {
    let container = Container::start().await;
    let body = json!({"phone": PHONE, "channels": ["call"], "reason": "legal", "note": "list 7"});
    let first = added(&container, body.clone()).await;
    let id = first["id"].as_str().unwrap();
    assert!(id.starts_with("sup_") && id.len() == 27, "{id}");
    assert_eq!(
        first,
        json!({"id": id, "kind": "phone", "channels": ["call"], "reason": "legal", "note": "list 7",
               "created_at": first["created_at"]})
    );
    assert_eq!(added(&container, body).await, first);
    // The same number in another notation, in the account's country, and with a lighter reason.
    let again =
        json!({"phone": "(202) 555-0123", "channels": ["sms"], "reason": "manual", "note": "n"});
    let again = added(&container, again).await;
    assert_eq!(again["channels"], json!(["call", "sms"]));
    for (field, kept) in [("id", &first), ("reason", &first), ("note", &first)] {
        assert_eq!(again[field], kept[field], "{field}");
    }
    let heavier = json!({"phone": PHONE, "reason": "complained"});
    let heavier = added(&container, heavier).await;
    assert_eq!(
        (
            &heavier["channels"],
            &heavier["reason"],
            &heavier["created_at"]
        ),
        (&json!("all"), &json!("complained"), &first["created_at"])
    );
    let check = checked(&container, "phone", PHONE).await;
    assert_eq!(
        check,
        json!({"success": true, "suppressed": true, "suppression": heavier, "ended": []})
    );
    let other = checked(&container, "phone", "+12025550124").await;
    assert_eq!(
        (&other["suppressed"], &other["suppression"]),
        (&json!(false), &Value::Null)
    );
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn an_email_address_is_normalised_as_that_of_a_lead() {
    let container = Container::start().await;
    let first = added(
        &container,
        json!({"email": " CANARY@Example.com", "reason": "invalid"}),
    )
    .await;
    let again = added(
        &container,
        json!({"email": EMAIL, "channels": ["email"], "reason": "invalid"}),
    );
    assert_eq!(again.await["id"], first["id"]);
    assert_eq!(
        checked(&container, "email", EMAIL).await["suppressed"],
        true
    );
    container.stop().await;
}

#[tokio::test]
async fn of_simultaneous_suppressions_none_loses_its_channels() {
    let container = Container::start().await;
    for round in 0..5 {
        let phone = format!("+1202555010{round}");
        let bodies: Vec<_> = (0..12)
            .map(|number| {
                let channel = ["call", "whatsapp", "sms"][number % 3];
                let reason = ["manual", "invalid", "legal", "opted_out"][number % 4];
                json!({"phone": phone, "channels": [channel], "reason": reason})
            })
            .collect();
        let replies = join_all(bodies.iter().map(|body| add(&container, body))).await;
        assert!(replies.iter().all(|it| it.status == StatusCode::CREATED));
        let suppression = &checked(&container, "phone", &phone).await["suppression"];
        assert_eq!(
            (&suppression["channels"], &suppression["reason"]),
            (&json!(["call", "whatsapp", "sms"]), &json!("opted_out"))
        );
    }
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn a_wrong_suppression_is_refused_with_every_problem() {
    let container = Container::start().await;
    for (body, message) in [
        (json!({"reason": "manual"}), "phone or email is required"),
        (
            json!({"phone": PHONE}),
            "reason is required: opted_out, complained, invalid, legal, manual",
        ),
        (
            json!({"phone": PHONE, "email": EMAIL, "reason": "manual"}),
            "email cannot be sent together with phone: send a suppression for each",
        ),
        (
            json!({"phone": PHONE, "reason": "opted-out"}),
            "reason \"opted-out\" must be one of opted_out, complained, invalid, legal, manual; did you mean \
             opted_out?",
        ),
        (
            json!({"phone": PHONE, "channels": ["cal"], "reason": "manual"}),
            "channels \"cal\" must be one of call, whatsapp, sms, email; did you mean call?",
        ),
        (
            json!({"phone": PHONE, "channels": ["email"], "reason": "manual"}),
            "channels \"email\" is not a channel of the phone number; its own: call, whatsapp, sms",
        ),
        (
            json!({"email": EMAIL, "channels": "call", "reason": "manual"}),
            "channels must be \"all\" or a list such as [\"call\"]",
        ),
        (
            json!({"phone": PHONE, "channels": [], "reason": "manual"}),
            "channels must be \"all\" or a list such as [\"call\"]",
        ),
        (
            json!({"phone": PHONE, "chanels": "all", "reason": "manual"}),
            "chanels is not a field of this request; did you mean channels?",
        ),
    ] {
        let reply = add(&container, &body).await;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("validation_error"))
        );
        let shown = reply.body["message"].as_str().unwrap();
        assert!(shown.contains(message), "{body}: {shown}");
    }
    let many = add(&container, &json!({"phone": "12", "note": "x".repeat(201)})).await;
    assert_eq!(many.body["problems_total"], 3, "{}", many.text);
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn a_suppression_ends_with_a_reason_and_after_a_refusal_with_a_consent_only() {
    let container = Container::start().await;
    let consent = json!({"at": "2026-02-10T12:00:00Z", "source": "form"});
    for reason in ["opted_out", "complained", "invalid", "legal", "manual"] {
        let suppression = added(&container, json!({"phone": PHONE, "reason": reason})).await;
        let id = &suppression["id"];
        for (body, message) in [
            (json!({}), "reason is required: it is kept with the removal"),
            (
                json!({"reason": "r", "consent": {"at": "2026-02-10T12:00:00Z", "sorce": "x"}}),
                "consent.source is required; consent.sorce is not a field of this request; did you mean source?",
            ),
            (
                json!({"reason": "r", "consent": "yes"}),
                "consent must be an object",
            ),
            (
                json!({"reason": "r", "consent": {"at": "2999-01-01T00:00:00Z", "source": "x"}}),
                "consent.at \"2999-01-01T00:00:00Z\" must not be in the future",
            ),
        ] {
            let reply = remove(&container, id, &body).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            let shown = reply.body["message"].as_str().unwrap();
            assert!(shown.contains(message), "{shown}");
        }
        let needs_consent = matches!(reason, "opted_out" | "complained");
        let mut body = json!({"reason": "came back", "actor": "Alice"});
        if needs_consent {
            let reply = remove(&container, id, &body).await;
            let shown = reply.body["message"].as_str().unwrap();
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            let expected =
                format!("consent is required, because the reason of the suppression is {reason}");
            assert!(shown.starts_with(&expected), "{shown}");
            assert_eq!(
                checked(&container, "phone", PHONE).await["suppressed"],
                true
            );
            body["consent"] = consent.clone();
        }
        let reply = remove(&container, id, &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.body["suppression"], suppression);
        let removal = &reply.body["removal"];
        assert_eq!(
            (&removal["reason"], &removal["actor"]),
            (&body["reason"], &body["actor"])
        );
        assert_eq!(removal["consent"], body["consent"]);
        let check = checked(&container, "phone", PHONE).await;
        assert_eq!(
            (&check["suppressed"], &check["suppression"]),
            (&json!(false), &Value::Null)
        );
        let ended = check["ended"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&ended["suppression"], &ended["removal"]),
            (&suppression, removal)
        );
        assert_eq!(
            remove(&container, id, &body).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let check = checked(&container, "phone", PHONE).await;
    assert_eq!(check["ended"].as_array().unwrap().len(), 5);
    let list = container.call("GET", "/suppressions", None).await;
    assert_eq!(list.body["suppressions"], json!([]));
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn a_list_has_each_suppression_once_the_newest_first() {
    let (container, clock) = Container::with_clock().await;
    let mut expected = Vec::new();
    for number in 0..7 {
        // Two have the same second.
        let later = clock.now() + SignedDuration::from_secs(number % 2);
        clock.set(later);
        let body = json!({"phone": format!("+1202555010{number}"), "reason": "manual"});
        expected.push(added(&container, body).await);
    }
    let key = |it: &Value| (it["created_at"].to_string(), it["id"].to_string());
    expected.sort_by_key(key);
    expected.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/suppressions?limit=3&cursor={cursor}");
        let reply = container.call("GET", &path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        seen.extend(reply.body["suppressions"].as_array().unwrap().clone());
        match reply.body["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    container.stop().await;
}

#[tokio::test]
async fn an_array_has_a_result_for_each_suppression() {
    let container = Container::start().await;
    let good = json!({"phone": PHONE, "channels": ["call"], "reason": "manual"});
    let wrong = json!({"email": EMAIL, "reason": "x"});
    for (body, status, accepted) in [
        (
            json!([good, {"email": EMAIL, "reason": "legal"}, good]),
            StatusCode::CREATED,
            3,
        ),
        (
            json!([wrong, good, "x", {"phone": PHONE, "channels": ["sms"], "reason": "legal"}]),
            StatusCode::MULTI_STATUS,
            2,
        ),
        (json!([wrong, 7]), StatusCode::BAD_REQUEST, 0),
    ] {
        let reply = add(&container, &body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        let total = body.as_array().unwrap().len();
        let counts = ["success", "total", "accepted", "failed"].map(|it| reply.body[it].clone());
        assert_eq!(
            counts,
            [
                json!(accepted > 0),
                json!(total),
                json!(accepted),
                json!(total - accepted)
            ]
        );
        let results = reply.body["results"].as_array().unwrap();
        for (index, result) in results.iter().enumerate() {
            assert_eq!(result["index"], index);
            let has_suppression =
                result["suppression"]["id"].is_string() && result["runs_stopped"] == 0;
            assert_eq!(result["success"], has_suppression, "{result}");
        }
        assert_eq!(reply.body["code"].is_string(), accepted == 0);
    }
    let suppression = &checked(&container, "phone", PHONE).await["suppression"];
    assert_eq!(
        (&suppression["channels"], &suppression["reason"]),
        (&json!(["call", "sms"]), &json!("legal"))
    );
    for (count, message) in [(0, "it holds 0"), (1_001, "it holds 1001")] {
        let reply = add(&container, &json!(vec![good.clone(); count])).await;
        let shown = reply.body["message"].as_str().unwrap();
        assert!(
            reply.status == StatusCode::BAD_REQUEST && shown.contains(message),
            "{shown}"
        );
    }
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn a_thousand_suppressions_are_taken_in_at_once() {
    let container = Container::start().await;
    let body: Vec<_> = (0..1_000)
        .map(|number| json!({"phone": format!("+1202556{number:04}"), "reason": "opted_out"}))
        .collect();
    let reply = add(&container, &json!(body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{:.300}", reply.text);
    assert_eq!(reply.body["accepted"], 1_000);
    container.stop().await;
}

#[tokio::test]
async fn an_array_whose_reply_would_be_too_large_stores_nothing() {
    let container = Container::start().await;
    let mut wrong = json!({"phone": PHONE, "reason": "manual"});
    for number in 0..20 {
        wrong[format!("{number:03}{}", "é".repeat(40))] = json!(1);
    }
    let mut body = vec![json!({"phone": PHONE, "reason": "manual"})];
    body.extend(vec![wrong; 900]);
    let reply = add(&container, &json!(body)).await;
    assert_eq!(
        reply.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{:.300}",
        reply.text
    );
    assert_eq!(
        checked(&container, "phone", PHONE).await["suppressed"],
        false
    );
    container.stop().await;
}

#[tokio::test]
async fn an_element_that_the_store_does_not_take_can_be_sent_again() {
    let container = Container::start().await;
    let body = json!([{"phone": PHONE, "reason": "manual"}, {"email": EMAIL, "reason": "manual"}]);
    // The account's secret is in memory from here on.
    checked(&container, "phone", PHONE).await;
    container.dynamodb.set("PutItem", Fault::Throttled);
    let reply = add(&container, &body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        reply.body["results"][1]["code"], "unavailable",
        "{}",
        reply.text
    );
    let one = add(&container, &body[0]).await;
    assert_eq!(one.status, StatusCode::SERVICE_UNAVAILABLE);
    container.dynamodb.end_fault("PutItem");
    assert_eq!(add(&container, &body).await.status, StatusCode::CREATED);
    container.stop().await;
}

#[tokio::test]
async fn a_check_without_an_encoded_plus_says_how_to_write_it() {
    let container = Container::start().await;
    for (query, message) in [
        ("", "phone or email is required"),
        ("phone=+12025550123", "write the + of a number as %2B"),
        (
            "phone=%2B12025550123&email=a@example.com",
            "email cannot be sent together with phone",
        ),
        ("email=nope", "email \"nope\" is not a valid email address"),
        ("fone=1", "fone is not a parameter of this path"),
    ] {
        let path = format!("/suppressions/check?{query}");
        let reply = container.call("GET", &path, None).await;
        let shown = reply.body["message"].as_str().unwrap();
        assert!(
            reply.status == StatusCode::BAD_REQUEST && shown.contains(message),
            "{shown}"
        );
    }
    container.stop().await;
}
