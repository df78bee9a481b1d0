//! Limits of requests for each account and each key (docs/adr/0012). A request pays after it is authenticated and
//! before its body is read; one that is not bound by a limit costs nothing.

mod fields;
mod limiter;
mod outage;
mod share;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{extract::Request, response::Response};
use domain::{
    account::Account,
    api_key::ApiKeyHash,
    limit::{Limited, Limits},
};
use tokio::task::JoinHandle;

pub(crate) use self::limiter::Limiter;
use self::{
    fields::Standing,
    limiter::{Bounds, Verdict},
};
use crate::error::ApiError;

/// What a request has paid, and what its reply says of it. Clones are the same ticket.
#[derive(Clone, Default)]
pub(crate) struct Ticket(Arc<Mutex<Paid>>);

#[derive(Default)]
struct Paid {
    bounds: Arc<Bounds>,
    standings: Vec<Standing>,
    /// Calls of the store that the reply waits for: a function is frozen once it has replied.
    under_way: Vec<JoinHandle<()>>,
}

impl Ticket {
    fn paid(&self) -> MutexGuard<'_, Paid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pays for a request of `account`.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`].
    pub(crate) async fn pay(
        &self,
        limiter: &Limiter,
        account: &Account,
        key: ApiKeyHash,
    ) -> Result<(), ApiError> {
        let Limits {
            account: of_account,
            key: of_key,
        } = account.limits;
        let of_key = of_key.map(|limit| (Limited::Key(key), limit));
        let of_account = of_account.map(|limit| (Limited::Account(account.id), limit));
        let bounds: Arc<Bounds> = Arc::new(of_key.into_iter().chain(of_account).collect());
        if bounds.is_empty() {
            return Ok(());
        }
        let Verdict {
            standings,
            passes,
            renewals,
        } = limiter.admit(&bounds).await;
        let refused = standings.iter().find(|standing| !standing.passes());
        let error = refused.map(|standing| ApiError::RateLimited {
            name: standing.name(),
            rate: standing.rate(),
            seconds: standing.seconds(),
        });
        *self.paid() = Paid {
            bounds,
            standings,
            under_way: renewals,
        };
        match error {
            Some(error) if !passes => Err(error),
            _ => Ok(()),
        }
    }

    /// Pays for a request that turns out to be as much work as `requests` more.
    pub(crate) fn pay_more(&self, limiter: &Limiter, requests: usize) {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        let mut paid = self.paid();
        if requests == 0 || paid.bounds.is_empty() {
            return;
        }
        for standing in &mut paid.standings {
            standing.charge(requests);
        }
        let (limiter, bounds) = (limiter.clone(), Arc::clone(&paid.bounds));
        let charge = tokio::spawn(async move { limiter.charge(&bounds, requests).await });
        paid.under_way.push(charge);
    }
}

/// Gives each request a ticket, and tells in its reply what is on it.
pub(crate) async fn tell<F>(mut request: Request, handle: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let ticket = Ticket::default();
    request.extensions_mut().insert(ticket.clone());
    let mut response = handle(request).await;
    let Paid {
        bounds,
        standings,
        under_way,
    } = std::mem::take(&mut *ticket.paid());
    futures::future::join_all(under_way).await;
    fields::show(response.headers_mut(), &bounds, &standings);
    response
}
