//! Reasons why dead hints were not handled, as the message and the table show them now. A hint only
//! says that a run is due, so no contact depends on one: wake-runs sends hints for each run that is
//! due.

use aws::{
    queue::{Hint, MessageError},
    store::{Lookup, Store, StoreError},
    telemetry::ErrorChain,
};
use domain::run::{Run, Wake};
use jiff::Timestamp;

use super::reason::Reason;

/// Returns the reason for a hint. Without the table, it depends on the message alone.
pub async fn of(
    hint: &Result<Hint, MessageError>,
    store: Option<&Store>,
    now: Timestamp,
) -> Result<Reason, StoreError> {
    let hint = match hint {
        Ok(hint) => hint,
        Err(error) => return Ok(Reason::unreadable(error)),
    };
    let Some(store) = store else {
        return Ok(Reason::unknown());
    };
    match of_table(hint, store, now).await {
        Err(error @ StoreError::Damaged { .. }) => {
            let text = format!("repair the item, then redrive: {}", ErrorChain(&error));
            Ok(Reason::new("damaged", text))
        }
        reason => reason,
    }
}

async fn of_table(hint: &Hint, store: &Store, now: Timestamp) -> Result<Reason, StoreError> {
    let (account, lead) = (hint.account_id, hint.lead_id);
    match store.lead(account, lead).await? {
        Lookup::Found(_) => {}
        Lookup::Erased => {
            let text = "the lead is erased: a redrive removes the message";
            return Ok(Reason::new("lead_erased", text));
        }
        Lookup::Missing => {
            let text = "the lead was never stored: a redrive removes the message";
            return Ok(Reason::new("lead_absent", text));
        }
    }
    let run = store.run(account, lead, hint.run_id).await?;
    Ok(match run {
        Some(run) => of_run(&run, now),
        None => Reason::new(
            "run_is_missing",
            "the run is not there: a redrive removes the message",
        ),
    })
}

fn of_run(run: &Run, now: Timestamp) -> Reason {
    match run.wake() {
        None => Reason::new(
            "run_is_over",
            "the run needs no hand-over any more: a redrive removes the message",
        ),
        Some(Wake::Held(_)) => Reason::new(
            "run_is_held",
            "the run is held: it goes on when the hold ends, and a redrive does no harm",
        ),
        Some(Wake::Due { at, .. }) if at > now => Reason::new(
            "run_is_due_later",
            "the run is due later, and wake-runs finds it then: a redrive does no harm",
        ),
        Some(Wake::Due { .. }) => Reason::new(
            "run_is_due",
            "the run is still due: a redrive lets dispatch-touchpoints look at it now",
        ),
    }
}
