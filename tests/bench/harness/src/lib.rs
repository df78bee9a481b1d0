//! Runs a function as Lambda runs it, and counts its work.
//!
//! The harness plays the Runtime API, DynamoDB and SQS, so a function makes its real calls.
//! `tests/bench/regression` and `tests/bench/studies` are made of it.

mod answer;
mod callgrind;
pub mod endpoints;
pub mod events;
mod figures;
mod function;
mod measures;
mod places;
mod report;
mod result;
mod runtime_api;
mod setup;

pub use self::{
    answer::Answer,
    callgrind::Callgrind,
    figures::{median, rounded},
    function::{CpuTime, Function},
    measures::{Measure, Measures},
    places::Places,
    report::Report,
    result::{Result, exit_code},
    setup::Setup,
};
