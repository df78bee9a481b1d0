//! What the whole-system tests share: the cases of `events/`, and how a reply is compared with the one
//! that stands beside its event; and a proxy that gets in the way of AWS calls.

pub mod cases;
pub mod fire;
pub mod lambda;
pub mod matching;
pub mod proxy;
