//! Rules of an address's partition, which has one item.

use domain::{address::AddressHash, ids::AccountId};

use super::{
    breach::{Breach, Rule},
    findings::Findings,
};
use crate::store::{
    address::AddressItem,
    item::{Attributes, decode},
    keys,
};

pub(super) fn check_address(
    (account, address): (AccountId, AddressHash),
    items: Vec<Attributes>,
    findings: &mut Findings,
) {
    for item in items {
        let breach = |rule| Breach::of_address(rule, account, address);
        let sk = item.get("sk").and_then(|sk| sk.as_s().ok());
        let broken = if sk.is_none_or(|sk| sk != keys::ADDRESS) {
            Some(Rule::Unknown)
        } else if item.contains_key("gsi2pk") || item.contains_key("gsi2sk") {
            Some(Rule::PendingEntry)
        } else {
            match decode::<AddressItem>(item) {
                Err(_) => Some(Rule::Damaged),
                Ok(item) => {
                    findings.counts.suppressions += usize::from(item.is_suppressed());
                    let has_entry = item.has_its_entry(account, address);
                    (!has_entry).then_some(Rule::SuppressionList)
                }
            }
        };
        findings.breaches.extend(broken.map(breach));
    }
}
