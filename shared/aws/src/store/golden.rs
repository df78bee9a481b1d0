//! Golden items: one item of each stored shape, in `golden/*.json`.
//!
//! The test reads each item and writes its value again. So code that cannot read or write
//! one of these shapes any more fails here, and not after an upgrade.

pub(super) mod values;

use std::{collections::BTreeMap, fs};

use domain::{
    account::Account,
    campaign::Campaign,
    channel::Channel,
    destination::{Destinations, WebhookSecrets},
    idempotency::{Manifest, Receipt},
    lane::Lane,
    lead::Lead,
    workflow::Workflow,
};

use self::values::*;
use super::{
    HoldScope, ReleaseOrder, StoreError,
    account::AccountItem,
    address::AddressItem,
    api_key::ApiKeyItem,
    attention::Attention,
    campaign::CampaignItem,
    destination::DestinationsItem,
    erase::Tombstone,
    health::HealthItem,
    history::ActivityItem,
    hold::{Hold, ReleaseItem},
    item::{Attributes, Entity, decode, encode},
    keys::{self, Key},
    lane::LaneItem,
    lead::LeadItem,
    manifest::ManifestItem,
    pending::decode_pending,
    run::{RunItem, run_of},
    waiting::WaitingNote,
    webhook::SecretsItem,
    workflow::{Pause, WorkflowItem},
};
use crate::account_secret::AccountSecret;

/// Reads a golden item, checks its value, and writes the value again. `None` if this version reads
/// the shape, but does not write it as a whole.
type Check = fn(Attributes) -> Option<Attributes>;

const CHECKS: [(&str, Check); 46] = [
    ("account", |item| {
        assert_eq!(account_in(item), account());
        let item = AccountItem::new(&account(), None);
        written(keys::account(account().id), &item)
    }),
    ("account_with_secret", |item| {
        assert_eq!(account_in(item), account());
        let item = AccountItem::new(&account(), Some(AccountSecret([7; 32])));
        written(keys::account(account().id), &item)
    }),
    ("account_before_lists", |item| {
        assert_eq!(account_in(item), bare_account());
        None
    }),
    ("activity", |item| {
        let activity = ActivityItem::of_start(&start());
        assert_eq!(decode::<ActivityItem>(item).unwrap(), activity);
        written(activity.key(id(ACCOUNT), id(LEAD)), &activity)
    }),
    ("activity_with_contact", |item| {
        let stored: ActivityItem = decode(item).unwrap();
        assert_eq!(stored.activity(), &report());
        written(stored.key(id(ACCOUNT), id(LEAD)), &stored)
    }),
    ("activity_sent", |item| {
        let stored: ActivityItem = decode(item).unwrap();
        assert_eq!(stored.activity(), &sent());
        written(stored.key(id(ACCOUNT), id(LEAD)), &stored)
    }),
    ("address", |item| {
        let address = suppressed_address();
        let expected = AddressItem::new(id(ACCOUNT), address_hash(), &address, 2);
        assert_eq!(decode::<AddressItem>(item).unwrap(), expected);
        written(keys::address(id(ACCOUNT), address_hash()), &expected)
    }),
    ("address_cleared", |item| {
        let address = cleared_address();
        let expected = AddressItem::new(id(ACCOUNT), address_hash(), &address, 1);
        assert_eq!(decode::<AddressItem>(item).unwrap(), expected);
        written(keys::address(id(ACCOUNT), address_hash()), &expected)
    }),
    ("api_key", |item| {
        let stored: ApiKeyItem = decode(item).unwrap();
        assert_eq!(stored.into_record(&hash()), api_key());
        written(keys::api_key(&hash()), &ApiKeyItem::from(&api_key()))
    }),
    ("api_key_before_ids", |item| {
        let stored: ApiKeyItem = decode(item).unwrap();
        assert_eq!(stored.into_record(&hash()), bare_api_key());
        None
    }),
    ("campaign", |item| {
        let stored: CampaignItem = decode(item).unwrap();
        assert_eq!(Campaign::from(stored), campaign());
        let key = keys::campaign(id(ACCOUNT), campaign().id);
        written(key, &CampaignItem::from(campaign()))
    }),
    ("destinations", |item| {
        let stored: DestinationsItem = decode(item).unwrap();
        assert_eq!(Destinations::try_from(stored).unwrap(), destinations());
        let key = keys::destinations(id(ACCOUNT));
        written(key, &DestinationsItem::from(&destinations()))
    }),
    ("destinations_with_webhook", |item| {
        let stored: DestinationsItem = decode(item).unwrap();
        let expected = destinations_with_webhook();
        assert_eq!(Destinations::try_from(stored).unwrap(), expected);
        let key = keys::destinations(id(ACCOUNT));
        written(key, &DestinationsItem::from(&expected))
    }),
    ("destinations_with_times", |item| {
        let stored: DestinationsItem = decode(item).unwrap();
        let expected = destinations_with_times();
        assert_eq!(Destinations::try_from(stored).unwrap(), expected);
        let key = keys::destinations(id(ACCOUNT));
        written(key, &DestinationsItem::from(&expected))
    }),
    ("webhook_secrets", |item| {
        let stored: SecretsItem = decode(item).unwrap();
        assert_eq!(WebhookSecrets::try_from(stored).unwrap(), webhook_secrets());
        let item = SecretsItem::new(id(ACCOUNT), "dialer", &webhook_secrets());
        written(keys::webhook(id(ACCOUNT), "dialer"), &item)
    }),
    ("health", |item| {
        let stored: HealthItem = decode(item).unwrap();
        assert_eq!(Lane::try_from(stored).unwrap(), lane());
        let key = keys::health(id(ACCOUNT), "dialer");
        written(key, &HealthItem::from(&lane()))
    }),
    ("lead", |item| {
        let stored: LeadItem = decode(item).unwrap();
        assert_eq!(Lead::try_from(stored).unwrap(), lead());
        written(
            keys::lead(id(ACCOUNT), id(LEAD)),
            &LeadItem::new(&lead(), None),
        )
    }),
    ("lead_after_call", |item| {
        let stored: LeadItem = decode(item).unwrap();
        assert_eq!(Lead::try_from(stored).unwrap(), called_lead());
        written(
            keys::lead(id(ACCOUNT), id(LEAD)),
            &LeadItem::new(&called_lead(), None),
        )
    }),
    ("lead_with_start_and_receipt", |item| {
        // An older version kept the whole reply, with the lead.
        let stored: LeadItem = decode(item).unwrap();
        assert_eq!(stored.rest_of_old_receipt().unwrap().unwrap(), "{}");
        let receipt = Receipt {
            rest: "{}".to_owned(),
            ..receipt()
        };
        let replayable = stored.into_replayable().unwrap();
        assert_eq!(replayable, Some((enrolled_lead(), receipt)));
        None
    }),
    ("lead_with_receipt", |item| {
        let stored: LeadItem = decode(item).unwrap();
        assert_eq!(stored.rest_of_old_receipt().unwrap(), None);
        let replayable = stored.into_replayable().unwrap();
        assert_eq!(replayable, Some((enrolled_lead(), receipt())));
        let lead = LeadItem::new(&enrolled_lead(), Some(&receipt()));
        written(keys::lead(id(ACCOUNT), id(LEAD)), &lead)
    }),
    ("lead_with_room", |item| {
        let stored: LeadItem = decode(item).unwrap();
        assert_eq!((stored.room, stored.revision), (Some(65_000), Some(3)));
        let written = written(keys::lead(id(ACCOUNT), id(LEAD)), &stored);
        assert_eq!(Lead::try_from(stored).unwrap(), lead());
        written
    }),
    ("manifest", |item| {
        let manifest = ManifestItem::new(&Manifest::from("WrQ3x_aB0-z,,k1_LmN2oP3q"), at(0));
        assert_eq!(decode::<ManifestItem>(item).unwrap(), manifest);
        written(keys::manifest(id(ACCOUNT), id(LEAD)), &manifest)
    }),
    ("lead_with_pending_start", |item| {
        assert_eq!(decode_pending(item).unwrap(), pending_start());
        None
    }),
    ("run", |item| {
        // An older version wrote times with their dashes and colons.
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), run());
        None
    }),
    ("run_held", |item| {
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), held_run());
        None
    }),
    ("run_with_short_times", |item| {
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), run());
        written(
            keys::run(id(ACCOUNT), id(LEAD), id(RUN)),
            &RunItem::from(&run()),
        )
    }),
    ("run_held_with_short_times", |item| {
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), held_run());
        written(
            keys::run(id(ACCOUNT), id(LEAD), id(RUN)),
            &RunItem::from(&held_run()),
        )
    }),
    ("run_open", |item| {
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), open_run());
        written(
            keys::run(id(ACCOUNT), id(LEAD), id(RUN)),
            &RunItem::from(&open_run()),
        )
    }),
    ("run_missed", |item| {
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), missed_run());
        written(
            keys::run(id(ACCOUNT), id(LEAD), id(RUN)),
            &RunItem::from(&missed_run()),
        )
    }),
    ("attention", |item| {
        let attention = Attention::new(id(ACCOUNT), id(RUN), 1, at(2));
        assert_eq!(decode::<Attention>(item).unwrap(), attention);
        let key = keys::attention(id(ACCOUNT), id(LEAD), id(RUN), 1);
        written(key, &attention)
    }),
    ("hold", |item| {
        assert_eq!(decode::<Hold>(item).unwrap(), hold());
        written(keys::hold(HoldScope::All), &hold())
    }),
    ("lane", |item| {
        let lane = LaneItem::new(id(ACCOUNT), Channel::Call, at(1));
        assert_eq!(decode::<LaneItem>(item).unwrap(), lane);
        written(keys::lane(id(ACCOUNT), Channel::Call), &lane)
    }),
    ("release", |item| {
        let order: ReleaseItem = decode(item).unwrap();
        assert_eq!(ReleaseOrder::try_from(order).unwrap(), release());
        written(
            keys::release(release().scope),
            &ReleaseItem::from(&release()),
        )
    }),
    ("run_of_version_2", refused_as_run),
    ("run_of_version_2_waiting", refused_as_run),
    ("pause", |item| {
        assert_eq!(decode::<Pause>(item).unwrap(), Pause {});
        written(keys::pause(id(ACCOUNT), id(WORKFLOW)), &Pause {})
    }),
    ("run_waiting", |item| {
        let run = waiting_run();
        assert_eq!(run_of(item, id(ACCOUNT), id(LEAD)).unwrap(), run);
        written(
            keys::run(id(ACCOUNT), id(LEAD), id(RUN)),
            &RunItem::from(&run),
        )
    }),
    ("tombstone_of_lead", |item| {
        let tombstone = Tombstone::until(Ok(at(30)), at(0));
        assert_eq!(decode::<Tombstone>(item).unwrap(), tombstone);
        written(keys::lead(id(ACCOUNT), id(LEAD)), &tombstone)
    }),
    ("tombstone_of_run", |item| {
        let tombstone = Tombstone::until(Ok(at(1)), at(0));
        assert_eq!(decode::<Tombstone>(item).unwrap(), tombstone);
        written(keys::run(id(ACCOUNT), id(LEAD), id(RUN)), &tombstone)
    }),
    ("tombstone_unfinished", |item| {
        let tombstone = Tombstone::unfinished(Some(id(RUN)), None, at(0));
        assert_eq!(decode::<Tombstone>(item).unwrap(), tombstone);
        written(keys::lead(id(ACCOUNT), id(LEAD)), &tombstone)
    }),
    ("tombstone_unfinished_with_workflow", |item| {
        let tombstone = Tombstone::unfinished(Some(id(RUN)), Some(id(WORKFLOW)), at(0));
        assert_eq!(decode::<Tombstone>(item).unwrap(), tombstone);
        written(keys::lead(id(ACCOUNT), id(LEAD)), &tombstone)
    }),
    ("waiting_note", |item| {
        let note = WaitingNote::of(&run());
        assert_eq!(decode::<WaitingNote>(item).unwrap(), note);
        let key = keys::waiting_note(id(ACCOUNT), id(WORKFLOW), id(RUN));
        written(key, &note)
    }),
    ("workflow", |item| {
        assert_same(&workflow_in(item), &workflow());
        let key = keys::workflow(id(ACCOUNT), id(WORKFLOW));
        written(key, &WorkflowItem::from(&workflow()))
    }),
    ("workflow_with_outcomes", |item| {
        let workflow = workflow_with_outcomes();
        assert_same(&workflow_in(item), &workflow);
        let key = keys::workflow(id(ACCOUNT), id(WORKFLOW));
        written(key, &WorkflowItem::from(&workflow))
    }),
    ("workflow_version", |item| {
        assert_same(&workflow_in(item), &workflow_with_outcomes());
        let key = keys::workflow_version(id(ACCOUNT), id(WORKFLOW), 3);
        written(key, &WorkflowItem::from(&workflow_with_outcomes()))
    }),
    ("workflow_before_versions", |item| {
        assert_same(&workflow_in(item), &bare_workflow());
        None
    }),
];

fn written<E: Entity>(key: Key, entity: &E) -> Option<Attributes> {
    Some(encode(key, entity).unwrap())
}

/// Runs of version 2 were never released, and are not migrated.
fn refused_as_run(item: Attributes) -> Option<Attributes> {
    let error = run_of(item, id(ACCOUNT), id(LEAD)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { entity: "run", .. }));
    None
}

fn account_in(item: Attributes) -> Account {
    decode::<AccountItem>(item).unwrap().into()
}

fn workflow_in(item: Attributes) -> Workflow {
    decode::<WorkflowItem>(item).unwrap().try_into().unwrap()
}

/// Compares two workflows. Their `Debug` form leaves out the messages of the steps.
fn assert_same(one: &Workflow, other: &Workflow) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let messages = |workflow: &Workflow| -> Vec<_> {
        let steps = workflow.cadence.steps.iter();
        steps.map(|step| step.message.clone()).collect()
    };
    assert_eq!(messages(one), messages(other));
}

#[test]
fn every_golden_item_is_read_and_written_as_before() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/golden");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|it| it == "json"));
    let mut files: BTreeMap<String, _> = files
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), file))
        .collect();
    for (name, check) in CHECKS {
        let file = files.remove(name);
        let file = file.unwrap_or_else(|| panic!("{name}.json is missing in {folder}"));
        let golden: serde_dynamo::Item =
            serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        if let Some(item) = check(golden.clone().into()) {
            let item = serde_dynamo::Item::from(item);
            let [item, golden] = [item, golden].map(|it| serde_json::to_value(it).unwrap());
            assert_eq!(item, golden, "{name}");
        }
    }
    assert!(files.is_empty(), "no check reads {:?}", files.keys());
}
