//! The local stack: everything that `sam deploy` would create, in one process, with no account and no
//! network. The functions' own code runs against an embedded DynamoDB and an embedded SQS, over HTTP,
//! through the same SDK as on AWS (docs/architecture.md, "The local stack").

mod data_dir;
mod definition;
pub mod demo;
mod dynamodb;
mod error;
mod event_source;
mod move_tasks;
mod recovery;
mod schedule;
mod services;
mod sqs;
mod stack;

pub use self::{
    data_dir::Storage,
    error::LocalError,
    services::{Ports, Services},
    stack::Stack,
};
pub(crate) use self::{
    services::TABLE,
    sqs::{dead_letter_queue_url, start_queue_url},
};
