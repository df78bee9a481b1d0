//! The program as a person or another program meets it: output, exit codes, signals, damaged files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account;
mod apply;
mod dev;
mod documents;
mod local_stack;
mod plan;
mod queue;
mod stack;
mod terminal;
