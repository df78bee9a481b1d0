//! Touchpoints, their outcomes, and contacts outside of touchpoints
//! ([contract](../../../../docs/contract.md#touchpoints)).

pub mod event;
pub mod many;
pub mod one;
mod outcome;
mod reply;
mod report;
pub mod show;

pub use self::{
    event::report as report_event, many::report as report_many, one::report, show::show,
};
