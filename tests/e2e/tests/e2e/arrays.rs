//! Many leads at once ([contract](../../../../docs/contract.md#many-at-once)).

use local::demo;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    alike::both,
    fixtures::{Api, RawRequest, body, stack},
};

async fn post(api: &Api, leads: &Value, status: StatusCode) -> Value {
    body(
        api.post("/api/public/leads")
            .json(leads)
            .send()
            .await
            .unwrap(),
        status,
    )
    .await
}

#[tokio::test]
async fn valid_leads_are_created_even_when_others_are_not() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let leads = json!([
        {"first_name": "A", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID},
        {"last_name": "B", "email": "nope"},
        {"first_name": "C", "campaign_id": "019c0000-0000-7000-8000-00000000dead"},
        {"first_name": "D", "workflow_id": demo::WORKFLOW_ID},
        7,
        {"first_name": "F", "notes": "x".repeat(64 * 1024)},
    ]);
    let reply = post(&api, &leads, StatusCode::MULTI_STATUS).await;
    assert_eq!(
        (
            &reply["success"],
            &reply["total"],
            &reply["created"],
            &reply["failed"]
        ),
        (&json!(true), &json!(6), &json!(2), &json!(4))
    );
    let results = reply["results"].as_array().unwrap();
    let texts: Vec<_> = results
        .iter()
        .map(|result| {
            let text = result["message"]
                .as_str()
                .or(result["warning"].as_str())
                .unwrap_or_default();
            (
                result["index"].as_u64().unwrap(),
                result["success"].as_bool().unwrap(),
                text,
            )
        })
        .collect();
    assert_eq!(
        texts,
        [
            (0, true, ""),
            (
                1,
                false,
                "first_name is required; email \"nope\" is not a valid email address"
            ),
            (
                2,
                true,
                "the campaign is unknown to this account: the lead has no campaign"
            ),
            (3, false, "phone is required: the workflow has a call step"),
            (
                4,
                false,
                "The element must be a JSON object: one lead (line 1, column 273)"
            ),
            (5, false, "A lead must not be over 64 KiB"),
        ]
    );
    assert_eq!(results[1]["details"].as_array().unwrap().len(), 2);
    let id = results[0]["lead"]["id"].as_str().unwrap();
    assert!(results[0]["workflow_run"]["id"].is_string());
    api.lead_with_run(id).await;
    stack.stop().await;
}

#[tokio::test]
async fn all_created_is_201_none_is_400_and_the_number_is_bounded() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let lead = json!({"first_name": "A"});
    let reply = post(&api, &json!([lead, lead]), StatusCode::CREATED).await;
    assert_eq!(
        (&reply["created"], &reply["failed"]),
        (&json!(2), &json!(0))
    );
    let reply = post(&api, &json!([{}, {}]), StatusCode::BAD_REQUEST).await;
    assert_eq!(
        (&reply["success"], &reply["created"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(reply["code"], "validation_error");
    assert!(reply["request_id"].is_string() && reply["results"][1]["index"] == 1);
    for (leads, held) in [(json!([]), 0), (json!(vec![lead.clone(); 1_001]), 1_001)] {
        let error = post(&api, &leads, StatusCode::BAD_REQUEST).await;
        assert_eq!(
            error["message"],
            format!("the array must hold 1 to 1000 leads; it holds {held}")
        );
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_thousand_leads_are_all_stored_in_order_and_all_get_their_run() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let leads: Vec<_> = (0..1_000)
        .map(|number| {
            json!({
                "first_name": format!("Lead {number}"), "phone": format!("+1555{number:07}"),
                "workflow_id": demo::WORKFLOW_ID, "notes": "x".repeat(900),
            })
        })
        .collect();
    let reply = post(&api, &json!(leads), StatusCode::CREATED).await;
    let results = reply["results"].as_array().unwrap();
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result["lead"]["first_name"], format!("Lead {number}"));
    }
    // The queue has another order than the array, so some leads are read.
    for number in [0, 1, 499, 500, 998, 999] {
        let id = results[number]["lead"]["id"].as_str().unwrap();
        let lead = api.lead_with_run(id).await;
        assert_eq!(lead["first_name"], format!("Lead {number}"));
    }
    stack.stop().await;
}

#[tokio::test]
async fn each_refused_lead_of_an_array_has_the_address_of_its_error() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let refused = [
        (json!({"email": "nope"}), "validation_error"),
        (json!(7), "malformed_json"),
        (
            json!({"first_name": "A", "notes": "x".repeat(64 * 1024)}),
            "payload_too_large",
        ),
    ];
    let created = json!({"first_name": "John", "phone": "+1234567890"});
    let mut leads: Vec<_> = refused.iter().map(|(lead, _)| lead.clone()).collect();
    let none = post(&api, &json!(leads), StatusCode::BAD_REQUEST).await;
    // The function of the gateway's events has no address, so its links are relative.
    let body = json!(leads).to_string();
    both(&stack, &RawRequest::post("/api/public/leads", &body)).await;
    leads.push(created);
    let some = post(&api, &json!(leads), StatusCode::MULTI_STATUS).await;
    for reply in [none, some] {
        for (index, (_, code)) in refused.iter().enumerate() {
            let result = &reply["results"][index];
            assert_eq!(result["code"], *code);
            let url = format!("{}/docs/errors#{code}", stack.api_url);
            assert_eq!(result["doc_url"], url, "{result}");
        }
        assert_eq!(reply["results"][3].get("doc_url"), None);
    }
    stack.stop().await;
}
