//! The functions' warnings and errors as lines of the journal.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use super::{Journal, lines::Line};

/// Adds warnings and errors of the functions to the journal.
pub(crate) struct Warnings(pub(crate) Journal);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::WARN {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let fact = fields.text();
        self.0.add(if level == Level::WARN {
            Line::Warning { fact }
        } else {
            Line::Error { fact }
        });
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    error: String,
    others: String,
}

impl Fields {
    fn text(&self) -> String {
        let Self {
            message,
            error,
            others,
        } = self;
        let mut text = message.clone();
        if !error.is_empty() {
            text += &format!(": {error}");
        }
        if !others.is_empty() {
            text += &format!(" ({})", others.trim_end());
        }
        text
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "error" => write!(self.error, "{value:?}"),
            name => write!(self.others, "{name}={value:?} "),
        };
    }
}
