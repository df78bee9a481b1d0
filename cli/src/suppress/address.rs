//! Addresses on the command line. A wrong one is not repeated, because errors show no personal data.

use aws::account_secret::AccountSecret;
use clap::Args;
use domain::{
    address::{AddressHash, AddressKind},
    country::Country,
    email::Email,
    phone::Phone,
};

use super::error::SuppressError;

/// Options that name an address.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct AddressArg {
    /// Phone number with its country, such as +442079460958
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// Options that name a suppression.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct AddressOrId {
    /// Id of the suppression, as `leadgate suppress list` shows it
    // Not parsed by clap: it would print a wrong value, which may be an address.
    id: Option<String>,
    /// Phone number with its country, such as +442079460958
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

impl AddressArg {
    pub fn kind(&self) -> AddressKind {
        match &self.phone {
            Some(_) => AddressKind::Phone,
            None => AddressKind::Email,
        }
    }

    /// Reads the address as `POST /leads` does.
    ///
    /// # Errors
    /// [`SuppressError::Phone`] and [`SuppressError::Email`].
    pub fn read(
        &self,
        country: Option<Country>,
        secret: &AccountSecret,
    ) -> Result<AddressHash, SuppressError> {
        match (&self.phone, &self.email) {
            (Some(phone), _) => {
                let dialled = Phone::read(phone, country).map_err(SuppressError::Phone)?;
                Ok(secret.phone_hash(&dialled.phone))
            }
            (None, email) => {
                let email = email.as_deref().unwrap_or_default();
                let email = Email::try_from(email).map_err(SuppressError::Email)?;
                Ok(secret.email_hash(&email))
            }
        }
    }
}

impl AddressOrId {
    /// Returns the address of the id. `None` if there is no id.
    ///
    /// # Errors
    /// [`SuppressError::Id`].
    pub fn id(&self) -> Result<Option<AddressHash>, SuppressError> {
        let read = |id: &String| AddressHash::of_suppression(id.trim()).ok_or(SuppressError::Id);
        self.id.as_ref().map(read).transpose()
    }

    /// Same as [`AddressArg::read`].
    pub fn read(
        &self,
        country: Option<Country>,
        secret: &AccountSecret,
    ) -> Result<AddressHash, SuppressError> {
        let (phone, email) = (self.phone.clone(), self.email.clone());
        AddressArg { phone, email }.read(country, secret)
    }
}
