//! Conditional writes of a call.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expression::Expression;
use crate::answer::text;

/// Conditional write, as the calls show it. Two calls of the same code make the same write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Write {
    /// Operation and entity, and for a part of a transaction the other parts.
    pub name: String,
    /// Condition, with the names of the attributes.
    pub condition: String,
}

/// Operations of single writes.
const SINGLE: [&str; 3] = ["DeleteItem", "PutItem", "UpdateItem"];

/// Returns the conditional writes of a call.
pub fn writes(operation: &str, request: &Value) -> Vec<Write> {
    let parts = parts(operation, request).into_iter();
    let written = parts.filter_map(|(name, part)| {
        let condition = condition(part)?.to_string();
        Some(Write { name, condition })
    });
    let written: BTreeSet<_> = written.collect();
    written.into_iter().collect()
}

/// Returns the condition of a write. `None` if it has none.
pub fn condition(part: &Value) -> Option<Expression> {
    let condition = part["ConditionExpression"].as_str()?;
    let names = &part["ExpressionAttributeNames"];
    let name = |word: &str| match names[word].as_str() {
        Some(name) => name.to_owned(),
        None => word.to_owned(),
    };
    Some(Expression::read(condition, name))
}

/// Returns the name of the write with each part of a call.
fn parts<'a>(operation: &str, request: &'a Value) -> Vec<(String, &'a Value)> {
    if SINGLE.contains(&operation) {
        return vec![(format!("{operation} {}", entity(request)), request)];
    }
    let parts = request["TransactItems"].as_array().into_iter().flatten();
    let parts: Vec<_> = parts
        .filter_map(Value::as_object)
        .flatten()
        .map(|(kind, part)| (format!("{kind} {}", entity(part)), part))
        .collect();
    let names: Vec<_> = parts.iter().map(|(name, _)| name.clone()).collect();
    let named = parts.into_iter().map(|(name, part)| {
        let mut others = names.clone();
        others.retain(|other| *other != name);
        others.sort();
        others.dedup();
        match others.is_empty() {
            true => (format!("{name} (transaction)"), part),
            false => (format!("{name} (with {})", others.join(", ")), part),
        }
    });
    named.collect()
}

/// Calls `change` with each part of a call that makes `write`. It returns whether the part stays.
pub fn change_parts(
    operation: &str,
    request: &mut Value,
    write: &Write,
    mut change: impl FnMut(&mut Value) -> bool,
) {
    let is_write = |(name, part): &(String, &Value)| {
        *name == write.name && condition(part).is_some_and(|it| it.to_string() == write.condition)
    };
    let is_meant: Vec<_> = parts(operation, request).iter().map(is_write).collect();
    if SINGLE.contains(&operation) {
        if is_meant[0] {
            change(request);
        }
        return;
    }
    let Some(items) = request["TransactItems"].as_array_mut() else {
        return;
    };
    let mut is_meant = is_meant.into_iter();
    items.retain_mut(|item| {
        let parts = item.as_object_mut().into_iter().flatten();
        parts.fold(true, |stays, (_, part)| {
            let is_changed = is_meant.next().unwrap_or_default();
            stays && (!is_changed || change(part))
        })
    });
}

/// Returns the entity that a write is about: the written one, or the one with this kind of key.
fn entity(part: &Value) -> String {
    let key = [&part["Key"]["sk"], &part["Item"]["sk"]].map(|it| text(&it["S"]));
    let kind = key.concat().split('#').next().map(str::to_lowercase);
    let kind = kind.unwrap_or_default();
    match (text(&part["Item"]["et"]["S"]), kind.as_str()) {
        ("" | "workflow", "version") => "version of a workflow".to_owned(),
        ("" | "workflow", "removed") => "removed workflow".to_owned(),
        ("", "self") => "lead".to_owned(),
        ("", "act") => "activity".to_owned(),
        ("", "key") => "api_key".to_owned(),
        ("", "waiting") => "waiting_start".to_owned(),
        ("", "limit") => "bucket".to_owned(),
        ("", kind) => kind.to_owned(),
        (entity, _) => entity.to_owned(),
    }
}
