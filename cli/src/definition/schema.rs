//! The JSON Schema of definition files, for editors. It is stricter than the reader in two things:
//! a time zone has the spelling of the IANA database, and an optional field is not left empty. It
//! does not check templates, the decimals of a rate, the bounds of a destination's times, the port of a
//! webhook, or what entries of an account share.

use domain::{
    api_key::PREFIX as API_KEY_PREFIX,
    cadence::{Channel, Day},
    first_message::MAX_TEXT_LENGTH,
    message_template::MAX_SIZE,
    outcome::{CadenceEffect, Outcome, default_effect},
    workflow::GoalType,
};
use jiff::tz;
use serde_json::{Value, json};

use super::{
    cadence::{MOST_ATTEMPTS, MOST_STEPS, MOST_WINDOWS},
    reader::{LONGEST_NAME, names_of},
    workflow::MOST_STATUSES,
};

/// Title of the schema. `leadgate init` writes over a file with this title.
pub const SCHEMA_TITLE: &str = "Leadgate workflow";
/// ISO 8601 durations with at least one part.
const DURATION: &str = "^P([0-9]+[YMWD]([0-9]+[MWD])*(T([0-9]+[HMS])+)?|T([0-9]+[HMS])+)$";
/// Sentence about the variables of a text.
const VARIABLES: &str =
    "Variables such as {{ first_name }} or {{ metadata.plan | default(\"-\") }} are filled in.";
const CLOCK_TIME: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

/// Returns the schema of the file of a workflow or of an account.
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": SCHEMA_TITLE,
        "description": "The file of a workflow, or of an account with workflows, campaigns or destinations.",
        "if": {"anyOf": [{"required": ["workflows"]}, {"required": ["campaigns"]}, {"required": ["destinations"]}]},
        "then": {"$ref": "#/definitions/account"},
        "else": {"$ref": "#/definitions/workflow"},
        "definitions": {
            "account": account(),
            "workflow": workflow(),
            "status": status(),
            "window": window(),
            "step": step(),
            "message": message(),
            "effect": effect(),
            "name": {
                "type": "string",
                "pattern": "\\S",
                "maxLength": LONGEST_NAME,
                "not": {"pattern": API_KEY_PREFIX},
            },
            "duration": {
                "type": "string",
                "pattern": DURATION,
                "examples": ["PT30M", "PT2H", "P1D", "P1W"],
            },
            "clock_time": {
                "type": "string",
                "pattern": CLOCK_TIME,
                "examples": ["09:00", "18:00"],
            },
            "text": {"type": "string", "pattern": "\\S", "maxLength": MAX_TEXT_LENGTH},
        },
    })
}

fn account() -> Value {
    object(
        "An account. `apply` removes the workflows, campaigns and destinations that a list leaves out.",
        &[],
        json!({
            "name": described("name", "Display name of the account."),
            "default_country": {
                "type": "string",
                "pattern": "^[A-Za-z]{2}$",
                "description": "Country of phone numbers that have no country code, such as US.",
            },
            "workflows": {
                "type": "array",
                "items": {"$ref": "#/definitions/workflow"},
                "description": "All workflows of the account.",
            },
            "campaigns": {
                "type": "array",
                "items": object(
                    "A campaign.",
                    &["name"],
                    json!({"name": described("name", "Display name of the campaign.")}),
                ),
                "description": "All campaigns of the account.",
            },
            "destinations": {
                "type": "array",
                "items": destination(),
                "description": "All destinations of the account. A channel is in at most one of them.",
            },
        }),
    )
}

fn destination() -> Value {
    let schema = object(
        "A place where the touchpoints of some channels go.",
        &["name", "channels"],
        json!({
            "name": described("name", "Display name. No other destination of the account has it."),
            "channels": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": {"enum": names_of::<Channel>()},
                "description": "Channels of the destination. No other destination has one of them.",
            },
            "webhook": {
                "type": "string",
                "pattern": "^(https://|http://(localhost|127\\.|\\[::1\\]))[^\\s#]+$",
                "description": "URL to which Leadgate sends the touchpoints, such as \
                                https://dialer.example.com/leadgate.",
            },
            "pull": {"const": true, "description": "true: callers claim the touchpoints."},
            "rate": {
                "type": "number",
                "minimum": 0.1,
                "maximum": 100,
                "description": "Touchpoints a second, such as 5 or 0.5. Without a rate, a webhook gets 5 a second, \
                                and callers get all that is due.",
            },
            "burst": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000,
                "description": "Touchpoints at once, after a quiet time. The rate, rounded up, if it is left out.",
            },
            "expires_after": described(
                "duration",
                "Time for which a touchpoint is tried while its window is open, from PT1M to P7D. PT1H for a call, \
                 PT4H for sms and whatsapp, and P1D for email if it is left out.",
            ),
            "outcome_timeout": described(
                "duration",
                "Time for which the outcome of the last touchpoint is awaited, from PT1M to P7D. PT2H if it is left \
                 out. Only with a webhook.",
            ),
            "min_gap": described(
                "duration",
                "Least time between two calls to a lead for different runs, from PT0S to P7D. PT1H if it is left \
                 out. Only with the channel call.",
            ),
        }),
    );
    let rules = json!({
        "dependencies": {
            "burst": ["rate"],
            "outcome_timeout": ["webhook"],
            "min_gap": {"properties": {"channels": {"contains": {"const": "call"}}}},
        },
        "oneOf": [{"required": ["webhook"]}, {"required": ["pull"]}],
    });
    with(schema, rules)
}

fn workflow() -> Value {
    let zones: Vec<_> = tz::db().available().map(|zone| zone.to_string()).collect();
    object(
        "A workflow: the statuses of its leads, and the steps that contact them.",
        &["name", "goal_type", "timezone", "statuses", "cadence"],
        json!({
            "name": described(
                "name",
                "Display name. `apply` finds the workflow by it: another name is another workflow.",
            ),
            "goal_type": {"enum": names_of::<GoalType>(), "description": "Purpose of the workflow."},
            "timezone": {
                "enum": zones,
                "description": "Time zone of the days and the windows, with its summer time.",
            },
            "is_paused": flag(
                "true: Leadgate stores new leads, and all runs wait until this is false again.",
            ),
            "statuses": {
                "type": "array",
                "maxItems": MOST_STATUSES,
                "items": {"$ref": "#/definitions/status"},
                "allOf": [has_status("is_initial"), has_status("is_terminal")],
                "description": "Statuses of a lead: exactly one is initial, and at least one is terminal.",
            },
            "cadence": object(
                "When leads are contacted.",
                &["steps"],
                json!({
                    "windows": {
                        "type": "array",
                        "maxItems": MOST_WINDOWS,
                        "items": {"$ref": "#/definitions/window"},
                        "description": "When calls may be placed. Without windows, at any time.",
                    },
                    "gate_all_channels": flag(
                        "true: whatsapp, email and sms wait for the windows too.",
                    ),
                    "steps": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MOST_STEPS,
                        "items": {"$ref": "#/definitions/step"},
                        "description": "Steps, one after the other.",
                    },
                }),
            ),
            "outcomes": object(
                "Effects of outcomes on a run. An outcome that is left out keeps its default.",
                &[],
                Outcome::CONFIGURABLE.map(effect_of).into_iter().collect(),
            ),
        }),
    )
}

fn status() -> Value {
    let schema = object(
        "A status of a lead.",
        &["key", "label", "category"],
        json!({
            "key": described("name", "Name for requests, such as won."),
            "label": described("name", "Name for people, such as Won."),
            "category": described("name", "Group of statuses, such as active, won or lost."),
            "is_initial": flag("true: a new lead has this status."),
            "is_terminal": flag("true: Leadgate stops contacting a lead with this status."),
        }),
    );
    let not_both = json!({
        "required": ["is_initial", "is_terminal"],
        "properties": {"is_initial": {"const": true}, "is_terminal": {"const": true}},
    });
    with(schema, json!({"not": not_both}))
}

fn window() -> Value {
    object(
        "Hours on some weekdays. A window that ends before it starts goes on past midnight.",
        &["days", "start", "end"],
        json!({
            "days": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": {"enum": names_of::<Day>()},
                "description": "Days on which the window starts.",
            },
            "start": described("clock_time", "First moment, in quotes: \"09:00\"."),
            "end": described("clock_time", "End, in quotes: \"18:00\". It is not part of the window."),
        }),
    )
}

fn step() -> Value {
    let schema = object(
        "A step: one or more attempts on a channel.",
        &["channel"],
        json!({
            "channel": {"enum": names_of::<Channel>(), "description": "Channel of the contact."},
            "max_attempts": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_ATTEMPTS,
                "description": "Number of attempts. 1 if it is left out.",
            },
            "attempt_interval": described(
                "duration",
                "Time from one attempt to the next. Required with more than one attempt.",
            ),
            "delay": described(
                "duration",
                "Time after the last attempt of the step before, or after the enrolment. P1D is the same time on the \
                 next day, and PT24H is 24 hours.",
            ),
            "message": {"$ref": "#/definitions/message"},
        }),
    );
    let rules = json!({
        "if": {
            "required": ["max_attempts"],
            "properties": {"max_attempts": {"minimum": 2}},
        },
        "then": {"required": ["attempt_interval"]},
        "allOf": [
            message_of("call", &["begin_message", "content"], &[]),
            message_of("whatsapp", &["content", "template_id"], &["components"]),
            message_of("email", &["content", "html"], &["subject"]),
            message_of("sms", &["content"], &[]),
        ],
    });
    with(schema, rules)
}

/// Returns the rule for the message of a channel: it has one of `needed`, and no other fields than
/// both lists.
fn message_of(channel: &str, needed: &[&str], optional: &[&str]) -> Value {
    let needed_one: Vec<_> = needed.iter().map(|it| json!({"required": [it]})).collect();
    let allowed = [needed, optional].concat();
    json!({
        "if": {"required": ["channel"], "properties": {"channel": {"const": channel}}},
        "then": {"properties": {"message": {
            "anyOf": needed_one,
            "propertyNames": {"enum": allowed},
        }}},
    })
}

fn message() -> Value {
    let text = |description: &str| described("text", description);
    let schema = object(
        "What the contact says.",
        &[],
        json!({
            "content": text(&format!("Text, on every channel. {VARIABLES}")),
            "begin_message": text(&format!("First words of a call. {VARIABLES}")),
            "subject": text(&format!("Subject of an email. {VARIABLES}")),
            "html": {
                "type": "string",
                "pattern": "\\S",
                "maxLength": MAX_SIZE,
                "description": format!("Text of an email as HTML. {VARIABLES}"),
            },
            "template_id": text("Template of WhatsApp."),
            "components": {
                "type": "array",
                "description": "Components of the template.",
            },
        }),
    );
    with(
        schema,
        json!({"dependencies": {"components": ["template_id"]}}),
    )
}

/// Returns the field of an outcome, with its default.
fn effect_of(outcome: Outcome) -> (String, Value) {
    let default = json!(default_effect(outcome));
    let field = json!({
        "description": format!("{}. Default: {default}.", meaning(outcome)),
        "allOf": [{"$ref": "#/definitions/effect"}],
        "default": default,
    });
    (outcome.to_string(), field)
}

fn effect() -> Value {
    object(
        "The effect of an outcome. It replaces the default as a whole.",
        &["cadence"],
        json!({
            "cadence": {
                "enum": names_of::<CadenceEffect>(),
                "description": "continue: the next contact follows as planned. next_step: the step's other \
                                attempts are skipped. complete: nothing more goes out. cancel: nothing more goes \
                                out, for good.",
            },
            "status": described("name", "Key of the status that the lead gets."),
            "human_takeover": flag("true: a person takes the lead over, and the automation waits."),
        }),
    )
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoOutcome => "No outcome came in time",
        Outcome::Delivered => "The message has arrived",
        Outcome::NoAnswer => "The call was not answered",
        Outcome::Busy => "The line was busy",
        Outcome::Voicemail => "A machine answered the call",
        Outcome::Failed => "The contact was not made",
        Outcome::Answered => "A person answered the call",
        Outcome::Callback => "The person asks for a call at another time",
        Outcome::Replied => "The person has replied",
        Outcome::Bounced => "The message came back",
        Outcome::Invalid => "The address or the number does not exist",
        Outcome::OptedOut => "The person wants no more contacts",
        Outcome::Complained => "The person has complained",
    }
}

fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}

/// Adds rules to a schema.
fn with(mut schema: Value, rules: Value) -> Value {
    if let (Value::Object(schema), Value::Object(rules)) = (&mut schema, rules) {
        schema.extend(rules);
    }
    schema
}

/// Returns a reference to a definition, with a description of its own. Draft 7 ignores what stands
/// beside `$ref`.
fn described(definition: &str, description: &str) -> Value {
    json!({"description": description, "allOf": [{"$ref": format!("#/definitions/{definition}")}]})
}

fn flag(description: &str) -> Value {
    json!({"type": "boolean", "default": false, "description": description})
}

fn has_status(flag: &str) -> Value {
    json!({"contains": {"required": [flag], "properties": {flag: {"const": true}}}})
}
