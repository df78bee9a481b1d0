//! The gate: from an instant to the first one at which a channel may be used.

use std::ops::Range;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{ClockTime, Reason, Window};
use crate::channel::Channel;

/// A window that clock changes hide again and again would be searched for without end; a year has every
/// weekday and both changes.
const LONGEST_SEARCH: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The hours that a cadence keeps to, in its workflow's zone.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// When calls may be placed; none: at any time.
    pub windows: &'a [Window],
    /// Whether the other channels keep to the windows as well.
    pub all_channels: bool,
    /// The zone of the windows.
    pub zone: &'a TimeZone,
}

impl Gate<'_> {
    /// The earliest instant from `due` on at which the channel may be used; adds why it is not `due`.
    pub(super) fn pass(
        self,
        channel: Channel,
        due: Timestamp,
        reasons: &mut Vec<Reason>,
    ) -> Timestamp {
        let is_gated = self.all_channels || channel == Channel::Call;
        if !is_gated || self.windows.is_empty() {
            return due;
        }
        // Every window has a day and a length, so each week has an opening. Should one be missing all the
        // same, a touchpoint at its own time serves better than none.
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

    /// The earliest instant from `due` on whose wall-clock time lies in a window, and whether the clocks
    /// skipped an opening before it. Between two changes of the clocks, wall-clock time runs like time:
    /// so the search goes from change to change, and needs no rule for gaps and folds.
    fn opening(self, due: Timestamp) -> Option<(Timestamp, bool)> {
        let last = due.saturating_add(LONGEST_SEARCH).ok()?;
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

    /// The earliest time from `local` on that lies in a window, were there no change of the clocks.
    fn local_opening(self, local: DateTime) -> Option<DateTime> {
        // The last day is the first one's weekday again: its hours before `local`.
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

/// Adds a reason, unless it is there.
pub(super) fn add(reasons: &mut Vec<Reason>, reason: Reason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
