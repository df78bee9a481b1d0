//! The check of the whole table: rules that hold at all times, on the raw items. Tests, the
//! simulation and `leadgate doctor` use it.

mod address;
mod breach;
mod catalogue;
mod findings;
mod lane;
mod lead;
mod operator;

use std::collections::BTreeSet;

use domain::ids::AccountId;

use self::{
    address::check_address, breach::Within, catalogue::AccountPart, findings::Findings,
    lead::LeadPart,
};
pub use self::{
    breach::{Breach, Rule},
    findings::Counts,
};
use super::{
    Store, StoreError,
    item::{Attributes, text},
    keys,
};

/// The state of a check while it takes in the items of a table. It keeps the items of one partition
/// at a time.
#[derive(Default)]
struct Check {
    pk: String,
    partition: Vec<Attributes>,
    findings: Findings,
}

/// Result of a check.
#[derive(Debug, Default)]
pub struct Checked {
    pub counts: Counts,
    /// The breaches, by account and lead.
    pub breaches: Vec<Breach>,
}

/// Checks raw items. The items of a partition must come one after the other, as a Scan returns
/// them.
pub fn check(items: impl IntoIterator<Item = Attributes>) -> Checked {
    let mut check = Check::default();
    for item in items {
        check.add(item);
    }
    check.finish()
}

impl Check {
    fn add(&mut self, item: Attributes) {
        self.findings.counts.items += 1;
        let pk = item.get("pk").and_then(|pk| pk.as_s().ok());
        let pk = pk.map_or("", String::as_str);
        if pk != self.pk {
            let next = pk.to_owned();
            self.end_partition();
            self.pk = next;
        }
        self.partition.push(item);
    }

    fn end_partition(&mut self) {
        let items = std::mem::take(&mut self.partition);
        let pk = std::mem::take(&mut self.pk);
        if let Some((account, lead)) = keys::parse_lead_partition(&pk) {
            LeadPart::new(account, lead).check(items, &mut self.findings);
        } else if let Some(account) = keys::parse_account_partition(&pk) {
            AccountPart { account }.check(items, &mut self.findings);
        } else if let Some(place) = keys::parse_address_partition(&pk) {
            check_address(place, items, &mut self.findings);
        } else if let Some(account) = keys::parse_pushed_partition(&pk) {
            lane::check(account, items, &mut self.findings);
        } else if pk == keys::OPERATOR {
            operator::check(items, &mut self.findings);
        } else if keys::parse_api_key(&pk).is_none() && !items.is_empty() {
            self.findings.breaches.insert(Breach::new(Rule::Unknown));
        }
    }

    fn finish(mut self) -> Checked {
        self.end_partition();
        let Findings {
            counts, breaches, ..
        } = self.findings.compared();
        Checked {
            counts,
            breaches: breaches.into_iter().collect(),
        }
    }
}

impl Store {
    /// Checks the whole table. It scans the table, so it costs half a read unit for each 4 KB of
    /// data. `progress` gets the number of items after each page.
    ///
    /// A scan takes its time, and the table changes meanwhile. So a partition with a breach is read
    /// once more, at once and consistently. The result has the breaches that this read confirms.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads), except [`StoreError::Damaged`].
    #[expect(
        clippy::disallowed_methods,
        reason = "an operator checks the table of all accounts"
    )]
    pub async fn check(&self, mut progress: impl FnMut(usize)) -> Result<Checked, StoreError> {
        let scan = self.client.scan().table_name(&*self.table);
        let mut pages = scan.into_paginator().send();
        let mut check = Check::default();
        while let Some(page) = pages.next().await {
            for item in page?.items.unwrap_or_default() {
                check.add(item);
            }
            progress(check.findings.counts.items);
        }
        let mut checked = check.finish();
        let mut confirmed = BTreeSet::new();
        let places: BTreeSet<_> = checked.breaches.iter().map(Breach::place).collect();
        for place in places {
            let there = checked.breaches.iter().filter(|it| it.place() == place);
            let again = self.check_place(place).await?;
            confirmed.extend(there.filter(|it| again.contains(it)).cloned());
        }
        checked.breaches = confirmed.into_iter().collect();
        Ok(checked)
    }

    /// Checks the partitions of an account and of a lead or an address once more.
    async fn check_place(
        &self,
        (account, within): (Option<AccountId>, Option<Within>),
    ) -> Result<Vec<Breach>, StoreError> {
        let partitions: Vec<_> = match account {
            None => vec![keys::OPERATOR.to_owned()],
            // The lead first: a version and a note are there before the run is.
            Some(account) => {
                let within = within.map(|within| match within {
                    Within::Lead(lead) => keys::lead_partition(account, lead),
                    Within::Address(address) => keys::address(account, address).pk,
                });
                let account = keys::account_partition(account);
                within.into_iter().chain([account]).collect()
            }
        };
        let mut items = Vec::new();
        for pk in partitions {
            let query = self.client.query().table_name(&*self.table);
            let query = query
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(pk))
                .consistent_read(true);
            let mut pages = query.into_paginator().items().send();
            while let Some(item) = pages.try_next().await? {
                items.push(item);
            }
        }
        let mut breaches = check(items).breaches;
        if account.is_none() {
            // An item with an unknown key can be anywhere, so it is not read again.
            breaches.push(Breach::new(Rule::Unknown));
        }
        Ok(breaches)
    }
}

#[cfg(test)]
mod tests;
