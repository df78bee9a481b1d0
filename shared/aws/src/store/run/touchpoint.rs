//! A touchpoint as a line of text. The text is short, because a run has up to 500 touchpoints, and
//! the price of a write depends on the size of the item.
//!
//! Example: `0 c1/3 2026-02-10T09:00:00-03 sw` is step 0, call 1 of 3. It is due at 09:00, three
//! hours behind UTC. It is scheduled, and was moved for `window.closed`.

use domain::cadence::{Channel, Reason, Touchpoint, TouchpointState};
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
        } = touchpoint;
        let channel = channel_letter(channel);
        let local = touchpoint.local();
        let state = state_letter(state);
        let reasons: String = reasons.iter().copied().map(reason_letter).collect();
        format!("{step_index} {channel}{attempt}/{max_attempts} {local}{offset} {state}{reasons}")
    }
}

impl TryFrom<String> for Line {
    type Error = LineError;

    fn try_from(text: String) -> Result<Self, LineError> {
        parse(&text).map(Self).ok_or(LineError)
    }
}

fn parse(text: &str) -> Option<Touchpoint> {
    let words: Vec<_> = text.split(' ').collect();
    let [step_index, attempts, due, flags] = words.as_slice() else {
        return None;
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
    })
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
        TouchpointState::Skipped => 'k',
        TouchpointState::Cancelled => 'c',
        TouchpointState::Dispatched => 'p',
        TouchpointState::Done => 'd',
        TouchpointState::Failed => 'f',
    }
}

fn state_of(letter: char) -> Option<TouchpointState> {
    Some(match letter {
        's' => TouchpointState::Scheduled,
        'k' => TouchpointState::Skipped,
        'c' => TouchpointState::Cancelled,
        'p' => TouchpointState::Dispatched,
        'd' => TouchpointState::Done,
        'f' => TouchpointState::Failed,
        _ => return None,
    })
}

fn reason_letter(reason: Reason) -> char {
    match reason {
        Reason::WindowClosed => 'w',
        Reason::WeekdayClosed => 'd',
        Reason::ClockGap => 'g',
        Reason::NoPhone => 'p',
        Reason::NoEmail => 'e',
        Reason::ForcedFirstMessage => 'f',
    }
}

fn reason_of(letter: char) -> Option<Reason> {
    Some(match letter {
        'w' => Reason::WindowClosed,
        'd' => Reason::WeekdayClosed,
        'g' => Reason::ClockGap,
        'p' => Reason::NoPhone,
        'e' => Reason::NoEmail,
        'f' => Reason::ForcedFirstMessage,
        _ => return None,
    })
}
