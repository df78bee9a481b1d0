//! `leadgate destination list`.

use serde::Serialize;

use super::{
    args::ListArgs,
    error::DestinationError,
    json::DestinationOut,
    show::{channels, per_second, state, to},
};
use crate::{output::or_dash, target::Target};

#[derive(Serialize)]
struct ListOut {
    destinations: Vec<DestinationOut>,
}

pub async fn list(args: &ListArgs) -> Result<(), DestinationError> {
    let target = Target::of(&args.target).await?;
    let (store, account) = target.store_of(&args.account).await?;
    let now = target.clock.now();
    let mut destinations = Vec::new();
    for destination in store.destinations(account).await?.list() {
        destinations.push(DestinationOut::read(&store, account, destination, now).await?);
    }
    let out = ListOut { destinations };
    args.output.print(&out, |ListOut { destinations }| {
        if destinations.is_empty() {
            return "The account has no destinations, so callers pull all touchpoints.\n\
                    `leadgate apply` creates those of a file.\n"
                .to_owned();
        }
        let row = |it: &DestinationOut| {
            [
                it.name.clone(),
                channels(it),
                to(it),
                or_dash(per_second(it)),
                or_dash(state(it, args.full, now)),
            ]
        };
        let rows: Vec<_> = destinations.iter().map(row).collect();
        let headings = ["NAME", "CHANNELS", "TO", "RATE", "STATE"];
        args.full.table(headings, &rows, &["NAME", "TO"])
    })?;
    Ok(())
}
