//! Logs of the functions: one JSON object a line on standard output. Field names are dotted (`lead.id`, `queue.message_id`); never a body, header, key, name,
//! address or number.

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

/// Targets whose lines are written at the chosen level. Lines of other crates are written from `warn` on: below
/// that, the Lambda runtime and the SDK log whole events, with keys and bodies. A target is a prefix: `aws`
/// without the colons would be that of the SDK's crates as well.
const OWN_TARGETS: [&str; 5] = ["api", "aws::", "local", "requeue_starts", "start_workflow"];

/// Sends the logs and the metrics of a function to CloudWatch.
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

/// The lines of a function, with its metrics in them.
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

/// Events that are written: those of our own code from `level` on, of other crates from `warn` on.
pub fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OWN_TARGETS.map(|target| (target, level)))
        .with_target(METRICS, level)
}

/// Logs each panic with its place and without its message, which may hold anything.
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
