//! Messages of a plan, as a lead gets them.

use domain::{
    cadence::{Reason, Touchpoint, TouchpointState},
    filled_message::FillError,
    first_message::MessageParts,
};
use local::text::{printable, printable_lines, wrapped};

use super::preview::{Message, Preview, failure};
use crate::{
    missing::advice,
    output::{columns, heading},
};

/// Maximum number of lines of a text that are shown.
const LINES: usize = 12;
/// Number of columns before a text: an indent, and the name of its field.
const LEFT: usize = 17;

/// Returns the messages of a plan, each once: the attempts of a step have the same. It is empty if
/// there are none. `is_full` shows all lines of a text.
pub fn of(preview: &Preview, is_full: bool) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let mut last = None;
    for (touchpoint, message) in preview.planned() {
        let (step, Some(message)) = (touchpoint.step_index, message) else {
            continue;
        };
        let is_shown = last.is_some_and(|(index, before)| index == step && before == message);
        last = Some((step, message));
        if !is_shown {
            blocks.push(block(touchpoint, message, is_full));
        }
    }
    blocks.concat()
}

fn block(touchpoint: &Touchpoint, message: &Message, is_full: bool) -> String {
    let Touchpoint {
        step_index,
        channel,
        state,
        reasons,
        ..
    } = touchpoint;
    let is_skip = |reason: &&Reason| matches!(reason, Reason::NoPhone | Reason::NoEmail);
    let reasons: Vec<_> = reasons
        .iter()
        .filter(is_skip)
        .map(Reason::to_string)
        .collect();
    let reasons = reasons.join(", ");
    let note = match state {
        TouchpointState::Skipped => format!(", skipped: {reasons}"),
        _ if failure(touchpoint, Some(message)).is_some() => ", fails: template".to_owned(),
        _ if touchpoint.message.is_some() => format!(", {}", Reason::ForcedFirstMessage),
        _ => String::new(),
    };
    let title = heading(&format!("Step {}, {channel}{note}", step_index + 1));
    let text = match message {
        Ok(parts) => fields(parts, is_full),
        Err(error) => reason(error),
    };
    format!("\n{title}{text}")
}

fn fields(parts: &MessageParts, is_full: bool) -> String {
    let MessageParts {
        content,
        begin_message,
        subject,
        html,
        template_id,
        components,
    } = parts;
    let fields = [
        ("subject", subject),
        ("begin_message", begin_message),
        ("content", content),
        ("html", html),
        ("template_id", template_id),
        ("components", components),
    ];
    let mut text = String::new();
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let value = printable_lines(&value.trim_end().replace("\r\n", "\n"));
        let mut lines: Vec<_> = value.lines().map(line).collect();
        let hidden = lines.len().saturating_sub(LINES);
        if hidden > 1 && !is_full {
            lines.truncate(LINES);
            lines.push(format!("... and {hidden} more lines: --full shows them"));
        }
        for (index, line) in lines.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let shown = format!("  {name:width$}{line}", width = LEFT - 2);
            text += shown.trim_end();
            text.push('\n');
        }
    }
    text
}

/// Returns a line of a text, broken to fit beside its name.
fn line(text: &str) -> String {
    let columns = columns().unwrap_or(usize::MAX);
    wrapped(text, columns, LEFT, &" ".repeat(LEFT))
}

fn reason(error: &FillError) -> String {
    let advice = match error.variables().first() {
        Some(variable) => format!(". {}", advice(variable)),
        None => String::new(),
    };
    let columns = columns().unwrap_or(usize::MAX);
    let text = printable(&format!("  It cannot be filled in: {error}{advice}"));
    let text = wrapped(&text, columns, 0, "  ");
    format!("{text}\n")
}
