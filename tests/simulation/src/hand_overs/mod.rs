//! Hand-overs of touchpoints: the functions and the callers that make them, the log of everything
//! that callers have received, and the rules that hold
//! ([architecture](../../../../docs/architecture.md#the-fault-simulation)).

mod callers;
mod invariants;
mod journal;
mod log;
pub mod office;
mod run_item;
mod schedule;
mod work;

pub use self::{
    journal::{Journal, writes_of},
    log::Log,
    schedule::{run_drawn, run_out, run_steps},
};
