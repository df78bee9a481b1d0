//! `leadgate destination test`: the answers of a receiver to a signed sample and to a wrongly signed one.

use std::time::Duration;

use anstyle::Style;
use aws::randomness;
use domain::webhook_secret::WebhookSecret;
use local::text::{cut, printable};
use serde::Serialize;
use serde_json::Value;
use webhook::{Answer, Delivery, Sender};

use super::{
    args::OneArgs,
    error::DestinationError,
    find::{Webhook, webhook},
    sample::sample,
};
use crate::output::{CREATE, REMOVE};

/// Maximum number of columns of a body in the output.
const LONGEST_BODY: usize = 200;

#[derive(Serialize)]
struct TestOut {
    destination: String,
    /// Whether the receiver has done both right.
    passed: bool,
    signed: AnswerOut,
    wrongly_signed: AnswerOut,
}

#[derive(Serialize)]
struct AnswerOut {
    /// `None` without an answer.
    status: Option<u16>,
    /// Text of the answer's body, or the reason why there is none.
    answer: String,
    duration_ms: u64,
    is_right: bool,
    /// Effect of such an answer to a touchpoint, or the mistake of the receiver.
    effect: &'static str,
}

pub async fn test(args: &OneArgs) -> Result<(), DestinationError> {
    let webhook = webhook(args).await?;
    let secrets = webhook.secrets().await?.valid_at(webhook.now());
    let foreign = [WebhookSecret::new(randomness::secret()?)];
    let sender = match webhook.target.is_local {
        true => Sender::local()?,
        false => Sender::new()?,
    };
    // The wrong one first: a receiver that refuses everything then fails the second.
    let (answer, took) = send(&sender, &webhook, 1, &foreign).await;
    let wrongly_signed = AnswerOut::of_wrongly_signed(&answer, took);
    let (answer, took) = send(&sender, &webhook, 2, &secrets).await;
    let signed = AnswerOut::of_signed(&answer, took);
    let out = TestOut {
        destination: webhook.destination.name,
        passed: signed.is_right && wrongly_signed.is_right,
        signed,
        wrongly_signed,
    };
    args.output.print(&out, text)?;
    match out.passed {
        true => Ok(()),
        false => Err(DestinationError::Failed),
    }
}

async fn send(
    sender: &Sender,
    webhook: &Webhook,
    number: u16,
    secrets: &[WebhookSecret],
) -> (Answer, Duration) {
    let now = webhook.now();
    let (id, body) = sample(&webhook.destination, number, now);
    let delivery = Delivery {
        url: &webhook.url,
        id: &id,
        timestamp: now,
        secrets,
        body: body.as_bytes(),
    };
    let sent = sender.send(&delivery).await;
    (sent.answer, sent.took)
}

impl AnswerOut {
    fn of_signed(answer: &Answer, took: Duration) -> Self {
        let (is_right, effect) = match answer {
            Answer::Accepted { .. } if has_outcome(answer) => (
                true,
                "It has taken the sample, and its answer has an outcome, which counts at once.",
            ),
            Answer::Accepted { .. } => (true, "It has taken the sample."),
            Answer::Refused { .. } => (
                false,
                "It refuses the contact. Leadgate tries once more after a minute, then the contact has failed.",
            ),
            Answer::Missed(_) => (
                false,
                "It has not taken the sample. Leadgate tries again after 1, 2, 4 ... 30 minutes.",
            ),
            Answer::Gone { .. } => (
                false,
                "It wants no more. Leadgate pauses this destination until `leadgate destination resume`.",
            ),
            Answer::Busy { .. } => (
                false,
                "It is busy. Leadgate sends nothing for a while, then tries again.",
            ),
            Answer::Unknown(_) => (
                false,
                "It may have taken the sample. Leadgate sends the same id again until the receiver answers.",
            ),
        };
        Self::new(answer, took, is_right, effect)
    }

    fn of_wrongly_signed(answer: &Answer, took: Duration) -> Self {
        let status = answer.status();
        let (is_right, effect) = match status {
            Some(400..=499) => (true, "It has refused the wrong signature, as it must."),
            Some(200..=299) => (
                false,
                "It takes requests that Leadgate did not sign. Let it check the signature.",
            ),
            Some(_) => (
                false,
                "It must refuse a wrong signature with 401, or another 4xx.",
            ),
            None => (
                false,
                "There was no answer, so the test says nothing about signatures.",
            ),
        };
        Self::new(answer, took, is_right, effect)
    }

    fn new(answer: &Answer, took: Duration, is_right: bool, effect: &'static str) -> Self {
        let reason = match answer {
            Answer::Missed(miss) => miss.to_string(),
            Answer::Unknown(unknown) => unknown.to_string(),
            _ => String::new(),
        };
        let body = answer.body();
        let body = body.map(|body| String::from_utf8_lossy(&body.bytes).into_owned());
        Self {
            status: answer.status(),
            answer: body.unwrap_or(reason),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            is_right,
            effect,
        }
    }
}

fn has_outcome(answer: &Answer) -> bool {
    let body = answer.body().map(|body| body.bytes.as_slice());
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    body.is_some_and(|body| body.get("outcome").is_some_and(Value::is_string))
}

fn text(out: &TestOut) -> String {
    let part = |title: &str, answer: &AnswerOut| {
        let style: Style = if answer.is_right { CREATE } else { REMOVE };
        let word = if answer.is_right { "right" } else { "wrong" };
        let status = answer
            .status
            .map_or("no answer".to_owned(), |it| it.to_string());
        let mut text = format!(
            "{title}: {style}{word}{style:#}, {status} after {} ms\n    {}\n",
            answer.duration_ms, answer.effect
        );
        let body = cut(&printable(answer.answer.trim()), LONGEST_BODY);
        if !body.is_empty() {
            text += &format!("    Answer: {body}\n");
        }
        text
    };
    let end = match out.passed {
        true => "The receiver works, seen from this machine.\n",
        false => "The receiver does not work, seen from this machine.\n",
    };
    format!(
        "{}{}{end}",
        part("Signed sample", &out.signed),
        part("Wrongly signed sample", &out.wrongly_signed)
    )
}

#[cfg(test)]
mod tests {
    use webhook::{Body, Miss, Unknown};

    use super::*;

    fn body(text: &str) -> Body {
        Body {
            bytes: text.into(),
            is_whole: true,
        }
    }

    #[test]
    fn a_receiver_is_right_if_it_takes_the_signed_and_refuses_the_wrong() {
        let refused = |status| Answer::Refused {
            status,
            body: body(""),
        };
        let missed = |status| {
            Answer::Missed(Miss::Status {
                status,
                body: body(""),
            })
        };
        let accepted = Answer::Accepted {
            status: 202,
            body: body("{}"),
        };
        for (answer, takes, refuses) in [
            (accepted, true, false),
            (refused(400), false, true),
            (missed(401), false, true),
            (missed(302), false, false),
            (Answer::Gone { body: body("") }, false, true),
            (Answer::Missed(Miss::Dns), false, false),
            (Answer::Unknown(Unknown::Timeout), false, false),
        ] {
            let took = Duration::from_millis(5);
            assert_eq!(
                AnswerOut::of_signed(&answer, took).is_right,
                takes,
                "{answer:?}"
            );
            let wrong = AnswerOut::of_wrongly_signed(&answer, took);
            assert_eq!(wrong.is_right, refuses, "{answer:?}");
        }
    }

    #[test]
    fn the_output_shows_what_the_receiver_said() {
        let accepted = Answer::Accepted {
            status: 200,
            body: body("{\"outcome\": \"answered\"}\u{1b}"),
        };
        let took = Duration::from_millis(12);
        let refused = Answer::Missed(Miss::Refused);
        let out = TestOut {
            destination: "dialer".to_owned(),
            passed: false,
            signed: AnswerOut::of_signed(&accepted, took),
            wrongly_signed: AnswerOut::of_wrongly_signed(&refused, took),
        };
        let text = anstream::adapter::strip_str(&text(&out)).to_string();
        let expected = "\
Signed sample: right, 200 after 12 ms
    It has taken the sample.
    Answer: {\"outcome\": \"answered\"}\\u{1b}
Wrongly signed sample: wrong, no answer after 12 ms
    There was no answer, so the test says nothing about signatures.
    Answer: the receiver refused the connection
The receiver does not work, seen from this machine.
";
        assert_eq!(text, expected);
    }
}
