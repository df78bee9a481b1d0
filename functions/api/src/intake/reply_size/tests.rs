use std::sync::Arc;

use aws::{randomness::Randomness, store::StoreError};
use domain::{
    account::AccountSettings,
    cadence::{Cadence, Channel, Interval, Step},
    ids::StatusId,
    limit::Limits,
    outcome::Outcomes,
    workflow::{GoalType, Status, Workflow},
};
use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::intake::{
    array_reply::result,
    enrol::{Remarks, Warning, enrol},
    idempotency::{IdempotentRequest, Place, Shape},
    lead_request::LeadRequest,
    outcome::Accepted,
    references::References,
    reply::created_body,
};

const WORKFLOW: &str = "019c0000-0000-7000-8000-0000000000a1";
const RANDOM: [u8; 10] = [7; 10];

/// Returns no address of the API, and the longest one that the configuration takes.
fn api_urls() -> [String; 2] {
    [String::new(), format!("https://{}:65535", "a".repeat(253))]
}

fn account() -> AccountSettings {
    AccountSettings {
        id: "0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d".parse().unwrap(),
        default_country: None,
        limits: Limits::default(),
    }
}

/// Returns a workflow with the longest name, paused, and reachable by e-mail only.
fn workflow() -> Workflow {
    let delay: Interval = "PT0S".parse().unwrap();
    Workflow {
        id: WORKFLOW.parse().unwrap(),
        version: 1,
        name: "\"".repeat(200),
        goal_type: GoalType::Sale,
        is_paused: true,
        timezone: TimeZone::UTC,
        statuses: vec![Status {
            id: StatusId::new(Timestamp::UNIX_EPOCH, RANDOM),
            key: "new".to_owned(),
            label: "New".to_owned(),
            category: "active".to_owned(),
            is_initial: true,
            is_terminal: false,
        }],
        cadence: Cadence {
            windows: Vec::new(),
            gate_all_channels: false,
            steps: vec![Step {
                channel: Channel::Email,
                max_attempts: 10,
                attempt_interval: delay,
                delay,
                message: None,
            }],
        },
        outcomes: Outcomes::default(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn enrol_all(
    elements: &[&RawValue],
    is_keyed: bool,
    knows_workflow: bool,
) -> Vec<Result<Enrolled, Refused>> {
    let mut references = References::default();
    if knows_workflow {
        let workflow = workflow();
        references.workflows.insert(workflow.id, Arc::new(workflow));
    }
    let key = "order-17".parse().unwrap();
    let enrol_one = |(index, element): (usize, &RawValue)| {
        let shape = Shape::Array;
        let place = is_keyed.then_some(Place {
            key: &key,
            index,
            shape,
        });
        let request = LeadRequest::parse(element.get().as_bytes(), &account(), place);
        let request = request.map_err(|error| Refused {
            error,
            idempotent: place.map(|place| IdempotentRequest::malformed(place, &account())),
        })?;
        enrol(
            request,
            &account(),
            &references,
            &Randomness::System,
            Timestamp::UNIX_EPOCH,
        )
    };
    elements
        .iter()
        .copied()
        .enumerate()
        .map(enrol_one)
        .collect()
}

/// Returns the size of a result as a part of Lambda's JSON string.
fn real_size(outcome: Result<Accepted, ApiError>, api_url: &str) -> usize {
    let result = result(999, outcome, api_url).unwrap();
    let quotes = 2;
    serde_json::to_string(result.get()).unwrap().len() - quotes + ",".len()
}

/// Returns each outcome that a lead can have.
fn outcomes(enrolled: Result<Enrolled, Refused>) -> Vec<Result<Accepted, ApiError>> {
    let Enrolled {
        mut lead, remarks, ..
    } = match enrolled {
        Ok(enrolled) => enrolled,
        Err(refused) => {
            // With a key, the store may be unavailable, or the key may belong to another request.
            let late = refused.idempotent.is_some().then(late_errors);
            let errors = late.into_iter().flatten().chain([refused.error]);
            return errors.map(Err).collect();
        }
    };
    let lead_id = lead.profile.id;
    let accepted = |lead: &_, more: &[Warning]| {
        let warnings = [&remarks.warnings, more].concat();
        let hints = remarks.hints.clone();
        let body = created_body(lead, &Remarks { warnings, hints }).unwrap();
        Ok(Accepted {
            lead_id,
            body,
            how: Acceptance::Created,
        })
    };
    let mut all = vec![accepted(&lead, &[]), accepted(&lead, &[Warning::Delayed])];
    lead.start = None;
    all.push(accepted(&lead, &[Warning::NotAssigned]));
    all.extend(late_errors().map(Err));
    all
}

fn late_errors() -> [ApiError; 8] {
    [
        ApiError::Unavailable(StoreError::Conflict),
        ApiError::NotStored,
        ApiError::Unconfirmed(None),
        ApiError::Conflict,
        ApiError::IdempotencyKeyReused,
        ApiError::KeyOfOtherArray,
        ApiError::IdempotencyKeyOfErased,
        ApiError::Internal(None),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[\"\\\\\u{1}\n\u{7f}/]{0,300}",
        // Each of these takes three times as much in NFC, or is cut to the limit of a name.
        "[\u{1D160}\u{0958}\u{FB2C}]{1,200}",
        "😀{190,210}",
    ]
}

prop_compose! {
    fn element()(
        first_name in text(),
        last_name in text(),
        email in prop_oneof![
            Just("john@example.com".to_owned()), Just(String::new()), "[a-z\"]{1,60}@bücher[.]example",
        ],
        phone in prop_oneof![Just("+1 555 010 0000 ext 12"), Just("nope"), Just("")],
        workflow in prop_oneof![Just(WORKFLOW), Just("019c0000-0000-7000-8000-00000000dead"), Just("x"), Just("")],
        keys in prop::collection::vec(
            prop_oneof![text(), "e[\"\\\\\u{1}\u{202e}-]{0,38}mail", "[pP]h[a-z]ne\u{1}{0,9}"], 0..9
        ),
        unknown in 0_usize..40,
        name in text(),
    ) -> Box<RawValue> {
        let mut lead = serde_json::json!({
            "first_name": first_name, "last_name": last_name, "email": email, "phone": phone,
            "workflow_id": workflow, "campaign_id": "019c0000-0000-7000-8000-00000000dead",
        });
        for key in keys {
            lead[key] = serde_json::json!({"a": [name, "\"", 1]});
        }
        if unknown > 20 {
            let fields: serde_json::Map<_, _> =
                (0..unknown).map(|number| (format!("{number}{name}"), 1.into())).collect();
            lead["force_first_message"] = fields.into();
        }
        // White space inside of a value comes back as it was sent.
        RawValue::from_string(format!("{lead:#}")).unwrap()
    }
}

/// Checks the bound of an element with each outcome that its lead can have, and each address.
fn check_bound(element: &RawValue, is_keyed: bool, knows_workflow: bool) {
    let element = [element];
    let enrol = |knows_workflow| enrol_all(&element, is_keyed, knows_workflow);
    for api_url in api_urls() {
        let bound = longest(&element, &enrol(knows_workflow), &api_url).unwrap();
        let mut all = outcomes(enrol(knows_workflow).remove(0));
        if is_keyed {
            // The first request, when the workflow was there or was not.
            all.extend(outcomes(enrol(!knows_workflow).remove(0)));
        }
        for outcome in all {
            let real = real_size(outcome, &api_url);
            assert!(FRAME + real <= bound, "{real} bytes, bound {bound}");
        }
    }
}

proptest! {
    #[test]
    fn the_reply_to_an_array_is_never_larger_than_its_bound(
        elements in prop::collection::vec(element(), 1..4),
        is_keyed in any::<bool>(),
        knows_workflow in any::<bool>(),
    ) {
        for element in elements {
            check_bound(&element, is_keyed, knows_workflow);
        }
    }
}

#[test]
fn the_smallest_elements_have_room_for_a_late_error_with_the_longest_address() {
    for element in [r#"{"first_name":"J","email":"j@b"}"#, "{}", "7"] {
        let element = RawValue::from_string(element.to_owned()).unwrap();
        check_bound(&element, false, true);
        check_bound(&element, true, true);
    }
}

#[test]
fn replays_that_do_not_fit_are_left_out_and_new_leads_are_not() {
    let accepted = |how, size: usize| {
        Ok(Accepted {
            lead_id: "019c0000-0000-7000-8000-0000000000b1".parse().unwrap(),
            body: format!(r#"{{"success":true,"filler":"{}"}}"#, "x".repeat(size)),
            how,
        })
    };
    for api_url in api_urls() {
        let mut outcomes: Vec<Outcome> = (0..1_000)
            .map(|index| match index % 3 {
                0 => accepted(Acceptance::Created, 500),
                1 => accepted(Acceptance::Replayed, 60_000),
                _ => Err(ApiError::NotStored),
            })
            .collect();
        leave_out_replays(&mut outcomes, &api_url).unwrap();
        let count = |how| {
            let is = |outcome: &&Outcome| outcome.as_ref().is_ok_and(|it| it.how == how);
            outcomes.iter().filter(is).count()
        };
        assert_eq!(count(Acceptance::Created), 334);
        assert!(count(Acceptance::Replayed) > 80);
        let sizes = outcomes.into_iter().map(|it| real_size(it, &api_url));
        let size: usize = sizes.sum();
        // The largest replay that fits is in the reply.
        let largest = 60_100;
        assert!(size + FRAME <= REPLY_LIMIT, "{size}");
        assert!(
            size + FRAME + 1_000 * INDEX + largest > REPLY_LIMIT,
            "{size}"
        );
    }
}

#[test]
fn a_thousand_good_leads_of_the_largest_body_fit_beside_the_longest_address() {
    // Quotes are twice as long in Lambda's JSON, and an array of 1,000 leads has 2,000,000 bytes.
    let (start, end) = (
        format!(r#"{{"first_name":"J","email":"j@example.com","workflow_id":"{WORKFLOW}","n":["#),
        r#"1]}"#,
    );
    let room = 2_000_000 / 1_000 - ",".len() - start.len() - end.len();
    let filler = r#""","#;
    let lead = format!("{start}{}{end}", filler.repeat(room / filler.len()));
    let lead = RawValue::from_string(lead).unwrap();
    let leads = vec![&*lead; 1_000];
    let [_, api_url] = api_urls();
    for is_keyed in [false, true] {
        let enrolled = enrol_all(&leads, is_keyed, true);
        assert!(enrolled.iter().all(Result::is_ok));
        check(&leads, &enrolled, &api_url).unwrap();
    }
}
