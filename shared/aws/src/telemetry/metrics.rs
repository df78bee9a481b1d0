//! Metrics. CloudWatch reads them from fields of a function's log line, if the line lists these
//! fields. So a metric costs no call, and no line of its own. This is CloudWatch's embedded metric
//! format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::fmt;

use serde::Serialize;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

use crate::clock::Clock;

/// Target of the lines with metrics. Such a line is written at every level.
pub const METRICS: &str = "metrics";

/// A field of a log line that CloudWatch turns into a metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name of the field and of the metric.
    pub name: &'static str,
    /// Unit, in CloudWatch's words.
    pub unit: &'static str,
    /// Field whose values split the metric into parts. The values are few and fixed.
    pub dimension: Option<&'static str>,
}

const fn count(name: &'static str) -> Metric {
    Metric {
        name,
        unit: "Count",
        dimension: None,
    }
}

/// All metrics of the functions.
pub const ALL: [Metric; 51] = [
    count("leads_created"),
    count("leads_replayed"),
    Metric {
        dimension: Some("reason"),
        ..count("leads_refused")
    },
    count("starts_delayed"),
    count("runs_built"),
    Metric {
        unit: "Milliseconds",
        ..count("run_lag")
    },
    count("touchpoints_planned"),
    count("touchpoints_skipped_no_phone"),
    count("touchpoints_skipped_no_email"),
    count("records_failed"),
    count("starts_requeued"),
    count("starts_unsent"),
    Metric {
        unit: "Seconds",
        ..count("oldest_unsent_start")
    },
    count("erasures_finished"),
    count("hints_failed"),
    count("touchpoints_opened"),
    count("touchpoints_claimed"),
    count("touchpoints_expired"),
    count("touchpoints_unconfirmed"),
    count("leases_lapsed"),
    count("outcomes_missing"),
    count("runs_held"),
    count("touchpoints_sent"),
    count("touchpoints_accepted"),
    count("touchpoints_refused"),
    count("touchpoints_missed"),
    count("touchpoints_unknown"),
    count("touchpoints_waiting"),
    Metric {
        unit: "Milliseconds",
        ..count("open_lag")
    },
    count("runs_due"),
    count("hints_sent"),
    Metric {
        unit: "Seconds",
        ..count("oldest_due")
    },
    Metric {
        unit: "Seconds",
        ..count("oldest_push")
    },
    count("lanes_broken"),
    count("lanes_gone"),
    count("runs_released"),
    Metric {
        unit: "Seconds",
        ..count("oldest_open")
    },
    count("outcomes_answered"),
    count("outcomes_replied"),
    count("outcomes_voicemail"),
    count("outcomes_no_answer"),
    count("outcomes_busy"),
    count("outcomes_failed"),
    count("outcomes_delivered"),
    count("outcomes_bounced"),
    count("outcomes_invalid"),
    count("outcomes_opted_out"),
    count("outcomes_complained"),
    count("outcomes_callback"),
    count("outcomes_deferred"),
    count("suppressions_created"),
];

/// Writes lines in JSON. A line of [`METRICS`] also lists which of its fields are metrics.
pub(super) struct WithMetrics {
    pub(super) lines: Format<Json>,
    pub(super) namespace: String,
    pub(super) clock: Clock,
}

impl<S, N> FormatEvent<S, N> for WithMetrics
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().target() != METRICS {
            return self.lines.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.lines
            .format_event(context, Writer::new(&mut line), event)?;
        let directives = self.directives(event);
        match line.strip_prefix('{') {
            Some(fields) if !directives.is_empty() => {
                let now = self.clock.now().as_millisecond();
                let directives = serde_json::to_string(&directives).map_err(|_| fmt::Error)?;
                write!(
                    writer,
                    r#"{{"_aws":{{"Timestamp":{now},"CloudWatchMetrics":{directives}}},{fields}"#
                )
            }
            _ => writer.write_str(&line),
        }
    }
}

/// Order to CloudWatch to turn fields of an event into metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [Vec<&'static str>; 1],
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl WithMetrics {
    /// Returns one directive for the metrics without a dimension, and one for each dimension. The
    /// list is empty if the event has no metrics.
    fn directives(&self, event: &Event<'_>) -> Vec<Directive<'_>> {
        let fields = Fields::of(event);
        let mut directives = Vec::new();
        for dimension in [None, Some("reason")] {
            let metrics: Vec<_> = ALL
                .iter()
                .filter(|metric| metric.dimension == dimension && fields.has(metric.name))
                .map(|&Metric { name, unit, .. }| Definition { name, unit })
                .collect();
            if metrics.is_empty() || dimension.is_some_and(|name| !fields.has(name)) {
                continue;
            }
            directives.push(Directive {
                namespace: &self.namespace,
                dimensions: [dimension.into_iter().collect()],
                metrics,
            });
        }
        directives
    }
}

/// Names of the fields for which an event has a value.
struct Fields(Vec<&'static str>);

impl Fields {
    fn of(event: &Event<'_>) -> Self {
        let mut fields = Self(Vec::new());
        event.record(&mut fields);
        fields
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, _: &dyn fmt::Debug) {
        self.0.push(field.name());
    }
}
