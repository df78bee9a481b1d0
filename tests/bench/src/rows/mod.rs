//! The measures, one module for those that are taken together.

pub(crate) mod array;
pub(crate) mod batch;
pub(crate) mod cost;
pub(crate) mod footprint;
mod model;
pub(crate) mod rivals;
pub(crate) mod start;
pub(crate) mod warm;

use crate::aws::Call;

/// Two counts further apart than this part of them are said to be noisy.
const SPREAD: f64 = 0.02;

/// The middle one; of two in the middle, the larger.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Why `values`, which should be the same, are noisy, if they are.
fn noise(values: &[f64]) -> Option<String> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = (most - least) / least;
    (spread > SPREAD).then(|| format!("{:.0} % between runs", spread * 100.0))
}

/// The operations of some calls, in order.
fn operations(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.operation.as_str()).collect()
}

/// How many of some calls had to wait for each other: the most of which no two overlap.
fn in_sequence(calls: &[Call]) -> u32 {
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
