//! Hints of a reply ([contract](../../../../docs/contract.md#hints)): a request that was done, and may not do what
//! its sender wants.

use std::sync::LazyLock;

use crate::http::{
    misspelling::Words,
    problem::{Hints, quoted},
};

/// Hint for a lead without a phone number and an e-mail address.
pub const UNREACHABLE: &str =
    "The lead has no phone and no email, so no step of a workflow can reach it.";

/// Maximum number of hints about keys. A person reads no more, and 1,000 leads of an array have so many each.
const MOST: usize = 5;

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

/// Names of other things that look like misspelt fields, without separators.
const OTHER_THINGS: [&str; 2] = ["iphone", "listname"];

/// Usual other names of fields, in lower case and without separators.
const OTHER_NAMES: [(&str, &[&str]); 6] = [
    ("first_name", &["givenname", "forename", "fname", "nombre"]),
    ("last_name", &["surname", "familyname", "lname", "apellido"]),
    (
        "email",
        &["mail", "emailaddress", "mailaddress", "emailid", "correo"],
    ),
    (
        "phone",
        &[
            "phonenumber",
            "phoneno",
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

static FIELD_WORDS: LazyLock<Vec<(&str, Words)>> =
    LazyLock::new(|| FIELDS.map(|field| (field, Words::of(field))).into());

/// Returns the hints about keys that go into metadata. `is_given` returns whether the lead has a field.
///
/// A spelling of a field always gets a hint. Another name gets one only if the field is not given: a `mobile`
/// beside a `phone` is a second number.
pub fn of_keys<'a>(keys: impl Iterator<Item = &'a str>, is_given: impl Fn(&str) -> bool) -> Hints {
    let hint = |key: &str| {
        let meant = meant_by(key, &is_given)?;
        let key = quoted(key);
        Some(format!(
            "Did you mean {meant}? The key {key} counts as metadata."
        ))
    };
    keys.filter_map(hint).take(MOST).collect()
}

fn meant_by(key: &str, is_given: impl Fn(&str) -> bool) -> Option<&'static str> {
    let words = Words::of(key);
    let name = words.joined();
    if OTHER_THINGS.contains(&name) {
        return None;
    }
    if WHOLE_NAMES.contains(&name) {
        let is_missing = !(is_given("first_name") && is_given("last_name"));
        return is_missing.then_some("first_name and last_name");
    }
    let mut others = OTHER_NAMES.iter();
    if let Some((field, _)) = others.find(|(_, names)| names.contains(&name)) {
        return (!is_given(field)).then_some(field);
    }
    let is_meant = |(_, field): &&(&str, Words)| words.is_misspelling_of(field);
    FIELD_WORDS.iter().find(is_meant).map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(key: &str) -> Option<&'static str> {
        meant_by(key, |_| false)
    }

    #[test]
    fn a_misspelt_field_and_a_usual_other_name_get_a_hint() {
        for (key, field) in [
            ("emial", "email"),
            ("e-mail", "email"),
            ("mail", "email"),
            ("emailAddress", "email"),
            ("phone_number", "phone"),
            ("Phone Number", "phone"),
            ("mobile", "phone"),
            ("tel", "phone"),
            ("firstname", "first_name"),
            ("firstName", "first_name"),
            ("lastname", "last_name"),
            ("surname", "last_name"),
            ("name", "first_name and last_name"),
            ("full_name", "first_name and last_name"),
            ("workflow", "workflow_id"),
            ("workflowId", "workflow_id"),
            ("work_flow_id", "workflow_id"),
            ("campaign", "campaign_id"),
            ("campaignId", "campaign_id"),
            ("forceFirstMessage", "force_first_message"),
            ("meta-data", "metadata"),
        ] {
            assert_eq!(meant(key), Some(field), "{key}");
        }
    }

    #[test]
    fn a_key_of_another_thing_gets_no_hint() {
        for key in [
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "utm_term",
            "utm_content",
            "gclid",
            "fbclid",
            "company",
            "message",
            "country",
            "city",
            "address",
            "street",
            "zip",
            "notes",
            "tags",
            "age",
            "state",
            "status",
            "page",
            "page_name",
            "page_url",
            "title",
            "source",
            "referrer",
            "language",
            "budget",
            "gender",
            "male",
            "date",
            "time",
            "first_time",
            "first_visit",
            "last_visit",
            "last_page",
            "list_name",
            "host_name",
            "user_name",
            "company_name",
            "form_name",
            "form_id",
            "user_id",
            "lead_id",
            "ad_id",
            "adset_id",
            "campaign_name",
            "campaign_source",
            "phone_2",
            "phone_extension",
            "phone_type",
            "email_2",
            "email_opt_in",
            "email_consent",
            "iphone",
            "photo",
            "stage",
            "plan",
            "product",
            "price",
            "quantity",
            "comments",
            "subject",
            "content",
            "channel",
            "timezone",
            "locale",
            "ip",
            "consent",
            "newsletter",
            "website",
            "industry",
            "job_title",
            "role",
        ] {
            assert_eq!(meant(key), None, "{key}");
        }
    }

    #[test]
    fn another_name_beside_its_field_gets_no_hint_and_a_misspelling_does() {
        for other in ["mobile", "mail", "name", "surname", "workflow", "campaign"] {
            assert_eq!(meant_by(other, |_| true), None, "{other}");
        }
        assert_eq!(meant_by("emial", |_| true), Some("email"));
        let first = |field: &str| field == "first_name";
        assert_eq!(meant_by("name", first), Some("first_name and last_name"));
    }

    #[test]
    fn hints_are_bounded_and_printable() {
        let keys: Vec<_> = (0..20)
            .map(|count| format!("e{}mail\u{1b}", "-".repeat(count)))
            .collect();
        let hints = of_keys(keys.iter().map(String::as_str), |_| false);
        let hints: Vec<String> =
            serde_json::from_value(serde_json::to_value(hints).unwrap()).unwrap();
        assert_eq!(hints.len(), 5);
        for hint in hints {
            assert!(hint.len() < 200 && !hint.contains('\u{1b}'), "{hint:?}");
        }
    }
}
