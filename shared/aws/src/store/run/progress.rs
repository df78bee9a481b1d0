//! The hand-over of a run, its awaited outcome and its hold, each as a line of text.
//!
//! Examples:
//!
//! - `0 l 1/0/0 20260210T100000Z e20260210T100000Z Ag3...k 20260210T090500Z` is the
//!   hand-over of touchpoint 0, which is pulled. It has 1 try, 0 lapsed leases and 0 refusals. Then
//!   come the end of its time, the kind and the time of the wake, and the owner and the end of the
//!   claim, if there is one.
//! - `0 po:AgMEBQYH 1/0/0/2 ...` is one that is pushed (`p`) to the receiver with this hash. `o`
//!   stands for an open try. A fourth count has the misses in a row, if there are any.
//! - `1 20260210T110000Z 20260210T100000Z` is an awaited outcome: the number of tries, the
//!   time at which it counts as missing, and the end of the touchpoint's time.
//! - `workflow 20260210T110000Z` is a hold by the paused workflow, since this time. `account` and
//!   `all` are holds of an operator.

use super::touchpoint::compact;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ids::WorkflowId,
    run::{Awaited, Claim, Delivery, HandOver, Held, HeldBy, Owner, Receiver, WakeKind},
};

const HELD_BY_WORKFLOW: &str = "workflow";
const HELD_BY_ACCOUNT: &str = "account";
const HELD_BY_ALL: &str = "all";

pub(super) fn hand_over_line(hand_over: &HandOver) -> String {
    let HandOver {
        index,
        delivery,
        expires_at,
        tries,
        lapses,
        refusals,
        misses,
        is_open,
        claim,
        wake_at,
        wake,
    } = hand_over;
    let open = if *is_open { "o" } else { "" };
    let delivery = match delivery {
        Delivery::Push(receiver) if *receiver == Receiver::default() => format!("p{open}"),
        Delivery::Push(Receiver(hash)) => format!("p{open}:{}", URL_SAFE_NO_PAD.encode(hash)),
        Delivery::Pull => format!("l{open}"),
    };
    let misses = match misses {
        0 => String::new(),
        misses => format!("/{misses}"),
    };
    let wake = wake_letter(*wake);
    let (expires_at, wake_at) = (compact(expires_at), compact(wake_at));
    let mut line = format!(
        "{index} {delivery} {tries}/{lapses}/{refusals}{misses} {expires_at} {wake}{wake_at}"
    );
    if let Some(Claim { owner, until }) = claim {
        line += &format!(" {} {}", URL_SAFE_NO_PAD.encode(owner.0), compact(until));
    }
    line
}

pub(super) fn parse_hand_over(line: &str) -> Option<HandOver> {
    let words: Vec<_> = line.split(' ').collect();
    let (words, claim) = match words.as_slice() {
        [words @ .., owner, until] if words.len() == 5 => {
            let owner = URL_SAFE_NO_PAD.decode(owner).ok()?;
            let claim = Claim {
                owner: Owner(owner.try_into().ok()?),
                until: until.parse().ok()?,
            };
            (words, Some(claim))
        }
        words => (words, None),
    };
    let [index, delivery, counts, expires_at, wake] = words else {
        return None;
    };
    let (delivery, is_open) = delivery_of(delivery)?;
    let counts: Vec<_> = counts.split('/').collect();
    let (tries, lapses, refusals, misses) = match counts.as_slice() {
        [tries, lapses, refusals] => (tries, lapses, refusals, "0"),
        [tries, lapses, refusals, misses] => (tries, lapses, refusals, *misses),
        _ => return None,
    };
    let mut wake = wake.chars();
    Some(HandOver {
        index: index.parse().ok()?,
        delivery,
        expires_at: expires_at.parse().ok()?,
        tries: tries.parse().ok()?,
        lapses: lapses.parse().ok()?,
        refusals: refusals.parse().ok()?,
        misses: misses.parse().ok()?,
        is_open,
        claim,
        wake: wake_of(wake.next()?)?,
        wake_at: wake.as_str().parse().ok()?,
    })
}

fn delivery_of(word: &str) -> Option<(Delivery, bool)> {
    let (way, hash) = match word.split_once(':') {
        Some((way, hash)) => (way, Some(URL_SAFE_NO_PAD.decode(hash).ok()?)),
        None => (word, None),
    };
    let receiver = match hash {
        Some(hash) => Receiver(hash.try_into().ok()?),
        None => Receiver::default(),
    };
    match way {
        "p" => Some((Delivery::Push(receiver), false)),
        "po" => Some((Delivery::Push(receiver), true)),
        "l" => Some((Delivery::Pull, false)),
        "lo" => Some((Delivery::Pull, true)),
        _ => None,
    }
}

pub(super) fn awaited_line(awaited: &Awaited) -> String {
    let Awaited {
        due_at,
        tries,
        expires_at,
    } = awaited;
    format!("{tries} {} {}", compact(due_at), compact(expires_at))
}

pub(super) fn parse_awaited(line: &str) -> Option<Awaited> {
    let words: Vec<_> = line.split(' ').collect();
    let [tries, due_at, expires_at] = words.as_slice() else {
        return None;
    };
    Some(Awaited {
        due_at: due_at.parse().ok()?,
        tries: tries.parse().ok()?,
        expires_at: expires_at.parse().ok()?,
    })
}

pub(super) fn held_line(held: Held) -> String {
    let by = match held.by {
        HeldBy::Workflow(_) => HELD_BY_WORKFLOW,
        HeldBy::Account => HELD_BY_ACCOUNT,
        HeldBy::All => HELD_BY_ALL,
    };
    format!("{by} {}", compact(held.since))
}

/// Reads the hold of a run of this workflow.
pub(super) fn parse_held(line: &str, workflow: WorkflowId) -> Option<Held> {
    let (by, since) = line.split_once(' ')?;
    let by = match by {
        HELD_BY_WORKFLOW => HeldBy::Workflow(workflow),
        HELD_BY_ACCOUNT => HeldBy::Account,
        HELD_BY_ALL => HeldBy::All,
        _ => return None,
    };
    let since = since.parse().ok()?;
    Some(Held { by, since })
}

fn wake_letter(wake: WakeKind) -> char {
    match wake {
        WakeKind::HandOver => 'h',
        WakeKind::Retry => 'r',
        WakeKind::Expiry => 'e',
        WakeKind::MissingOutcome => 'm',
    }
}

fn wake_of(letter: char) -> Option<WakeKind> {
    let mut kinds = WakeKind::ALL.into_iter();
    kinds.find(|kind| wake_letter(*kind) == letter)
}
