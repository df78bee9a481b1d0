//! Leads: taking them in, reading, changing and erasing them (CONTRACT sections 3 and 5).

mod body;
mod change;
mod create;
mod draft;
mod enrolment;
mod erase;
mod fields;
mod intake;
mod list;
mod many;
mod reader;
mod reply;
pub(crate) mod runs;
mod show;

#[cfg(fuzzing)]
pub(crate) use self::create::read_draft;
pub(crate) use self::{
    change::change, create::create, erase::erase, intake::Taken, list::list, show::show,
};
