//! Sends a request to a webhook, and reports exactly what became of it.
//!
//! A request is signed by
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
//! The URL comes from a customer, so the connector dials public addresses only. It dials the very
//! address that it has checked. No redirect is followed, and no proxy of the environment is used.
//!
//! This crate knows no AWS and no table. It tries once: the caller decides about the next try.

mod address;
mod answer;
mod connector;
mod retry_after;
mod sender;
mod signature;

pub use self::{
    address::is_public,
    answer::{Answer, Body, Miss, Unknown},
    connector::TlsError,
    sender::{CONNECT_TIMEOUT, Delivery, MOST_BODY, Sender, Sent, TIMEOUT},
    signature::{TOLERANCE, VerifyError, signature, verify},
};
