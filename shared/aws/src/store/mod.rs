//! Everything Leadgate keeps in DynamoDB: one table, laid out in docs/data-model.md.
//!
//! Owns the keys, the items' shapes and the conditions of every write; turns the SDK's errors into
//! [`StoreError`]. Knows no HTTP and no queue. There is no Scan. The SDK's calls on the way of a single lead are
//! in boxes: each is 5 KB, and the futures around it are moved more than once.

mod account;
mod api_key;
mod bucket;
mod campaign;
mod enrolment;
mod erase;
mod error;
mod history;
mod intake;
mod item;
mod keys;
mod lead;
mod lead_list;
mod lookup;
mod patch;
mod pending;
mod run;
mod table;
mod transaction;
mod update;
mod workflow;

pub use self::{
    bucket::{Withdrawal, Withdrawn},
    enrolment::{Enrolment, WaitingStart},
    error::StoreError,
    intake::{BatchResult, Created, WriteStatus},
    keys::PENDING_SHARDS,
    lookup::Lookup,
    pending::{PendingPage, PendingPosition, PendingStart},
    table::Store,
};
