//! The workflows and the campaigns that the lines of a file name.

use std::collections::HashMap;

use aws::store::{Store, StoreError};
use domain::ids::AccountId;

use crate::{
    ids::{IdError, Kind, find_named},
    lead::field::Field,
    stored::{campaigns, workflows},
};

/// The workflows and the campaigns that a file can name.
pub struct References {
    workflows: Named,
    campaigns: Named,
}

/// Things of one kind.
struct Named {
    kind: Kind,
    /// The id and the name of each.
    all: Vec<(String, String)>,
    /// The result for each text, which many lines share.
    found: HashMap<String, Result<String, String>>,
}

impl References {
    /// Reads the things that values of the fields can name.
    ///
    /// # Errors
    /// The errors of a read of the store.
    pub async fn read(
        store: &Store,
        account: AccountId,
        is_given: impl Fn(&Field) -> bool,
    ) -> Result<Self, StoreError> {
        let mut references = Self::default();
        if is_given(&Field::WORKFLOW) {
            let all = workflows(store, account).await?.into_iter();
            references.workflows.all = all.map(|it| (it.id.to_string(), it.name)).collect();
        }
        if is_given(&Field::CAMPAIGN) {
            let all = campaigns(store, account).await?.into_iter();
            references.campaigns.all = all.map(|it| (it.id.to_string(), it.name)).collect();
        }
        Ok(references)
    }

    /// Returns the default values, with the ids of the things that they name.
    ///
    /// # Errors
    /// [`IdError`], if one names nothing.
    pub fn defaults(
        &mut self,
        defaults: &[(Field, String)],
    ) -> Result<Vec<(Field, String)>, IdError> {
        let with_id = |(field, text): &(Field, String)| {
            let id = match self.of(field) {
                Some(named) => named.find(text)?,
                None => text.clone(),
            };
            Ok((field.clone(), id))
        };
        defaults.iter().map(with_id).collect()
    }

    /// Returns the value of a field: the id of the thing that a cell names, and else the cell.
    ///
    /// # Errors
    /// The reason why the cell names nothing.
    pub fn value(&mut self, field: &Field, cell: &str) -> Result<String, String> {
        let Some(named) = self.of(field) else {
            return Ok(cell.to_owned());
        };
        if let Some(found) = named.found.get(cell) {
            return found.clone();
        }
        let found = named.find(cell).map_err(|error| error.to_string());
        named.found.insert(cell.to_owned(), found.clone());
        found
    }

    fn of(&mut self, field: &Field) -> Option<&mut Named> {
        match field {
            field if *field == Field::WORKFLOW => Some(&mut self.workflows),
            field if *field == Field::CAMPAIGN => Some(&mut self.campaigns),
            _ => None,
        }
    }
}

impl Default for References {
    fn default() -> Self {
        let [workflows, campaigns] = [Kind::Workflow, Kind::Campaign].map(|kind| Named {
            kind,
            all: Vec::new(),
            found: HashMap::new(),
        });
        Self {
            workflows,
            campaigns,
        }
    }
}

impl Named {
    fn find(&self, text: &str) -> Result<String, IdError> {
        let all = self.all.iter().collect();
        let found = find_named(self.kind, text.trim(), all, |it| it.0.clone(), |it| &it.1)?;
        Ok(found.0.clone())
    }
}
