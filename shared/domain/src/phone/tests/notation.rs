//! The characters of a number, and texts that are more than one number.

use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::*;

#[test]
fn a_fraction_is_read_only_where_it_is_certain() {
    for given in ["+33631966543.0", "0033631966543.0", "'+33631966543.0"] {
        assert_reads(given, &ANY, "+33631966543");
    }
    assert_reads("631966543.0", &[Some("FR")], "+33631966543");
    assert_reads("33631966543.0", &[Some("FR")], "+33631966543");
    for given in [
        "+33631966543.5",
        "+33631966543,0",
        "+33631966543.00",
        "+33631966543,00",
        "+33 6 31 96 65 43.0",
        "3.3631966543E+10",
        "3,3631966543e10",
    ] {
        assert_refuses(given, &ANY, &PhoneError::Fraction);
    }
    for given in ["+33.6.31.96.65.00", "+33631966543.", "+336319665.43"] {
        assert!(read(given, None).is_ok(), "{given}");
    }
}

#[test]
fn two_numbers_in_one_field_are_refused() {
    for given in [
        "+43 1 58801/58802",
        "+43 1 58801 / +43 1 58802",
        "+43 1 58801;58802",
        "+43 1 58801, 58802",
        "+43 1 58801 or 58802",
        "+43 1 58801 und +43 1 58802",
        "+43 1 58801\n58802",
        "+43 1 58801 +43 1 58802",
        "0043 1 58801 | 0043 1 58802",
        "+33631966543, 0631966544",
        "+33 631966543 0631966544",
        "+33 6 31 96 65 43 06 31 96 65 44",
        "+33631966543 - +33631966544",
        "+33631966543   33631966544",
    ] {
        assert_refuses(given, &ANY, &PhoneError::TwoNumbers);
    }
    for given in [
        "0631966543/0631966544",
        "0631966543\r\n0631966544",
        "0631966543 0631966544",
        "06 31 96 65 43 06 31 96 65 44",
    ] {
        assert_refuses(given, &[Some("FR")], &PhoneError::TwoNumbers);
    }
}

#[test]
fn a_few_digits_behind_a_slash_are_refused() {
    for given in ["+43 1 58801/0", "+49 30 901820/21", "+43 1 58801 / 200"] {
        assert_refuses(given, &ANY, &PhoneError::ShortEnding);
    }
}

#[test]
fn quotes_around_a_number_are_taken_off() {
    for given in [
        "\"+14155552671\"",
        "'+14155552671'",
        "\u{201c}+1 415 555 2671\u{201d}",
        "\u{201e}tel:+14155552671\u{201c}",
        "\" '+14155552671' \"",
    ] {
        assert_reads(given, &ANY, "+14155552671");
    }
    assert_refuses("+14155552671\"", &ANY, &PhoneError::OtherCharacter('"'));
}

#[test]
fn a_slash_behind_an_area_code_separates_it() {
    for (given, country, kept) in [
        ("030/901820", "DE", "+4930901820"),
        ("0171/1234567", "DE", "+491711234567"),
        ("03301/123456", "DE", "+493301123456"),
        ("033056/12345", "DE", "+493305612345"),
        ("+49 (0)3301/123456", "DE", "+493301123456"),
        ("+49/3301/123456", "DE", "+493301123456"),
        ("05572/12345", "AT", "+43557212345"),
        ("02/555.12.12", "BE", "+3225551212"),
        ("06/31/96/65/43", "FR", "+33631966543"),
        ("+44 20\n7946 0958", "GB", "+442079460958"),
    ] {
        assert_reads(given, &[Some(country)], kept);
    }
}

#[test]
fn an_invisible_mark_is_ignored_anywhere() {
    for mark in "\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{202a}\u{202c}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0020}".chars() {
        let copied: String = "+442079460958".chars().flat_map(|c| [mark, c]).collect();
        assert_reads(&format!("{copied}{mark}"), &ANY, "+442079460958");
        assert_reads(&format!("{mark} tel{mark}:+44 ({mark}0)20 79460958"), &ANY, "+442079460958");
    }
}

#[test]
fn a_separator_of_libphonenumber_is_read() {
    let separators = "-.()[]/~ \t\u{a0}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2053}\
        \u{2212}\u{223c}\u{3000}\u{30fc}\u{ff08}\u{ff09}\u{ff0d}\u{ff0e}\u{ff0f}\u{ff3b}\u{ff3d}";
    for separator in separators.chars() {
        assert_reads(
            &format!("+44{separator}20 7946 0958"),
            &ANY,
            "+442079460958",
        );
    }
    assert_reads("＋８１（９０）１２３４－５６７８", &ANY, "+819012345678");
    assert_reads("+٩٦٦٥٠١٢٣٤٥٦٧", &ANY, "+966501234567");
}

#[test]
fn the_separators_are_those_of_libphonenumber() {
    for c in '\u{1}'..='\u{ffff}' {
        let text = format!("+44{c}20 7946 0958");
        let is_read = PHONE_NUMBER_UTIL.is_viable_phone_number(&text);
        if is_read && !c.is_alphanumeric() && c != '*' {
            assert_reads(&text, &[None], "+442079460958");
        }
    }
}

#[test]
fn a_prefix_of_another_program_is_taken_off() {
    for prefix in [
        "tel:",
        "TEL:",
        "tel://",
        "whatsapp:",
        "sms:",
        "callto:",
        "p:",
        "P: ",
        "'",
        "\u{2019}",
        "\u{2bc}",
        "\u{ff07}",
        "`",
        "'p:",
        "whatsapp:tel: ",
        "' tel:'",
    ] {
        assert_reads(&format!("{prefix}+44 20 7946 0958"), &ANY, "+442079460958");
        assert_reads(
            &format!("{prefix}020 7946 0958"),
            &[Some("GB")],
            "+442079460958",
        );
    }
    assert_refuses("fax:+442079460958", &ANY, &PhoneError::OtherCharacter('f'));
}

#[test]
fn an_extension_is_split_off() {
    for given in [
        "+1 (555) 010-0000 ext 12",
        "+15550100000;ext=12",
        "+1 555 010 0000 x12",
        "+1 555 010 0000 ext.12",
        "+1 555 010 0000,,12#",
        "+1 555 010 0000,12",
    ] {
        let split = ("+15550100000".to_owned(), Some("12".to_owned()));
        assert_eq!(read(given, None), Ok(split), "{given}");
    }
    let split = |number: &str| Ok((number.to_owned(), Some("12".to_owned())));
    assert_eq!(
        read("(555) 010-0000 ext. 12", Some("US")),
        split("+15550100000")
    );
    assert_eq!(read("+1234567890 x12", None), split("+1234567890"));
    assert_eq!(
        read("+44 (0)20 7946 0958 x12", None),
        split("+442079460958")
    );
    let short = Ok(("+15550100000".to_owned(), Some("5".to_owned())));
    assert_eq!(read("+1 555 010 0000 ext.5", None), short);
    // The ~ separates digits or marks an extension.
    assert_refuses("+15550100000~12", &ANY, &PhoneError::OtherCharacter('~'));
}

proptest! {
    #[test]
    fn a_number_without_a_mark_of_an_extension_has_none(text in "[0-9+ .()/\n-]{1,30}") {
        prop_assume!(text.chars().all(is_number_character));
        let parsed = PHONE_NUMBER_UTIL.parse(&text, Some(Region::US));
        prop_assert_eq!(parsed.ok().and_then(|number| number.extension), None);
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in "(\\PC|[0-9+ .()/,;x~'\n-]|00|\\+|\\(0\\)|tel:){0,40}", country in "GB|AU|SG|US|DE|IT|BR"
    ) {
        for country in [None, Some(country.as_str())] {
            if let Ok((number, _)) = read(&text, country) {
                prop_assert!(Phone::try_from(number.as_str()).is_ok());
            }
        }
    }
}

#[test]
fn a_text_of_many_slashes_is_read_in_time() {
    let text = format!("0{}123456789", "/".repeat(200));
    assert_refuses(&text, &[Some("DE")], &PhoneError::NotANumber);
}
