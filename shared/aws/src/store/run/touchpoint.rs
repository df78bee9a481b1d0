//! A touchpoint as a line of text. The text is short, because a run has up to 500 touchpoints, and
//! the price of a write depends on the size of the item.
//!
//! Example: `0 c1/3 20260210T090000-03 dw n` is step 0, call 1 of 3. It was due at 09:00, three
//! hours behind UTC. It is done, it was moved for `window.closed`, and its outcome is `no_answer`.
//! A touchpoint that was claimed and has no outcome ends with `-`.

use domain::{
    cadence::{Channel, Reason, Touchpoint, TouchpointState},
    outcome::Outcome,
};
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A touchpoint without its message.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Line(pub(super) Touchpoint);

/// Error of a text that is not a touchpoint. Does not show the text.
#[derive(Debug, Error)]
#[error("a touchpoint cannot be read")]
pub(super) struct LineError;

impl From<Line> for String {
    fn from(Line(touchpoint): Line) -> Self {
        let Touchpoint {
            step_index,
            channel,
            attempt,
            max_attempts,
            due_at: _,
            offset,
            state,
            ref reasons,
            message: _,
            was_claimed,
            outcome,
        } = touchpoint;
        let channel = channel_letter(channel);
        let local = compact(touchpoint.local());
        let state = state_letter(state);
        let reasons: String = reasons.iter().copied().map(reason_letter).collect();
        let mut line = format!(
            "{step_index} {channel}{attempt}/{max_attempts} {local}{offset} {state}{reasons}"
        );
        if was_claimed {
            line.push(' ');
            line.push(outcome.map_or(NO_OUTCOME_YET, outcome_letter));
        }
        line
    }
}

impl TryFrom<String> for Line {
    type Error = LineError;

    fn try_from(text: String) -> Result<Self, LineError> {
        parse(&text).map(Self).ok_or(LineError)
    }
}

/// Returns a time in the basic format of ISO 8601, without its dashes and colons. A time of another
/// era keeps them.
pub(super) fn compact(time: impl ToString) -> String {
    let time = time.to_string();
    match time.starts_with(|c: char| c.is_ascii_digit()) {
        true => time.replace(['-', ':'], ""),
        false => time,
    }
}

fn parse(text: &str) -> Option<Touchpoint> {
    let words: Vec<_> = text.split(' ').collect();
    let (words, last) = match words.as_slice() {
        [words @ .., last] if words.len() == 4 => (words, Some(*last)),
        words => (words, None),
    };
    let [step_index, attempts, due, flags] = words else {
        return None;
    };
    let outcome = match last {
        None => None,
        Some(last) => Some(outcome_of(last)?),
    };
    let mut attempts = attempts.chars();
    let channel = channel_of(attempts.next()?)?;
    let (attempt, max_attempts) = attempts.as_str().split_once('/')?;
    let due = Pieces::parse(*due).ok()?;
    let offset = due.to_numeric_offset()?;
    let mut flags = flags.chars();
    let state = state_of(flags.next()?)?;
    Some(Touchpoint {
        step_index: step_index.parse().ok()?,
        channel,
        attempt: attempt.parse().ok()?,
        max_attempts: max_attempts.parse().ok()?,
        due_at: offset
            .to_timestamp(due.date().to_datetime(due.time()?))
            .ok()?,
        offset,
        state,
        reasons: flags.map(reason_of).collect::<Option<_>>()?,
        message: None,
        was_claimed: outcome.is_some(),
        outcome: outcome.flatten(),
    })
}

/// Letter of a touchpoint that was claimed and has no outcome.
const NO_OUTCOME_YET: char = '-';

fn outcome_letter(outcome: Outcome) -> char {
    match outcome {
        Outcome::NoOutcome => 'o',
        Outcome::Delivered => 'd',
        Outcome::NoAnswer => 'n',
        Outcome::Busy => 'b',
        Outcome::Voicemail => 'v',
        Outcome::Failed => 'f',
        Outcome::Answered => 'a',
        Outcome::Callback => 'c',
        Outcome::Replied => 'r',
        Outcome::Bounced => 'x',
        Outcome::Invalid => 'i',
        Outcome::OptedOut => 'u',
        Outcome::Complained => 'm',
    }
}

/// Reads the word of an outcome. `None` if it is no such word.
fn outcome_of(word: &str) -> Option<Option<Outcome>> {
    let mut letters = word.chars();
    let (letter, None) = (letters.next()?, letters.next()) else {
        return None;
    };
    let mut outcomes = Outcome::ALL.into_iter();
    match letter {
        NO_OUTCOME_YET => Some(None),
        _ => outcomes.find(|it| outcome_letter(*it) == letter).map(Some),
    }
}

fn channel_letter(channel: Channel) -> char {
    match channel {
        Channel::Call => 'c',
        Channel::Whatsapp => 'w',
        Channel::Email => 'e',
        Channel::Sms => 's',
    }
}

fn channel_of(letter: char) -> Option<Channel> {
    Some(match letter {
        'c' => Channel::Call,
        'w' => Channel::Whatsapp,
        'e' => Channel::Email,
        's' => Channel::Sms,
        _ => return None,
    })
}

fn state_letter(state: TouchpointState) -> char {
    match state {
        TouchpointState::Scheduled => 's',
        TouchpointState::Claimed => 'l',
        TouchpointState::Dispatched => 'p',
        TouchpointState::Unconfirmed => 'u',
        TouchpointState::Done => 'd',
        TouchpointState::Failed => 'f',
        TouchpointState::Skipped => 'k',
        TouchpointState::Cancelled => 'c',
        TouchpointState::Expired => 'x',
    }
}

fn state_of(letter: char) -> Option<TouchpointState> {
    let mut states = TouchpointState::ALL.into_iter();
    states.find(|state| state_letter(*state) == letter)
}

fn reason_letter(reason: Reason) -> char {
    match reason {
        Reason::WindowClosed => 'w',
        Reason::WeekdayClosed => 'd',
        Reason::ClockGap => 'g',
        Reason::NoPhone => 'p',
        Reason::NoEmail => 'e',
        Reason::ForcedFirstMessage => 'f',
        Reason::Late => 'l',
        Reason::Callback => 'b',
        Reason::NextStep => 'n',
        Reason::AddressInvalid => 'a',
        Reason::Suppressed => 's',
        Reason::MinGap => 'm',
        Reason::Template => 't',
    }
}

fn reason_of(letter: char) -> Option<Reason> {
    let mut reasons = Reason::ALL.into_iter();
    reasons.find(|reason| reason_letter(*reason) == letter)
}
