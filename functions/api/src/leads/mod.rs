//! Leads: taking one in, and reading it back (CONTRACT sections 3 and 5).

mod body;
mod create;
mod draft;
mod enrolment;
mod fields;
mod intake;
mod many;
mod reader;
mod reply;
mod show;

#[cfg(fuzzing)]
pub(crate) use self::create::read_draft;
pub(crate) use self::{create::create, show::show};
