//! Times as clients see them.

use jiff::Timestamp;

/// Returns `time` without its fraction of a second ([contract](../../../docs/contract.md#the-http-contract)).
pub fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
