//! A delivery, as `leadgate listen` prints it.

use anstyle::{AnsiColor, Effects, Style};
use domain::channel::Channel;
use jiff::{Timestamp, tz::TimeZone};
use local::text::printable;
use serde::Serialize;
use serde_json::Value;

const DIM: Style = Style::new().effects(Effects::DIMMED);
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// Indent of the lines below the first: the columns of the time.
const INDENT: &str = "         ";

/// A delivery and its answer.
#[derive(Debug, Serialize)]
pub struct Delivery {
    pub at: Timestamp,
    /// Header `webhook-id`: the id of the touchpoint.
    pub id: Option<String>,
    /// Number of deliveries with this id so far.
    pub times: u32,
    /// The reason why the signature is not valid. `None` if it is.
    pub problem: Option<String>,
    pub status: u16,
    /// Outcome in the answer. `None` if there is none.
    pub outcome: Option<String>,
    /// Body, or its text if it is not JSON.
    pub body: Value,
}

impl Delivery {
    fn text(&self, path: &str) -> &str {
        let found = self.body.pointer(path).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    fn number(&self, path: &str) -> Option<u64> {
        self.body.pointer(path).and_then(Value::as_u64)
    }

    /// Returns the channel and the attempt. `None` if the body is no touchpoint.
    pub fn place(&self) -> Option<(Channel, u64)> {
        let channel = Channel::of_word(self.text("/data/touchpoint/channel"))?;
        Some((channel, self.number("/data/touchpoint/attemptNumber")?))
    }

    pub fn is_test(&self) -> bool {
        self.body.get("test").and_then(Value::as_bool) == Some(true)
    }

    /// Returns the lines for people.
    pub fn render(&self, zone: &TimeZone) -> String {
        let time = self.at.to_zoned(zone.clone()).strftime("%H:%M:%S");
        let style = if self.status < 300 { GREEN } else { YELLOW };
        let mut text = format!(
            "{DIM}{time}{DIM:#} {style}{}{style:#} {}",
            self.status,
            self.what()
        );
        if let Some(outcome) = &self.outcome {
            text += &format!(", outcome {outcome}");
        }
        if self.times > 1 {
            text += &format!(", delivery {} of this id", self.times);
        }
        text.push('\n');
        if let Some(problem) = &self.problem {
            text += &format!(
                "{INDENT}{YELLOW}not valid{YELLOW:#}: {}\n",
                printable(problem)
            );
            return text;
        }
        for (label, path) in [
            ("Subject", "/data/message/subject"),
            ("Begin with", "/data/message/begin_message"),
            ("Say", "/data/message/content"),
            ("Template", "/data/message/template_id"),
        ] {
            let said = self.text(path);
            if !said.is_empty() {
                text += &format!("{INDENT}{label}: {}\n", printable(said));
            }
        }
        text
    }

    /// Returns the contact and the person.
    fn what(&self) -> String {
        let Some((channel, attempt)) = self.place() else {
            return "a request without a touchpoint".to_owned();
        };
        let address = match channel {
            Channel::Email => self.text("/data/lead/email"),
            _ => self.text("/data/lead/phone"),
        };
        let names = ["/data/lead/first_name", "/data/lead/last_name"];
        let names: Vec<_> = names.into_iter().map(|it| self.text(it)).collect();
        let most = self
            .number("/data/touchpoint/maxAttempts")
            .unwrap_or(attempt);
        let number = match self.number("/data/touchpoint/try") {
            None | Some(1) => String::new(),
            Some(number) => format!(", try {number}"),
        };
        let test = if self.is_test() { "test: " } else { "" };
        let person = printable(&format!("{} {address}", names.join(" ").trim()));
        format!(
            "{test}{channel} {attempt}/{most} to {}{number}",
            person.trim()
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delivery(body: Value) -> Delivery {
        Delivery {
            at: "2026-02-10T12:34:56Z".parse().unwrap(),
            id: Some("tp_1".to_owned()),
            times: 1,
            problem: None,
            status: 200,
            outcome: None,
            body,
        }
    }

    fn rendered(delivery: &Delivery) -> String {
        let text = delivery.render(&TimeZone::UTC);
        anstream::adapter::strip_str(&text).to_string()
    }

    fn body(channel: &str, number: u64) -> Value {
        let touchpoint =
            json!({"channel": channel, "attemptNumber": 1, "maxAttempts": 3, "try": number});
        let lead = json!({"first_name": "John", "last_name": null, "email": "j@example.com", "phone": "+1234567890"});
        let message = json!({"subject": "Hello", "content": "First\u{1b}[2J"});
        json!({"test": false, "data": {"touchpoint": touchpoint, "lead": lead, "message": message}})
    }

    #[test]
    fn a_delivery_shows_who_what_and_the_answer() {
        let mut call = delivery(body("call", 1));
        call.outcome = Some("no_answer".to_owned());
        assert_eq!(
            rendered(&call),
            "12:34:56 200 call 1/3 to John +1234567890, outcome no_answer\n         Subject: Hello\n         \
             Say: First\\u{1b}[2J\n"
        );
        let mut again = delivery(body("email", 2));
        again.times = 2;
        let text = rendered(&again);
        let line = "12:34:56 200 email 1/3 to John j@example.com, try 2, delivery 2 of this id\n";
        assert!(text.starts_with(line), "{text}");
    }

    #[test]
    fn a_delivery_that_is_not_valid_shows_why_and_not_what_it_says() {
        let mut wrong = delivery(body("call", 1));
        wrong.status = 401;
        wrong.problem = Some("no secret of this receiver has made its signature".to_owned());
        let text = rendered(&wrong);
        assert!(
            text.ends_with("not valid: no secret of this receiver has made its signature\n"),
            "{text}"
        );
        assert!(!text.contains("Say"), "{text}");
        let nothing = delivery(json!("text"));
        assert_eq!(
            rendered(&nothing),
            "12:34:56 200 a request without a touchpoint\n"
        );
    }
}
