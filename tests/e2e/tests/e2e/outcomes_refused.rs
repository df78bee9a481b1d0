//! Reports of outcomes that are refused ([contract](../../../../docs/contract.md#outcomes)).

use lambda_http::http::StatusCode;
use serde_json::json;

use crate::{fixtures::Live, outcomes::at_whatsapp};

#[tokio::test]
async fn a_wrong_report_is_refused_with_all_its_problems_and_the_valid_words() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let words = "answered, replied, voicemail, no_answer, busy, failed, delivered, bounced, invalid, \
                 opted_out, complained, callback, deferred";
    let unknown = |word: &str| format!("must be one of {words}").replace("{word}", word);
    for (body, problems) in [
        (json!({}), vec!["outcome is required".to_owned()]),
        (
            json!({"outcome": null}),
            vec!["outcome is required".to_owned()],
        ),
        (
            json!({"outcome": "no_outcome"}),
            vec![unknown("no_outcome")],
        ),
        (json!({"outcome": "Answered"}), vec![unknown("Answered")]),
        (
            json!({"outcome": 7}),
            vec!["outcome must be a string".to_owned()],
        ),
        (
            json!({"outcome": "callback"}),
            vec!["callback_at is required for a callback".to_owned()],
        ),
        (
            json!({"outcome": "busy", "callback_at": "2026-02-11T12:00:00Z"}),
            vec!["callback_at is only for a callback".to_owned()],
        ),
        (
            json!({"outcome": "callback", "callback_at": "2026-05-11T12:00:01Z"}),
            vec!["must be at most 90 days ahead".to_owned()],
        ),
        (
            json!({"outcome": "delivered"}),
            vec![
                "delivered is not for the channel call; it is for whatsapp, sms, email".to_owned(),
            ],
        ),
        (
            json!({"outcome": "busy", "duration_s": -1, "at": "now", "from": 5, "colour": "red",
                   "note": "x".repeat(1_001), "provider_id": "x".repeat(201)}),
            ["duration_s", "at", "from", "colour", "note", "provider_id"]
                .map(str::to_owned)
                .to_vec(),
        ),
    ] {
        let reply = live.send(&id, &body).await;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("validation_error")),
            "{body}: {}",
            reply.text
        );
        let details = reply.body["details"].as_array().unwrap();
        assert_eq!(details.len(), problems.len(), "{}", reply.text);
        for problem in problems {
            assert!(reply.text.contains(&problem), "{problem}: {}", reply.text);
        }
    }
    // Nothing was taken in.
    assert_eq!(live.touchpoint(&id).await["outcomes"], json!([]));
    // The last moment that is allowed.
    let body = json!({"outcome": "callback", "callback_at": "2026-05-11T12:00:00Z"});
    live.report(&id, body).await;
    live.stop().await;
}

#[tokio::test]
async fn each_outcome_is_for_the_channels_of_the_contract() {
    let live = Live::start().await;
    let lead = at_whatsapp(&live).await;
    let id = live.pulled(&lead).await;
    for outcome in ["answered", "voicemail", "no_answer", "busy", "callback"] {
        let mut body = json!({ "outcome": outcome });
        if outcome == "callback" {
            body["callback_at"] = json!("2026-02-20T12:00:00Z");
        }
        let reply = live.send(&id, &body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text);
        let expected = format!("{outcome} is not for the channel whatsapp; it is for call");
        assert!(reply.text.contains(&expected), "{}", reply.text);
    }
    for outcome in ["delivered", "failed", "replied", "bounced", "opted_out"] {
        assert_eq!(live.outcome(&id, outcome).await["changed"], true);
    }
    live.stop().await;
}
