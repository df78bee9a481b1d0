//! Reasons why a command on dispatch fails.

use aws::store::StoreError;
use domain::{
    cadence::TouchpointState,
    run::{NotResent, RunStatus},
};
use local::text::PrintError;

use crate::{
    ids::IdError, queue::error::QueueCommandError, reason::ReasonError, target::TargetError,
    touchpoint_id::TouchpointIdError,
};

/// Reason why a command on dispatch failed.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error("{}", not_resent(*.0))]
    NotResent(NotResent),
    #[error(
        "the touchpoint is {0} and needs no person: `leadgate dispatch attention` lists those that do"
    )]
    NeedsNone(TouchpointState),
    #[error("the touchpoint is not on the list: a person has settled it already")]
    Settled,
    #[error("there is no such touchpoint: its lead was erased, or the id is of another stack")]
    Absent,
    #[error("another change of the run was faster: run the command again")]
    Busy,
    #[error(transparent)]
    Reason(#[from] ReasonError),
    #[error(transparent)]
    TouchpointId(#[from] TouchpointIdError),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Queue(#[from] QueueCommandError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Returns why a touchpoint is not scheduled again, and what to do.
fn not_resent(reason: NotResent) -> String {
    const SETTLE: &str = "settle the touchpoint with `leadgate dispatch settle`";
    match reason {
        NotResent::Absent => DispatchError::Absent.to_string(),
        NotResent::State(state) => DispatchError::NeedsNone(state).to_string(),
        NotResent::RunOver(status) => {
            let why = match status {
                RunStatus::Completed => "is completed",
                RunStatus::Stopped => "was stopped",
                _ => "has failed",
            };
            format!("its run {why}, so nothing goes out any more: {SETTLE}")
        }
        NotResent::TakenOver => format!(
            "a person has taken the lead over: resume its automation over the API first, or {SETTLE}"
        ),
        NotResent::CadenceOver(state) => {
            format!("the cadence of its run is {state}, so nothing goes out any more: {SETTLE}")
        }
        NotResent::Held => {
            "its run is held: end the hold that `leadgate dispatch status` shows, and \
                            resend then"
                .to_owned()
        }
    }
}
