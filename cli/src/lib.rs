//! Leadgate's command line tool, and the local stack that it starts. The local stack is public so that
//! whole-system tests run against the very thing that a person runs.

pub mod account;
pub mod apply;
pub mod command;
pub mod definition;
pub mod dev;
pub mod documents;
pub mod export;
mod failure;
pub mod key;
pub mod local;
mod output;
pub mod plan;
pub mod queue;
mod reference;
mod stored;
mod target;
