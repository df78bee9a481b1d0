//! Figures of a series of measurements.

/// Returns the middle value, or the larger of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Writes a value with three significant digits. The digits after them are noise.
pub fn rounded(value: f64) -> String {
    let decimals = match value.abs() {
        big if big >= 100.0 || value.fract() == 0.0 => 0,
        some if some >= 10.0 => 1,
        few if few >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}
