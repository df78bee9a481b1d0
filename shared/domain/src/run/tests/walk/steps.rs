//! Steps of the walk: each chooses what happens, and checks what follows.

use jiff::SignedDuration;

use super::{
    Walk,
    checks::{self, Contact},
    events::{Event, Seen},
};
use crate::{
    cadence::Reason,
    channel::Channel,
    outcome::Outcome,
    run::{
        Answer, Delivery, HandOver, HeldBy, Owner, Report, Reported, RunStatus, Wake,
        tests::fixtures::{ID, OWNER, OpenTimes, PUSH, PUSH_ELSEWHERE, status},
    },
    time::whole_second,
};

const STRANGER: Owner = Owner([9; 10]);

impl Walk<'_> {
    pub(super) fn is_over(&mut self) -> bool {
        let odds = match (self.run.is_active(), self.run.wake()) {
            (true, Some(_)) => 400,
            (true, None) => 20,
            (false, _) => 6,
        };
        self.rng.u32(..odds) == 0
    }

    pub(super) fn step(&mut self, seen: &mut Seen) {
        self.let_time_pass(seen);
        let has_claim = self
            .run
            .hand_over
            .as_ref()
            .is_some_and(|it| it.claim.is_some());
        match self.rng.u8(..100) {
            0..50 if has_claim => self.settle(seen),
            0..45 => self.claim(seen),
            45..52 => self.open(seen),
            52..75 => self.report(seen),
            75..78 => self.defer(seen),
            78..81 => self.extend(seen),
            81..84 => self.resend(seen),
            _ => self.client(seen),
        }
    }

    pub(super) fn client(&mut self, seen: &mut Seen) {
        let before = self.run.clone();
        let now = self.now;
        let event = match self.rng.u8(..60) {
            0..6 => {
                let next = self.run.next_index().and_then(|it| self.run.touchpoint(it));
                let channel = match next {
                    Some(next) if self.rng.bool() => next.channel,
                    _ => Channel::ALL[self.rng.usize(..Channel::ALL.len())],
                };
                let report = self.random_report();
                let workflow = self.workflow;
                self.run.apply_contact(report, channel, workflow, now);
                Event::Contact
            }
            6..10 => {
                self.run.stop(now);
                Event::Stop
            }
            10..28 => {
                let workflow = (self.rng.u8(..4) > 0).then_some(self.workflow);
                self.run.resume(workflow, now);
                Event::Resume
            }
            28..38 => {
                self.run.hold(HeldBy::Workflow(ID.parse().unwrap()), now);
                Event::Hold
            }
            38..56 => {
                self.run.release(self.workflow, now);
                Event::Release
            }
            56..59 => {
                let keys = ["new", "contacted", "engaged", "qualified", "won"];
                if self.run.has_open_status() {
                    self.run
                        .move_to(&status(keys[self.rng.usize(..keys.len())]));
                }
                Event::Status
            }
            _ => {
                if self.run.is_active() {
                    self.run.end(RunStatus::Stopped);
                }
                Event::End
            }
        };
        self.close(&before, event, None, seen);
    }

    /// Moves the clock: not at all, a little, to the next wake or the end of a claim, or far.
    fn let_time_pass(&mut self, seen: &mut Seen) {
        let wake = match self.run.wake() {
            Some(Wake::Due { at, .. }) => at,
            _ => self.now,
        };
        let claim = self.run.hand_over.as_ref().and_then(|it| it.claim);
        let later = match self.rng.u8(..20) {
            0..6 => self.now,
            6..10 => self.now + SignedDuration::from_millis(self.rng.i64(0..90_000)),
            10..15 => wake,
            15 => claim.map_or(wake, |it| it.until),
            16 => wake + SignedDuration::from_secs(self.rng.i64(0..7_200)),
            17 => self.now + SignedDuration::from_mins(self.rng.i64(0..240)),
            18 => self.now + SignedDuration::from_mins(self.rng.i64(0..15)),
            _ if self.rng.u8(..8) == 0 => {
                self.now + SignedDuration::from_hours(self.rng.i64(0..96))
            }
            _ => self.now,
        };
        self.now = self.now.max(later);
        self.advance(seen);
    }

    fn advance(&mut self, seen: &mut Seen) {
        let before = self.run.clone();
        let is_changed = self.run.advance(self.workflow, self.now);
        assert_eq!(is_changed, before != self.run);
        self.close(&before, Event::Time, None, seen);
        let mut again = self.run.clone();
        assert!(!again.advance(self.workflow, self.now), "{before:?}");
    }

    fn claim(&mut self, seen: &mut Seen) {
        let delivery = [PUSH, PUSH_ELSEWHERE, Delivery::Pull, Delivery::Pull][self.rng.usize(..4)];
        let delivery = match &self.run.hand_over {
            Some(it) if self.rng.u8(..8) > 0 => it.delivery,
            _ => delivery,
        };
        let lease = match delivery {
            Delivery::Push(_) => SignedDuration::from_secs(60),
            Delivery::Pull => SignedDuration::from_secs(self.rng.i64(30..3_600)),
        };
        let before = self.run.clone();
        let claimed = self.run.claim(
            OWNER,
            lease,
            delivery,
            OpenTimes::default(),
            self.workflow,
            self.now,
        );
        self.close(&before, Event::Claim, claimed.ok(), seen);
        let Ok(index) = claimed else {
            return;
        };
        assert!(before.is_live() && self.run.next_index() == Some(index));
        let touchpoint = before.touchpoint(index).unwrap();
        assert!(touchpoint.due_at <= self.now);
        assert!(checks::is_open(self.workflow, touchpoint.channel, self.now));
        assert!(
            before
                .hand_over
                .as_ref()
                .is_none_or(|it| it.claim.is_none())
        );
        let hand_over = self.run.hand_over.as_ref().unwrap();
        let claim = hand_over.claim.unwrap();
        assert!(self.now < hand_over.expires_at && self.now <= claim.until);
        let not_after = self.run.not_after(self.workflow, self.now).unwrap();
        assert!(self.now < not_after && not_after <= hand_over.expires_at);
        if let Some(contact) = self.contact {
            contact.check_distance(&self.run, index, self.workflow, self.now);
        }
        match delivery {
            // A claim leaves the wake where it is.
            Delivery::Push(_)
                if before
                    .hand_over
                    .as_ref()
                    .is_none_or(|it| it.delivery == delivery) =>
            {
                assert_eq!(self.run.wake(), before.wake());
            }
            Delivery::Push(_) => {}
            Delivery::Pull => {
                assert!(claim.until <= not_after);
                if hand_over.tries == 1 {
                    self.contact = Some(Contact {
                        index,
                        at: self.now,
                    });
                }
            }
        }
    }

    fn open(&mut self, seen: &mut Seen) {
        let before = self.run.clone();
        let opened = self.run.open(OpenTimes::default(), self.workflow, self.now);
        self.close(&before, Event::Open, None, seen);
        if let Some(index) = opened {
            let hand_over = self.run.hand_over.as_ref().unwrap();
            assert_eq!(
                (hand_over.index, hand_over.delivery),
                (index, Delivery::Pull)
            );
            assert!(before.is_live() && before.touchpoint(index).unwrap().due_at <= self.now);
        }
    }

    fn extend(&mut self, seen: &mut Seen) {
        let before = self.run.clone();
        let owner = self.random_owner();
        let lease = SignedDuration::from_mins(self.rng.i64(1..60));
        let extended = self.run.extend(owner, lease, self.workflow, self.now);
        self.close(&before, Event::Extend, None, seen);
        if let Ok(until) = extended {
            assert!(before.is_live() && owner == OWNER && self.now < until);
            assert!(until <= before.not_after(self.workflow, self.now).unwrap());
            assert_eq!(self.run.wake(), before.wake());
        } else {
            assert_eq!(before, self.run);
        }
    }

    /// Resends a touchpoint that needs a person. If there is none, tries one that needs none.
    fn resend(&mut self, seen: &mut Seen) {
        let needs_a_person = self.run.touchpoints.iter();
        let needs_a_person = needs_a_person.map(|it| it.state.needs_a_person());
        let needs_a_person: Vec<_> = needs_a_person.collect();
        let index = needs_a_person.iter().position(|it| *it).unwrap_or_default();
        let is_meant = needs_a_person.get(index) == Some(&true) && self.run.is_live();
        let index = u16::try_from(index).unwrap();
        let before = self.run.clone();
        let resent = self.run.resend(index, self.workflow, self.now);
        self.close(&before, Event::Resend, resent.ok().map(|_| index), seen);
        assert_eq!(resent.is_ok(), is_meant, "{before:?}");
        if let Ok(due_at) = resent {
            assert!(due_at >= whole_second(self.now) && self.run.wake().is_some());
            // An operator asks for this contact, as a person does for a call.
            self.contact = self.contact.filter(|it| it.index >= index);
        } else {
            assert_eq!(before, self.run);
        }
    }

    fn random_owner(&mut self) -> Owner {
        if self.rng.u8(..20) == 0 {
            STRANGER
        } else {
            OWNER
        }
    }

    fn settle(&mut self, seen: &mut Seen) {
        let retry_at = self.now + SignedDuration::from_secs(self.rng.i64(5..1_800));
        let (answer, event) = match self.rng.u8(..16) {
            0..8 => (Answer::TAKEN, Event::Taken),
            8..10 => (Answer::Unknown { retry_at }, Event::Unknown),
            10 => (Answer::Back { retry_at }, Event::Back),
            11 => (Answer::Missed, Event::Back),
            12..14 => (Answer::Refused, Event::Refused),
            14 => (Answer::Skipped(Reason::Suppressed), Event::Skip),
            _ => (Answer::Template, Event::Template),
        };
        let owner = self.random_owner();
        let before = self.run.clone();
        let settled = self.run.settle(owner, answer, self.workflow, self.now);
        let hand_over = before.hand_over.as_ref().unwrap();
        let index = hand_over.index;
        if owner == STRANGER {
            assert!(settled.is_err() && self.run == before);
            return;
        }
        settled.unwrap();
        self.close(&before, event, Some(index), seen);
        if matches!(event, Event::Taken | Event::Unknown) {
            self.contact = Some(Contact {
                index,
                at: self.now,
            });
        }
    }

    fn random_report(&mut self) -> Report {
        // Heavy outcomes end a run early, so they are rarer.
        let outcome = if self.run.held.is_some() && self.rng.u8(..4) == 0 {
            Outcome::Invalid
        } else if self.rng.u8(..3) > 0 {
            let light = [
                Outcome::NoAnswer,
                Outcome::Voicemail,
                Outcome::Busy,
                Outcome::Delivered,
                Outcome::Callback,
                Outcome::Failed,
            ];
            light[self.rng.usize(..light.len())]
        } else {
            Outcome::REPORTED[self.rng.usize(..Outcome::REPORTED.len())]
        };
        let minutes = self.rng.i64(-60..10 * 24 * 60);
        let callback_at = self.now + SignedDuration::from_mins(minutes);
        Report {
            outcome,
            callback_at: (outcome == Outcome::Callback).then_some(callback_at),
        }
    }

    fn report(&mut self, seen: &mut Seen) {
        let claimed: Vec<u16> = (0..)
            .zip(&self.run.touchpoints)
            .filter(|(_, it)| it.was_claimed || self.rng.u8(..50) == 0)
            .map(|(index, _)| index)
            .collect();
        let Some(last) = claimed.last() else {
            return;
        };
        let index = match self.rng.u8(..3) {
            0 => claimed[self.rng.usize(..claimed.len())],
            _ => *last,
        };
        let report = self.random_report();
        let before = self.run.clone();
        let reported = self
            .run
            .report(index, report, self.workflow, self.now)
            .unwrap();
        assert_eq!(
            reported.is_ok(),
            before.touchpoint(index).unwrap().was_claimed
        );
        let is_changed = reported == Ok(Reported::Changed);
        self.close(&before, Event::Outcome, is_changed.then_some(index), seen);
        assert!(is_changed || before == self.run);
        let is_contact = |it: &HandOver| it.index == index && !it.is_open && it.delivery.is_push();
        if is_changed && before.hand_over.as_ref().is_some_and(is_contact) {
            self.contact = Some(Contact {
                index,
                at: self.now,
            });
        }
    }

    fn defer(&mut self, seen: &mut Seen) {
        let Some(index) = self.run.touchpoints.iter().rposition(|it| it.was_claimed) else {
            return;
        };
        let index = u16::try_from(index).unwrap();
        let retry_at = self.now + SignedDuration::from_secs(self.rng.i64(5..1_800));
        let before = self.run.clone();
        let deferred = self.run.defer(index, retry_at).unwrap();
        self.close(
            &before,
            Event::Deferred,
            deferred.is_ok().then_some(index),
            seen,
        );
        if deferred.is_ok() {
            assert_eq!(self.run.touchpoint(index).unwrap().outcome, None);
        } else {
            assert_eq!(before, self.run);
        }
    }
}
