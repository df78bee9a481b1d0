//! Whole-system tests, in one binary: each links both SDKs, DynamoDB and SQS.

mod events;
mod intake;
mod lists;
mod restart;
mod starts;
mod support;
