//! First messages ([contract](../../../../docs/contract.md#force_first_message)).

use serde_json::{Value, json};

use crate::fixtures::{Api, Container, active_run, consume, example_lead, run, stack};

#[tokio::test]
async fn a_first_message_takes_the_place_of_the_first_touchpoint() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let mut lead = example_lead();
    lead["force_first_message"] = json!({"channel": "whatsapp", "content": "Hello John"});
    let created = api.create(&lead).await;
    let cadence = &created["workflow_run"]["cadence"];
    assert_eq!(
        (&cadence["channel"], &cadence["stepIndex"]),
        (&json!("whatsapp"), &json!(0))
    );
    assert_eq!(created["lead"]["metadata"], json!({}));
    stack.stop().await;
}

#[tokio::test]
async fn a_first_message_is_shown_as_the_template_that_was_sent() {
    let (container, clock) = Container::with_clock().await;
    let mut lead = example_lead();
    let content = "Hi {{ first_name }}, {{ metadata.plan | default(\"welcome\") }}\n";
    lead["force_first_message"] = json!({"channel": "sms", "content": content});
    let id = container.create(&lead).await;
    consume(&container.services, &clock).await;
    let active = active_run(&container, &id).await;
    let run = run(&container, &id, &active["id"]).await;
    assert_eq!(
        run["touchpoints"][0]["message"],
        json!({"content": content})
    );
    container.stop().await;
}

#[tokio::test]
async fn a_first_message_that_cannot_be_sent_is_refused() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for (message, problems) in [
        (
            json!({"channel": "fax"}),
            &["force_first_message.channel \"fax\" must be call, whatsapp, email or sms"][..],
        ),
        (
            json!({}),
            &["force_first_message needs begin_message or content on the channel call"],
        ),
        (
            json!({"channel": "sms"}),
            &["force_first_message needs content on the channel sms"],
        ),
        (
            json!({"channel": "sms", "content": "Hi", "html": "<p>", "text": 1}),
            &[
                "force_first_message.text is not a field of force_first_message; known are channel, content, begin_message, subject, html, template_id, components",
                "force_first_message.html is not for the channel sms",
            ],
        ),
        (
            json!({"channel": "sms", "content": "Hi", "html": "<p>"}),
            &["force_first_message.html is not for the channel sms"],
        ),
        // A field with nearly the same name hides no problem.
        (
            json!({"channel": "sms", "content": "Hi", "html": "<p>", "html5": "<p>"}),
            &[
                "force_first_message.html5 is not a field of force_first_message; known are channel, content, begin_message, subject, html, template_id, components",
                "force_first_message.html is not for the channel sms",
            ],
        ),
        (
            json!({"content": 7}),
            &["force_first_message.content must be a string"],
        ),
        (json!([]), &["force_first_message must be an object"]),
        (
            json!({"channel": "sms", "content": "Hi {{ firstname }}"}),
            &[
                "force_first_message.content has the unknown variable firstname; did you mean first_name?",
            ],
        ),
        (
            json!({"channel": "email", "subject": "{{ title", "html": "<p>\n{% if email %}"}),
            &[
                "force_first_message.subject is not a valid template: it has its end instead of `|` or `}}`; a plain {{ is written {{ \"{{\" }}",
                "force_first_message.html has {% ... %}, but a message takes only {{ variables }} (line 2, column 1 of the text); a plain {% is written {{ \"{%\" }}",
            ],
        ),
    ] {
        let mut lead = example_lead();
        lead["force_first_message"] = message;
        let error = api.refused(&lead).await;
        let messages: Vec<_> = error["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|detail| &detail["message"])
            .collect();
        assert_eq!(messages, problems);
    }
    let mut lead = example_lead();
    lead["email"] = Value::Null;
    lead["force_first_message"] = json!({"channel": "email", "content": "Hi"});
    let error = api.refused(&lead).await;
    assert_eq!(
        error["message"],
        "force_first_message cannot reach the lead on the channel email"
    );
    let lead = json!({"first_name": "John", "force_first_message": {"content": "Hi"}});
    let error = api.refused(&lead).await;
    assert_eq!(error["message"], "force_first_message needs workflow_id");
    stack.stop().await;
}

#[tokio::test]
async fn a_key_that_is_spelt_like_a_part_of_a_first_message_hides_no_problem() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let mut lead = example_lead();
    lead["force_first_message"] = json!({"channel": "sms", "html": "<p>"});
    let of_message = [
        "force_first_message.html is not for the channel sms",
        "force_first_message needs content on the channel sms",
    ];
    for part in ["channel", "html", "content", "x"] {
        let mut lead = lead.clone();
        lead[format!("force_first_message.{part}")] = json!([[[[[[[[[0]]]]]]]]]);
        let error = api.refused(&lead).await;
        let problems = error["details"].as_array().unwrap().iter();
        let messages: Vec<_> = problems.map(|it| it["message"].as_str().unwrap()).collect();
        assert_eq!(messages[1..], of_message, "{part}");
    }
    stack.stop().await;
}
