//! What the whole-system tests share: the cases of `events/`, and how a reply is compared with the one
//! that stands beside its event.

pub mod cases;
pub mod matching;
