//! The receiver of the demo account's touchpoints, as the options of `leadgate dev` choose it.

use aws::store::{Store, StoreError};
use domain::{
    cadence::Channel,
    destination::{Destination, Destinations, Rate, Recipient, WebhookSecrets},
    ids::AccountId,
    timing::Timing,
    webhook_secret::WebhookSecret,
    webhook_url::WebhookUrl,
};
use jiff::Timestamp;

use crate::{LocalError, demo};

/// Path of the practice dialer on the API's port.
pub(crate) const DIALER_PATH: &str = "/dev/dialer";
/// Name of the destination that this module creates. It leaves every other destination alone.
const NAME: &str = "leadgate-dev";
/// Rate in ten seconds and burst of the destination. The ten demo leads then come in at once.
const RATE: (u16, u16) = (200, 40);
/// Secret of the destination. It is not secret, because it works on local stacks only. It is the same on
/// each, so that a receiver under development keeps its configuration.
pub const WEBHOOK_SECRET: &str = "whsec_TGVhZGdhdGUgZGVtbyB3ZWJob29rIGxvY2FsIG9ubHk=";

/// Receiver of the demo account's touchpoints.
#[derive(Clone, Debug, Default)]
pub enum Receiver {
    /// No receiver: callers pull.
    #[default]
    None,
    /// The practice dialer of this stack.
    PracticeDialer,
    /// A webhook, such as that of a dialer under development.
    Webhook(WebhookUrl),
}

/// Returns the valid secrets of the destination that [`set`] creates.
///
/// # Errors
/// The errors of a [read](StoreError#reads).
pub(crate) async fn secrets(
    store: &Store,
    now: Timestamp,
) -> Result<Vec<WebhookSecret>, StoreError> {
    let Ok(account) = demo::ACCOUNT_ID.parse() else {
        return Ok(Vec::new());
    };
    let secrets = store.webhook_secrets(account, NAME).await?;
    Ok(secrets.map_or_else(Vec::new, |secrets| secrets.valid_at(now)))
}

/// Sets the destination of the demo account. Returns its secret. `None` if callers pull, or if the
/// account has destinations of its own, which stay. Logs why a receiver is not set.
pub(crate) async fn set(
    store: &Store,
    receiver: &Receiver,
    api_url: &str,
) -> Result<Option<WebhookSecret>, LocalError> {
    let wrong = |error: &dyn std::fmt::Display| LocalError::Demo(error.to_string());
    let account: AccountId = demo::ACCOUNT_ID.parse().map_err(|error| wrong(&error))?;
    let secret: WebhookSecret = WEBHOOK_SECRET.parse().map_err(|error| wrong(&error))?;
    let before = store.destinations(account).await?;
    if before.list().iter().any(|it| it.name != NAME) {
        if !matches!(receiver, Receiver::None) {
            tracing::warn!(
                "the demo account has destinations of its own, so its touchpoints go there: apply a file with \
                 `destinations: []` to it, and start the stack again"
            );
        }
        return Ok(None);
    }
    let url = match receiver {
        Receiver::None => None,
        Receiver::PracticeDialer => {
            let url = format!("{api_url}{DIALER_PATH}").parse().ok();
            if url.is_none() {
                tracing::warn!(
                    "the practice dialer works on 127.0.0.1 only, so callers claim the touchpoints of the demo account"
                );
            }
            url
        }
        Receiver::Webhook(url) => Some(url.clone()),
    };
    let (tenths, burst) = RATE;
    let rate = Rate::new(tenths, Some(burst)).map_err(|error| wrong(&error))?;
    let destination = |url| Destination {
        name: NAME.to_owned(),
        channels: Channel::ALL.to_vec(),
        to: Recipient::Webhook(url),
        rate: Some(rate),
        timing: Timing::default(),
    };
    let list: Vec<_> = url.into_iter().map(destination).collect();
    let is_removed = list.is_empty();
    let is_same = before.list() == list.as_slice();
    let after = Destinations::new(list, before.revision).map_err(|error| wrong(&error))?;
    if is_removed {
        if !is_same {
            store.replace_destinations(account, &after).await?;
            store.delete_webhook(account, NAME).await?;
        }
        return Ok(None);
    }
    // An operator may have rotated the secret. The new one stays.
    let secret = match store.webhook_secrets(account, NAME).await? {
        Some(known) => known.current,
        None => {
            let secrets = WebhookSecrets {
                current: secret.clone(),
                previous: None,
                is_shown: true,
            };
            // Before the destination: nothing goes out unsigned.
            store.put_webhook_secrets(account, NAME, &secrets).await?;
            secret
        }
    };
    if !is_same {
        store.replace_destinations(account, &after).await?;
    }
    open_lane(store, account).await?;
    Ok(Some(secret))
}

/// Ends the cooling of the lane. Its receiver may be up again, as the practice dialer is. A pause stays.
async fn open_lane(store: &Store, account: AccountId) -> Result<(), StoreError> {
    let lane = store.lane(account, NAME).await?;
    let has_failed = lane.cooling_until.is_some() || !lane.failed.is_empty();
    if has_failed && lane.paused.is_none() {
        store.resume_lane(account, NAME).await?;
    }
    Ok(())
}
