//! Rules of the partition of a webhook's lane: its health, and its bucket.

use domain::{ids::AccountId, lane::Lane};

use super::{
    breach::{Breach, Rule},
    findings::Findings,
};
use crate::store::{
    health::HealthItem,
    item::{Attributes, decode},
    keys,
};

pub(super) fn check(account: AccountId, items: Vec<Attributes>, findings: &mut Findings) {
    let broken = items.into_iter().filter_map(|item| rule_of(item).err());
    let breaches = broken.map(|rule| Breach::of_account(rule, account));
    findings.breaches.extend(breaches);
}

/// Returns the rule that an item breaks.
fn rule_of(item: Attributes) -> Result<(), Rule> {
    let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
    let is_readable = match sk.as_deref() {
        Some(keys::HEALTH) => {
            decode::<HealthItem>(item).is_ok_and(|item| Lane::try_from(item).is_ok())
        }
        // A bucket can be deleted at any time, so any content will do.
        Some(keys::LIMIT) => true,
        _ => return Err(Rule::Unknown),
    };
    is_readable.then_some(()).ok_or(Rule::Damaged)
}
