//! Tests of the program `leadgate`: output, exit codes, signals and damaged files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account;
mod apply;
mod clock;
mod destination;
mod dev;
mod dialer;
mod dispatch;
mod doctor;
mod documents;
mod hold;
mod hostile;
mod init;
mod inspect;
mod lead_create;
mod lead_import;
mod local_stack;
mod manual_stack;
mod plan;
mod plan_lead;
mod program;
mod queue;
mod stack;
mod suppress;
mod tail;
mod terminal;
mod touchpoint;
