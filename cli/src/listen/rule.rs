//! Rules of `leadgate listen`: the outcome that it answers to a touchpoint.

use std::str::FromStr;

use domain::{channel::Channel, outcome::Outcome};
use thiserror::Error;

use crate::nearest::{nearest, question};

/// The word with which a receiver gives a touchpoint back.
const DEFERRED: &str = "deferred";

/// A rule, such as `call/1=no_answer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `None` for every channel.
    channel: Option<Channel>,
    /// Number of the attempt, from 1. `None` for every attempt.
    attempt: Option<u64>,
    outcome: String,
}

/// Error for a text that is no rule. clap puts the wrong text before it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    #[error("write OUTCOME, CHANNEL=OUTCOME or CHANNEL/ATTEMPT=OUTCOME, such as call/1=no_answer")]
    Form,
    #[error("no outcome has this name{}: write one of {}", question(.0.as_deref()), words().join(", "))]
    Outcome(Option<&'static str>),
    #[error("a callback needs a time, so no rule can answer it: report it to the reply_url")]
    Callback,
    #[error("this outcome is not for this channel")]
    Channel,
}

fn words() -> Vec<&'static str> {
    let words = Outcome::REPORTED
        .iter()
        .filter(|it| **it != Outcome::Callback);
    words.map(|it| it.as_str()).chain([DEFERRED]).collect()
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (place, outcome) = match text.trim().split_once('=') {
            Some((place, outcome)) => (Some(place), outcome),
            None => (None, text.trim()),
        };
        let (channel, attempt) = match place.map(|it| it.split_once('/').unwrap_or((it, ""))) {
            None => (None, None),
            Some((channel, attempt)) => {
                let channel = Channel::of_word(channel).ok_or(RuleError::Form)?;
                let number = attempt.parse().ok().filter(|it| *it > 0);
                if number.is_none() && !attempt.is_empty() {
                    return Err(RuleError::Form);
                }
                (Some(channel), number)
            }
        };
        match outcome.parse::<Outcome>() {
            Ok(Outcome::Callback) => return Err(RuleError::Callback),
            Ok(it) if channel.is_some_and(|channel| !it.channels().contains(&channel)) => {
                return Err(RuleError::Channel);
            }
            _ if words().contains(&outcome) => {}
            _ => return Err(RuleError::Outcome(nearest(outcome, &words()))),
        }
        Ok(Self {
            channel,
            attempt,
            outcome: outcome.to_owned(),
        })
    }
}

impl Rule {
    /// Returns the outcome of a touchpoint. `None` if the rule is not for it.
    pub fn outcome(&self, channel: Channel, attempt: u64) -> Option<&str> {
        let is_meant = self.channel.is_none_or(|it| it == channel)
            && self.attempt.is_none_or(|it| it == attempt);
        // A rule for all channels can have an outcome that is for some of them.
        let fits = match self.outcome.parse::<Outcome>() {
            Ok(outcome) => outcome.channels().contains(&channel),
            Err(_) => true,
        };
        (is_meant && fits).then_some(&*self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(rules: &[&str], channel: Channel, attempt: u64) -> Option<String> {
        let rules: Vec<Rule> = rules.iter().map(|it| it.parse().unwrap()).collect();
        let mut outcomes = rules.iter().filter_map(|it| it.outcome(channel, attempt));
        outcomes.next().map(str::to_owned)
    }

    #[test]
    fn the_first_rule_that_fits_gives_the_outcome() {
        let rules = ["call/3=answered", "call=no_answer", "delivered"];
        for (channel, attempt, expected) in [
            (Channel::Call, 1, Some("no_answer")),
            (Channel::Call, 3, Some("answered")),
            (Channel::Sms, 1, Some("delivered")),
        ] {
            let found = outcome(&rules, channel, attempt);
            assert_eq!(found.as_deref(), expected, "{channel} {attempt}");
        }
        // An SMS is not answered.
        assert_eq!(outcome(&["answered"], Channel::Sms, 1), None);
        assert!(outcome(&["deferred"], Channel::Sms, 1).is_some());
    }

    #[test]
    fn a_wrong_rule_says_what_to_write() {
        for (text, expected) in [
            ("", RuleError::Outcome(None)),
            ("anwered", RuleError::Outcome(Some("answered"))),
            ("fax=answered", RuleError::Form),
            ("call/0=answered", RuleError::Form),
            ("call/x=answered", RuleError::Form),
            ("sms=answered", RuleError::Channel),
            ("callback", RuleError::Callback),
            (
                "no_outcome",
                RuleError::Outcome(nearest("no_outcome", &words())),
            ),
        ] {
            assert_eq!(text.parse::<Rule>(), Err(expected), "{text}");
        }
    }
}
