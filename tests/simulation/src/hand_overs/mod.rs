//! Hand-overs of touchpoints: the functions and the callers that make them, the log of everything
//! that callers have received, and the rules that hold
//! ([architecture](../../../../docs/architecture.md#the-fault-simulation)).

mod bugs;
mod callers;
mod invariants;
mod journal;
mod log;
pub mod office;
mod push_log;
mod receiver;
mod run_item;
mod schedule;
mod shows;
mod work;

pub use self::{
    bugs::{Bug, Memory, remove_condition, run_key},
    journal::{Journal, writes_of},
    log::Log,
    push_log::Pushes,
    run_item::RunItem,
    schedule::{run_drawn, run_out, run_pushed, run_steps},
};
