//! Leadgate's command line tool, and the local stack that it starts. The local stack is public so that
//! whole-system tests run against the very thing that a person runs.

pub mod apply;
pub mod definition;
pub mod dev;
mod failure;
pub mod local;
mod local_args;
pub mod plan;
pub mod queue;
