//! Limits on the command line.

use clap::Args;
use domain::limit::{Limit, LimitError};
use thiserror::Error;

/// Options of a limit, of an account or of a key.
#[derive(Args, Clone, Copy, Debug)]
pub struct LimitArgs {
    /// Requests a second that the limit allows
    #[arg(long, value_name = "REQUESTS", requires = "burst")]
    rate: Option<u32>,
    /// Requests that the limit allows at once, after a quiet time
    #[arg(long, value_name = "REQUESTS", requires = "rate")]
    burst: Option<u32>,
}

/// Two numbers that are not a limit.
#[derive(Debug, Error)]
#[error("--rate {rate} --burst {burst} is not a valid limit: {cause}")]
pub struct InvalidLimit {
    rate: u32,
    burst: u32,
    cause: LimitError,
}

impl LimitArgs {
    /// Returns the limit. `None` if none is given.
    pub fn limit(self) -> Result<Option<Limit>, InvalidLimit> {
        let Some((rate, burst)) = self.rate.zip(self.burst) else {
            return Ok(None);
        };
        let limit = Limit::new(rate, burst);
        limit
            .map(Some)
            .map_err(|cause| InvalidLimit { rate, burst, cause })
    }
}

/// Returns a limit as tables show it.
pub fn shown(limit: Limit) -> String {
    format!("{}/s, burst {}", limit.rate(), limit.burst())
}
