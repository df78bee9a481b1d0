//! The charges of one request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use domain::{account::AccountSettings, api_key::ApiKeyHash, limit::Limits, limited::Limited};
use http::HeaderMap;
use tokio::task::JoinHandle;

use super::{
    fields::{self, Standing},
    limiter::{Bounds, Limiter, Verdict},
};
use crate::http::error::ApiError;

/// The charges of one request. Clones are the same charges.
#[derive(Clone, Default)]
pub struct Charges(Arc<Mutex<Charged>>);

#[derive(Default)]
struct Charged {
    bounds: Arc<Bounds>,
    standings: Vec<Standing>,
    /// Calls of the store that the reply waits for, because Lambda freezes the container after the
    /// reply.
    calls: Vec<JoinHandle<()>>,
}

impl Charges {
    /// Attaches charges to a request, so that extractors and handlers can add to them.
    pub fn attach(request: &mut Request) -> Self {
        let charges = Self::default();
        request.extensions_mut().insert(charges.clone());
        charges
    }

    /// Charges one request to the limits of the key and of the account.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] if one of them refuses the request.
    pub async fn charge(
        &self,
        limiter: &Limiter,
        account: &AccountSettings,
        key: ApiKeyHash,
    ) -> Result<(), ApiError> {
        let Limits {
            account: of_account,
            key: of_key,
        } = account.limits;
        let of_key = of_key.map(|limit| (Limited::Key(key), limit));
        let of_account = of_account.map(|limit| (Limited::Account(account.id), limit));
        let bounds = of_key.into_iter().chain(of_account).collect();
        self.charge_bounds(limiter, bounds).await
    }

    /// Charges one claim or one outcome. Its bucket has the numbers of the account's limit, and no other
    /// requests draw from it.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] if the limit refuses the request.
    pub async fn charge_touchpoint(
        &self,
        limiter: &Limiter,
        account: &AccountSettings,
    ) -> Result<(), ApiError> {
        let limited = Limited::Touchpoints(account.id);
        let bounds = account.limits.account.map(|limit| (limited, limit));
        self.charge_bounds(limiter, bounds.into_iter().collect())
            .await
    }

    async fn charge_bounds(&self, limiter: &Limiter, bounds: Bounds) -> Result<(), ApiError> {
        let bounds = Arc::new(bounds);
        if bounds.is_empty() {
            return Ok(());
        }
        let Verdict {
            standings,
            renewals,
        } = limiter.admit(&bounds).await;
        let refused = standings.iter().find(|standing| !standing.passes());
        let error = refused.map(refusal);
        *self.charged() = Charged {
            bounds,
            standings,
            calls: renewals,
        };
        error.map_or(Ok(()), Err)
    }

    /// Charges `tokens` more to a request that has passed: one for each further lead of an array.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] if a limit is too far in debt. No limit is charged then.
    pub async fn charge_more(&self, limiter: &Limiter, tokens: usize) -> Result<(), ApiError> {
        let Some(refused) = self.try_charge(limiter, tokens).await else {
            return Ok(());
        };
        let error = refusal(&refused);
        self.replace(refused);
        Err(error)
    }

    /// Charges `tokens` more for work that is done: one for each further query of a list. A limit
    /// that is too far in debt forgives them, so the request passes all the same.
    pub async fn charge_done(&self, limiter: &Limiter, tokens: usize) {
        if let Some(refused) = self.try_charge(limiter, tokens).await {
            self.replace(refused.forgiven());
        }
    }

    fn replace(&self, new: Standing) {
        let standings = &mut self.charged().standings;
        standings.retain(|standing| standing.name() != new.name());
        standings.push(new);
    }

    /// Charges `tokens` to all limits. If one is too far in debt, charges none and returns its
    /// state.
    async fn try_charge(&self, limiter: &Limiter, tokens: usize) -> Option<Standing> {
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        let bounds = Arc::clone(&self.charged().bounds);
        if tokens == 0 || bounds.is_empty() {
            return None;
        }
        let refused = limiter.charge(&bounds, tokens).await;
        if refused.is_none() {
            let standings = &mut self.charged().standings;
            standings.iter_mut().for_each(|it| it.charge(tokens));
        }
        refused
    }

    /// Waits for the calls, then sets the `RateLimit` headers.
    pub async fn settle(self, headers: &mut HeaderMap) {
        let Charged {
            bounds,
            standings,
            calls,
        } = std::mem::take(&mut *self.charged());
        for call in futures::future::join_all(calls).await {
            // The error may quote the payload of a panic, so it is not logged.
            if call.is_err() {
                tracing::error!("a charge did not finish");
            }
        }
        fields::show(headers, &bounds, &standings);
    }

    fn charged(&self) -> MutexGuard<'_, Charged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(standing: &Standing) -> ApiError {
    ApiError::RateLimited {
        name: standing.name(),
        rate: standing.rate(),
        seconds: standing.seconds(),
    }
}
