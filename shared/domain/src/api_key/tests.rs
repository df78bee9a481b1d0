use super::*;
use crate::limit::Limits;

const KEY: &str = "nxr_live_LeadgateWrongKeyNotInAnyTable0003kkIk0";

#[test]
fn a_key_with_a_right_checksum_is_well_formed() {
    let key: ApiKey = KEY.parse().unwrap();
    assert_eq!(
        key.hash().as_str(),
        "c1861067576f416d648463a73bbf809cb662c19673f6ba661b34f660afc0c064"
    );
}

#[test]
fn new_keys_are_well_formed_and_differ() {
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    let [one, another] = [&bytes[..40], &bytes[40..]].map(|it| ApiKey::from_random(it).unwrap());
    assert_ne!(one, another);
    assert_eq!(ApiKey::from_random(&bytes[..31]), None);
    for key in [one, another] {
        assert_eq!(key.reveal().parse(), Ok(key.clone()));
        assert!(key.reveal().ends_with(key.last4()) && key.last4().len() == 4);
    }
}

#[test]
fn each_digit_is_as_likely_as_any_other() {
    let digits: String = (0..=u8::MAX).filter_map(digit).collect();
    for character in BASE62 {
        assert_eq!(digits.matches(char::from(*character)).count(), 4);
    }
}

fn record(expires_at: Option<&str>, revoked_at: Option<&str>) -> ApiKeyRecord {
    let created_at = Timestamp::UNIX_EPOCH;
    let account = AccountSettings {
        id: AccountId::new(created_at, [7; 10]),
        default_country: None,
        limits: Limits::default(),
    };
    let key: ApiKey = KEY.parse().unwrap();
    ApiKeyRecord {
        expires_at: expires_at.map(|at| at.parse().unwrap()),
        revoked_at: revoked_at.map(|at| at.parse().unwrap()),
        ..key.record(
            ApiKeyId::new(created_at, [7; 10]),
            account,
            "Website",
            created_at,
        )
    }
}

#[test]
fn a_key_opens_nothing_once_it_is_revoked_or_has_expired() {
    let end: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let second = SignedDuration::from_secs(1);
    assert!(record(None, None).is_valid_at(end));
    assert!(!record(None, Some("2026-01-01T00:00:00Z")).is_valid_at(end));
    let key = record(Some("2026-02-10T12:00:00Z"), None);
    assert!(key.is_valid_at(end - second) && !key.is_valid_at(end));
    let minute = SignedDuration::from_mins(1);
    assert_eq!(key.cache_lifetime(end - second, minute), second);
    assert_eq!(key.cache_lifetime(end - 2 * minute, minute), minute);
}

#[test]
fn a_use_is_noted_once_an_hour() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut key = record(None, None);
    let noon = at("2026-02-10T12:00:00Z");
    assert_eq!(key.unrecorded_hour(at("2026-02-10T12:59:59Z")), Some(noon));
    key.last_used = Some(noon);
    assert_eq!(key.unrecorded_hour(at("2026-02-10T12:59:59Z")), None);
    let one = at("2026-02-10T13:00:00Z");
    assert_eq!(key.unrecorded_hour(one), Some(one));
}

#[test]
fn a_change_of_any_character_is_noticed_without_a_read() {
    for position in 0..KEY.len() {
        let mut changed = KEY.as_bytes().to_vec();
        changed[position] = if changed[position] == b'x' {
            b'y'
        } else {
            b'x'
        };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(changed.parse::<ApiKey>(), Err(ApiKeyError), "{changed}");
    }
    for wrong in [
        "",
        "nxr_live_",
        &KEY[1..],
        &KEY[..KEY.len() - 1],
        &format!("{KEY}0"),
    ] {
        assert_eq!(wrong.parse::<ApiKey>(), Err(ApiKeyError), "{wrong}");
    }
    assert!("nxr_live_ééééééééééééééééééé".parse::<ApiKey>().is_err());
}

#[test]
fn a_key_never_shows_in_debug_output() {
    let key: ApiKey = KEY.parse().unwrap();
    let shown = format!("{key:?} {:?}", key.hash());
    assert!(!shown.contains("Wrong") && !shown.contains(key.hash().as_str()));
}
