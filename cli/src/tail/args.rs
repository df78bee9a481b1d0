//! Options of `leadgate tail`.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use crate::output::OutputArg;

/// Options of `leadgate tail`.
#[derive(Args, Clone, Debug)]
pub struct TailArgs {
    /// Age of the first line, such as 30s, 10m, 2h or 7d
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = age)]
    pub since: SignedDuration,
    /// End after the lines that are there
    #[arg(long)]
    pub no_follow: bool,
    #[command(flatten)]
    pub output: OutputArg,
    /// Name of a stack on AWS, to use instead of the local one
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "data_dir",
        help_heading = "Where"
    )]
    pub stack: Option<String>,
    /// Data folder of the local stack [default: .leadgate in this folder or the nearest above]
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    pub data_dir: Option<PathBuf>,
}

/// Reads an age.
fn age(text: &str) -> Result<SignedDuration, &'static str> {
    const FORM: &str = "write a number with s, m, h or d, such as 10m";
    let unit = text.chars().next_back().ok_or(FORM)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(FORM),
    };
    let number: u32 = text
        .strip_suffix(unit)
        .unwrap_or_default()
        .parse()
        .map_err(|_| FORM)?;
    Ok(SignedDuration::from_secs(i64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_with_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("7d", 604_800)] {
            assert_eq!(age(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "-1m", "1mm", "1.5h", "1w", "ü"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
