//! A lead in a body: JSON in, checked and normalised fields out
//! ([contract](../../../../docs/contract.md#post-leads)).

use domain::{
    account::AccountSettings,
    email::Email,
    ids::{CampaignId, WorkflowId},
    lead::MAX_SIZE,
    metadata::Metadata,
    name::Name,
    phone::{Dialled, Phone},
};

use super::{
    first_message::{self, FirstMessageRequest},
    hints,
    idempotency::{IdempotentRequest, Place},
    wrapped_leads,
};
use crate::http::{
    body::malformed,
    error::{ApiError, Problems},
    fields::Fields,
    problem::Hints,
    reader::Reader,
};

/// The message for a body, or for an element of one, that is JSON of another type.
pub const LEADS_EXPECTED: &str = "The body must be a lead (a JSON object) or an array of leads";

/// The parsed request for one lead. Problems that only the workflow can show are found by
/// [`super::enrol::enrol`], and reported together with `problems`.
#[derive(Debug, PartialEq)]
pub struct LeadRequest {
    /// `None` if there is a problem with it.
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub metadata: Metadata,
    pub workflow_id: Option<WorkflowId>,
    pub campaign_id: Option<CampaignId>,
    pub first_message: Option<FirstMessageRequest>,
    /// `None` if the request has no `Idempotency-Key`.
    pub idempotent: Option<IdempotentRequest>,
    pub problems: Problems,
    /// Hints about its keys.
    pub hints: Hints,
}

impl LeadRequest {
    /// Parses the JSON text of one lead.
    ///
    /// # Errors
    /// [`ApiError::MalformedJson`] if it is no JSON object, and [`ApiError::PayloadTooLarge`].
    pub fn parse(
        body: &[u8],
        account: &AccountSettings,
        place: Option<Place<'_>>,
    ) -> Result<Self, ApiError> {
        if body.len() > MAX_SIZE {
            return Err(ApiError::PayloadTooLarge("A lead must not be over 64 KiB"));
        }
        let fields: Fields = serde_json::from_slice(body)
            .map_err(|error| malformed(&error, body, LEADS_EXPECTED))?;
        let idempotent = place.map(|place| IdempotentRequest::new(place, account, &fields));
        let wrapped = wrapped_leads::hint(&fields);
        let mut reader = Reader::new(fields);
        let first_name = reader.first_name();
        let last_name = reader.optional("last_name");
        let email = reader.optional("email");
        let dialled = reader.phone(account);
        let workflow_id = reader.id("workflow_id");
        let campaign_id = reader.id("campaign_id");
        let (phone, extension) = match dialled {
            Some(Dialled { phone, extension }) => (Some(phone), extension),
            None => (None, None),
        };
        let first_message = first_message::parse(&mut reader);
        if first_message.is_some()
            && workflow_id.is_none()
            && !reader.has_problem_with("workflow_id")
        {
            reader.problem("force_first_message", "needs workflow_id");
        }
        let of_keys = hints::of_keys(
            reader.given_fields().filter(|key| *key != "metadata"),
            |field| match field {
                "first_name" => first_name.is_some(),
                "last_name" => last_name.is_some(),
                "email" => email.is_some() || reader.has_problem_with(field),
                "phone" => phone.is_some() || reader.has_problem_with(field),
                "workflow_id" => workflow_id.is_some() || reader.has_problem_with(field),
                _ => campaign_id.is_some() || reader.has_problem_with(field),
            },
        );
        let hints = match wrapped {
            Some(hint) => Hints::from_iter([hint]),
            None => of_keys,
        };
        let metadata = reader.metadata_and_rest(extension);
        Ok(Self {
            first_name,
            last_name,
            email,
            phone,
            metadata,
            workflow_id,
            campaign_id,
            first_message,
            idempotent,
            problems: reader.problems,
            hints,
        })
    }

    pub fn has_problem_with(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }
}

#[cfg(test)]
mod tests {
    use domain::limit::Limits;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use unicode_normalization::UnicodeNormalization;

    use super::*;
    use crate::intake::idempotency::Shape;

    fn account() -> AccountSettings {
        AccountSettings {
            id: "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d".parse().unwrap(),
            default_country: None,
            limits: Limits::default(),
        }
    }

    fn read(body: &str) -> Result<LeadRequest, ApiError> {
        let key = "order-17".parse().unwrap();
        let place = Place {
            key: &key,
            index: 0,
            shape: Shape::Single,
        };
        LeadRequest::parse(body.as_bytes(), &account(), Some(place))
    }

    impl LeadRequest {
        fn fingerprint(&self) -> &str {
            &self.idempotent.as_ref().unwrap().fingerprint
        }
    }

    fn problems(body: &str) -> Vec<String> {
        let problems = read(body).unwrap().problems;
        problems.iter().map(|it| it.message.clone()).collect()
    }

    #[test]
    fn a_digest_is_taken_for_a_request_that_has_a_name() {
        let key = "order-17".parse().unwrap();
        let fingerprint = |shape: Option<Shape>| {
            let place = shape.map(|shape| Place {
                key: &key,
                index: 0,
                shape,
            });
            let request = LeadRequest::parse(b"{}", &account(), place).unwrap();
            request.idempotent.map(|it| it.fingerprint)
        };
        assert_eq!(fingerprint(None), None);
        assert!(fingerprint(Some(Shape::Single)).is_some());
        assert_ne!(
            fingerprint(Some(Shape::Single)),
            fingerprint(Some(Shape::Array))
        );
    }

    #[test]
    fn empty_text_and_null_mean_not_given() {
        for nothing in [
            "null",
            r#""""#,
            r#""  ""#,
            "\"\u{200b}\"",
            "\"\u{3164} \u{feff}\"",
        ] {
            let request = read(&format!(
                r#"{{"first_name":"John","last_name":{nothing},"email":{nothing},"phone":{nothing},
                    "workflow_id":{nothing},"campaign_id":{nothing},"metadata":{nothing}}}"#
            ));
            if !matches!(nothing, "null" | r#""""#) {
                let message = request.unwrap().problems.message();
                assert_eq!(message, "metadata must be an object");
                continue;
            }
            let request = request.unwrap();
            assert!(
                request.last_name.is_none() && request.email.is_none() && request.phone.is_none()
            );
            assert!(request.workflow_id.is_none() && request.campaign_id.is_none());
            assert_eq!(request.metadata, Metadata::default());
        }
    }

    #[test]
    fn extra_keys_go_into_metadata_which_wins_and_values_stay_as_they_came() {
        let request = read(
            r#"{"first_name":"John","company":"Acme","age":12345678901234567890,"ratio":1.0,
                "metadata":{"company":"Other","deep":{"a":[1, 2]}}}"#,
        )
        .unwrap();
        let kept: Vec<_> = request.metadata.iter().collect();
        assert_eq!(
            kept,
            [
                ("age", "12345678901234567890"),
                ("company", r#""Other""#),
                ("deep", r#"{"a":[1, 2]}"#),
                ("ratio", "1.0"),
            ]
        );
    }

    #[test]
    fn an_extension_goes_into_metadata_unless_it_is_there() {
        let request = read(r#"{"first_name":"J","phone":"+1 555 010 0000 ext 12"}"#).unwrap();
        assert_eq!(
            request.metadata.iter().collect::<Vec<_>>(),
            [("phone_extension", r#""12""#)]
        );
        let request =
            read(r#"{"first_name":"J","phone":"+1 555 010 0000 ext 12","phone_extension":7}"#)
                .unwrap();
        assert_eq!(
            request.metadata.iter().collect::<Vec<_>>(),
            [("phone_extension", "7")]
        );
    }

    #[test]
    fn all_problems_of_a_lead_are_told_at_once() {
        assert_eq!(
            problems(
                r#"{"last_name":7,"email":"nope","phone":"12","workflow_id":"x","metadata":[],
                    "email":"again"}"#
            ),
            [
                "email is given more than once",
                "first_name is required",
                "last_name must be a string",
                r#"email "nope" is not a valid email address"#,
                r#"phone "12" has no country: send it with +, such as +442079460958, or set the account's default_country"#,
                r#"workflow_id "x" must be a UUID such as 0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d: GET /api/public/workflows lists the ids"#,
                "metadata must be an object",
            ]
        );
    }

    #[test]
    fn a_first_message_is_bounded_whatever_its_workflow_is() {
        let long = "x".repeat(4_097);
        let body = format!(
            r#"{{"first_name":"J","workflow_id":"0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d",
                "force_first_message":{{"content":"{long}","html":"{long}","components":{{}}}}}}"#
        );
        assert_eq!(
            problems(&body),
            [
                "force_first_message.content must not be longer than 4096 characters",
                "force_first_message.components must be an array",
            ]
        );
    }

    #[test]
    fn what_is_no_json_object_is_malformed_with_its_place() {
        for (body, message) in [
            (
                "{\n \"first_name\": oops",
                "The body is not valid JSON: keys and texts need double quotes (\") around them (line 2, column 16)",
            ),
            (
                "{\"first_name\":\"J\"",
                "The body ends before its JSON does (line 1, column 17)",
            ),
            ("", "The body is empty: send a JSON object"),
            ("\n ", "The body is empty: send a JSON object"),
            (
                "\"secret\"",
                "The body must be a lead (a JSON object) or an array of leads (line 1, column 8)",
            ),
        ] {
            assert_eq!(read(body).unwrap_err().to_string(), message);
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_accepted_comes_back_equal_after_the_stated_normalising(
            first_name in "[^\\p{Cc}\\p{Cf}\\p{Z}\\p{Default_Ignorable_Code_Point}\u{2800}]{1,50}",
            metadata in prop::collection::btree_map(".{0,8}", json(), 0..4),
            extra in json(),
        ) {
            let body = json!({"first_name": format!(" {first_name}\t"), "metadata": metadata, "extra": extra});
            let request = read(&body.to_string()).unwrap();
            let composed: String = first_name.nfc().collect();
            let name = request.first_name.unwrap();
            prop_assert_eq!(name.as_str(), composed);
            prop_assert_eq!(request.problems, Problems::default());
            let mut expected = metadata;
            expected.entry("extra".to_owned()).or_insert(extra);
            let kept = serde_json::to_value(&request.metadata).unwrap();
            prop_assert_eq!(kept, json!(expected));
        }

        #[test]
        fn no_body_makes_it_panic(body in prop_oneof![".{0,200}", r#"\{"[a-z_]{1,20}":[-0-9eE."\[\]{}:,tfn]{0,40}\}"#]) {
            let _ = read(&body);
        }

        #[test]
        fn white_space_and_the_order_of_keys_do_not_change_the_fingerprint(value in json()) {
            let one = read(&format!(r#"{{"first_name":"J","x":{value}}}"#)).unwrap();
            let other = read(&format!("{{ \"x\" :\n {value:#}, \"first_name\"\t: \"\\u004a\" }}")).unwrap();
            prop_assert_eq!(one.fingerprint(), other.fingerprint());
        }
    }

    /// Stored receipts hold fingerprints, so a fingerprint must never change. This one was computed by
    /// another program: SHA-256 over the fields in order, each text with its length in 8 bytes.
    #[test]
    fn a_fingerprint_is_the_same_in_every_version() {
        let request = read(r#"{"first_name":"J","n":1.0,"x":{"a":[true,"\u00e9"]}}"#).unwrap();
        assert_eq!(
            request.fingerprint(),
            "td02YxttPgl3r5vamZn5mGKK_VmJSaA1i1zIRXjR7dE"
        );
    }

    #[test]
    fn the_order_of_deep_keys_and_escapes_do_not_change_the_fingerprint() {
        let one = read(r#"{"first_name":"J","x":{"a":[{"b":"\u00e9","c":1}],"d":2}}"#).unwrap();
        let other = read(r#"{"first_name":"J","x":{"d":2,"a":[{"c":1,"b":"é"}]}}"#).unwrap();
        assert_eq!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn text_that_is_not_unicode_is_refused_by_name() {
        assert_eq!(
            problems(
                r#"{"first_name":"J","notes":["\udc00"],"metadata":{"\ud800":1},"x":{"\ud800":1}}"#
            ),
            [
                "metadata must have keys of valid Unicode",
                "notes has text that is not valid Unicode",
                "x has text that is not valid Unicode",
            ]
        );
    }

    #[test]
    fn a_different_request_has_a_different_fingerprint() {
        let fingerprint = |body| read(body).unwrap().fingerprint().to_owned();
        let one = fingerprint(r#"{"first_name":"J","a":1,"b":2}"#);
        for other in [
            r#"{"first_name":"J","a":1,"b":3}"#,
            r#"{"first_name":"J","a":12}"#,
            r#"{"first_name":"J","a":1,"c":2}"#,
            r#"{"first_name":"J ","a":1,"b":2}"#,
            r#"{"first_name":"J","a":1,"b":2.0}"#,
            r#"{"first_name":"J","a":1,"b":"2"}"#,
            r#"{"first_name":"J","a":1,"b":[2]}"#,
        ] {
            assert_ne!(fingerprint(other), one, "{other}");
        }
    }
}
