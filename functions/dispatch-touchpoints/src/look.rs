//! One look at a run: everything that is due is done.

use aws::{
    queue::{Hint, MessageError},
    store::StoreError,
};
use domain::run::{Run, Wake};
use thiserror::Error;

use crate::{seen::Seen, state::DispatchTouchpoints};

/// Maximum number of looks at a run that others change at the same time.
const TRIES: u32 = 5;

/// Result of a look.
#[derive(Debug, Default)]
pub struct Looked {
    pub seen: Seen,
    /// Hint for the next look. `None` if the run is not due within 15 minutes, or if wake-runs finds
    /// it.
    pub next: Option<Hint>,
}

/// Reason why SQS must deliver a hint again.
#[derive(Debug, Error)]
pub enum LookError {
    #[error("the hint cannot be read")]
    Message(#[from] MessageError),
    #[error("the message has no body")]
    NoBody,
    #[error("each write of the run lost to another change of it")]
    Contended,
    #[error("the look took too long")]
    TimedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at the run of a hint.
///
/// # Errors
/// [`LookError::Contended`] and [`LookError::Store`].
pub async fn look(state: &DispatchTouchpoints, hint: &Hint) -> Result<Looked, LookError> {
    let (account, lead) = (hint.account_id, hint.lead_id);
    for _ in 0..TRIES {
        let Some(mut run) = state.store.run(account, lead, hint.run_id).await? else {
            // The lead was erased.
            return Ok(Looked::default());
        };
        let now = state.clock.now();
        let Some(Wake::Due { at, .. }) = run.wake() else {
            return Ok(Looked::default());
        };
        if at > now {
            // The run was changed since, or the clocks differ.
            return Ok(again(&run, now));
        }
        let workflow = state.catalogue.version(account, &run.workflow).await?;
        // Read after the run: a hold that begins later sees this change first.
        let held_by = state.store.held_by(account, run.workflow.id).await?;
        let before = run.clone();
        // A run is held at its hand-over, before its time runs on. A claim may end meanwhile.
        held_by.inspect(|by| run.hold(*by, now));
        run.advance(&workflow, now);
        match held_by {
            Some(by) => run.hold(by, now),
            None => {
                run.open(&workflow, now);
            }
        }
        if run == before {
            return Ok(Looked::default());
        }
        let entries = run.entries_since(&before, now);
        match state.store.write_run(&before, &run, &entries, now).await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                return Ok(Looked {
                    seen: Seen::of(&before, &run, now),
                    ..again(&run, now)
                });
            }
        }
    }
    Err(LookError::Contended)
}

fn again(run: &Run, now: jiff::Timestamp) -> Looked {
    Looked {
        next: Hint::of(run, now),
        ..Looked::default()
    }
}
