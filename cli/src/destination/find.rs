//! Finds a destination by its name.

use aws::store::Store;
use domain::{
    destination::{Destination, WebhookSecrets},
    ids::AccountId,
    name::trim,
    webhook_url::WebhookUrl,
};
use jiff::Timestamp;

use super::{args::OneArgs, error::DestinationError};
use crate::{nearest::nearest, target::Target};

/// A webhook of an account.
pub struct Webhook {
    pub target: Target,
    pub store: Store,
    pub account: AccountId,
    pub destination: Destination,
    pub url: WebhookUrl,
}

/// Finds the destination that the arguments name.
///
/// # Errors
/// [`DestinationError::Unknown`], and the errors of the target.
pub async fn destination(
    args: &OneArgs,
) -> Result<(Target, Store, AccountId, Destination), DestinationError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let all = store.destinations(account).await?;
    let name = trim(&args.name);
    let found = all.list().iter().find(|it| it.name == name).cloned();
    let found = found.ok_or_else(|| {
        let names: Vec<_> = all.list().iter().map(|it| it.name.as_str()).collect();
        DestinationError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, &names).map(str::to_owned),
        }
    })?;
    Ok((target, store, account, found))
}

/// Finds the webhook that the arguments name.
///
/// # Errors
/// Same as [`destination`], and [`DestinationError::Pulled`].
pub async fn webhook(args: &OneArgs) -> Result<Webhook, DestinationError> {
    let (target, store, account, destination) = destination(args).await?;
    let url = destination.webhook().cloned();
    let url = url.ok_or_else(|| DestinationError::Pulled(destination.name.clone()))?;
    Ok(Webhook {
        target,
        store,
        account,
        destination,
        url,
    })
}

impl Webhook {
    /// Reads the secrets.
    ///
    /// # Errors
    /// [`DestinationError::NoSecret`], and errors of the store.
    pub async fn secrets(&self) -> Result<WebhookSecrets, DestinationError> {
        let name = &self.destination.name;
        let secrets = self.store.webhook_secrets(self.account, name).await?;
        secrets.ok_or_else(|| DestinationError::NoSecret(name.clone()))
    }

    /// Writes the secrets.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn keep(&self, secrets: &WebhookSecrets) -> Result<(), DestinationError> {
        let name = &self.destination.name;
        let put = self.store.put_webhook_secrets(self.account, name, secrets);
        put.await.map_err(DestinationError::of_write)
    }

    pub fn now(&self) -> Timestamp {
        self.target.clock.now()
    }
}
