//! The gate moves a due time to the next time at which its channel may be used.

use std::ops::Range;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{ClockTime, Reason, Window};
use crate::channel::Channel;

/// Maximum time to search ahead for an opening: more than a year, which has every weekday and both
/// changes of the clocks. Without it, the search for a window that the clocks always skip would not
/// end.
const MAX_SEARCH: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Maximum time to search ahead for the end of an open time. It is longer than any touchpoint has, and
/// windows that close at all close within a week.
const MAX_OPEN: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Windows of a cadence in its workflow's zone.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// Windows for calls. If there are none, calls may be placed at any time.
    pub windows: &'a [Window],
    /// Whether the windows also hold for the other channels.
    pub all_channels: bool,
    pub zone: &'a TimeZone,
}

impl Gate<'_> {
    /// Returns the earliest time from `due` on at which the channel may be used. Adds the reasons
    /// if that is later than `due`.
    pub(crate) fn pass(
        self,
        channel: Channel,
        due: Timestamp,
        reasons: &mut Vec<Reason>,
    ) -> Timestamp {
        let is_gated = self.all_channels || channel == Channel::Call;
        if !is_gated || self.windows.is_empty() {
            return due;
        }
        // Each week has an opening, because every window has a day and a length. If none is found
        // even so, the touchpoint keeps its time, because it must not be lost.
        let Some((opening, in_gap)) = self.opening(due) else {
            return due;
        };
        if opening != due {
            let weekday_opens = self
                .hours_on(self.zone.to_datetime(due).date())
                .next()
                .is_some();
            add(
                reasons,
                if weekday_opens {
                    Reason::WindowClosed
                } else {
                    Reason::WeekdayClosed
                },
            );
            if in_gap {
                add(reasons, Reason::ClockGap);
            }
        }
        opening
    }

    /// Returns whether the channel may be used at `at`.
    pub fn is_open(self, channel: Channel, at: Timestamp) -> bool {
        self.pass(channel, at, &mut Vec::new()) == at
    }

    /// Returns the first time from `at` on at which the channel may not be used. `None` if it may be
    /// used for the next eight days, or at any time.
    pub fn closes_at(self, channel: Channel, at: Timestamp) -> Option<Timestamp> {
        let is_gated = self.all_channels || channel == Channel::Call;
        if !is_gated || self.windows.is_empty() {
            return None;
        }
        let last = at.saturating_add(MAX_OPEN).ok()?;
        let mut changes = self.zone.following(at).map(|change| change.timestamp());
        let mut change = changes.next();
        let mut from = at;
        while from <= last {
            let offset = self.zone.to_offset(from);
            let Some(end) = self.local_closing(offset.to_datetime(from)) else {
                return Some(from);
            };
            let end = offset.to_timestamp(end).ok()?;
            match change {
                Some(at) if at <= end => {
                    from = at;
                    change = changes.next();
                }
                _ => from = end,
            }
        }
        None
    }

    /// Returns the time at which the channel was open for `open` in all, from `from` on.
    pub fn after_open(self, channel: Channel, from: Timestamp, open: SignedDuration) -> Timestamp {
        let last = from.saturating_add(MAX_SEARCH).unwrap_or(Timestamp::MAX);
        let (mut at, mut left) = (from, open);
        while at < last {
            at = self.pass(channel, at, &mut Vec::new());
            let end = at.saturating_add(left).unwrap_or(Timestamp::MAX);
            match self.closes_at(channel, at) {
                // No opening is left.
                Some(closes) if closes <= at => return last,
                Some(closes) if closes < end => {
                    left -= closes.duration_since(at);
                    at = closes;
                }
                _ => return end,
            }
        }
        last
    }

    /// Returns how long the channel is open from `from` to `to`.
    pub fn open_time(self, channel: Channel, from: Timestamp, to: Timestamp) -> SignedDuration {
        let (mut at, mut open) = (from, SignedDuration::ZERO);
        loop {
            at = self.pass(channel, at, &mut Vec::new());
            if to <= at {
                return open;
            }
            let closes = self.closes_at(channel, at).map_or(to, |it| it.min(to));
            if closes <= at {
                // No opening is left.
                return open;
            }
            open += closes.duration_since(at);
            at = closes;
        }
    }

    /// Returns the end of the hours around `local`, as if the clocks never changed. `None` if no
    /// window is open then.
    fn local_closing(self, local: DateTime) -> Option<DateTime> {
        let around = self
            .hours_on(local.date())
            .filter(|hours| hours.contains(&local));
        around.map(|hours| hours.end).max()
    }

    /// Returns the earliest time from `due` on whose wall-clock time is in a window, and whether
    /// the clocks skipped an opening before it. `None` if the search finds no opening.
    ///
    /// Wall-clock time runs evenly between two changes of the clocks. The search goes from change
    /// to change, so it needs no rule for gaps and folds.
    fn opening(self, due: Timestamp) -> Option<(Timestamp, bool)> {
        let last = due.saturating_add(MAX_SEARCH).ok()?;
        let mut changes = self.zone.following(due).map(|change| change.timestamp());
        let (mut from, mut in_gap) = (due, false);
        while from <= last {
            let offset = self.zone.to_offset(from);
            let local = self.local_opening(offset.to_datetime(from))?;
            let opening = offset.to_timestamp(local).ok()?;
            match changes.next() {
                Some(change) if change <= opening => {
                    from = change;
                    in_gap |= local < self.zone.to_datetime(change);
                }
                _ => return Some((opening, in_gap)),
            }
        }
        None
    }

    /// Returns the earliest time from `local` on that is in a window, as if the clocks never
    /// changed.
    fn local_opening(self, local: DateTime) -> Option<DateTime> {
        // The eighth day has the weekday of the first. It gives the hours before `local`.
        local.date().series(1.day()).take(8).find_map(|date| {
            self.hours_on(date)
                .filter(|hours| local < hours.end)
                .map(|hours| hours.start.max(local))
                .min()
        })
    }

    fn hours_on(self, date: Date) -> impl Iterator<Item = Range<DateTime>> {
        let at = move |time: ClockTime| {
            date.at(0, 0, 0, 0)
                .saturating_add(SignedDuration::from_mins(time.minutes().into()))
        };
        self.windows
            .iter()
            .flat_map(move |window| window.hours_on(date.weekday()))
            .map(move |hours| at(hours.start)..at(hours.end))
    }
}

/// Adds a reason, unless it is already there.
pub(super) fn add(reasons: &mut Vec<Reason>, reason: Reason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
