//! A batch of ten records, some of them bad.

use std::collections::BTreeSet;

use super::{
    plan::{Plan, Step},
    world::{Bench, World},
};

/// Records that start-workflow cannot use.
const BAD: [Option<&str>; 3] = [None, Some("{}"), Some(r#"{"type":"workflow_start.v2"}"#)];

/// Hands ten records to start-workflow, of which those are bad whose bits are set in `bad`, and says what is
/// wrong with what it makes of them.
pub async fn with_bad_records(bench: &Bench, bad: usize) -> Result<(), String> {
    const TEN: [Step; 1] = [Step::CreateMany {
        is_named: false,
        leads: 10,
    }];
    let world = World::new(bench, &Plan::of_steps(&TEN));
    world
        .clone()
        .create(super::schedule::leads(10), None, 1)
        .await;
    let mut records = Vec::new();
    let (mut failing, mut runs) = (BTreeSet::new(), BTreeSet::new());
    for (index, message) in world
        .wire
        .queue(|queue, _| queue.messages.clone())
        .iter()
        .enumerate()
    {
        let mut record = world.record(message);
        if bad & 1 << index == 0 {
            let start: serde_json::Value = serde_json::from_str(&message.body).expect("a start");
            runs.insert(format!("RUN#{}", start["run_id"].as_str().expect("an id")));
        } else {
            record.body = BAD[index % BAD.len()].map(str::to_owned);
            failing.insert(message.id.clone());
        }
        records.push(record);
    }
    let failed: BTreeSet<String> = world.hand_over(records).await.into_iter().collect();
    let built: BTreeSet<String> = world.wire.built().into_keys().collect();
    let twice = world.wire.built_twice();
    bench.clear(&bench.items());
    match () {
        () if failed != failing => Err(format!("{bad:010b}: failed {failed:?}")),
        () if built != runs || !twice.is_empty() => Err(format!("{bad:010b}: built {built:?}")),
        () => Ok(()),
    }
}
