//! The fault simulation: the code of the functions against DynamoDB and SQS inside the
//! process. Faults, cancellations, redeliveries and the order of messages are drawn from one seed.
//! Time is tokio's paused clock: a schedule takes no real time, and a seed always gives the same
//! schedule. README.md explains how to use it.

mod actors;
mod answer;
mod batch;
mod begin;
mod call;
mod canaries;
mod changes;
mod cloud;
pub mod conditions;
mod dispatch;
mod fault;
mod faults;
mod fleet;
mod forwarding;
mod functions;
mod hand_overs;
mod invariants;
mod lost;
mod mutations;
mod observed;
mod outage;
mod permission;
mod queue;
mod races;
mod run;
mod scenario;
mod services;
mod step;
mod transport;
mod verdict;

pub use self::{
    batch::with_bad_records,
    call::{Caller, DISPATCH_QUEUE_URL},
    canaries::CANARIES,
    cloud::Cloud,
    fault::{FailedEntry, Fault},
    faults::{FaultAt, FaultOf, Faults},
    fleet::{Fleet, Reply},
    forwarding::{Forwarding, Intercepted},
    hand_overs::Bug,
    mutations::Mutation,
    outage::{OutageCost, outage},
    permission::{Access, Permission},
    races::{RACES, Race},
    run::run,
    scenario::{Cancellations, Scenario, Steps},
    step::Step,
    transport::Transport,
    verdict::{Failure, Passed},
};
