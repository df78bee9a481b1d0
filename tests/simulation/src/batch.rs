//! A batch of ten records, of which some are bad.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{canaries, cloud::Cloud, functions::Simulation, scenario::Scenario};

/// Bodies of records that start-workflow cannot use.
const BAD: [Option<&str>; 3] = [None, Some("{}"), Some(r#"{"type":"workflow_start.v2"}"#)];

/// Hands ten records to start-workflow. A record is bad if its bit is set in `bad`.
///
/// # Errors
/// A text if start-workflow names other records as failed, or does not build each other run once.
pub async fn with_bad_records(cloud: &Cloud, bad: usize) -> Result<(), String> {
    let simulation = Simulation::new(cloud, &Scenario::of_steps(&[]));
    let actor = simulation.clone();
    actor.create(canaries::leads(10), None, 1).await;
    let messages = simulation.services.queue(|queue| queue.messages.clone());
    let mut records = Vec::new();
    let (mut failing, mut runs) = (BTreeSet::new(), BTreeSet::new());
    for (index, message) in messages.iter().enumerate() {
        let mut record = simulation.record(message);
        if bad & 1 << index == 0 {
            let start: Value = serde_json::from_str(&message.body).expect("a start");
            runs.insert(format!("RUN#{}", start["run_id"].as_str().expect("an id")));
        } else {
            record.body = BAD[index % BAD.len()].map(str::to_owned);
            failing.insert(message.id.clone());
        }
        records.push(record);
    }
    let failed = simulation.handle(records).await;
    let built: BTreeSet<String> = simulation.services.built().into_keys().collect();
    let twice = simulation.services.built_twice();
    cloud.clear(&cloud.items());
    match () {
        () if failed != failing => Err(format!("{bad:010b}: failed {failed:?}")),
        () if built != runs || !twice.is_empty() => Err(format!("{bad:010b}: built {built:?}")),
        () => Ok(()),
    }
}
