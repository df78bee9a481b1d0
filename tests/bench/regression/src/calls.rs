//! Figures of a series of calls, or of a series of counts.

use harness::endpoints::Call;

/// Spread above which counts are marked as noisy. Callgrind's counts usually differ by 1 or 2 %.
const SPREAD: f64 = 0.02;

/// Returns the spread of counts that should be equal. `None` if it is small.
pub fn noise(counts: &[f64]) -> Option<String> {
    let least = counts.iter().copied().fold(f64::INFINITY, f64::min);
    let most = counts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = (most - least) / least;
    (spread > SPREAD).then(|| format!("{:.0} % between runs", spread * 100.0))
}

/// Returns the operations of the calls, in order.
pub fn operations(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.operation.as_str()).collect()
}

/// Returns the largest number of calls of which no two overlap.
pub fn in_sequence(calls: &[Call]) -> u32 {
    let mut calls: Vec<&Call> = calls.iter().collect();
    calls.sort_by_key(|call| call.ended);
    let mut count = 0;
    let mut free = None;
    for call in calls {
        if free.is_none_or(|free| call.begun >= free) {
            count += 1;
            free = Some(call.ended);
        }
    }
    count
}
