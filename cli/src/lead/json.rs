//! JSON form of a lead. Its fields have the names of those in
//! [GET /leads](../../../docs/contract.md#get-leads).

use domain::{
    ids::{CampaignId, LeadId},
    lead::Profile,
    metadata::Metadata,
    name::Name,
};
use jiff::Timestamp;
use serde::Serialize;

/// Data of a lead.
#[derive(Serialize)]
pub struct ProfileOut<'a> {
    id: LeadId,
    first_name: &'a str,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    source: &'a str,
    company: Option<&'a str>,
    title: Option<&'a str>,
    metadata: &'a Metadata,
    campaign_id: Option<CampaignId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> From<&'a Profile> for ProfileOut<'a> {
    fn from(profile: &'a Profile) -> Self {
        let Profile {
            id,
            first_name,
            last_name,
            email,
            phone,
            source,
            company,
            title,
            metadata,
            campaign_id,
            created_at,
            updated_at,
        } = profile;
        Self {
            id: *id,
            first_name: first_name.as_str(),
            last_name: last_name.as_ref().map(Name::as_str),
            email: email.as_ref().map(|email| email.as_str()),
            phone: phone.as_ref().map(|phone| phone.as_str()),
            source: source.as_str(),
            company: company.as_ref().map(Name::as_str),
            title: title.as_ref().map(Name::as_str),
            metadata,
            campaign_id: *campaign_id,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// Returns the whole name of a lead.
pub fn full_name(profile: &Profile) -> String {
    let names = [Some(&profile.first_name), profile.last_name.as_ref()];
    let names: Vec<_> = names.into_iter().flatten().map(Name::as_str).collect();
    names.join(" ")
}
