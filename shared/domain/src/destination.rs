//! Destinations: the places where the touchpoints of some channels go
//! ([contract](../../../docs/contract.md#destinations)).
//!
//! Leadgate sends the touchpoints of a webhook, and callers pull those of every other destination.

use jiff::Timestamp;
use thiserror::Error;

use crate::{
    bucket::Bucket,
    channel::Channel,
    run::{Delivery, Receiver},
    timing::{MinGap, OpenTimes, Timing, default_open_time},
    webhook_secret::WebhookSecret,
    webhook_url::WebhookUrl,
};

/// Maximum rate, in touchpoints in ten seconds: 100 a second.
const MAX_IN_TEN_SECONDS: u16 = 1_000;
/// Maximum burst, in touchpoints: ten seconds of the maximum rate.
const MAX_BURST: u16 = 1_000;

/// A place where the touchpoints of some channels of an account go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Display name. No other destination of the account has it.
    pub name: String,
    /// Channels, at least one. No other destination of the account has one of them.
    pub channels: Vec<Channel>,
    pub to: Recipient,
    /// Rate at which touchpoints go out. `None` if callers get every touchpoint that is due, and if a
    /// webhook gets [`Rate::OF_WEBHOOK`].
    pub rate: Option<Rate>,
    pub timing: Timing,
}

/// Party that gets the touchpoints of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Callers, who ask for touchpoints.
    Pull,
    /// A server at this URL, to which Leadgate sends them.
    Webhook(WebhookUrl),
}

/// Secrets with which the requests to a webhook are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecrets {
    pub current: WebhookSecret,
    /// The secret before the last rotation, and the end of its time. `None` if there was none.
    pub previous: Option<(WebhookSecret, Timestamp)>,
    /// Whether an operator has seen the current secret. It is shown once.
    pub is_shown: bool,
}

impl WebhookSecrets {
    /// Returns the secrets that are valid at `now`, the current one first.
    pub fn valid_at(&self, now: Timestamp) -> Vec<WebhookSecret> {
        let previous = self.previous.iter().filter(|(_, until)| now < *until);
        let previous = previous.map(|(secret, _)| secret.clone());
        [self.current.clone()].into_iter().chain(previous).collect()
    }
}

impl Destination {
    /// Returns the URL of a webhook. `None` if callers pull.
    pub fn webhook(&self) -> Option<&WebhookUrl> {
        match &self.to {
            Recipient::Pull => None,
            Recipient::Webhook(url) => Some(url),
        }
    }

    /// Returns the receiver of a webhook. `None` if callers pull.
    pub fn receiver(&self) -> Option<Receiver> {
        let hash = self.webhook()?.hash();
        hash.first_chunk().copied().map(Receiver)
    }

    /// Returns the way in which touchpoints reach the destination.
    pub fn delivery(&self) -> Delivery {
        self.receiver().map_or(Delivery::Pull, Delivery::Push)
    }

    /// Returns whether a time of the destination has no effect: a gap between calls without calls, or
    /// a time for outcomes without a webhook.
    pub fn has_useless_time(&self) -> bool {
        let has_calls = self.channels.contains(&Channel::Call);
        let Timing {
            expires_after: _,
            outcome_timeout,
            min_gap,
        } = self.timing;
        min_gap.is_some() && !has_calls || outcome_timeout.is_some() && self.webhook().is_none()
    }

    /// Returns the rate at which a webhook gets touchpoints.
    pub fn push_rate(&self) -> Rate {
        self.rate.unwrap_or(Rate::OF_WEBHOOK)
    }
}

/// Rate at which touchpoints go out. Each of them costs one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    in_ten_seconds: u16,
    burst: u16,
}

/// An invalid rate. The message says what a number must be.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RateError {
    /// The rate is too small, too large, or has hundredths.
    #[error("a number from 0.1 to 100, with at most one decimal place")]
    Rate,
    /// The burst is 0 or too large.
    #[error("a whole number from 1 to {MAX_BURST}")]
    Burst,
}

impl Rate {
    /// Rate of a webhook without one, 5 a second: a small dialer takes it.
    pub const OF_WEBHOOK: Self = Self {
        in_ten_seconds: 50,
        burst: 5,
    };

    /// Creates a rate of so many touchpoints in ten seconds, and of `burst` touchpoints at once after
    /// a quiet time. Without a burst, it is the rate of a second, rounded up.
    ///
    /// # Errors
    /// [`RateError`] if a number is 0 or too large.
    pub fn new(in_ten_seconds: u16, burst: Option<u16>) -> Result<Self, RateError> {
        if !(1..=MAX_IN_TEN_SECONDS).contains(&in_ten_seconds) {
            return Err(RateError::Rate);
        }
        let burst = burst.unwrap_or(in_ten_seconds.div_ceil(10));
        if !(1..=MAX_BURST).contains(&burst) {
            return Err(RateError::Burst);
        }
        Ok(Self {
            in_ten_seconds,
            burst,
        })
    }

    /// Returns the touchpoints in ten seconds, at least 1.
    pub fn in_ten_seconds(self) -> u16 {
        self.in_ten_seconds
    }

    /// Returns the touchpoints at once, at least 1.
    pub fn burst(self) -> u16 {
        self.burst
    }

    /// Returns the bucket of the destination.
    pub fn bucket(self) -> Bucket {
        Bucket {
            in_ten_seconds: self.in_ten_seconds.into(),
            burst: self.burst.into(),
        }
    }
}

/// All destinations of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    list: Vec<Destination>,
    /// Number of changes so far.
    pub revision: u32,
}

/// Error for destinations that contradict each other.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a destination has no channel or a time without effect, or shares its name or a channel with another one"
)]
pub struct DestinationsError;

impl Destinations {
    /// Creates the destinations of an account.
    ///
    /// # Errors
    /// [`DestinationsError`] if a destination has no channel, if a name or a channel occurs twice, or if
    /// [a time has no effect](Destination::has_useless_time).
    pub fn new(list: Vec<Destination>, revision: u32) -> Result<Self, DestinationsError> {
        let (mut names, mut channels) = (Vec::new(), Vec::new());
        for destination in &list {
            let Destination {
                name,
                channels: own,
                to: _,
                rate: _,
                timing: _,
            } = destination;
            let is_twice = own.iter().any(|it| {
                let is_known = channels.contains(it);
                channels.push(*it);
                is_known
            });
            let is_useless = destination.has_useless_time();
            if own.is_empty() || is_twice || is_useless || names.contains(name) {
                return Err(DestinationsError);
            }
            names.push(name.clone());
        }
        Ok(Self { list, revision })
    }

    /// Returns the destinations in the order of the file.
    pub fn list(&self) -> &[Destination] {
        &self.list
    }

    /// Returns the destination of a channel. `None` if callers pull the channel without a limit.
    pub fn of(&self, channel: Channel) -> Option<&Destination> {
        self.list.iter().find(|it| it.channels.contains(&channel))
    }

    /// Returns the destination of a channel if it is a webhook.
    pub fn webhook_of(&self, channel: Channel) -> Option<&Destination> {
        self.of(channel).filter(|it| it.webhook().is_some())
    }

    /// Returns the open time of each channel.
    pub fn open_times(&self) -> OpenTimes {
        OpenTimes::new(|channel| {
            let timing = self.of(channel).map(|it| it.timing);
            timing.map_or_else(|| default_open_time(channel), |it| it.open_time(channel))
        })
    }

    /// Returns the least time between two calls to a lead that belong to different runs. `None` if it is
    /// [`MIN_GAP`](crate::timing::MIN_GAP).
    pub fn min_gap(&self) -> Option<MinGap> {
        self.of(Channel::Call)?.timing.min_gap
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn destination(name: &str, channels: &[Channel]) -> Destination {
        Destination {
            name: name.to_owned(),
            channels: channels.to_vec(),
            to: Recipient::Pull,
            rate: None,
            timing: Timing::default(),
        }
    }

    #[test]
    fn a_rate_has_tenths_and_a_burst_of_at_least_one_touchpoint() {
        for (tenths, burst, expected) in [
            (0, None, Err(RateError::Rate)),
            (1_001, None, Err(RateError::Rate)),
            (1, Some(0), Err(RateError::Burst)),
            (1, Some(1_001), Err(RateError::Burst)),
            (1, None, Ok((1, 1))),
            (10, None, Ok((10, 1))),
            (11, None, Ok((11, 2))),
            (1_000, Some(1_000), Ok((1_000, 1_000))),
        ] {
            let rate = Rate::new(tenths, burst);
            let rate = rate.map(|it| (it.in_ten_seconds(), it.burst()));
            assert_eq!(rate, expected, "{tenths} {burst:?}");
        }
    }

    #[test]
    fn a_rate_of_a_tenth_fills_its_bucket_in_ten_seconds() {
        let bucket = Rate::new(1, Some(2)).unwrap().bucket();
        let now = Timestamp::UNIX_EPOCH;
        let ago = |millis| now - SignedDuration::from_millis(millis);
        for (empty_at, level) in [(0, 0), (9_999, 0), (10_000, 1), (20_000, 2), (90_000, 2)] {
            assert_eq!(bucket.level(ago(empty_at), now), level, "{empty_at}");
        }
        assert_eq!(bucket.time_of(1), SignedDuration::from_secs(10));
        assert_eq!(bucket.full_at(now), ago(20_000));
    }

    #[test]
    fn a_channel_is_in_one_destination_only() {
        use Channel::{Call, Email, Sms};
        let calls = destination("calls", &[Call]);
        for (list, is_valid) in [
            (vec![], true),
            (
                vec![calls.clone(), destination("desk", &[Sms, Email])],
                true,
            ),
            (vec![calls.clone(), destination("calls", &[Sms])], false),
            (
                vec![calls.clone(), destination("desk", &[Sms, Call])],
                false,
            ),
            (vec![destination("desk", &[Sms, Sms])], false),
            (vec![destination("desk", &[])], false),
        ] {
            let new = Destinations::new(list.clone(), 1);
            assert_eq!(new.is_ok(), is_valid, "{list:?}");
        }
        let destinations = Destinations::new(vec![calls.clone()], 1).unwrap();
        assert_eq!(destinations.of(Call), Some(&calls));
        assert_eq!(destinations.of(Sms), None);
    }

    #[test]
    fn each_channel_has_the_times_of_its_destination_or_the_defaults() {
        use Channel::{Call, Email, Sms};
        let timing = Timing {
            expires_after: "PT10M".parse().ok(),
            min_gap: "PT3H".parse().ok(),
            ..Timing::default()
        };
        let dialer = Destination {
            timing,
            ..destination("dialer", &[Call, Email])
        };
        let desk = destination("desk", &[Sms]);
        let all = Destinations::new(vec![dialer, desk], 1).unwrap();
        let (times, defaults) = (all.open_times(), OpenTimes::default());
        let minutes = SignedDuration::from_mins;
        assert_eq!(
            (times.of(Call), times.of(Email)),
            (minutes(10), minutes(10))
        );
        assert_eq!(times.of(Sms), defaults.of(Sms));
        assert_eq!(times.of(Channel::Whatsapp), defaults.of(Channel::Whatsapp));
        assert_eq!(all.min_gap(), timing.min_gap);
        let none = Destinations::default();
        assert_eq!((none.open_times(), none.min_gap()), (defaults, None));
    }

    #[test]
    fn a_time_without_effect_is_refused() {
        let gap = Timing {
            min_gap: "PT3H".parse().ok(),
            ..Timing::default()
        };
        let outcome = Timing {
            outcome_timeout: "PT3H".parse().ok(),
            ..Timing::default()
        };
        let url = "https://dialer.example.com";
        for (channel, url, timing, is_valid) in [
            (Channel::Call, None, gap, true),
            (Channel::Sms, None, gap, false),
            (Channel::Sms, Some(url), outcome, true),
            (Channel::Sms, None, outcome, false),
        ] {
            let to = url.map_or(Recipient::Pull, |url| {
                Recipient::Webhook(url.parse().unwrap())
            });
            let one = Destination {
                to,
                timing,
                ..destination("one", &[channel])
            };
            let new = Destinations::new(vec![one], 1);
            assert_eq!(new.is_ok(), is_valid, "{channel} {timing:?}");
        }
    }

    #[test]
    fn both_secrets_are_valid_during_a_rotation() {
        let [one, other] = [[1; 32], [2; 32]].map(WebhookSecret::new);
        let until: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let secrets = WebhookSecrets {
            current: one.clone(),
            previous: Some((other.clone(), until)),
            is_shown: true,
        };
        let second = SignedDuration::from_secs(1);
        assert_eq!(secrets.valid_at(until - second), [one.clone(), other]);
        assert_eq!(secrets.valid_at(until), [one]);
    }

    #[test]
    fn a_receiver_is_that_of_the_url() {
        let webhook = |url: &str| Destination {
            to: Recipient::Webhook(url.parse().unwrap()),
            ..destination("dialer", &[Channel::Call])
        };
        let one = webhook("https://dialer.example.com/leadgate");
        let other = webhook("https://dialer.example.com/other");
        assert_ne!(one.receiver(), other.receiver());
        assert_eq!(one.delivery(), Delivery::Push(one.receiver().unwrap()));
        assert_eq!(one.push_rate(), Rate::new(50, None).unwrap());
        let pulled = destination("desk", &[Channel::Sms]);
        assert_eq!(pulled.delivery(), Delivery::Pull);
        let all = Destinations::new(vec![one.clone(), pulled], 1).unwrap();
        assert_eq!(all.webhook_of(Channel::Call), Some(&one));
        assert_eq!(all.webhook_of(Channel::Sms), None);
    }
}
