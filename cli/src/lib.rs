//! The program `leadgate`: the operator's commands, and `dev`.

pub mod account;
pub mod apply;
pub mod campaign;
pub mod command;
mod credentials;
pub mod definition;
pub mod documents;
pub mod export;
mod failure;
mod fields;
mod ids;
pub mod init;
pub mod key;
pub mod lead;
mod lead_arg;
mod limit;
pub mod moment;
mod name;
mod nearest;
mod output;
pub mod plan;
pub mod queue;
pub mod run;
mod stored;
pub mod summary;
mod target;
pub mod workflow;
