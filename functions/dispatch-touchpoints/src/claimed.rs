//! A written claim of a touchpoint for a webhook.

use std::sync::Arc;

use domain::{
    destination::Destination,
    lane::TouchpointMark,
    run::{Owner, Receiver, Run, pause_after_unknown},
    webhook_url::WebhookUrl,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};

use crate::state::DispatchTouchpoints;

/// A claim that is written.
pub struct Claimed {
    /// The run as it was written.
    pub run: Run,
    pub index: u16,
    pub owner: Owner,
    pub workflow: Arc<Workflow>,
    pub destination: String,
    pub url: WebhookUrl,
    pub receiver: Receiver,
    /// Time for which the outcome of the run's last touchpoint is awaited.
    pub outcome_timeout: SignedDuration,
}

impl Claimed {
    /// `None` if the destination is no webhook.
    pub fn new(
        mut run: Run,
        index: u16,
        owner: Owner,
        workflow: &Arc<Workflow>,
        destination: &Destination,
    ) -> Option<Self> {
        run.revision += 1;
        Some(Self {
            run,
            index,
            owner,
            workflow: Arc::clone(workflow),
            destination: destination.name.clone(),
            url: destination.webhook()?.clone(),
            receiver: destination.receiver()?,
            outcome_timeout: destination.timing.outcome_time(),
        })
    }

    /// Returns the mark by which the lane tells touchpoints apart.
    pub fn mark(&self) -> TouchpointMark {
        let [.., a, b, c, d] = self.run.id.as_bytes();
        TouchpointMark(u32::from_be_bytes([*a, *b, *c, *d]) ^ u32::from(self.index))
    }
}

/// Returns the time of the next try after one whose result is unknown.
pub fn next_try(state: &DispatchTouchpoints, claimed: &Claimed, now: Timestamp) -> Timestamp {
    let tries = claimed.run.hand_over.as_ref().map_or(1, |it| it.tries);
    let draw = u8::try_from(state.draw(256)).unwrap_or_default();
    now.saturating_add(pause_after_unknown(tries, draw))
        .unwrap_or(now)
}
