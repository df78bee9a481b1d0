//! Logs of the functions: one JSON object a line, on standard output.
//!
//! Names of fields are dotted, such as `lead.id` and `queue.message_id`. A line never has a body, a
//! header, a key, a name, an address or a phone number.

mod metrics;

use std::{error::Error, fmt, panic};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

use self::metrics::WithMetrics;
pub use self::metrics::{ALL as ALL_METRICS, METRICS, Metric};
use crate::clock::Clock;

/// Targets of our own crates, whose lines are written at the chosen level. Other crates write their
/// lines from `warn` on. Below that, the Lambda runtime and the SDK log whole events, with keys and
/// bodies.
///
/// A target is a prefix: `aws` without the colons would include the SDK's crates.
const OWN_TARGETS: [&str; 7] = [
    "api",
    "aws::",
    "dispatch_touchpoints",
    "local",
    "requeue_starts",
    "start_workflow",
    "wake_runs",
];

/// Starts the logs and the metrics of a function. CloudWatch collects them from standard output.
pub fn init_function(level: LevelFilter, namespace: String) {
    tracing_subscriber::registry()
        .with(function_lines(
            level,
            namespace,
            Clock::System,
            std::io::stdout,
        ))
        .init();
    report_panics();
}

/// Returns the layer that writes the lines of a function, with its metrics in them.
pub fn function_lines<S, W>(
    level: LevelFilter,
    namespace: String,
    clock: Clock,
    writer: W,
) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer)
        .map_event_format(|lines| WithMetrics {
            lines,
            namespace,
            clock,
        })
        .with_filter(targets(level).with_target(METRICS, level.max(LevelFilter::INFO)))
}

/// Returns the filter of the events that are written: our own from `level` on, and those of other
/// crates from `warn` on.
pub fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OWN_TARGETS.map(|target| (target, level)))
        .with_target(METRICS, level)
}

/// Logs each panic with its place, but without its message, which may hold personal data.
pub fn report_panics() {
    panic::set_hook(Box::new(|panicked| {
        let place = panicked
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(panic.place = place, "panicked");
    }));
}

/// An error with all its causes, outermost first, joined by `: `.
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
