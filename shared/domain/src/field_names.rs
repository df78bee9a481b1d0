//! Names of the fields of a lead, and other names that forms, files and tools have for them.

use std::sync::LazyLock;

use crate::spelling::Words;

/// Fields of a lead.
const FIELDS: [&str; 8] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "metadata",
    "workflow_id",
    "campaign_id",
    "force_first_message",
];

/// Usual other names of fields, in lower case and without separators.
const OTHER_NAMES: [(&str, &[&str]); 6] = [
    (
        "first_name",
        &[
            "first",
            "givenname",
            "forename",
            "fname",
            "nombre",
            "vorname",
            "prénom",
            "prenom",
        ],
    ),
    (
        "last_name",
        &[
            "last",
            "surname",
            "familyname",
            "lname",
            "apellido",
            "apellidos",
            "nachname",
        ],
    ),
    (
        "email",
        &["mail", "emailaddress", "mailaddress", "emailid", "correo"],
    ),
    (
        "phone",
        &[
            "phonenumber",
            "phoneno",
            "fone",
            "telephone",
            "telephonenumber",
            "tel",
            "mobile",
            "mobilenumber",
            "mobilephone",
            "cell",
            "cellphone",
            "cellnumber",
            "contactnumber",
            "telefon",
            "telefono",
            "teléfono",
            "celular",
        ],
    ),
    ("workflow_id", &["workflow", "sequenceid", "cadenceid"]),
    ("campaign_id", &["campaign"]),
];

/// Names of a first and a last name in one text.
const WHOLE_NAMES: [&str; 4] = ["name", "fullname", "contactname", "leadname"];

/// Names of other things that look like misspelt fields, without separators.
const OTHER_THINGS: [&str; 1] = ["listname"];

static FIELD_WORDS: LazyLock<Vec<(&str, Words)>> =
    LazyLock::new(|| FIELDS.map(|field| (field, Words::of(field))).into());

/// The meaning that a name probably has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The name of a field with other separators, or in another case.
    Spelling(&'static str),
    /// A usual other name of a field.
    OtherName(&'static str),
    /// A first and a last name in one text.
    WholeName,
    /// A misspelling of the name of a field.
    Misspelling(&'static str),
    /// The name of a field with a number after it, such as `phone_2`.
    Numbered(&'static str),
}

/// Returns the meaning of a name. `None` if it means no field.
pub fn meaning(name: &str) -> Option<Meaning> {
    let words = Words::of(name);
    let name = words.joined();
    if OTHER_THINGS.contains(&name) {
        return None;
    }
    if WHOLE_NAMES.contains(&name) {
        return Some(Meaning::WholeName);
    }
    if let Some((field, _)) = OTHER_NAMES.iter().find(|(_, names)| names.contains(&name)) {
        return Some(Meaning::OtherName(field));
    }
    let without_number = name.trim_end_matches(|it: char| it.is_ascii_digit());
    FIELD_WORDS.iter().find_map(|(field, known)| {
        if known.joined() == name {
            Some(Meaning::Spelling(field))
        } else if known.joined() == without_number {
            Some(Meaning::Numbered(field))
        } else {
            let is_misspelt = words.is_misspelling_of(known);
            is_misspelt.then_some(Meaning::Misspelling(field))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Meaning::*, *};

    #[test]
    fn a_name_has_the_meaning_that_forms_and_files_give_it() {
        for (names, expected) in [
            ("firstname firstName FIRST-NAME", Spelling("first_name")),
            ("First Vorname given_name", OtherName("first_name")),
            ("Surname last LNAME", OtherName("last_name")),
            ("e-mail E_Mail \u{feff}email", Spelling("email")),
            ("mail emailAddress E-mail-Address", OtherName("email")),
            ("emial emal emaill emails", Misspelling("email")),
            ("Phone:", Spelling("phone")),
            (
                "mobile Tel. phone_number Cellnumber Teléfono",
                OtherName("phone"),
            ),
            ("phnoe", Misspelling("phone")),
            ("name full_name", WholeName),
            ("workflowId work_flow_id", Spelling("workflow_id")),
            ("Workflow", OtherName("workflow_id")),
            ("wrokflow_id", Misspelling("workflow_id")),
            ("Campaign", OtherName("campaign_id")),
            ("campainId", Misspelling("campaign_id")),
            ("forceFirstMessage", Spelling("force_first_message")),
            ("meta-data", Spelling("metadata")),
            ("metdata", Misspelling("metadata")),
            ("phone2 phone_2 Phone-1 phone02", Numbered("phone")),
            ("email2 e-mail_2", Numbered("email")),
        ] {
            for name in names.split(' ') {
                assert_eq!(meaning(name), Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn a_usual_key_of_the_metadata_means_no_field() {
        // Of forms, advertisements, shops and CRMs.
        for keys in [
            "last_game lastGame last_seen last_visit last_page last_time last_date last_login last_order last_login_at",
            "last_contacted last_activity last_modified last_touch last_campaign last_rank last_note last_sale",
            "first_visit first_page first_time first_seen first_touch first_order first_purchase first_game first_game_name",
            "phone_type phone_2_type phone_extension phone_country phone_verified phone_consent iphone has_phone shone",
            "email_opt_in email_2_type email_type email_consent email_verified email_status email_domain email_subject email_list",
            "campaign_name campaign_source campaign_medium campaign_type campaign_step campaign_content utm_campaign",
            "workflow_name workflow_step workflow_no workflow_stage workflow_status workflow_type",
            "name_of_pet pet_name list_name host_name user_name company_name form_name page_name product_name nickname",
            "middle_name maiden_name best_name game_name username file_name display_name account_name team_name",
            "form_id user_id lead_id ad_id adset_id ad_name adset_name page_id customer_id client_id session_id external_id",
            "utm_source utm_medium utm_term utm_content gclid fbclid msclkid ttclid referrer landing_page page_url",
            "company message messages notes note tags tag age state status stage page title source language budget gender",
            "male female date time data meta country city address street zip postcode region county photo html id",
            "plan product price quantity comments comment subject content channel timezone locale ip consent newsletter",
            "website industry job_title role owner score rating interest interests budget_range deal_value lead_source",
            "lead_status birthday date_of_birth dob preferred_time preferred_contact best_time_to_call contact_method",
            "force message first_message mailing_list mailbox email_marketing smile gmail_label remail detail retail",
        ] {
            for key in keys.split(' ') {
                assert_eq!(meaning(key), None, "{key}");
            }
        }
        for other in ["", "-", "山"] {
            assert_eq!(meaning(other), None, "{other}");
        }
    }
}
