//! Limits of what clients and receivers report about a contact
//! ([contract](../../../docs/contract.md#outcomes)).

use jiff::SignedDuration;

/// The word for a contact that the receiver could not make yet.
pub const DEFERRED: &str = "deferred";
/// Time after which a deferred touchpoint is tried again, at the earliest.
pub const DEFERRED_FOR: SignedDuration = SignedDuration::from_secs(30);
/// Difference that is allowed for the clocks and the delays of clients.
pub const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_hours(24);
/// Maximum time until a callback.
pub const LONGEST_CALLBACK: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Maximum length of a note, in characters.
pub const NOTE: usize = 1_000;
/// Maximum length of a text for programs, in characters.
pub const SHORT: usize = 200;
