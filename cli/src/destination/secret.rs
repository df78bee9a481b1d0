//! `leadgate destination secret` and `leadgate destination rotate`.

use std::io::Write;

use aws::randomness;
use domain::{destination::WebhookSecrets, webhook_secret::WebhookSecret};
use jiff::Timestamp;
use local::text::printable;
use serde::Serialize;

use super::{
    args::{OneArgs, RotateArgs},
    error::DestinationError,
    find::{Webhook, webhook},
    json::previous_until,
};
use crate::output::{OutputArg, exact};

#[derive(Serialize)]
struct SecretOut {
    destination: String,
    /// `None` if no secret is new.
    secret: Option<String>,
    previous_until: Option<Timestamp>,
}

pub async fn secret(args: &OneArgs) -> Result<(), DestinationError> {
    let webhook = webhook(args).await?;
    let mut secrets = webhook.secrets().await?;
    if secrets.is_shown {
        return Err(DestinationError::Shown {
            name: webhook.destination.name,
            options: args.typed(),
        });
    }
    // Before it is printed, so that it is never shown twice.
    secrets.is_shown = true;
    webhook.keep(&secrets).await?;
    print(args.output, &webhook, &secrets)
}

pub async fn rotate(args: &RotateArgs) -> Result<(), DestinationError> {
    let RotateArgs { one, keep, finish } = args;
    let webhook = webhook(one).await?;
    let (before, now) = (webhook.secrets().await?, webhook.now());
    let name = || webhook.destination.name.clone();
    let until = previous_until(&before, now);
    if *finish {
        if until.is_none() {
            return Err(DestinationError::NotRotating(name()));
        }
        let finished = WebhookSecrets {
            previous: None,
            ..before
        };
        webhook.keep(&finished).await?;
        let out = SecretOut {
            destination: name(),
            secret: None,
            previous_until: None,
        };
        one.output.print(&out, |out| {
            let name = printable(&out.destination);
            format!("The rotation of {name} has ended: only its current secret is valid.\n")
        })?;
        return Ok(());
    }
    if let Some(until) = until {
        return Err(DestinationError::Rotating {
            name: name(),
            until,
            options: one.typed(),
        });
    }
    let secrets = WebhookSecrets {
        current: WebhookSecret::new(randomness::secret()?),
        previous: now
            .checked_add(*keep)
            .ok()
            .map(|until| (before.current, until)),
        is_shown: true,
    };
    webhook.keep(&secrets).await?;
    print(one.output, &webhook, &secrets)
}

/// Prints the current secret alone on standard output, and the rest on standard error.
fn print(
    output: OutputArg,
    webhook: &Webhook,
    secrets: &WebhookSecrets,
) -> Result<(), DestinationError> {
    let now = webhook.now();
    let out = SecretOut {
        destination: webhook.destination.name.clone(),
        secret: Some(secrets.current.reveal()),
        previous_until: previous_until(secrets, now),
    };
    output.print(&out, |out| {
        format!("{}\n", out.secret.as_deref().unwrap_or_default())
    })?;
    if !output.is_json() {
        let previous = out.previous_until.map_or_else(String::new, |until| {
            let until = exact(until, now);
            format!("Leadgate signs with the secret before too, until {until}.\n")
        });
        // Not on standard output: `SECRET=$(leadgate destination secret ...)` takes the secret alone.
        let _ = write!(
            anstream::stderr(),
            "\nSave this secret: it is not shown again.\n\
             The receiver of {} checks the signature of each request with it.\n{previous}",
            printable(&out.destination)
        );
    }
    Ok(())
}
