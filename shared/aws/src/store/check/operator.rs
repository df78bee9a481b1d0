//! Rules of the operator's partition: the hold of all accounts, and the release orders.

use super::{
    breach::{Breach, Rule},
    findings::Findings,
};
use crate::store::{
    ReleaseOrder,
    hold::{Hold, ReleaseItem},
    item::{Attributes, decode},
    keys,
};

pub(super) fn check(items: Vec<Attributes>, findings: &mut Findings) {
    let broken = items.into_iter().filter_map(|item| rule_of(item).err());
    findings.breaches.extend(broken.map(Breach::new));
}

/// Returns the rule that an item breaks.
fn rule_of(item: Attributes) -> Result<(), Rule> {
    let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
    let sk = sk.unwrap_or_default();
    let is_readable = if sk == keys::HOLD {
        decode::<Hold>(item).is_ok()
    } else if sk.starts_with(keys::RELEASES) {
        decode::<ReleaseItem>(item).is_ok_and(|item| ReleaseOrder::try_from(item).is_ok())
    } else {
        return Err(Rule::Unknown);
    };
    is_readable.then_some(()).ok_or(Rule::Damaged)
}
