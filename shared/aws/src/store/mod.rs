//! All data of Leadgate, in one DynamoDB table. docs/data-model.md describes the table.
//!
//! This module owns the keys, the shapes of the items and the conditions of the writes. It turns
//! the SDK's errors into [`StoreError`]. It has no HTTP and no queue. Only [`Store::check`] scans the
//! table.
//!
//! Calls of the SDK that a request for one lead makes are in boxes. The future of such a call has 5
//! KB, and the futures around it are moved more than once.

mod account;
mod address;
mod api_key;
mod attention;
mod bucket;
mod campaign;
mod check;
mod destination;
mod due;
mod enrolment;
mod erase;
mod error;
mod event;
#[cfg(test)]
mod golden;
mod hand_over;
mod health;
mod history;
mod hold;
mod hold_open;
mod hold_scope;
mod intake;
mod item;
mod keys;
mod lane;
mod lead;
mod lead_list;
mod lookup;
mod manifest;
mod patch;
mod pending;
mod run;
mod suppression;
mod table;
mod transaction;
mod update;
mod waiting;
mod webhook;
mod workflow;

pub use self::{
    bucket::{Draw, Drawn, Withdrawal, Withdrawn},
    check::{Breach, Checked, Counts, Rule, check},
    due::{DueRun, ListedRun, Listing, OpenRun},
    enrolment::{CurrentRun, RunOrigin},
    error::StoreError,
    event::EventReceipt,
    hand_over::{Allowed, Place, RunOfLead},
    history::ContactEntry,
    hold::{Hold, ReleaseOrder},
    hold_scope::HoldScope,
    intake::{BatchResult, Created, WriteStatus},
    keys::{PENDING_SHARDS, WAKE_SHARDS},
    lead_list::LeadPage,
    lookup::Lookup,
    patch::ReadLead,
    pending::{PendingPage, PendingPosition, PendingStart},
    table::Store,
    waiting::WaitingNote,
};
