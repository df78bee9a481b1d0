//! Parts of conditions without which nothing changes. They stay in the code as a second protection,
//! in case a rule changes that makes them redundant.

use super::mutant::Mutant;

/// Begin of the name of a write, its condition, what is left of it, and the reason.
type Reason = (&'static str, &'static str, &'static str, &'static str);

/// Reason why the check of the lead is redundant beside a write of its run.
const WITH_RUN: &str = "an erasure also changes the run, and an assignment an active one; \
                        a change of an ended run counts as the earlier one";

const REASONS: [Reason; 8] = [
    (
        "Put",
        "et = :run AND revision = :revision",
        "revision = :revision",
        "only a run has a revision at the key of a run; a tombstone has none",
    ),
    (
        "PutItem erased",
        "et <> :erased AND start.run_id = :run",
        "start.run_id = :run",
        "a tombstone has no start",
    ),
    (
        "UpdateItem lead",
        "et = :lead AND room >= :added",
        "room >= :added",
        "a tombstone has no room",
    ),
    (
        "UpdateItem lead",
        "et = :lead AND revision = :revision",
        "revision = :revision",
        "a tombstone has no revision",
    ),
    (
        "UpdateItem api_key",
        "attribute_exists(pk)",
        "",
        "the change reads the key just before, and no key is ever deleted",
    ),
    (
        "",
        "et = :workflow AND version = :before",
        "version = :before",
        "only a workflow has a version at the key of a workflow",
    ),
    (
        "ConditionCheck lead (with Put activity, Put run",
        "start.run_id = :run",
        "",
        WITH_RUN,
    ),
    (
        "ConditionCheck lead (with Put activity, Put event_receipt, Put run",
        "start.run_id = :run",
        "",
        WITH_RUN,
    ),
];

/// Returns the reason why a mutant changes nothing. `None` if there is none.
pub fn reason(mutant: &Mutant) -> Option<&'static str> {
    let is_meant = |(name, condition, left, _): &&Reason| {
        let is_write = mutant.write.name.starts_with(name);
        is_write && mutant.write.condition == *condition && mutant.left == *left
    };
    REASONS.iter().find(is_meant).map(|(.., reason)| *reason)
}
