//! Workflows and campaigns ([contract](../../../../docs/contract.md#workflows-and-campaigns)).

pub mod campaigns;
pub mod preview;
pub mod read;

pub use self::{
    campaigns::list as campaigns,
    preview::preview,
    read::{list, show},
};
