//! The service under fire: its functions' own code against DynamoDB and SQS inside the process, with faults
//! in between, kills, redeliveries and reordering, all of them drawn from one seed. Time is tokio's paused clock, so
//! a schedule takes no time and the same seed is the same schedule.

mod aws;
mod batch;
mod budget;
mod check;
mod fleet;
mod permission;
mod plan;
mod planted;
mod schedule;
mod wire;
mod world;

pub use self::{
    batch::with_bad_records,
    budget::{Spent, spend},
    fleet::{Fleet, Reply},
    permission::Permission,
    plan::{Kills, Plan, Step},
    planted::Planted,
    schedule::{Broken, CANARIES, Held, run},
    wire::{Fault, Faults},
    world::Bench,
};
