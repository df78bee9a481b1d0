//! Touchpoints, their outcomes, and contacts outside of touchpoints
//! ([contract](../../../../docs/contract.md#touchpoints)).

pub mod claim;
mod due;
pub mod event;
pub mod lease;
pub mod list;
pub mod many;
pub mod one;
mod outcome;
mod reply;
mod report;
pub mod show;

pub use self::{
    claim::claim,
    event::report as report_event,
    lease::{extend, release},
    list::list,
    many::report as report_many,
    one::report,
    show::show,
};
