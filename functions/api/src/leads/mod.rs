//! Leads: list, show, change and erase ([contract](../../../../docs/contract.md#leads)).

pub mod change;
pub mod erase;
pub mod list;
mod next;
mod reply;
pub mod show;

pub use self::{
    change::change,
    erase::erase,
    list::list,
    next::NextTouchpoint,
    reply::{
        ActiveRun, CampaignOut, ContactedLead, CreatedLead, CurrentStatus, ListedLead, RunWorkflow,
    },
    show::show,
};
