//! The destinations of an account.

use domain::{
    channel::Channel,
    destination::{Destination, Rate, RateError, Recipient},
    timing::{BoundedTime, ExpiresAfter, MinGap, OutcomeTimeout, Timing},
    webhook_url::WebhookUrl,
};
use serde::{Serialize, Serializer};

use super::{
    cadence::iso_duration,
    node::{Node, Value},
    reader::{Reader, object},
};

/// Form of a destination in a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DestinationDefinition {
    /// Display name. No other destination of the account has it.
    pub name: String,
    /// Channels, at least one. No other destination of the account has one of them.
    pub channels: Vec<Channel>,
    /// URL to which Leadgate sends the touchpoints. `None` if callers pull.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "revealed")]
    pub webhook: Option<WebhookUrl>,
    /// Whether callers pull. It is left out if they do not.
    #[serde(skip_serializing_if = "is_false")]
    pub pull: bool,
    /// Touchpoints in ten seconds. `None` if callers pull without a limit, or a webhook has 5 a second.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "per_second")]
    pub rate: Option<u16>,
    /// Touchpoints at once. `None` if it is the rate of a second, rounded up, or if there is no rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u16>,
    /// Open time within which a touchpoint is tried. `None` if it is the default of its channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<ExpiresAfter>,
    /// Time for which the outcome of a run's last touchpoint is awaited. `None` if it is the default, or if
    /// callers pull.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_timeout: Option<OutcomeTimeout>,
    /// Least time between two calls to a lead that belong to different runs. `None` if it is the default,
    /// or if the destination has no calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_gap: Option<MinGap>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Serializes the whole URL. Without its path, the file would give another destination.
fn revealed<S: Serializer>(url: &Option<WebhookUrl>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(WebhookUrl::reveal).serialize(serializer)
}

/// Serializes tenths as a number, such as 5 or 0.5.
fn per_second<S: Serializer>(tenths: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
    let tenths = tenths.unwrap_or_default();
    match tenths % 10 {
        0 => (tenths / 10).serialize(serializer),
        _ => (f64::from(tenths) / 10.0).serialize(serializer),
    }
}

impl From<&Destination> for DestinationDefinition {
    fn from(destination: &Destination) -> Self {
        let Destination {
            name,
            channels,
            to,
            rate,
            timing:
                Timing {
                    expires_after,
                    outcome_timeout,
                    min_gap,
                },
        } = destination;
        let webhook = match to {
            Recipient::Pull => None,
            Recipient::Webhook(url) => Some(url.clone()),
        };
        Self {
            name: name.clone(),
            channels: channels.clone(),
            pull: webhook.is_none(),
            webhook,
            rate: rate.map(Rate::in_ten_seconds),
            burst: rate.map(Rate::burst),
            expires_after: *expires_after,
            outcome_timeout: *outcome_timeout,
            min_gap: *min_gap,
        }
    }
}

impl DestinationDefinition {
    /// Returns the destination as it is stored.
    ///
    /// # Errors
    /// [`RateError`] if a number is 0 or too large.
    pub fn destination(&self) -> Result<Destination, RateError> {
        let rate = self.rate.map(|rate| Rate::new(rate, self.burst));
        Ok(Destination {
            name: self.name.clone(),
            channels: self.channels.clone(),
            to: self
                .webhook
                .clone()
                .map_or(Recipient::Pull, Recipient::Webhook),
            rate: rate.transpose()?,
            timing: Timing {
                expires_after: self.expires_after,
                outcome_timeout: self.outcome_timeout,
                min_gap: self.min_gap,
            },
        })
    }
}

impl Reader {
    /// Reads the destinations of an account.
    pub fn destinations(&mut self, node: &Node) -> Option<Vec<Destination>> {
        self.channels_differ(node);
        self.each(node, |reader, node| {
            let definition = reader.destination(node)?;
            // The reader has checked the numbers.
            definition.destination().ok()
        })
    }

    fn destination(&mut self, node: &Node) -> Option<DestinationDefinition> {
        match (node.field("webhook"), node.field("pull")) {
            (Some(_), Some(pull)) => self.problem_at(
                pull.name_place.unwrap_or(pull.place),
                format!("{} contradicts webhook: remove one of them", pull.path),
            ),
            (None, None) if matches!(node.value, Value::Fields(_)) => {
                self.problem(node, "needs webhook: URL, or pull: true")
            }
            _ => {}
        }
        if let (Some(burst), None) = (node.field("burst"), node.field("rate")) {
            self.problem(burst, "needs a rate: add rate, or remove burst");
        }
        if let (Some(timeout), Some(_)) = (node.field("outcome_timeout"), node.field("pull")) {
            self.problem(
                timeout,
                "needs a webhook, because callers who pull report an outcome within their lease: remove it",
            );
        }
        if let (Some(gap), Some(channels)) = (node.field("min_gap"), node.field("channels")) {
            let is_call = |it: &Node| matches!(&it.value, Value::Text(text) if text == Channel::Call.as_str());
            if !channels.elements().iter().any(is_call) {
                self.problem(
                    gap,
                    "is the time between calls, so it needs the channel call: add call to channels, or remove it",
                );
            }
        }
        Some(object!(
            self,
            node,
            DestinationDefinition {
                name: required(Self::name),
                channels: required(Self::channels),
                webhook: if_given(Self::webhook),
                pull: or(false, Self::pull),
                rate: if_given(Self::rate),
                burst: if_given(Self::burst),
                expires_after: if_given(Self::bounded_time),
                outcome_timeout: if_given(Self::bounded_time),
                min_gap: if_given(Self::bounded_time),
            }
        ))
    }

    /// Reads the URL of a webhook. Problems do not show it, because its path may be secret.
    fn webhook(&mut self, node: &Node) -> Option<WebhookUrl> {
        let url = self.text(node)?.trim().parse();
        url.map_err(|error| self.problem(node, error)).ok()
    }

    fn channels(&mut self, node: &Node) -> Option<Vec<Channel>> {
        let channels = self.each(node, Self::one_of)?;
        if channels.is_empty() {
            self.problem(node, "is empty, but must have at least one channel");
        }
        Some(channels)
    }

    fn pull(&mut self, node: &Node) -> Option<bool> {
        let pull = self.flag(node)?;
        if !pull {
            self.wrong(node, "true: remove it, or give webhook: URL instead");
        }
        Some(pull)
    }

    /// Reads touchpoints a second, and returns those in ten seconds.
    fn rate(&mut self, node: &Node) -> Option<u16> {
        let tenths = match node.value {
            Value::Integer(number) => u16::try_from(number).ok().and_then(|it| it.checked_mul(10)),
            Value::Number(number) => tenths(number),
            _ => None,
        };
        let rate = tenths.filter(|it| Rate::new(*it, Some(1)).is_ok());
        if rate.is_none() {
            self.wrong(node, RateError::Rate);
        }
        rate
    }

    fn burst(&mut self, node: &Node) -> Option<u16> {
        let burst = match node.value {
            Value::Integer(number) => u16::try_from(number).ok(),
            _ => None,
        };
        let burst = burst.filter(|it| Rate::new(1, Some(*it)).is_ok());
        if burst.is_none() {
            self.wrong(node, RateError::Burst);
        }
        burst
    }

    /// Reads a time of a destination.
    fn bounded_time<const LEAST: i64, const MOST: i64>(
        &mut self,
        node: &Node,
    ) -> Option<BoundedTime<LEAST, MOST>> {
        self.parse_like(node, iso_duration)
    }

    /// Checks that each channel occurs once in all destinations.
    fn channels_differ(&mut self, list: &Node) {
        let mut seen: Vec<(&str, &Node)> = Vec::new();
        for destination in list.elements() {
            let channels = destination.field("channels").map(Node::elements);
            for node in channels.unwrap_or_default() {
                let Value::Text(channel) = &node.value else {
                    continue;
                };
                if let Some((_, first)) = seen.iter().find(|(it, _)| it == channel) {
                    let value = &node.value;
                    let first = &first.path;
                    let problem = format_args!(
                        "is {value}, which {first} has: a channel is in at most one destination"
                    );
                    self.problem(node, problem);
                } else {
                    seen.push((channel, node));
                }
            }
        }
    }
}

/// Returns the tenths of a number. `None` if it has hundredths.
fn tenths(number: f64) -> Option<u16> {
    let text = format!("{number:.1}");
    let exact: f64 = text.parse().ok()?;
    let is_exact = exact.total_cmp(&number).is_eq();
    is_exact.then(|| text.replace('.', "").parse().ok())?
}
