use proptest::prelude::*;

use super::*;
use crate::store::item::encode;

proptest! {
    #[test]
    fn a_lead_comes_back_from_its_item_equal(
        first_name in "[^\\p{Cc}\\p{Z}]{1,50}",
        last_name in prop::option::of("[a-z]{1,9}"),
        keys in prop::collection::btree_set("[\\x00a-c]{0,3}", 0..9),
    ) {
        let metadata = keys.into_iter().map(|key| {
            let value = RawValue::from_string("[1.0, -0]".to_owned()).unwrap();
            (key, value)
        });
        let now = "2026-02-10T12:00:00Z".parse().unwrap();
        let lead = Lead {
            account_id: AccountId::new(now, [7; 10]),
            profile: Profile {
                id: LeadId::new(now, [7; 10]),
                first_name: Name::stored(first_name),
                last_name: last_name.map(|name| name.as_str().try_into().unwrap()),
                email: None,
                phone: Some("+1234567890".try_into().unwrap()),
                source: Name::api(),
                company: None,
                title: Some("Head of Sales".try_into().unwrap()),
                metadata: metadata.collect(),
                campaign_id: None,
                created_at: now,
                updated_at: now,
            },
            start: None,
        };
        let key = keys::lead(lead.account_id, lead.profile.id);
        let item = encode(key, &LeadItem::new(&lead, None)).unwrap();
        let back = Lead::try_from(decode::<LeadItem>(item).unwrap()).unwrap();
        prop_assert_eq!(back, lead);
    }
}

#[test]
fn a_damaged_item_is_refused_and_its_values_are_not_shown() {
    let item = std::collections::HashMap::from([
        ("et".to_owned(), AttributeValue::S("lead".to_owned())),
        ("v".to_owned(), AttributeValue::N("1".to_owned())),
        ("first_name".to_owned(), AttributeValue::N("555".to_owned())),
    ]);
    let error = decode::<LeadItem>(item).err().unwrap();
    let shown = crate::telemetry::ErrorChain(&error).to_string();
    assert!(shown.starts_with("the lead item is damaged"), "{shown}");
    assert!(!shown.contains("555"), "{shown}");
}
