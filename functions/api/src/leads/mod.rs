//! Leads: taking them in, reading, changing and erasing them (CONTRACT sections 3 and 5).

mod body;
pub(crate) mod change;
pub(crate) mod create;
mod draft;
mod enrolment;
pub(crate) mod erase;
mod fields;
mod intake;
pub(crate) mod list;
mod many;
mod reader;
pub(crate) mod reply;
pub(crate) mod runs;
pub(crate) mod show;

#[cfg(fuzzing)]
pub(crate) use self::create::read_draft;
pub(crate) use self::{
    change::change, create::create, erase::erase, intake::Taken, list::list, show::show,
};
