//! Tries of a change that must not be lost.

use std::time::Duration;

use aws::store::StoreError;
use tokio::time::sleep;

use crate::state::DispatchTouchpoints;

/// Maximum number of tries. Others change the run meanwhile.
const TRIES: u16 = 10;
/// Longest pause before a further try, in milliseconds for each try before it.
const PAUSE_MS: u16 = 50;

/// Tries a change again while it loses to other changes, or while the store cannot take it.
///
/// # Errors
/// The error of the last try.
pub async fn insist<T, F: Future<Output = Result<T, StoreError>>>(
    state: &DispatchTouchpoints,
    mut change: impl FnMut() -> F,
) -> Result<T, StoreError> {
    for try_number in 1..TRIES {
        match change().await {
            Err(error) if error.is_conflict() || error.is_retryable() => {}
            changed => return changed,
        }
        let pause = state.draw(PAUSE_MS * try_number);
        sleep(Duration::from_millis(pause.into())).await;
    }
    change().await
}
