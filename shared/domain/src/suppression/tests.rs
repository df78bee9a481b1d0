use super::*;
use crate::outcome::Outcome;

fn suppression(channels: Channels, reason: SuppressionReason, note: Option<&str>) -> Suppression {
    Suppression {
        channels,
        reason,
        note: note.map(str::to_owned),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn removal(consent: bool) -> Removal {
    let at = Timestamp::UNIX_EPOCH;
    Removal {
        at,
        reason: "asked for it".to_owned(),
        actor: None,
        consent: consent.then(|| Consent {
            at,
            source: "form".to_owned(),
        }),
    }
}

const CALL: [Channel; 1] = [Channel::Call];

#[test]
fn a_second_suppression_adds_its_channels_and_the_heavier_reason_stays() {
    let (call, sms) = (
        CALL.into_iter().collect(),
        [Channel::Sms].into_iter().collect(),
    );
    let mut address = Address::default();
    for (channels, reason, note, effect) in [
        (call, SuppressionReason::Legal, None, Suppressed::New),
        (call, SuppressionReason::Manual, None, Suppressed::Unchanged),
        (
            sms,
            SuppressionReason::Manual,
            Some("a"),
            Suppressed::Changed,
        ),
        (
            call,
            SuppressionReason::OptedOut,
            Some("b"),
            Suppressed::Changed,
        ),
        (
            sms,
            SuppressionReason::Legal,
            Some("c"),
            Suppressed::Unchanged,
        ),
        (
            Channels::ALL,
            SuppressionReason::Legal,
            None,
            Suppressed::Changed,
        ),
        (
            call,
            SuppressionReason::Complained,
            None,
            Suppressed::Changed,
        ),
    ] {
        assert_eq!(
            address.suppress(&suppression(channels, reason, note)),
            effect,
            "{reason}"
        );
    }
    let kept = suppression(Channels::ALL, SuppressionReason::Complained, Some("b"));
    assert_eq!(address.suppression, Some(kept));
}

#[test]
fn a_suppression_whose_person_has_refused_contacts_ends_with_a_consent_only() {
    for reason in SuppressionReason::ALL {
        let mut address = Address::default();
        assert_eq!(
            address.unsuppress(removal(true)),
            Err(NotRemoved::NotSuppressed)
        );
        let suppression = suppression(Channels::ALL, reason, None);
        address.suppress(&suppression);
        if reason.needs_consent() {
            let refused = Err(NotRemoved::NeedsConsent(reason));
            assert_eq!(address.unsuppress(removal(false)), refused);
            assert_eq!(address.suppression, Some(suppression));
        }
        assert_eq!(address.unsuppress(removal(reason.needs_consent())), Ok(()));
        assert_eq!((address.suppression, address.ended.len()), (None, 1));
    }
}

#[test]
fn the_last_ten_ended_suppressions_are_kept() {
    let mut address = Address::default();
    for number in 0..12 {
        let note = number.to_string();
        address.suppress(&suppression(
            Channels::ALL,
            SuppressionReason::Manual,
            Some(&note),
        ));
        address.unsuppress(removal(false)).unwrap();
    }
    let notes: Vec<_> = address
        .ended
        .iter()
        .filter_map(|it| it.suppression.note.clone())
        .collect();
    assert_eq!((notes.len(), &*notes[0], &*notes[9]), (10, "2", "11"));
}

#[test]
fn a_phone_number_covers_its_channels_and_an_email_address_its_own() {
    let call = CALL.into_iter().collect();
    for (phone, email, covered) in [
        (None, None, &[][..]),
        (Some(call), None, &[Channel::Call]),
        (
            Some(Channels::ALL),
            None,
            &[Channel::Call, Channel::Whatsapp, Channel::Sms],
        ),
        (None, Some(Channels::ALL), &[Channel::Email]),
        (Some(Channels::ALL), Some(Channels::ALL), &Channel::ALL),
    ] {
        let suppressions = Suppressions { phone, email };
        let channels = Channel::ALL
            .into_iter()
            .filter(|it| suppressions.covers(*it));
        assert_eq!(channels.collect::<Vec<_>>(), covered);
    }
}

#[test]
fn channels_come_back_from_their_words() {
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    for list in [
        &["all"][..],
        &["call"],
        &["call", "whatsapp", "email", "sms"],
    ] {
        let channels = Channels::try_from(words(list)).unwrap();
        assert_eq!(channels.words(), list);
    }
    for list in [&[][..], &["all", "call"], &["fax"]] {
        assert_eq!(Channels::try_from(words(list)), Err(ChannelsError));
    }
}

#[test]
fn exactly_the_outcomes_that_suppress_have_a_reason() {
    for outcome in Outcome::ALL {
        let reason = SuppressionReason::of(outcome);
        assert_eq!(reason.is_some(), outcome.suppresses());
        assert!(reason.is_none_or(|it| it.as_str() == outcome.as_str() && it.needs_consent()));
    }
}

#[test]
fn a_reason_is_read_and_written_as_its_word() {
    for reason in SuppressionReason::ALL {
        assert_eq!(reason.as_str().parse(), Ok(reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    assert_eq!(
        "OPTED_OUT".parse::<SuppressionReason>(),
        Err(SuppressionReasonError)
    );
}
