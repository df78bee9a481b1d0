//! Different requests under one idempotency key, of which one is an array
//! ([contract](../../../../docs/contract.md#idempotency-key)).

use futures::future::join_all;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Container, items_of, raw_table};

fn lead(name: &str) -> Value {
    json!({"first_name": name, "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn an_array_that_differs_in_a_stored_lead_is_refused_as_a_whole() {
    let container = Container::start().await;
    let leads = json!([lead("A"), {"first_name": ""}, lead("C")]);
    let first = container.post(&leads, Some("key")).await;
    assert_eq!(first.status, StatusCode::MULTI_STATUS);
    let before = raw_table(&container.services).await;
    for other in [
        json!([lead("A"), lead("B"), lead("X")]),
        json!([lead("X"), lead("B"), lead("C")]),
        json!([lead("C"), lead("B"), lead("A")]),
        json!([lead("A"), lead("B")]),
        json!([lead("A"), lead("B"), lead("C"), lead("D")]),
        json!([{"first_name": ""}, lead("B"), lead("X")]),
        lead("A"),
        lead("X"),
    ] {
        let reply = container.post(&other, Some("key")).await;
        assert_eq!(
            reply.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            reply.text
        );
        assert_eq!(reply.body["code"], "idempotency_key_reused");
    }
    assert!(
        raw_table(&container.services).await == before,
        "the table has changed"
    );
    container.stop().await;
}

#[tokio::test]
async fn an_array_that_refuses_a_stored_lead_or_shifts_it_is_refused_as_a_whole() {
    let container = Container::start().await;
    for (number, (stored, others)) in [
        (
            json!([lead("A"), lead("B"), {"first_name": ""}]),
            vec![
                json!([lead("A"), {"first_name": ""}, lead("B")]),
                json!([{"first_name": ""}, lead("B"), lead("C")]),
                json!([lead("A"), 3, lead("C")]),
                json!([{"first_name": ""}, 3, {"first_name": ""}]),
                json!([lead("A"), {"first_name": "x".repeat(70_000)}, lead("C")]),
            ],
        ),
        (
            json!([{"first_name": ""}, lead("B")]),
            vec![
                json!([lead("A"), {"first_name": "", "last_name": "other"}]),
                json!([lead("A"), []]),
                json!([3, {"first_name": ""}]),
            ],
        ),
        (
            lead("A"),
            vec![
                json!([3, lead("X")]),
                json!([[], lead("X")]),
                json!([{"first_name": ""}, lead("X")]),
                json!([{"first_name": "x".repeat(70_000)}, lead("X")]),
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{number}");
        container.post(&stored, Some(&key)).await;
        let before = leads_of(&container).await;
        for other in others {
            let reply = container.post(&other, Some(&key)).await;
            assert_eq!(reply.status, 422, "{} of {other}", reply.text);
            assert_eq!(reply.body["code"], "idempotency_key_reused");
            assert_eq!(leads_of(&container).await, before, "{other}");
        }
        let again = container.post(&stored, Some(&key)).await;
        assert!(again.headers.contains_key("idempotency-replayed"));
    }
    container.stop().await;
}

#[tokio::test]
async fn an_array_without_its_correction_is_another_body_after_the_correction() {
    let container = Container::start().await;
    let wrong = json!({"first_name": "B", "email": "nope"});
    let original = json!([lead("A"), wrong, lead("C")]);
    let corrected = json!([lead("A"), lead("B"), lead("C")]);
    for (body, status) in [
        (&original, 207),
        (&original, 207),
        (&corrected, 201),
        (&original, 422),
        (&corrected, 201),
    ] {
        let reply = container.post(body, Some("key")).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn an_array_whose_first_lead_is_refused_leaves_its_key_to_one_single_lead() {
    let container = Container::start().await;
    let leads = json!([{"first_name": ""}, lead("B")]);
    for (body, status) in [
        (leads.clone(), 207),
        (lead("A"), 201),
        (lead("X"), 422),
        (leads, 422),
        (json!([lead("A"), lead("B")]), 422),
    ] {
        let reply = container.post(&body, Some("key")).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn a_reused_key_of_an_array_does_not_advise_to_store_the_accepted_leads_again() {
    let container = Container::start().await;
    container
        .post(&json!([lead("A"), lead("B")]), Some("key"))
        .await;
    let reply = container
        .post(&json!([lead("A"), lead("X")]), Some("key"))
        .await;
    let message = reply.body["message"].as_str().unwrap();
    assert!(
        message.contains("unchanged and in the same order"),
        "{message}"
    );
    assert!(
        message.ends_with("use a new key for new leads only"),
        "{message}"
    );
    container.stop().await;
}

/// Returns the names of the leads that the table has.
async fn leads_of(container: &Container) -> Vec<String> {
    let items = raw_table(&container.services).await.into_values();
    let names = items.filter_map(|item| Some(item.get("first_name")?.as_s().ok()?.clone()));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

/// Returns the names of the leads that the table has, without those of the demo.
async fn stored_names(container: &Container) -> Vec<String> {
    let items = raw_table(&container.services).await.into_values();
    let names = items.filter_map(|item| {
        let name = item.get("first_name")?.as_s().ok()?;
        name.strip_prefix("Rush ").map(str::to_owned)
    });
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_different_requests_with_one_key_at_the_same_moment_one_is_stored_and_the_others_are_not()
 {
    let leads = |names: &[&str]| -> Vec<Value> {
        names
            .iter()
            .map(|name| lead(&format!("Rush {name}")))
            .collect()
    };
    let many: Vec<_> = (0..20).map(|number| format!("{number:02}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let reverse: Vec<_> = many.iter().rev().copied().collect();
    let mut one_other = many.clone();
    one_other[19] = "other";
    let (many, reverse, one_other) = (leads(&many), leads(&reverse), leads(&one_other));
    let longer = [many.clone(), leads(&["longer"])].concat();
    let container = Container::start().await;
    for (number, requests) in [
        vec![json!(many), json!(reverse)],
        vec![json!(many), json!(one_other)],
        vec![json!(many), json!(many[..10])],
        vec![json!(many), json!(longer)],
        vec![json!(many), many[0].clone()],
        vec![many[1].clone(), json!(many), many[0].clone()],
        vec![
            json!(many),
            json!(reverse),
            json!(one_other),
            json!(longer),
            many[0].clone(),
        ],
    ]
    .into_iter()
    .enumerate()
    {
        for round in 0..6 {
            let key = format!("rush-{number}-{round}");
            let before = stored_names(&container).await;
            let replies = join_all(requests.iter().map(|it| container.post(it, Some(&key)))).await;
            let mut winners = requests.iter().zip(&replies).filter(|(_, reply)| {
                assert!(matches!(reply.status.as_u16(), 201 | 422), "{}", reply.text);
                reply.status.as_u16() == 201
            });
            let (winner, _) = winners.next().expect("one request is stored");
            assert!(winners.next().is_none(), "{key}: two requests are stored");
            let names = |request: &Value| -> Vec<String> {
                let leads = match request.as_array() {
                    Some(leads) => leads.clone(),
                    None => vec![request.clone()],
                };
                let name = |lead: &Value| lead["first_name"].as_str().unwrap()[5..].to_owned();
                leads.iter().map(name).collect()
            };
            let mut expected = [before, names(winner)].concat();
            expected.sort_unstable();
            assert_eq!(stored_names(&container).await, expected, "{key}");
        }
    }
    container.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_arrays_with_refused_leads_at_the_same_moment_one_is_stored_and_the_other_is_not() {
    let named = |name: &str| lead(&format!("Rush {name}"));
    let wrong = || json!({"first_name": ""});
    let many: Vec<_> = (0..20)
        .map(|number| named(&format!("A{number:02}")))
        .collect();
    let first_is_wrong = [vec![wrong()], many.clone()].concat();
    let others_are_wrong = [vec![named("B")], vec![wrong(); 20]].concat();
    let others_are_malformed = [vec![named("B")], vec![json!(3); 20]].concat();
    let last_is_wrong = [many, vec![wrong()]].concat();
    let container = Container::start().await;
    for (number, requests) in [
        [&first_is_wrong, &others_are_wrong],
        [&first_is_wrong, &others_are_malformed],
        [&first_is_wrong, &last_is_wrong],
    ]
    .into_iter()
    .enumerate()
    {
        for round in 0..8 {
            let key = format!("refused-{number}-{round}");
            let before = stored_names(&container).await.len();
            let bodies = requests.map(|leads| json!(leads));
            let calls = bodies.iter().map(|body| container.post(body, Some(&key)));
            let replies = join_all(calls).await;
            let won: Vec<_> = replies.iter().filter(|reply| reply.status == 207).collect();
            assert_eq!(won.len(), 1, "{key}");
            assert!(replies.iter().any(|reply| reply.status == 422), "{key}");
            let stored = stored_names(&container).await.len() - before;
            assert_eq!(won[0].body["created"], stored, "{key}");
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn an_array_that_was_cut_short_goes_on_with_the_same_array_only() {
    let container = Container::start().await;
    let leads = json!([lead("A"), lead("B")]);
    // The manifest is stored, and no lead is.
    let cut = container.post(&leads, Some("key")).await;
    for result in cut.body["results"].as_array().unwrap() {
        let id = result["lead"]["id"].as_str().unwrap();
        for item in items_of(&container.services, id).await {
            let delete = container.services.clients.dynamodb.delete_item();
            let delete = delete.table_name(container.services.table());
            let delete = delete
                .key("pk", item["pk"].clone())
                .key("sk", item["sk"].clone());
            delete.send().await.unwrap();
        }
    }
    let other = container
        .post(&json!([lead("B"), lead("A")]), Some("key"))
        .await;
    assert_eq!(
        other.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        other.text
    );
    let again = container.post(&leads, Some("key")).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    assert!(!again.headers.contains_key("idempotency-replayed"));
    container.stop().await;
}

#[tokio::test]
async fn an_array_costs_one_call_more_with_a_key_and_none_without_a_valid_lead() {
    let container = Container::warm(&lead("A")).await;
    for (leads, calls) in [
        (json!([lead("A"), lead("B")]), 3),
        (json!([{}, {"first_name": ""}]), 2),
    ] {
        container.post(&leads, Some(&format!("key-{calls}"))).await;
        let made = container.dynamodb.take_calls();
        assert_eq!(made.len(), calls, "{made:?}");
    }
    container.stop().await;
}
