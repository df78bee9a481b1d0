//! Each rule on a table that breaks only this rule.

mod table;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    cadence::TouchpointState,
    ids::{RunId, WorkflowId},
    run::{Awaited, CadenceState, Run, RunStatus},
};

use self::table::{
    CLEARED, ERASED_LEAD, ERASING_LEAD, PAUSED, REMOVED, WAITING_RUN, account, attention,
    claimed_run, item, lead_id, open_run, run_item, run_key, table,
};
use super::*;
use crate::store::{
    erase::Tombstone,
    golden::values::{self, at, id},
    keys::Key,
    lead::LeadItem,
    run::RunItem,
    waiting::WaitingNote,
    workflow::Pause,
};

const LATER_RUN: &str = "019c0000-0000-7000-8000-0000000000ff";

/// Changes the item with a key.
fn edit(items: &mut [Attributes], key: &Key, change: impl FnOnce(&mut Attributes)) {
    let is_meant = |it: &&mut Attributes| Key::of((*it).clone()).as_ref() == Some(key);
    change(items.iter_mut().find(is_meant).unwrap());
}

fn replace(items: &mut [Attributes], key: &Key, with: Attributes) {
    edit(items, key, |item| *item = with);
}

fn remove(items: &mut Vec<Attributes>, key: &Key) {
    let before = items.len();
    items.retain(|item| Key::of(item.clone()).as_ref() != Some(key));
    assert_eq!(items.len(), before - 1);
}

fn text_of(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Returns the place behind the item with a key.
fn behind(items: &[Attributes], key: &Key) -> usize {
    let is_meant = |it: &Attributes| Key::of(it.clone()).as_ref() == Some(key);
    items.iter().position(is_meant).unwrap() + 1
}

fn rules(items: Vec<Attributes>) -> Vec<Rule> {
    check(items).breaches.iter().map(|it| it.rule).collect()
}

#[test]
fn a_table_that_the_store_writes_has_no_breach() {
    let checked = check(table());
    assert_eq!(checked.breaches, []);
    let expected = Counts {
        items: 27,
        accounts: 1,
        workflows: 2,
        leads: 2,
        runs: 3,
        due: 2,
        held: 0,
        open: 0,
        waiting: 1,
        pending_starts: 0,
        unfinished_erasures: 1,
        suppressions: 1,
    };
    assert_eq!(checked.counts, expected);
}

#[test]
fn each_rule_is_found_where_it_is_broken_and_no_other_one() {
    let mut seen = BTreeSet::new();
    let mut expect = |rule: Rule, break_it: &dyn Fn(&mut Vec<Attributes>)| {
        let mut items = table();
        break_it(&mut items);
        assert_eq!(rules(items), [rule]);
        seen.insert(rule);
    };
    let a = account();
    let with_run = |change: fn(&mut Run)| {
        move |items: &mut Vec<Attributes>| {
            let mut run = claimed_run();
            change(&mut run);
            replace(items, &run_key(), run_item(&run));
        }
    };

    expect(Rule::Unknown, &|items| {
        edit(items, &run_key(), |run| {
            run.insert("sk".to_owned(), text_of("Jane"));
        });
    });
    expect(Rule::Unknown, &|items| {
        items.push([("pk".to_owned(), text_of("Jane"))].into());
    });
    for attribute in ["touchpoints", "v", "hand_over", "cadence_state"] {
        expect(Rule::Damaged, &|items| {
            edit(items, &run_key(), |run| {
                run.insert(attribute.to_owned(), text_of("Jane"));
            });
        });
    }
    expect(Rule::Damaged, &|items| {
        edit(items, &keys::lead(a, lead_id()), |lead| {
            lead.remove("created_at");
        });
    });

    // A channel is in two destinations.
    expect(Rule::Damaged, &|items| {
        edit(items, &keys::destinations(a), |item| {
            let Some(AttributeValue::L(list)) = item.get_mut("destinations") else {
                panic!("{item:?}");
            };
            let mut other = list[0].as_m().unwrap().clone();
            other.insert("name".to_owned(), text_of("another"));
            list.push(AttributeValue::M(other));
        });
    });

    // The entry was forgotten, is an older one, or is in the wrong partition.
    for (name, value) in [
        ("gsi2sk", "2026-02-10T12:00:00Z#hand_over#call"),
        ("gsi2pk", "DUE#0"),
    ] {
        expect(Rule::Entry, &|items| {
            edit(items, &run_key(), |run| {
                run.insert(name.to_owned(), text_of(value));
            });
        });
    }
    let mut without_entry = table();
    edit(&mut without_entry, &run_key(), |run| {
        run.remove("gsi2pk");
        run.remove("gsi2sk");
    });
    assert_eq!(rules(without_entry), [Rule::Entry]);
    let mut ended = table();
    edit(&mut ended, &run_key(), |run| {
        let mut other = claimed_run();
        other.end(RunStatus::Stopped);
        other.hand_over = None;
        other.touchpoints[0].state = TouchpointState::Unconfirmed;
        let entry = ["gsi2pk", "gsi2sk"].map(|name| (name.to_owned(), run[name].clone()));
        *run = run_item(&other);
        run.extend(entry);
    });
    assert_eq!(rules(ended), [Rule::Entry]);
    // The cadence is active, and nothing is left to do.
    expect(
        Rule::EntryCount,
        &with_run(|run| {
            run.hand_over = None;
            for touchpoint in &mut run.touchpoints {
                touchpoint.state = TouchpointState::Skipped;
            }
        }),
    );

    // The entry in the list of open touchpoints was forgotten, or was left behind.
    let open = open_run();
    expect(Rule::OpenEntry, &|items| {
        let mut item = run_item(&open);
        item.remove("gsi1pk");
        item.remove("gsi1sk");
        replace(items, &run_key(), item);
    });
    expect(Rule::OpenEntry, &|items| {
        let open = run_item(&open);
        let entry = ["gsi1pk", "gsi1sk"].map(|name| (name.to_owned(), open[name].clone()));
        edit(items, &run_key(), |run| run.extend(entry));
    });
    // The touchpoint goes on, or is not there.
    for index in [0, 99] {
        expect(Rule::AttentionLeft, &|items| {
            items.insert(behind(items, &run_key()), attention(index));
        });
    }
    let of_operator = |sk: &str| {
        let item = [("pk", "OPERATOR"), ("sk", sk), ("et", "x"), ("v", "1")];
        item.map(|(name, value)| (name.to_owned(), text_of(value)))
            .into()
    };
    for (sk, rule) in [
        ("HOLD", Rule::Damaged),
        ("RELEASE#x", Rule::Damaged),
        ("Jane", Rule::Unknown),
    ] {
        expect(rule, &|items| items.push(of_operator(sk)));
    }

    for change in [
        (|run| run.status = RunStatus::Queued) as fn(&mut Run),
        |run| run.status = RunStatus::Completed,
        |run| run.current_status.is_terminal = true,
        |run| run.human_takeover = true,
        |run| run.cadence_state = CadenceState::Completed,
        |run| run.touchpoints[1].state = TouchpointState::Claimed,
        |run| run.touchpoints[0].state = TouchpointState::Scheduled,
        |run| {
            run.touchpoints[1..]
                .iter_mut()
                .for_each(|it| it.state = TouchpointState::Dispatched)
        },
        |run| {
            run.awaited = Some(Awaited {
                due_at: at(1),
                tries: 1,
                expires_at: at(1),
            });
        },
    ] {
        expect(Rule::RunState, &with_run(change));
    }

    expect(Rule::NewestRun, &|items| {
        let mut run = claimed_run();
        run.id = id::<RunId>(LATER_RUN);
        run.end(RunStatus::Stopped);
        let key = keys::run(a, lead_id(), run.id);
        let behind = items
            .iter()
            .position(|it| Key::of(it.clone()) == Some(run_key()));
        items.insert(behind.unwrap(), item(key, &RunItem::from(&run)));
    });
    // The run before a reassignment goes on.
    expect(Rule::NewestRun, &|items| {
        let mut lead = values::enrolled_lead();
        lead.start.as_mut().unwrap().run_id = id(LATER_RUN);
        let key = keys::lead(a, lead_id());
        replace(items, &key, item(key.clone(), &LeadItem::new(&lead, None)));
    });

    expect(Rule::VersionMissing, &|items| {
        let workflow: WorkflowId = id(values::WORKFLOW);
        remove(items, &keys::workflow_version(a, workflow, 3));
        remove(items, &keys::workflow(a, workflow));
    });
    for version in [values::WORKFLOW, REMOVED] {
        expect(Rule::VersionDiffers, &|items| {
            edit(
                items,
                &keys::workflow_version(a, id(version), 3),
                |version| {
                    version.insert("name".to_owned(), text_of("Jane"));
                },
            );
        });
    }
    expect(Rule::Pause, &|items| {
        remove(items, &keys::pause(a, id(PAUSED)))
    });
    for unpaused in [values::WORKFLOW, REMOVED] {
        expect(Rule::Pause, &|items| {
            items.insert(1, item(keys::pause(a, id(unpaused)), &Pause {}));
        });
    }
    let note = keys::waiting_note(a, id(PAUSED), id(WAITING_RUN));
    expect(Rule::NoteMissing, &|items| remove(items, &note));
    for wrong in [values::RUN, LATER_RUN] {
        expect(Rule::NoteLeft, &|items| {
            let run = Run {
                id: id(wrong),
                ..claimed_run()
            };
            let key = keys::waiting_note(a, id(values::WORKFLOW), run.id);
            items.insert(1, item(key, &WaitingNote::of(&run)));
        });
    }

    for (lead, whole) in [(lead_id(), true), (id(ERASING_LEAD), false)] {
        expect(Rule::Orphan, &|items| {
            remove(items, &keys::lead(a, lead));
            if whole {
                remove(items, &run_key());
            }
        });
    }
    expect(Rule::Orphan, &|items| {
        let key = keys::lead(a, lead_id());
        let finished = Tombstone::until(Ok(at(30)), at(0));
        replace(items, &key, item(key.clone(), &finished));
    });
    for lead in [lead_id(), id(ERASED_LEAD)] {
        expect(Rule::PendingEntry, &|items| {
            edit(items, &keys::lead(a, lead), |lead| {
                lead.insert("gsi2pk".to_owned(), text_of("ERASING"));
                lead.insert("gsi2sk".to_owned(), text_of("2026-02-10T12:00:00.000Z"));
            });
        });
    }
    expect(Rule::PendingEntry, &|items| {
        edit(items, &keys::lead(a, id(ERASING_LEAD)), |lead| {
            lead.remove("gsi2sk");
        });
    });
    // The tombstone of a run that was written over the run's attributes.
    expect(Rule::PendingEntry, &|items| {
        edit(
            items,
            &keys::run(a, id(ERASED_LEAD), id(values::RUN)),
            |run| {
                run.insert("gsi2pk".to_owned(), text_of("DUE#1"));
                run.insert(
                    "gsi2sk".to_owned(),
                    text_of("2026-02-10T12:00:00Z#expiry#call"),
                );
            },
        );
    });
    expect(Rule::LeadList, &|items| {
        edit(items, &keys::lead(a, lead_id()), |lead| {
            lead.insert("gsi1sk".to_owned(), text_of("2026-02-10T12:00:00Z"));
        });
    });
    let suppressed = keys::address(a, values::address_hash());
    expect(Rule::Unknown, &|items| {
        edit(items, &suppressed, |address| {
            address.insert("sk".to_owned(), text_of("Jane"));
        });
    });
    expect(Rule::Damaged, &|items| {
        edit(items, &suppressed, |address| {
            address.insert("suppression".to_owned(), text_of("Jane"));
        });
    });
    expect(Rule::PendingEntry, &|items| {
        edit(items, &suppressed, |address| {
            address.insert("gsi2pk".to_owned(), text_of("ERASING"));
        });
    });
    // An entry is missing, is of another time, or was left by a removal.
    expect(Rule::SuppressionList, &|items| {
        edit(items, &suppressed, |address| {
            address.remove("gsi1pk");
            address.remove("gsi1sk");
        });
    });
    for key in [suppressed.clone(), keys::address(a, CLEARED)] {
        expect(Rule::SuppressionList, &|items| {
            edit(items, &key, |address| {
                let list = keys::suppressions(a);
                address.insert("gsi1pk".to_owned(), AttributeValue::S(list));
                address.insert("gsi1sk".to_owned(), text_of("2026-02-10T12:00:00Z#x"));
            });
        });
    }
    assert_eq!(seen, Rule::ALL.into());
}

#[test]
fn a_touchpoint_that_needs_a_person_may_be_listed() {
    for state in [TouchpointState::Unconfirmed, TouchpointState::Failed] {
        let mut run = claimed_run();
        run.hand_over = None;
        run.touchpoints[0].state = state;
        let mut items = table();
        replace(&mut items, &run_key(), run_item(&run));
        let place = behind(&items, &run_key());
        items.insert(place, attention(0));
        assert_eq!(rules(items), []);
    }
}

#[test]
fn a_pending_start_is_listed_in_the_shard_of_its_lead() {
    let mut items = table();
    edit(&mut items, &keys::lead(account(), lead_id()), |lead| {
        let entry = [
            ("gsi2pk", keys::pending_starts_of(lead_id())),
            ("gsi2sk", keys::pending_since(at(0))),
        ];
        lead.extend(entry.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))));
    });
    let checked = check(items);
    assert_eq!(
        (checked.breaches, checked.counts.pending_starts),
        (Vec::new(), 1)
    );
}

#[test]
fn a_breach_has_ids_and_nothing_of_a_person() {
    let mut items = table();
    for item in &mut items {
        item.insert("v".to_owned(), text_of("Jane"));
        item.insert("name".to_owned(), text_of("Jane"));
    }
    let checked = check(items);
    assert!(!checked.breaches.is_empty());
    for breach in &checked.breaches {
        let text = format!(
            "{breach} {breach:?} {}",
            serde_json::to_string(breach).unwrap()
        );
        assert!(!text.contains("Jane") && !text.contains("Doe"), "{text}");
    }
}
