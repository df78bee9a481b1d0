//! Values that are kept, normalised or refused
//! ([contract](../../../../docs/contract.md#post-leads)).

use reqwest::{StatusCode, header};
use serde_json::json;

use crate::fixtures::{Api, body, stack};

#[tokio::test]
async fn a_lead_comes_back_as_it_was_sent() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let sent = r#"{"first_name":"Zoë","notes":"line\nbreak \u0000 \"quoted\"","n":1.0,"big":12345678901234567890,
        "metadata":{"":1,"\u0000":2,"a.b#c":{"d":[null,true,-0,1e2]}}}"#;
    let response = api
        .post("/api/public/leads")
        .header(header::CONTENT_TYPE, "application/json")
        .body(sent)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    let created = response.text().await.unwrap();
    let read = api
        .get(&location)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let metadata = r#""metadata":{"":1,"\u0000":2,"a.b#c":{"d":[null,true,-0,1e2]},"big":12345678901234567890,"n":1.0,"notes":"line\nbreak \u0000 \"quoted\""}"#;
    assert!(created.contains(metadata), "{created}");
    assert!(read.contains(metadata), "{read}");
    stack.stop().await;
}

#[tokio::test]
async fn numbers_and_depths_that_cannot_be_kept_are_refused_by_name() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for (value, kept) in [
        ("9007199254740993", true),
        ("18446744073709551616", true),
        ("0.1", true),
        ("-0", true),
        ("12345678901234567890123456789012345678", true),
        ("123456789012345678901234567890123456789", false),
        ("1e400", false),
        ("[[[[[[[[8]]]]]]]]", true),
        ("[[[[[[[[[9]]]]]]]]]", false),
    ] {
        for body in [
            format!(r#"{{"first_name":"J","x":{value}}}"#),
            format!(r#"{{"first_name":"J","metadata":{{"x":{value}}}}}"#),
        ] {
            let request = api
                .post("/api/public/leads")
                .header(header::CONTENT_TYPE, "application/json");
            let response = request.body(body.clone()).send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            if kept {
                assert_eq!(status, StatusCode::CREATED, "{text}");
                assert!(
                    text.contains(&format!(r#""metadata":{{"x":{value}}}"#)),
                    "{text}"
                );
            } else {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
                let field = if body.contains("metadata") {
                    "metadata.x"
                } else {
                    "x"
                };
                assert!(text.contains(&format!(r#""field":"{field}""#)), "{text}");
            }
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn odd_text_is_kept_or_refused_and_never_changed() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for name in [
        "\u{fffe}x",
        "\u{202e}txet",
        "👩‍👩‍👧‍👦",
        "O'Brien <b>&amp;</b>",
        "李小龙",
        "Å",
    ] {
        let created = api
            .create(&json!({"first_name": name, "notes": name}))
            .await;
        let lead = api.lead(created["lead"]["id"].as_str().unwrap()).await;
        assert_eq!(
            (&lead["first_name"], &lead["metadata"]["notes"]),
            (&json!(name), &json!(name))
        );
    }
    for (sent, message) in [
        (
            r#"{"first_name":"\ud800"}"#,
            "first_name must be valid Unicode",
        ),
        (
            r#"{"first_name":"a","first_name":"b"}"#,
            "first_name is given more than once",
        ),
        (
            r#"{"first_name":"a\u0000b"}"#,
            "first_name \"a\\u{0}b\" must not contain control characters, such as tabs or line breaks",
        ),
        (r#"{"first_name":7}"#, "first_name must be a string"),
    ] {
        let request = api.post("/api/public/leads").body(sent);
        let error = body(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
        assert_eq!(error["message"], message);
    }
    let latin1 = b"{\"first_name\":\"Zo\xeb\"}".to_vec();
    let response = api
        .post("/api/public/leads")
        .body(latin1)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        error["message"],
        "The body is not UTF-8: send it as UTF-8, and uncompressed (line 1, column 18)"
    );
    let with_mark = "\u{feff}{\"first_name\":\"Zo\u{eb}\"}";
    let response = api
        .post("/api/public/leads")
        .body(with_mark)
        .send()
        .await
        .unwrap();
    let created = body(response, StatusCode::CREATED).await;
    assert_eq!(created["lead"]["first_name"], "Zo\u{eb}");
    stack.stop().await;
}
