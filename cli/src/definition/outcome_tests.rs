use domain::outcome::{CadenceEffect, Effect, Outcome, Outcomes, default_effect};

use super::*;

const EXAMPLE: &str = include_str!("../../tests/fixtures/workflow.yaml");

/// Reads the example with `outcomes`, one line for each outcome.
fn read(outcomes: &str) -> Result<Outcomes, Vec<String>> {
    let lines = outcomes.lines().map(|line| format!("  {line}\n"));
    let yaml = format!("{EXAMPLE}outcomes:\n{}", lines.collect::<String>());
    let read = WorkflowDefinition::read(&yaml).map(|definition| definition.outcomes);
    read.map_err(|problems| problems.into_iter().map(|it| it.message).collect())
}

#[test]
fn an_entry_replaces_the_default_of_its_outcome_as_a_whole() {
    let outcomes = read(
        "replied: {cadence: next_step}\nno_outcome: {cadence: cancel, status: won, human_takeover: true}",
    );
    let outcomes = outcomes.unwrap();
    let replied = Effect {
        cadence: CadenceEffect::NextStep,
        status: None,
        human_takeover: false,
    };
    let no_outcome = Effect {
        cadence: CadenceEffect::Cancel,
        status: Some("won".to_owned()),
        human_takeover: true,
    };
    assert_eq!(outcomes.effect(Outcome::Replied), replied);
    assert_eq!(outcomes.effect(Outcome::NoOutcome), no_outcome);
    for outcome in Outcome::ALL {
        if ![Outcome::Replied, Outcome::NoOutcome].contains(&outcome) {
            assert_eq!(outcomes.effect(outcome), default_effect(outcome));
        }
    }
}

#[test]
fn the_defaults_of_the_contract_are_read_although_the_workflow_has_no_engaged() {
    let defaults = "answered: {cadence: complete, status: engaged}\n\
                    replied: {cadence: complete, status: engaged, human_takeover: true}\n\
                    voicemail: {cadence: continue}\nno_answer: {cadence: continue}";
    assert_eq!(read(defaults), Ok(Outcomes::default()));
    assert_eq!(read("{}"), Ok(Outcomes::default()));
}

#[test]
fn each_outcome_that_a_workflow_can_set_takes_each_effect() {
    for outcome in Outcome::CONFIGURABLE {
        for cadence in ["continue", "next_step", "complete", "cancel"] {
            let set = read(&format!("{outcome}: {{cadence: {cadence}, status: new}}")).unwrap();
            let effect = set.effect(outcome);
            assert_eq!(serde_json::json!(effect.cadence), cadence);
            assert_eq!(effect.status.as_deref(), Some("new"));
        }
    }
}

#[test]
fn a_wrong_entry_has_what_to_change() {
    let known = "use answered, replied, voicemail, no_answer, busy, failed, delivered, bounced, invalid, callback or \
                 no_outcome";
    let fixed = "cannot be changed: the person wants no more contacts, so the run always ends";
    for (entry, problem) in [
        (
            "anwsered: {cadence: complete}",
            format!("outcomes.anwsered is not a known outcome (did you mean answered?): {known}"),
        ),
        (
            "hung_up: {cadence: continue}",
            format!("outcomes.hung_up is not a known outcome: {known}"),
        ),
        ("opted_out: {cadence: continue}", format!("outcomes.opted_out {fixed}")),
        ("complained:", format!("outcomes.complained {fixed}")),
        (
            "busy: {cadence: continu}",
            "outcomes.busy.cadence is \"continu\", but must be continue, next_step, complete or cancel (did you mean \
             continue?)"
                .to_owned(),
        ),
        ("busy: {human_takeover: true}", "outcomes.busy.cadence is required".to_owned()),
        ("busy:", "outcomes.busy is empty, but must be an object".to_owned()),
        ("busy: continue", "outcomes.busy is \"continue\", but must be an object".to_owned()),
        (
            "busy: {cadence: continue, human_takeover: 1}",
            "outcomes.busy.human_takeover is 1, but must be true or false".to_owned(),
        ),
        (
            "busy: {cadence: continue, state: won}",
            "outcomes.busy.state is not a known field (did you mean status?): use cadence, status or human_takeover"
                .to_owned(),
        ),
        (
            "busy: {cadence: continue, status: Wom}",
            "outcomes.busy.status is \"Wom\", but must be a status of the workflow: new or won (did you mean won?)"
                .to_owned(),
        ),
        // Only the defaults of answered and replied may name it.
        (
            "busy: {cadence: continue, status: engaged}",
            "outcomes.busy.status is \"engaged\", but must be a status of the workflow: new or won".to_owned(),
        ),
    ] {
        assert_eq!(read(entry), Err(vec![problem]), "{entry}");
    }
}

#[test]
fn all_problems_of_an_entry_are_reported_at_once() {
    let wrong = read("busy: {cadence: stop, status: wom, human_takeover: 1}");
    assert_eq!(wrong.unwrap_err().len(), 3);
}
