//! A table in which every rule holds. Its items are those that the store writes.

use domain::{
    address::{AddressHash, AddressKind},
    channel::Channel,
    ids::{AccountId, LeadId},
    lead::Lead,
    run::{Delivery, Owner, Receiver, Run},
    suppression::Address,
    timing::OpenTimes,
    workflow::Workflow,
};
use jiff::SignedDuration;

use crate::store::{
    HoldScope,
    account::AccountItem,
    address::AddressItem,
    attention::Attention,
    campaign::CampaignItem,
    destination::DestinationsItem,
    erase::Tombstone,
    event::EventReceipt,
    golden::values::{self, at, id},
    history::ActivityItem,
    hold::ReleaseItem,
    item::{Attributes, Entity, encode},
    keys::{self, Key},
    lane::LaneItem,
    lead::LeadItem,
    run::RunItem,
    waiting::WaitingNote,
    workflow::{Pause, WorkflowItem},
};

pub(super) const PAUSED: &str = "019c0000-0000-7000-8000-00000000001e";
pub(super) const REMOVED: &str = "019c0000-0000-7000-8000-00000000002e";
pub(super) const WAITING_LEAD: &str = "019c0000-0000-7000-8000-00000000001b";
pub(super) const WAITING_RUN: &str = "019c0000-0000-7000-8000-00000000001c";
pub(super) const ERASED_LEAD: &str = "019c0000-0000-7000-8000-00000000002b";
pub(super) const ERASING_LEAD: &str = "019c0000-0000-7000-8000-00000000003b";

pub(super) fn account() -> AccountId {
    id(values::ACCOUNT)
}

pub(super) fn lead_id() -> LeadId {
    id(values::LEAD)
}

pub(super) fn run_key() -> Key {
    keys::run(account(), lead_id(), id(values::RUN))
}

pub(super) fn item<E: Entity>(key: Key, entity: &E) -> Attributes {
    encode(key, entity).unwrap()
}

pub(super) fn other_workflow(workflow: &str, is_paused: bool) -> Workflow {
    Workflow {
        id: id(workflow),
        is_paused,
        ..values::workflow()
    }
}

/// Returns the lead whose run waits for its paused workflow.
pub(super) fn waiting_lead() -> Lead {
    let mut lead = values::enrolled_lead();
    lead.profile.id = id(WAITING_LEAD);
    let start = lead.start.as_mut().unwrap();
    start.run_id = id(WAITING_RUN);
    start.workflow = other_workflow(PAUSED, true).label();
    lead
}

pub(super) fn build(lead: &Lead, workflow: &Workflow) -> Run {
    let start = lead.start.as_ref().unwrap();
    Run::build(lead, start, Some(workflow), at(0))
}

/// Returns a run with one claimed touchpoint.
pub(super) fn claimed_run() -> Run {
    let workflow = values::workflow();
    let mut run = build(&values::enrolled_lead(), &workflow);
    let due = run.touchpoints[0].due_at;
    let lease = SignedDuration::from_secs(60);
    run.claim(
        Owner([7; 10]),
        lease,
        Delivery::Push(Receiver([7; 6])),
        OpenTimes::default(),
        &workflow,
        due,
    )
    .unwrap();
    run
}

/// Returns a run whose first touchpoint is open for callers.
pub(super) fn open_run() -> Run {
    let workflow = values::workflow();
    let mut run = build(&values::enrolled_lead(), &workflow);
    let due = run.touchpoints[0].due_at;
    assert_eq!(run.open(OpenTimes::default(), &workflow, due), Some(0));
    run
}

/// Returns the record that a touchpoint of the run needs a person.
pub(super) fn attention(index: u16) -> Attributes {
    let key = keys::attention(account(), lead_id(), id(values::RUN), index);
    item(
        key,
        &Attention::new(account(), id(values::RUN), index, at(0)),
    )
}

pub(super) fn run_item(run: &Run) -> Attributes {
    item(run_key(), &RunItem::from(run))
}

/// An address that is not suppressed any more.
pub(super) const CLEARED: AddressHash = AddressHash {
    kind: AddressKind::Email,
    hash: [8; 16],
};

pub(super) fn address_item(hash: AddressHash, address: &Address) -> Attributes {
    let stored = AddressItem::new(account(), hash, address, 1);
    item(keys::address(account(), hash), &stored)
}

/// Returns the items of an account with three workflows, and of leads in all states.
pub(super) fn table() -> Vec<Attributes> {
    let (account, waiting) = (account(), waiting_lead());
    let mut items = vec![
        item(
            keys::account(account),
            &AccountItem::new(&values::account(), None),
        ),
        item(
            keys::campaign(account, values::campaign().id),
            &CampaignItem::from(values::campaign()),
        ),
        item(
            keys::destinations(account),
            &DestinationsItem::from(&values::destinations()),
        ),
    ];
    for (workflow, is_removed) in [
        (values::workflow(), false),
        (other_workflow(PAUSED, true), false),
        (other_workflow(REMOVED, false), true),
    ] {
        let key = match is_removed {
            true => keys::removed_workflow(account, workflow.id),
            false => keys::workflow(account, workflow.id),
        };
        let version = keys::workflow_version(account, workflow.id, workflow.version);
        let stored = WorkflowItem::from(&workflow);
        items.extend([item(key, &stored), item(version, &stored)]);
    }
    let waits = build(&waiting, &other_workflow(PAUSED, true));
    items.extend([
        item(keys::pause(account, id(PAUSED)), &Pause {}),
        item(
            keys::waiting_note(account, id(PAUSED), waits.id),
            &WaitingNote::of(&waits),
        ),
    ]);
    let release = ReleaseItem::from(&values::release());
    items.extend([
        item(keys::hold(HoldScope::Account(account)), &values::hold()),
        item(
            keys::lane(account, Channel::Call),
            &LaneItem::new(account, Channel::Call, at(0)),
        ),
        item(keys::hold(HoldScope::All), &values::hold()),
        item(keys::release(values::release().scope), &release),
    ]);
    let lead = values::enrolled_lead();
    let entry = ActivityItem::of_start(lead.start.as_ref().unwrap());
    items.extend([
        item(entry.key(account, lead_id()), &entry),
        item(
            keys::event_receipt(account, lead_id(), "EVENT#1"),
            &EventReceipt::new(String::new(), String::new(), at(0)),
        ),
        run_item(&claimed_run()),
        item(keys::lead(account, lead_id()), &LeadItem::new(&lead, None)),
        item(
            keys::run(account, waits.lead_id, waits.id),
            &RunItem::from(&waits),
        ),
        item(
            keys::lead(account, waits.lead_id),
            &LeadItem::new(&waiting, None),
        ),
    ]);
    let (erased, erasing): (LeadId, LeadId) = (id(ERASED_LEAD), id(ERASING_LEAD));
    let left = Run {
        lead_id: erasing,
        ..claimed_run()
    };
    items.extend([
        item(
            keys::run(account, erased, id(values::RUN)),
            &Tombstone::until(Ok(at(1)), at(0)),
        ),
        item(
            keys::lead(account, erased),
            &Tombstone::until(Ok(at(30)), at(0)),
        ),
        item(keys::run(account, erasing, left.id), &RunItem::from(&left)),
        item(
            keys::lead(account, erasing),
            &Tombstone::unfinished(Some(left.id), None, at(0)),
        ),
    ]);
    items.extend([
        address_item(values::address_hash(), &values::suppressed_address()),
        address_item(CLEARED, &values::cleared_address()),
    ]);
    items
}
