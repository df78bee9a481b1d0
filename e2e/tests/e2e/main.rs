//! Whole-system tests, in one binary: each links both SDKs, DynamoDB and SQS.

mod arrays;
mod assignments;
mod canaries;
mod changes;
mod consumer;
mod enrolled;
mod erasing;
mod events;
mod faults;
mod fire;
mod first_message;
mod idempotency;
mod intake;
mod keys;
mod lead_lists;
mod lists;
mod normalising;
mod phones;
mod proxied;
mod restart;
mod run_races;
mod runs;
mod starts;
mod support;
mod tenancy;
mod workflow_changes;
