//! Effects of outcomes in a workflow definition.

use std::collections::BTreeMap;

use domain::outcome::{Effect, Outcome, Outcomes, default_effect};

use super::{
    node::{Node, Value},
    reader::{Reader, either, object},
    workflow::StatusDefinition,
};
use crate::nearest::{nearest, question};

impl Reader {
    /// Reads the effects of outcomes. An effect that is the default is not kept. `statuses` are
    /// those of the workflow, and `None` if they are wrong.
    pub fn outcomes(
        &mut self,
        node: &Node,
        statuses: Option<&[StatusDefinition]>,
    ) -> Option<Outcomes> {
        let Value::Fields(fields) = &node.value else {
            self.wrong(node, "an object");
            return None;
        };
        let mut outcomes = BTreeMap::new();
        for (name, field) in fields {
            let mut words = Outcome::ALL.into_iter();
            match words.find(|outcome| outcome.as_str() == name) {
                None => {
                    let known = Outcome::CONFIGURABLE.map(Outcome::as_str);
                    self.unknown(node, name, field, "outcome", &known);
                }
                Some(outcome) if outcome.suppresses() => {
                    let place = field.name_place.unwrap_or(field.place);
                    let path = &field.path;
                    let problem = "cannot be changed: the person wants no more contacts, so the run always ends";
                    self.problem_at(place, format!("{path} {problem}"));
                }
                Some(outcome) => {
                    let effect = self.effect(field, outcome, statuses);
                    outcomes.extend(effect.map(|effect| (outcome, effect)));
                }
            }
        }
        outcomes.retain(|outcome, effect| *effect != default_effect(*outcome));
        Some(Outcomes::new(outcomes))
    }

    fn effect(
        &mut self,
        node: &Node,
        outcome: Outcome,
        statuses: Option<&[StatusDefinition]>,
    ) -> Option<Effect> {
        Some(object!(
            self,
            node,
            Effect {
                cadence: required(Self::one_of),
                status: if_given(|reader, node| reader.status_of(node, outcome, statuses)),
                human_takeover: or(false, Self::flag),
            }
        ))
    }

    /// Reads the status of an effect. It is one of the workflow's, or the default.
    fn status_of(
        &mut self,
        node: &Node,
        outcome: Outcome,
        statuses: Option<&[StatusDefinition]>,
    ) -> Option<String> {
        let key = self.name(node)?;
        let keys = statuses?.iter().map(|status| status.key.as_str());
        let keys: Vec<_> = keys.collect();
        let is_default = default_effect(outcome).status.as_ref() == Some(&key);
        if !is_default && !keys.contains(&key.as_str()) {
            let suggestion = question(nearest(&key, &keys));
            let keys = either(&keys);
            self.wrong(
                node,
                format_args!("a status of the workflow: {keys}{suggestion}"),
            );
            return None;
        }
        Some(key)
    }
}
