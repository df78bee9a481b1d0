//! A lead's run: assign, status, stop, resume, history
//! ([contract](../../../../docs/contract.md#a-leads-run)).

pub mod assign;
pub mod automation;
mod change;
pub mod history;
mod message;
mod reply;
pub mod show;
pub mod status;

pub use self::{
    assign::assign,
    automation::{is_paused, resume, stop},
    change::{Changed, Current, change_run, followed_by},
    history::history,
    message::MessageOut,
    reply::{TouchpointOut, touchpoint_out, touchpoints},
    show::{planned_by, show},
    status::change as change_status,
};
