//! Times in replies ([contract](../../../docs/contract.md#the-http-contract)).

use jiff::Timestamp;

/// Returns `time` without its fraction of a second.
pub fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
