//! What an outage costs: how often the services are called, and how long clients wait.

use super::{
    plan::{Plan, Step},
    schedule,
    wire::Faults,
    world::{Bench, World},
};

/// What many requests came to.
#[derive(Debug)]
pub struct Spent {
    /// Calls of AWS, as the functions see them.
    pub calls: usize,
    /// What went over the wire for them.
    pub attempts: usize,
    /// What must not be, such as an answer that came too late.
    pub problems: Vec<String>,
}

/// Sends `requests` requests, one after the other, while so many of a hundred attempts fail.
pub async fn spend(bench: &Bench, percent: u32, requests: usize) -> Spent {
    const NONE: [Step; 0] = [];
    let plan = Plan {
        faults: Faults::Errors(percent),
        ..Plan::of_steps(&NONE)
    };
    let world = World::new(bench, &plan);
    for number in 0..requests {
        let key = (number % 2 == 0).then(|| format!("request-{number}"));
        let body = match number % 4 {
            0 | 1 => schedule::lead(),
            _ => schedule::leads(3),
        };
        world.clone().create(body, key, 1).await;
    }
    let spent = Spent {
        calls: world.wire.calls().len(),
        attempts: world.wire.attempts(),
        problems: std::mem::take(&mut world.told().problems),
    };
    // What is late arrives.
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    bench.clear(&bench.items());
    spent
}
