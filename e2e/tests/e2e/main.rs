//! Whole-system tests, in one binary: each links both SDKs, DynamoDB and SQS.

mod arrays;
mod events;
mod faults;
mod idempotency;
mod intake;
mod lists;
mod phones;
mod restart;
mod starts;
mod support;
