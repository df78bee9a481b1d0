//! A run as the raw table has it, read without the code of the service.

use jiff::{Timestamp, fmt::temporal::Pieces};
use serde_json::Value;

use crate::answer::text;

/// The parts of a run's item that the rules are about.
#[derive(Debug)]
pub struct RunItem {
    pub lead: String,
    pub id: String,
    pub workflow: String,
    /// Whether touchpoints may go out.
    pub is_live: bool,
    pub touchpoints: Vec<Line>,
    pub turn: Option<Turn>,
}

/// A touchpoint.
#[derive(Debug)]
pub struct Line {
    pub step: usize,
    pub attempt: u8,
    pub due_at: Timestamp,
    pub state: State,
    /// Whether a person has asked for it.
    pub is_callback: bool,
    /// Letter of the outcome. `None` if it has none.
    pub outcome: Option<char>,
}

/// State of a touchpoint, with its letter in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Scheduled,
    Claimed,
    Dispatched,
    Unconfirmed,
    Done,
    /// Failed, skipped, cancelled or expired: the touchpoint did not go out.
    NotOut(char),
}

/// The touchpoint whose turn it is.
#[derive(Debug)]
pub struct Turn {
    pub index: usize,
    pub tries: u16,
    pub lapses: u16,
    /// Whether the result of a pushed try is unknown.
    pub is_open: bool,
    /// Owner and end of the claim. `None` if no caller has it.
    pub claim: Option<(String, Timestamp)>,
}

impl RunItem {
    /// Reads an item. `None` if it is no run.
    pub fn read(item: &Value) -> Option<Self> {
        if text(&item["et"]["S"]) != "run" {
            return None;
        }
        let lines = item["touchpoints"]["L"].as_array()?.iter();
        let is_live = item["run_status"]["S"] == "running"
            && item["cadence_state"]["S"] == "active"
            && item["human_takeover"]["BOOL"] == false
            && item["held"].is_null();
        Some(Self {
            lead: text(&item["pk"]["S"]).rsplit('#').next()?.to_owned(),
            id: text(&item["sk"]["S"]).strip_prefix("RUN#")?.to_owned(),
            workflow: text(&item["workflow"]["M"]["id"]["S"]).to_owned(),
            is_live,
            touchpoints: lines.map(|line| Line::read(text(&line["S"]))).collect(),
            turn: item["hand_over"]["S"].as_str().map(Turn::read),
        })
    }

    /// Returns the owner and the end of the claim. `None` if there is none.
    pub fn claim(&self) -> Option<&(String, Timestamp)> {
        self.turn.as_ref()?.claim.as_ref()
    }

    /// Returns whether a caller may have made the contact of a touchpoint: it is claimed, or a lease
    /// has lapsed.
    pub fn may_be_out(&self, index: usize) -> bool {
        let has_lapsed = |turn: &Turn| turn.index == index && turn.lapses > 0;
        self.touchpoints[index].state == State::Claimed
            || self.turn.as_ref().is_some_and(has_lapsed)
    }
}

impl Line {
    fn read(line: &str) -> Self {
        let words: Vec<_> = line.split(' ').collect();
        // The first letter is the channel's.
        let attempt = words[1][1..].split('/').next().unwrap_or_default();
        let due = Pieces::parse(words[2]).expect("a time");
        let offset = due.to_numeric_offset().expect("an offset");
        let local = due.date().to_datetime(due.time().expect("a time"));
        let (state, reasons) = words[3].split_at(1);
        let state = match state.chars().next().expect("a state") {
            's' => State::Scheduled,
            'l' => State::Claimed,
            'p' => State::Dispatched,
            'u' => State::Unconfirmed,
            'd' => State::Done,
            other => State::NotOut(other),
        };
        Self {
            step: words[0].parse().expect("a step"),
            attempt: attempt.parse().expect("an attempt"),
            due_at: offset.to_timestamp(local).expect("a time"),
            state,
            is_callback: reasons.contains('b'),
            outcome: words
                .get(4)
                .and_then(|word| word.chars().next())
                .filter(|it| *it != '-'),
        }
    }
}

impl Turn {
    fn read(line: &str) -> Self {
        let words: Vec<_> = line.split(' ').collect();
        let mut counts = words[2].split('/').map(|it| it.parse().expect("a number"));
        let mut count = || counts.next().expect("a number");
        Self {
            index: words[0].parse().expect("an index"),
            tries: count(),
            lapses: count(),
            is_open: words[1].starts_with("po"),
            claim: words
                .get(5)
                .zip(words.get(6))
                .map(|(owner, until)| ((*owner).to_owned(), until.parse().expect("a time"))),
        }
    }
}

/// Returns the weight of an outcome by its letter in the table, as the contract has it.
pub fn weight(outcome: char) -> u8 {
    match outcome {
        'o' => 1,
        'd' => 2,
        'n' | 'b' | 'v' | 'f' => 3,
        'a' | 'c' => 4,
        'r' => 5,
        'x' | 'i' => 6,
        _ => 7,
    }
}
