//! Cost of an outage: the number of calls, and the time that clients wait.

use std::time::Duration;

use tokio::time::sleep;

use crate::{canaries, cloud::Cloud, faults::Faults, functions::Simulation, scenario::Scenario};

/// Cost of the requests during an outage.
#[derive(Debug)]
pub struct OutageCost {
    /// Number of calls of AWS by the functions.
    pub calls: usize,
    /// Number of attempts that the SDK made for these calls.
    pub attempts: usize,
    /// Breaches, such as an answer that came too late.
    pub problems: Vec<String>,
}

/// Sends `requests` requests, one after the other, while this percentage of attempts fails.
pub async fn outage(cloud: &Cloud, percent: u32, requests: usize) -> OutageCost {
    let scenario = Scenario {
        faults: Faults::Errors(percent),
        ..Scenario::of_steps(&[])
    };
    // The SDK draws its pauses between retries from it.
    fastrand::seed(scenario.seed);
    let simulation = Simulation::new(cloud, &scenario);
    for number in 0..requests {
        let key = (number % 2 == 0).then(|| format!("request-{number}"));
        let body = match number % 4 {
            0 | 1 => canaries::lead(),
            _ => canaries::leads(3),
        };
        simulation.clone().create(body, key, 1).await;
    }
    let cost = OutageCost {
        calls: simulation.transport.calls().len(),
        attempts: simulation.transport.attempts(),
        problems: std::mem::take(&mut simulation.observed().problems),
    };
    // Calls that are still under way arrive.
    sleep(Duration::from_secs(60)).await;
    cloud.clear(&cloud.items());
    cost
}
