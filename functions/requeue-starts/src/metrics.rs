//! What CloudWatch makes metrics of: one line in its embedded metric format.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Requeued;

/// The line for what one go has found and done.
pub fn line(namespace: &str, requeued: &Requeued, now: Timestamp) -> Value {
    let Requeued {
        sent,
        unsent,
        oldest_s,
        erased,
    } = requeued;
    let metric = |name: &str, unit: &str| json!({"Name": name, "Unit": unit});
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [[]],
                "Metrics": [
                    metric("starts_requeued", "Count"),
                    metric("starts_unsent", "Count"),
                    metric("oldest_unsent_start", "Seconds"),
                    metric("erasures_finished", "Count"),
                ],
            }],
        },
        "starts_requeued": sent,
        "starts_unsent": unsent,
        "oldest_unsent_start": oldest_s,
        "erasures_finished": erased,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_that_is_declared_has_a_value() {
        let requeued = Requeued {
            sent: 3,
            unsent: 1,
            oldest_s: 62,
            erased: 2,
        };
        let line = line(
            "Leadgate/test",
            &requeued,
            "2026-02-10T12:00:00Z".parse().unwrap(),
        );
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .unwrap();
        let values: Vec<_> = declared
            .iter()
            .map(|metric| line[metric["Name"].as_str().unwrap()].as_u64().unwrap())
            .collect();
        assert_eq!(values, [3, 1, 62, 2]);
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Namespace"],
            "Leadgate/test"
        );
        assert_eq!(line["_aws"]["Timestamp"], 1_770_724_800_000_i64);
    }
}
