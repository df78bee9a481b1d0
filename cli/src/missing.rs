//! Variables of a workflow's messages for which a lead may have no value.

use domain::{
    cadence::{Channel, Step},
    message_template::Variable,
};

/// Maximum number of variables in a sentence.
const MOST_NAMED: usize = 5;

/// Returns the sentence that advises a default. It has no blank in the template, where a terminal
/// would break it.
pub fn advice(variable: &str) -> String {
    format!("Give it a default, such as {{{{{variable}|default(\"...\")}}}}")
}

/// Returns a text about the variables without a default in the messages of `steps`. It begins with
/// `lead`. `None` if there are no such variables.
pub fn hint(lead: &str, steps: &[Step]) -> Option<String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (number, step) in (1..).zip(steps) {
        let missing = step.message.iter();
        let missing = missing.flat_map(|message| message.variables_that_may_be_missing());
        for missing in missing.filter(|it| !is_address(step.channel, &it.variable)) {
            let (name, number) = (missing.variable.to_string(), number.to_string());
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, steps)) if steps.contains(&number) => {}
                Some((_, steps)) => steps.push(number),
                None => found.push((name, vec![number])),
            }
        }
    }
    let advice = advice(&found.first()?.0);
    let shown = found.iter().take(MOST_NAMED).map(|(name, steps)| {
        let steps_word = if steps.len() == 1 { "step" } else { "steps" };
        format!("{name} ({steps_word} {})", steps.join(", "))
    });
    let mut shown: Vec<_> = shown.collect();
    let others = found.len() - shown.len();
    if others > 0 {
        shown.push(format!("{others} more"));
    }
    let last = shown.pop()?;
    let names = match shown.as_slice() {
        [] => last,
        first => format!("{} or {last}", first.join(", ")),
    };
    Some(format!(
        "{lead} may have no value for {names}, and its touchpoint then fails. {advice}"
    ))
}

/// Returns whether a variable is the address that a channel needs. A touchpoint without it is
/// skipped, and does not fail.
fn is_address(channel: Channel, variable: &Variable) -> bool {
    match channel {
        Channel::Email => *variable == Variable::Email,
        Channel::Call | Channel::Whatsapp | Channel::Sms => *variable == Variable::Phone,
    }
}
