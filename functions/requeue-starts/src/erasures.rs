//! Finishes erasures that were cut short
//! ([ADR 8](../../../docs/adr/0008-erased-leads-leave-a-tombstone.md)).

use jiff::SignedDuration;

use crate::sweep::Sweep;

/// Age from which an erasure counts as cut short: 60 seconds. The request that erases is over by
/// then.
const ERASURE_AGE: SignedDuration = SignedDuration::from_secs(60);

impl Sweep<'_> {
    /// Finishes the erasures that were cut short. One that fails does not stop the others.
    pub async fn finish_erasures(&mut self) {
        let begun_before = self.now.saturating_sub(ERASURE_AGE).unwrap_or(self.now);
        let erasures = match self.store.unfinished_erasures(begun_before).await {
            Ok(erasures) => erasures,
            Err(error) => return self.fail(error, "erasures could not be looked up"),
        };
        for (account, lead) in erasures {
            if self.is_over() {
                break;
            }
            match self.store.erase_lead(account, lead, self.now).await {
                Ok(erased) => self.requeued.erased += u32::from(erased),
                Err(error) => self.fail(error, "an erasure was not finished"),
            }
        }
    }
}
