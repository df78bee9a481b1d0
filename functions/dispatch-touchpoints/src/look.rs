//! One look at a run: everything that is due is done.

use std::sync::Arc;

use aws::{queue::Hint, store::StoreError};
use domain::{
    destination::{Destination, Destinations},
    run::{Delivery, Owner, Run, Wake},
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{
    admission::{Admission, Paid, admit},
    claimed::Claimed,
    hand_over::hand_over,
    looked::{LookError, Looked},
    seen::Seen,
    state::DispatchTouchpoints,
};

/// Maximum number of looks at a run that others change at the same time.
const TRIES: u32 = 5;
/// Lease of a claim. It is longer than the function's timeout, so that a worker that is still at work
/// has its claim.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Seconds over which the hints that found no token are spread, at each of their looks. Together they reach
/// to the next tick of wake-runs, which sends the hints from then on.
const SPREAD: [u16; 4] = [10, 10, 20, 40];
/// Maximum time for which a hint waits for a lane that is closed.
const CLOSED: SignedDuration = SignedDuration::from_secs(60);

/// Work of a look on a run that is due.
enum Step {
    /// The run as it is after everything that is overdue.
    Write(Run),
    /// The run with the claim of its touchpoint.
    Claim(Run, u16, Owner),
    /// The same as `Write`. The touchpoint waits for its lane.
    Wait(Run, Admission),
}

/// Looks at the run of a hint, which was delivered at `begun`.
///
/// # Errors
/// [`LookError`] except [`LookError::NoBody`] and [`LookError::TimedOut`].
pub async fn look(
    state: &DispatchTouchpoints,
    hint: &Hint,
    begun: Instant,
) -> Result<Looked, LookError> {
    let (account, lead) = (hint.account_id, hint.lead_id);
    let mut paid = Paid::default();
    for _ in 0..TRIES {
        let Some(run) = state.store.run(account, lead, hint.run_id).await? else {
            // The lead was erased.
            return Ok(Looked::default());
        };
        let now = state.clock.now();
        let Some(Wake::Due { at, .. }) = run.wake() else {
            return Ok(Looked::default());
        };
        let destinations = state.catalogue.destinations(account).await?;
        if at > now && !goes_elsewhere(&run, &destinations, now) {
            // The run was changed since, or the clocks differ.
            return Ok(again(&run, now));
        }
        let workflow = state.catalogue.version(account, &run.workflow).await?;
        let before = run.clone();
        let step = step(state, run, &workflow, &destinations, &mut paid, now).await?;
        let (run, claim) = match step {
            Step::Wait(run, admission) if run == before => {
                return Ok(waiting(state, hint, admission, now));
            }
            Step::Write(run) if run == before => return Ok(Looked::default()),
            Step::Write(run) | Step::Wait(run, _) => (run, None),
            Step::Claim(run, index, owner) => (run, Some((index, owner))),
        };
        // The answer to the request becomes the entry of the claim.
        let entries = run.entries_since(&before, now);
        match state.store.write_run(&before, &run, &entries, now).await {
            Err(StoreError::Conflict) => continue,
            written => written?,
        }
        let seen = Seen::of(&before, &run, now);
        let claimed = claim.and_then(|(index, owner)| {
            let channel = run.touchpoint(index)?.channel;
            Claimed::new(
                run.clone(),
                index,
                owner,
                &workflow,
                destinations.of(channel)?,
            )
        });
        return match claimed {
            None => Ok(Looked {
                seen,
                ..again(&run, now)
            }),
            Some(claimed) => {
                let mut looked = Box::pin(hand_over(state, claimed, begun)).await?;
                looked.seen.add(&seen);
                Ok(looked)
            }
        };
    }
    Err(LookError::Contended)
}

/// Returns whether callers can pull a touchpoint whose channel has a webhook by now. It is due for the
/// webhook, and does not wait for the end of its time.
fn goes_elsewhere(run: &Run, destinations: &Destinations, now: Timestamp) -> bool {
    let opened = run.opened().filter(|_| !run.is_claimed(now));
    opened.is_some_and(|(channel, _)| destinations.webhook_of(channel).is_some())
}

/// Does everything that is overdue, and opens or claims the touchpoint that is due.
async fn step(
    state: &DispatchTouchpoints,
    mut run: Run,
    workflow: &Arc<Workflow>,
    destinations: &Destinations,
    paid: &mut Paid,
    now: Timestamp,
) -> Result<Step, StoreError> {
    let account = run.account_id;
    // Read after the run: a hold that begins later sees this change first.
    let held_by = state.store.held_by(account, run.workflow.id).await?;
    // A run is held at its hand-over, before its time runs on. A claim may end meanwhile.
    held_by.inspect(|by| run.hold(*by, now));
    let receiver = webhook_of(&run, destinations).and_then(Destination::receiver);
    if let (None, Some(receiver)) = (held_by, receiver) {
        // Before its time as a pulled touchpoint is over.
        run.wait_for(receiver, now);
    }
    run.advance(workflow, now);
    if let Some(by) = held_by {
        run.hold(by, now);
        return Ok(Step::Write(run));
    }
    let Some(webhook) = webhook_of(&run, destinations) else {
        run.open(destinations.open_times(), workflow, now);
        return Ok(Step::Write(run));
    };
    let Some(receiver) = webhook.receiver() else {
        return Ok(Step::Write(run));
    };
    let owner = Owner(state.randomness.bits());
    let delivery = Delivery::Push(receiver);
    let mut claimed = run.clone();
    let open_times = destinations.open_times();
    match claimed.claim(owner, LEASE, delivery, open_times, workflow, now) {
        // An open try for another receiver has ended, or the window is closed.
        Err(_) => Ok(Step::Write(claimed)),
        Ok(index) => {
            let admission = admit(state, account, webhook, receiver, paid, now).await?;
            Ok(match admission {
                Admission::Admitted => Step::Claim(claimed, index, owner),
                admission => Step::Wait(run, admission),
            })
        }
    }
}

/// Returns the webhook of the touchpoint whose turn it is. `None` if callers pull it.
fn webhook_of<'a>(run: &Run, destinations: &'a Destinations) -> Option<&'a Destination> {
    let channel = run.touchpoint(run.next_index()?)?.channel;
    destinations.webhook_of(channel)
}

/// Returns the hint for the next look at a touchpoint that waits for its lane.
fn waiting(
    state: &DispatchTouchpoints,
    hint: &Hint,
    admission: Admission,
    now: Timestamp,
) -> Looked {
    let spread = SPREAD.get(usize::from(hint.looks));
    let drawn = spread.map(|seconds| 1 + state.draw(*seconds));
    let next = drawn.and_then(|seconds| match admission {
        Admission::NoToken => Some(hint.again_after(seconds)),
        Admission::Closed(until) if until.duration_since(now) <= CLOSED => {
            let wait = u16::try_from(until.duration_since(now).as_secs()).unwrap_or_default();
            Some(hint.again_after(wait.saturating_add(seconds)))
        }
        Admission::Closed(_) | Admission::Paused | Admission::Admitted => None,
    });
    Looked {
        seen: Seen {
            waiting: 1,
            ..Seen::default()
        },
        next,
    }
}

pub fn again(run: &Run, now: Timestamp) -> Looked {
    Looked {
        next: Hint::of(run, now),
        ..Looked::default()
    }
}
