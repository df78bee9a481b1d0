//! Whole-system tests, in one binary: each links both SDKs, DynamoDB and SQS.

mod arrays;
mod events;
mod faults;
mod first_message;
mod idempotency;
mod intake;
mod keys;
mod lists;
mod normalising;
mod phones;
mod restart;
mod starts;
mod support;
