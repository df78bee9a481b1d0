//! The local stack: the services of a deployment in one process, without an AWS account or a
//! network.
//!
//! The functions' own code calls an embedded DynamoDB and an embedded SQS over HTTP, through the
//! same SDK as on AWS ([architecture](../../docs/architecture.md#the-local-stack)).

pub mod arguments;
mod clock;
mod consumers;
mod data_dir;
pub mod demo;
pub mod dev;
mod dev_routes;
mod dialer;
pub mod dynamodb;
mod error;
mod event_source;
mod gateway;
mod guard;
mod home;
mod journal;
mod log;
mod move_tasks;
mod pace;
mod private_file;
mod queue_names;
mod queues;
mod receiver;
mod recovery;
pub mod reference;
mod running;
mod schedule;
mod services;
mod sqs;
mod stack;
mod template;
pub mod text;

pub use self::{
    data_dir::{DATA_DIR, Storage, nearest_data_dir, nearest_running, running_in},
    error::LocalError,
    journal::{Entry, Journal, LogReader},
    pace::{Pace, PaceError},
    queue_names::QueueName,
    receiver::{Receiver, WEBHOOK_SECRET},
    running::Running,
    services::{Ports, Services, TABLE},
    stack::{Access, Stack},
};
