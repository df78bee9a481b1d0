//! `leadgate destination pause` and `leadgate destination resume`.

use local::text::printable;

use super::{
    args::OneArgs,
    error::DestinationError,
    find::{Webhook, webhook},
    json::{DestinationOut, OneOut},
};

pub async fn pause(args: &OneArgs) -> Result<(), DestinationError> {
    let webhook = webhook(args).await?;
    let name = &webhook.destination.name;
    let paused = webhook
        .store
        .pause_lane(webhook.account, name, webhook.now());
    paused.await.map_err(DestinationError::of_write)?;
    print(args, &webhook, |name| {
        format!(
            "{name} is paused: Leadgate sends it nothing.\nNothing is dropped: the touchpoints that are \
             still in time go out after\n`leadgate destination resume`.\n"
        )
    })
    .await
}

pub async fn resume(args: &OneArgs) -> Result<(), DestinationError> {
    let webhook = webhook(args).await?;
    let name = &webhook.destination.name;
    let resumed = webhook.store.resume_lane(webhook.account, name);
    resumed.await.map_err(DestinationError::of_write)?;
    print(args, &webhook, |name| {
        format!(
            "{name} is open: Leadgate sends it touchpoints again, within two minutes.\n\
             A touchpoint that its receiver has put off waits until its next try.\n"
        )
    })
    .await
}

async fn print(
    args: &OneArgs,
    webhook: &Webhook,
    text: impl FnOnce(String) -> String,
) -> Result<(), DestinationError> {
    let (store, account) = (&webhook.store, webhook.account);
    let destination = &webhook.destination;
    let out = OneOut {
        destination: DestinationOut::read(store, account, destination, webhook.now()).await?,
    };
    args.output
        .print(&out, |out| text(printable(&out.destination.name)))?;
    Ok(())
}
