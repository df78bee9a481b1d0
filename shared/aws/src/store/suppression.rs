//! Suppressions of addresses, and their list.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    address::AddressHash,
    ids::AccountId,
    page::{Page, PageRequest},
    suppression::{Address, NotRemoved, Removal, Suppressed, Suppression, Suppressions},
};
use futures::{StreamExt, TryStreamExt, future::try_join, stream};

use super::{
    Store, StoreError,
    address::ReadAddress,
    item::{Attributes, text},
    keys::{self, Key},
};

/// Maximum number of attempts to change an address that other requests change. An address has 4 words
/// for its channels and 5 reasons, so requests that only suppress it change it less often.
const TRIES: u32 = 20;
/// Maximum number of addresses of a page that are read at once.
const READ_AT_ONCE: usize = 16;

impl Store {
    /// Suppresses an address. Returns the address, and whether the suppression is new.
    ///
    /// The first call for an address is one write. A repeat costs a write that fails.
    ///
    /// # Errors
    /// The errors of a [write](StoreError#writes). [`StoreError::Conflict`] if the address was changed
    /// before each of 20 writes.
    pub async fn suppress(
        &self,
        account: AccountId,
        hash: AddressHash,
        new: &Suppression,
    ) -> Result<(Address, bool), StoreError> {
        let mut read = ReadAddress::default();
        for _ in 0..TRIES {
            let mut address = read.address.clone();
            let effect = address.suppress(new);
            if effect == Suppressed::Unchanged {
                return Ok((address, false));
            }
            match self.write_address(account, hash, &address, &read).await? {
                None => return Ok((address, effect == Suppressed::New)),
                Some(changed) => read = changed,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Removes the suppression of an address.
    ///
    /// # Errors
    /// Same as [`Store::suppress`]. The inner error is that of [`Address::unsuppress`].
    pub async fn unsuppress(
        &self,
        account: AccountId,
        hash: AddressHash,
        removal: &Removal,
    ) -> Result<Result<Address, NotRemoved>, StoreError> {
        let mut read = self.read_address(account, hash).await?;
        for _ in 0..TRIES {
            let mut address = read.address.clone();
            if let Err(refused) = address.unsuppress(removal.clone()) {
                return Ok(Err(refused));
            }
            match self.write_address(account, hash, &address, &read).await? {
                None => return Ok(Ok(address)),
                // The answer to the write was lost, and the SDK has sent it again.
                Some(changed) if changed.address == address => return Ok(Ok(address)),
                Some(changed) => read = changed,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Returns the suppressions of an address. The read is consistent.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn address(
        &self,
        account: AccountId,
        hash: AddressHash,
    ) -> Result<Address, StoreError> {
        Ok(self.read_address(account, hash).await?.address)
    }

    /// Returns the channels on which a person must not be contacted, for the check before a hand-over.
    /// `phone` and `email` are the hashes of the person's addresses. The reads are consistent, side by
    /// side, and cost one read unit for each address.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn suppressions_of(
        &self,
        account: AccountId,
        [phone, email]: [Option<AddressHash>; 2],
    ) -> Result<Suppressions, StoreError> {
        let channels = async |hash: Option<AddressHash>| {
            let Some(hash) = hash else { return Ok(None) };
            let suppression = self.address(account, hash).await?.suppression;
            Ok::<_, StoreError>(suppression.map(|it| it.channels))
        };
        let (phone, email) = try_join(channels(phone), channels(email)).await?;
        Ok(Suppressions { phone, email })
    }

    /// Returns a page of an account's suppressions, newest first. The index lags behind the table, on
    /// AWS by some milliseconds.
    ///
    /// # Errors
    /// The errors of a [read](StoreError#reads).
    pub async fn suppressions(
        &self,
        account: AccountId,
        request: &PageRequest,
    ) -> Result<Page<(AddressHash, Suppression)>, StoreError> {
        let after = request.after.as_deref().unwrap_or(keys::SUPPRESSIONS_END);
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("gsi1pk = :list AND gsi1sk < :after")
            .expression_attribute_values(":list", text(keys::suppressions(account)))
            .expression_attribute_values(":after", text(after))
            .scan_index_forward(false)
            // If there is one entry more than requested, there is another page.
            .limit(i32::from(request.limit) + 1);
        let mut entries = query.send().await?.items.unwrap_or_default();
        let has_more = entries.len() > usize::from(request.limit);
        entries.truncate(request.limit.into());
        let next = entries.last().filter(|_| has_more).and_then(position);
        let hashes = entries.into_iter().filter_map(|entry| {
            let (_, hash) = keys::parse_address_partition(&Key::of(entry)?.pk)?;
            Some(hash)
        });
        let read = hashes.map(async |hash| {
            let address = self.address(account, hash).await?;
            // A suppression that was removed since the index lists it is left out.
            Ok::<_, StoreError>(address.suppression.map(|suppression| (hash, suppression)))
        });
        let read: Vec<_> = stream::iter(read)
            .buffered(READ_AT_ONCE)
            .try_collect()
            .await?;
        let items = read.into_iter().flatten().collect();
        Ok(Page { items, next })
    }
}

fn position(entry: &Attributes) -> Option<String> {
    match entry.get("gsi1sk")? {
        AttributeValue::S(position) => Some(position.clone()),
        _ => None,
    }
}
