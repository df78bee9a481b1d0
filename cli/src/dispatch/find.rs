//! Finds touchpoints: by their ids, and those that need a person.

use aws::store::{ListedRun, Store, StoreError};
use domain::{
    activity::{Activity, ActivityKind, Contact},
    cadence::Touchpoint,
    ids::AccountId,
    page::PageRequest,
    run::Run,
    touchpoint_id::TouchpointRef,
};
use jiff::Timestamp;

use super::error::DispatchError;
use crate::{
    target::Target,
    touchpoint_id::{Named, TouchpointIdError, the_one},
};

/// Number of touchpoints in a page of the list.
const PAGE: u16 = 100;
/// Actor of an operator's entries in the history.
const OPERATOR: &str = "operator";

/// A touchpoint that needs a person.
pub struct Needing {
    pub id: String,
    pub place: TouchpointRef,
    pub run: Run,
}

impl Needing {
    pub fn touchpoint(&self) -> Option<&Touchpoint> {
        self.run.touchpoint(self.place.index)
    }
}

/// Returns the accounts that an option names: one, or all if there is none.
pub async fn accounts(
    target: &Target,
    given: Option<&str>,
) -> Result<Vec<AccountId>, DispatchError> {
    if let Some(text) = given {
        return Ok(vec![target.account_of(text).await?]);
    }
    let accounts = target.store()?.accounts().await?;
    Ok(accounts.into_iter().map(|it| it.id).collect())
}

/// Returns the touchpoints of an account that need a person, oldest first, and whether there may be
/// more than `most`.
///
/// # Errors
/// The errors of a read of the store.
pub async fn needing(
    store: &Store,
    account: AccountId,
    most: usize,
) -> Result<(Vec<Needing>, bool), StoreError> {
    let secret = store.account_secret(account).await?;
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
    };
    let mut found = Vec::new();
    loop {
        let page = store.attentions(account, &request).await?;
        let runs: Vec<_> = page.items.iter().map(ListedRun::of_touchpoint).collect();
        let runs = store.runs_of_leads(&runs).await?;
        // A run that is damaged is left out here, and `leadgate doctor` names it.
        let runs: Vec<_> = runs.into_iter().flatten().map(|it| it.run).collect();
        for place in page.items {
            let run = runs.iter().find(|run| run.id == place.run_id);
            let needing = run.map(|run| Needing {
                id: secret.touchpoint_id(place),
                place,
                run: run.clone(),
            });
            // The index lags behind the table.
            let needs = |it: &Needing| it.touchpoint().is_some_and(|it| it.state.needs_a_person());
            found.extend(needing.filter(needs));
        }
        request.after = page.next;
        if request.after.is_none() || found.len() >= most {
            let more = request.after.is_some() || found.len() > most;
            found.truncate(most);
            return Ok((found, more));
        }
    }
}

/// Returns the touchpoint that a person names by its id, or by the end of the id of one that needs a
/// person.
///
/// # Errors
/// [`DispatchError`] if it is not exactly one.
pub async fn named(target: &Target, text: &str) -> Result<(String, TouchpointRef), DispatchError> {
    let store = target.store()?;
    let end = match Named::read(text)? {
        Named::Whole(id) => {
            let (place, _) = TouchpointRef::parse(&id).ok_or(DispatchError::Absent)?;
            let account = store.account(place.account_id).await?;
            account.ok_or(DispatchError::Absent)?;
            let secret = store.account_secret(place.account_id).await?;
            let place = secret.touchpoint(&id, place.account_id);
            return Ok((id, place.ok_or(DispatchError::Absent)?));
        }
        Named::End(end) => end,
    };
    let mut ids = Vec::new();
    let mut places = Vec::new();
    for account in accounts(target, None).await? {
        for it in needing(&store, account, usize::MAX).await?.0 {
            if it.id.ends_with(&end) {
                ids.push(it.id.clone());
                places.push((it.id, it.place));
            }
        }
    }
    let id = the_one(&end, ids).map_err(|error| match error {
        TouchpointIdError::Unknown(end) => TouchpointIdError::NeedsNone(end),
        error => error,
    })?;
    let found = places.into_iter().find(|(known, _)| *known == id);
    found.ok_or(DispatchError::Absent)
}

/// Returns an operator's entry about a touchpoint for the lead's history.
pub fn entry(
    kind: ActivityKind,
    run: &Run,
    index: u16,
    what: &str,
    reason: Option<String>,
    now: Timestamp,
) -> Option<Activity> {
    let touchpoint = run.touchpoint(index)?;
    Some(Activity {
        reason,
        actor: Some(OPERATOR.to_owned()),
        contact: Some(Contact::of(run.id, index, touchpoint)),
        ..Activity::new(kind, &format!("{}: {what}", touchpoint.name()), now)
    })
}
