//! Phone numbers over HTTP. The tests of `domain` read every notation.

use lambda_http::http::StatusCode;
use serde_json::json;

use crate::fixtures::{Container, Logs};

/// Texts for an account in the US, with the number that is stored.
const READ: [(&str, &str); 8] = [
    ("+1234567890", "+1234567890"),
    ("+33+33631966543", "+33631966543"),
    ("+39 (0)6 6982 0000", "+390669820000"),
    ("+81（0）90-1234-5678", "+819012345678"),
    (
        "\u{2068}whatsapp:+61 (03) 9999 9999\u{2069}",
        "+61399999999",
    ),
    ("011 44 20 7946 0958", "+442079460958"),
    ("'+442079460958.0", "+442079460958"),
    ("1 201 555 0123", "+12015550123"),
];

/// Texts that are refused, with the message.
const REFUSED: [(&str, &str); 9] = [
    (
        "0+33631966543",
        "phone \"0+33631966543\" has a + behind other digits: send it with one + in front, such as +442079460958",
    ),
    (
        "+43 1 58801/58802",
        "phone \"+43 1 58801/58802\" has more than one number: send one number, such as +442079460958",
    ),
    (
        "+33631966543.5",
        "phone \"+33631966543.5\" ends like a fraction of a spreadsheet: send its digits as text, such as \
         +442079460958",
    ),
    (
        "001234567890",
        "phone \"001234567890\" was read as +1234567890, which is no number of its country: send it with its \
         country code, such as +442079460958",
    ),
    (
        "+61 03 9999 999",
        "phone \"+61 03 9999 999\" was read as +6139999999, which is no number of its country: send it with its \
         country code, such as +442079460958",
    ),
    (
        "555-0100",
        "phone \"555-0100\" is not a phone number in US, the account's default_country: send it with its \
         country code, such as +442079460958",
    ),
    (
        "+34612345678 (mobile)",
        "phone \"+34612345678 (mobile)\" has characters that are no part of a number, such as 'm': send its digits only, \
         such as +442079460958",
    ),
    (
        "+123456789012345678",
        "phone \"+123456789012345678\" has more than 15 digits: send one number with its country code, such as \
         +442079460958",
    ),
    (
        "+43 1 58801/0",
        "phone \"+43 1 58801/0\" ends with a slash and digits, which may be an extension or a second number: send \
         one number, such as +442079460958 ext. 12",
    ),
];

#[tokio::test]
async fn a_number_is_stored_as_it_was_read_and_a_change_reads_it_alike() {
    let container = Container::start().await;
    let id = container.create(&json!({"first_name": "Ada"})).await;
    for (given, stored) in READ {
        let lead = json!({"first_name": "Ada", "phone": given});
        let created = container.create(&lead).await;
        let path = format!("/leads/{id}");
        let change = json!({"phone": given});
        let reply = container.call("PATCH", &path, Some(&change)).await;
        assert_eq!(reply.body["lead"]["phone"], stored, "{given}");
        let reply = container.get(&created).await;
        assert_eq!(reply.body["lead"]["phone"], stored, "{given}");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_refusal_names_the_reading_of_a_number_and_no_log_does() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    for (given, message) in REFUSED {
        let lead = json!({"first_name": "Ada", "phone": given});
        let reply = container.post(&lead, None).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{given}");
        assert_eq!(reply.body["message"], message, "{given}");
    }
    container.stop().await;
    let log = logs.text();
    assert!(log.contains("validation_error"), "{log}");
    for part in [
        "33631966543",
        // Five digits alone are also in the ids of some runs of this test.
        "58801/",
        "43158801",
        "234567890",
        "39999999",
        "555-0100",
        "612345678",
    ] {
        assert!(!log.contains(part), "{part}");
    }
}
