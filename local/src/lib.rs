//! The local stack: everything that `sam deploy` would create, in one process, with no account and no
//! network. The functions' own code runs against an embedded DynamoDB and an embedded SQS, over HTTP,
//! through the same SDK as on AWS (docs/architecture.md, "The local stack").

mod data_dir;
mod definition;
pub mod demo;
pub mod dev;
pub mod dynamodb;
mod error;
mod event_source;
mod guard;
mod home;
mod journal;
mod log;
mod move_tasks;
mod recovery;
pub mod reference;
mod running;
mod schedule;
mod services;
mod sqs;
mod stack;
pub mod text;

pub use self::{
    data_dir::{DATA_DIR, Storage, running_in},
    error::LocalError,
    journal::Journal,
    running::Running,
    services::{Ports, Services, TABLE},
    sqs::{dead_letter_queue_url, start_queue_url},
    stack::{Access, Stack},
};
