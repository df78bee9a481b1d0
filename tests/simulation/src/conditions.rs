//! Conditions of writes, and mutants of them: the same write with a weaker condition.
//!
//! The calls themselves show which conditional writes there are, so that none can be forgotten.
//! docs/mutations.md lists them, with the test that catches each mutant.

mod expression;
mod mutant;
mod page;
mod planted;
mod redundant;
mod write;

pub use self::{
    mutant::Mutant,
    page::{Catch, Page},
    planted::{UPDATE, VARIABLE, inspect, lacks, planted, unknown},
    redundant::reason,
    write::{Write, writes},
};
