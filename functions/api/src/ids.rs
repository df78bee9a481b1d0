//! Ids that are made with the secret of an account.

use aws::account_secret::AccountSecret;
use domain::{run::Run, touchpoint_id::TouchpointRef};

/// Returns the id of a touchpoint of a run.
pub fn touchpoint_id(secret: &AccountSecret, run: &Run, index: u16) -> String {
    secret.touchpoint_id(TouchpointRef {
        account_id: run.account_id,
        lead_id: run.lead_id,
        run_id: run.id,
        index,
    })
}
