use domain::{
    channel::Channel,
    destination::{Destination, Rate, Recipient},
    timing::Timing,
};

use super::{File, Problem};

fn problems(destinations: &str) -> Vec<Problem> {
    File::read(&format!("destinations:\n{destinations}")).unwrap_err()
}

/// Returns the destination of a file that has only this one, with these fields beside its name.
fn read(fields: &str) -> Result<Destination, Vec<String>> {
    let yaml = format!("destinations: [{{name: desk, {fields}}}]");
    match File::read(&yaml) {
        Ok(File::Account(account)) => Ok(account.destinations.unwrap().remove(0)),
        Ok(file) => panic!("{file:?}"),
        Err(problems) => Err(problems.into_iter().map(|it| it.message).collect()),
    }
}

#[test]
fn a_file_with_destinations_only_is_the_file_of_an_account() {
    let desk = read("channels: [sms, whatsapp], pull: true").unwrap();
    let expected = Destination {
        name: "desk".to_owned(),
        channels: vec![Channel::Sms, Channel::Whatsapp],
        to: Recipient::Pull,
        rate: None,
        timing: Timing::default(),
    };
    assert_eq!(desk, expected);
    let Ok(File::Account(account)) = File::read("name: Acme\ncampaigns: []") else {
        panic!("it is an account");
    };
    assert_eq!(account.destinations, None);
}

#[test]
fn a_webhook_has_a_url_and_5_a_second_if_the_file_gives_no_rate() {
    let dialer =
        read("channels: [call], webhook: 'https://dialer.example.com/leadgate?key=1'").unwrap();
    let url = dialer.webhook().unwrap();
    assert_eq!(url.reveal(), "https://dialer.example.com/leadgate?key=1");
    assert_eq!((dialer.rate, dialer.push_rate()), (None, Rate::OF_WEBHOOK));
    let fast = read("channels: [call], webhook: 'http://localhost:4000', rate: 20").unwrap();
    assert_eq!(fast.rate, Rate::new(200, None).ok());
}

#[test]
fn a_mistake_in_a_line_with_a_webhook_does_not_show_its_path() {
    let yaml =
        "destinations:\n  - {name: a, channels: [cal], webhook: \"https://example.com/secret\"}";
    let problems = File::read(yaml).unwrap_err();
    for problem in problems {
        let text = problem.text("account.yaml", yaml);
        assert!(!text.contains("secret") && text.contains("cal"), "{text}");
    }
}

#[test]
fn a_rate_is_0_1_to_100_with_one_decimal_place_and_its_burst_is_the_rate_rounded_up() {
    for (fields, tenths, burst) in [
        ("rate: 0.1", 1, 1),
        ("rate: 0.3", 3, 1),
        ("rate: 5", 50, 5),
        ("rate: 5.0", 50, 5),
        ("rate: 5.1", 51, 6),
        ("rate: 99.9", 999, 100),
        ("rate: 100, burst: 1000", 1_000, 1_000),
        ("rate: 0.5, burst: 1", 5, 1),
    ] {
        let rate = read(&format!("channels: [call], pull: true, {fields}"));
        let rate = rate.unwrap().rate;
        assert_eq!(rate, Rate::new(tenths, Some(burst)).ok(), "{fields}");
    }
    let rate = "but must be a number from 0.1 to 100, with at most one decimal place";
    let burst = "but must be a whole number from 1 to 1000";
    for (fields, field, wrong, expected) in [
        ("rate: 0", "rate", "0", rate),
        ("rate: 0.05", "rate", "0.05", rate),
        ("rate: 0.15", "rate", "0.15", rate),
        ("rate: -1", "rate", "-1", rate),
        ("rate: -0.5", "rate", "-0.5", rate),
        ("rate: 101", "rate", "101", rate),
        ("rate: 100.1", "rate", "100.1", rate),
        ("rate: 1e300", "rate", "1", rate),
        ("rate: 6554", "rate", "6554", rate),
        ("rate: fast", "rate", "\"fast\"", rate),
        ("rate: 1, burst: 0", "burst", "0", burst),
        ("rate: 1, burst: 1001", "burst", "1001", burst),
        ("rate: 1, burst: 1.5", "burst", "1.5", burst),
    ] {
        let found = read(&format!("channels: [call], pull: true, {fields}")).unwrap_err();
        let [found] = found.as_slice() else {
            panic!("{found:?}");
        };
        let begin = format!("destinations[0].{field} is {wrong}");
        assert!(
            found.starts_with(&begin) && found.ends_with(expected),
            "{found}"
        );
    }
}

#[test]
fn a_destination_has_its_own_times() {
    let times = "expires_after: P1D, outcome_timeout: PT30M, min_gap: PT0S";
    let dialer = read(&format!(
        "channels: [call], webhook: 'https://example.com', {times}"
    ));
    let expected = Timing {
        expires_after: "PT24H".parse().ok(),
        outcome_timeout: "PT30M".parse().ok(),
        min_gap: "PT0S".parse().ok(),
    };
    assert_eq!(dialer.unwrap().timing, expected);
    let desk = read("channels: [sms], pull: true, expires_after: PT10M").unwrap();
    assert_eq!(desk.timing.expires_after, "PT10M".parse().ok());
    let bounds = |least: &str| {
        format!(
            "must be an ISO 8601 duration of whole seconds from {least} to P7D, such as PT30M or P1D"
        )
    };
    for (field, wrong, least, meant) in [
        ("expires_after", "PT59S", "PT1M", ""),
        ("expires_after", "P8D", "PT1M", ""),
        ("outcome_timeout", "2h", "PT1M", " (did you mean PT2H?)"),
        ("min_gap", "P1M", "PT0S", ""),
    ] {
        let found = read(&format!(
            "channels: [call], webhook: 'https://example.com', {field}: {wrong}"
        ));
        let bounds = bounds(least);
        let expected = format!("destinations[0].{field} is \"{wrong}\", but {bounds}{meant}");
        assert_eq!(found.unwrap_err(), [expected]);
    }
}

#[test]
fn each_mistake_has_its_line_its_column_and_what_to_write() {
    for (destinations, line, column, message) in [
        (
            "  - {name: a, channels: [cal], pull: true}",
            2,
            26,
            "destinations[0].channels[0] is \"cal\", but must be call, whatsapp, email or sms (did you mean call?)",
        ),
        (
            "  - {name: a, channels: [call], pull: true}\n  - {name: a, channels: [sms], pull: true}",
            3,
            12,
            "destinations[1].name is \"a\", which an earlier entry has: choose another name",
        ),
        (
            "  - {name: a, channels: [call], pull: true}\n  - {name: b, channels: [sms, call], pull: true}",
            3,
            31,
            "destinations[1].channels[1] is \"call\", which destinations[0].channels[0] has: a channel is in at most \
             one destination",
        ),
        (
            "  - {name: a, channels: [], pull: true}",
            2,
            25,
            "destinations[0].channels is empty, but must have at least one channel",
        ),
        (
            "  - {name: a, channels: [call]}",
            2,
            5,
            "destinations[0] needs webhook: URL, or pull: true",
        ),
        (
            "  - {name: a, channels: [call], pull: false}",
            2,
            39,
            "destinations[0].pull is false, but must be true: remove it, or give webhook: URL instead",
        ),
        (
            "  - {name: a, channels: [call], webhook: \"https://example.com\", pull: true}",
            2,
            65,
            "destinations[0].pull contradicts webhook: remove one of them",
        ),
        (
            "  - {name: a, channels: [call], webhook: \"http://example.com/secret\"}",
            2,
            42,
            "destinations[0].webhook must begin with https://. Only a program on this machine (localhost) can have \
             http://, and only a local stack can call it",
        ),
        (
            "  - {name: a, channels: [call], webhook: 5}",
            2,
            42,
            "destinations[0].webhook is 5, but must be text: put it in quotes",
        ),
        (
            "  - {name: a, channels: [call], pull: true, burst: 5}",
            2,
            52,
            "destinations[0].burst needs a rate: add rate, or remove burst",
        ),
        (
            "  - {name: a, channels: [call], pull: true, outcome_timeout: PT1H}",
            2,
            62,
            "destinations[0].outcome_timeout needs a webhook, because callers who pull report an outcome within their \
             lease: remove it",
        ),
        (
            "  - {name: a, channels: [sms], pull: true, min_gap: PT1H}",
            2,
            53,
            "destinations[0].min_gap is the time between calls, so it needs the channel call: add call to channels, or \
             remove it",
        ),
        (
            "  - {name: a, chanels: [call], pull: true}",
            2,
            15,
            "destinations[0].chanels is not a known field (did you mean channels?): use name, channels, webhook, pull, \
             rate, burst, expires_after, outcome_timeout or min_gap",
        ),
    ] {
        let found = problems(destinations);
        let is_there = |it: &Problem| {
            (it.place.line, it.place.column, it.message.as_str()) == (line, column, message)
        };
        assert!(found.iter().any(is_there), "{message}\n{found:?}");
    }
}
