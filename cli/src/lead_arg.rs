//! A lead on the command line: its id, the end of its id, its e-mail address or its phone number.
//!
//! The table finds a lead by its whole id only. The other three are compared with the newest leads
//! of the account.

use aws::store::{Lookup, Store, StoreError};
use clap::Args;
use domain::{
    email::Email,
    ids::{AccountId, LeadId},
    lead::{Lead, LeadFilter, Profile},
    page::PageRequest,
    phone::Phone,
};
use thiserror::Error;

use crate::ids::is_id;

/// Maximum number of leads that are compared: five pages, which DynamoDB reads within a second.
const NEWEST: usize = 1_000;
/// Number of leads in a page: the maximum of the API's lists.
const PAGE: u16 = 200;
/// Number of characters of an id in a table.
const SHORT: usize = 8;
/// Maximum number of ids in an error.
const SHOWN_IDS: usize = 5;

/// Argument that names a lead.
#[derive(Args, Clone, Debug)]
pub struct LeadArg {
    /// Id of the lead or its last characters, its e-mail address, or its phone number with +
    // Not parsed by clap: it would print a wrong value, which may be a key or personal.
    lead: String,
}

/// Reason why a text names no lead. It has no address and no number, which are personal.
#[derive(Debug, Error)]
pub enum LeadArgError {
    #[error(
        "invalid lead: pass its id or the last characters of it, as `leadgate lead list` shows \
         them, its e-mail address, or its phone number such as +14155550100"
    )]
    Invalid,
    #[error("the lead {0} was erased")]
    Erased(LeadId),
    #[error(
        "no lead of the account has the id {0}: `leadgate lead list` lists the leads, and --account \
         names another account"
    )]
    Unknown(LeadId),
    #[error(
        "no lead among the newest {} of the account has {what}: pass the whole id, as the reply to \
         POST /leads and `leadgate lead list --full` show it",
        NEWEST
    )]
    NotAmongNewest { what: String },
    #[error(
        "no lead of the account has {what}: `leadgate lead list` lists the leads, and --account \
         names another account"
    )]
    NotInAccount { what: String },
    #[error("{count} leads have {what}: pass the id of one, such as {ids}")]
    Several {
        what: String,
        count: usize,
        ids: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A way to name a lead without its whole id.
pub enum Clue {
    /// The end of the id, in lower case.
    End(String),
    Email(Email),
    Phone(Phone),
}

impl Clue {
    /// Reads the end of an id, an e-mail address or a phone number.
    ///
    /// # Errors
    /// [`LeadArgError::Invalid`].
    pub fn read(text: &str) -> Result<Self, LeadArgError> {
        let text = text.trim();
        let clue = if text.contains('@') {
            Email::try_from(text).ok().map(Self::Email)
        } else if text.starts_with('+') {
            let dialled = Phone::read(text, None).ok();
            dialled.map(|dialled| Self::Phone(dialled.phone))
        } else {
            // Many digits are rather a phone number without a country code.
            let is_number = text.len() > SHORT && text.bytes().all(|it| it.is_ascii_digit());
            let is_id = is_id(text) && !is_number;
            is_id.then(|| Self::End(text.to_ascii_lowercase()))
        };
        clue.ok_or(LeadArgError::Invalid)
    }

    fn fits(&self, id: &str, profile: Option<&Profile>) -> bool {
        match self {
            Self::End(end) => id.ends_with(end),
            Self::Email(email) => profile.is_some_and(|it| it.email.as_ref() == Some(email)),
            Self::Phone(phone) => profile.is_some_and(|it| it.phone.as_ref() == Some(phone)),
        }
    }

    /// Returns whether the clue fits a lead with these texts. A text that the lead lacks is empty.
    pub fn fits_texts(&self, id: &str, email: &str, phone: &str) -> bool {
        match self {
            Self::End(end) => id.ends_with(end),
            Self::Email(wanted) => wanted.as_str() == email,
            Self::Phone(wanted) => wanted.as_str() == phone,
        }
    }

    /// Returns the clue in words, without anything personal.
    pub fn what(&self) -> String {
        match self {
            Self::End(end) => format!("an id that ends in {end}"),
            Self::Email(_) => "this e-mail address".to_owned(),
            Self::Phone(_) => "this phone number".to_owned(),
        }
    }
}

impl LeadArg {
    /// Reads the lead.
    ///
    /// # Errors
    /// [`LeadArgError`] if it is not exactly one, if it was erased, or if it cannot be read.
    pub async fn read(&self, store: &Store, account: AccountId) -> Result<Lead, LeadArgError> {
        let id = match self.lead.trim().parse() {
            Ok(id) => id,
            Err(_) => find(store, account, &Clue::read(&self.lead)?).await?,
        };
        match store.lead(account, id).await? {
            Lookup::Found(lead) => Ok(lead),
            Lookup::Erased => Err(LeadArgError::Erased(id)),
            Lookup::Missing => Err(LeadArgError::Unknown(id)),
        }
    }
}

/// Returns the id of the one lead among the newest that a clue fits.
async fn find(store: &Store, account: AccountId, clue: &Clue) -> Result<LeadId, LeadArgError> {
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
    };
    let (mut found, mut count) = (Vec::new(), 0);
    loop {
        let filter = LeadFilter::default();
        let page = store.leads(account, &filter, &request).await?.page;
        count += page.items.len();
        found.extend(page.items.into_iter().filter_map(|lead| match lead {
            Ok(profile) => {
                let is_wanted = clue.fits(&profile.id.to_string(), Some(&profile));
                is_wanted.then_some(profile.id)
            }
            // The position of a damaged lead ends with its id.
            Err((position, _)) => {
                let (_, id) = position.rsplit_once('#')?;
                clue.fits(id, None).then(|| id.parse().ok())?
            }
        }));
        request.after = page.next;
        if request.after.is_none() || count >= NEWEST {
            break;
        }
    }
    let what = clue.what();
    match found.as_slice() {
        [one] => Ok(*one),
        [] if request.after.is_some() => Err(LeadArgError::NotAmongNewest { what }),
        [] => Err(LeadArgError::NotInAccount { what }),
        several => {
            let ids = several.iter().take(SHOWN_IDS).map(LeadId::to_string);
            Err(LeadArgError::Several {
                what,
                count: several.len(),
                ids: ids.collect::<Vec<_>>().join(" or "),
            })
        }
    }
}
