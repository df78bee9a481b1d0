use proptest::prelude::*;

use super::*;

fn read(text: &str, country: Option<&str>) -> Result<(String, Option<String>), PhoneError> {
    let country = country.map(|code| code.parse().unwrap());
    Phone::read(text, country).map(|read| (read.phone.as_str().to_owned(), read.extension))
}

#[test]
fn a_number_with_its_country_keeps_its_digits() {
    for (given, kept) in [
        ("+1234567890", "+1234567890"),
        (" +44 (0)20 7946-0958 ", "+442079460958"),
        ("00442079460958", "+442079460958"),
        ("0044 20.7946.0958", "+442079460958"),
        ("tel:+49-151-23456789", "+4915123456789"),
        ("+44 020 7946 0958", "+4402079460958"),
        ("(+39) 06 6982", "+39066982"),
        ("\u{202a}+1 (555) 010-0000\u{202c}", "+15550100000"),
        ("＋８１９０１２３４５６７８", "+819012345678"),
        ("+٩٦٦٥٠١٢٣٤٥٦٧", "+966501234567"),
    ] {
        for country in [None, Some("US"), Some("GB")] {
            assert_eq!(read(given, country), Ok((kept.to_owned(), None)), "{given}");
        }
    }
}

#[test]
fn a_number_without_a_country_is_read_in_the_accounts() {
    for (given, country, kept) in [
        ("020 7946 0958", "GB", "+442079460958"),
        ("(555) 010-0000", "US", "+15550100000"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("030/901820", "DE", "+4930901820"),
        ("06 6982", "IT", "+39066982"),
    ] {
        assert_eq!(
            read(given, Some(country)),
            Ok((kept.to_owned(), None)),
            "{given}"
        );
        assert_eq!(read(given, None), Err(PhoneError::NoCountry), "{given}");
    }
    assert_eq!(read("12345", Some("US")), Err(PhoneError::NotPossibleHere));
}

#[test]
fn an_extension_is_split_off() {
    for given in [
        "+1 (555) 010-0000 ext 12",
        "+15550100000;ext=12",
        "+1 555 010 0000 x12",
    ] {
        let split = ("+15550100000".to_owned(), Some("12".to_owned()));
        assert_eq!(read(given, None), Ok(split), "{given}");
    }
    let split = ("+15550100000".to_owned(), Some("12".to_owned()));
    assert_eq!(read("(555) 010-0000 ext. 12", Some("US")), Ok(split));
}

proptest! {
    #[test]
    fn what_has_no_mark_of_an_extension_has_none(
        text in "[0-9+ .()/\\[\\]\t\u{a0}\u{2010}-\u{2015}\u{2212}\u{ff0d}\u{ff08}\u{ff09}\u{200b}-\u{200f}\u{2060}\u{3000}-]{1,30}"
    ) {
        prop_assume!(text.chars().all(is_number_character));
        let parsed = PHONE_NUMBER_UTIL.parse(&text, Some(Region::US));
        prop_assert_eq!(parsed.ok().and_then(|number| number.extension), None);
    }
}

#[test]
fn what_cannot_be_e164_is_refused() {
    for given in [
        "",
        "+",
        "n/a",
        "+0123456789",
        "+123456",
        "+1234567890123456",
        "call me",
        "+1-800-FLOWERS",
        "+49 30 901820/21",
    ] {
        assert_eq!(
            read(given, Some("US")),
            Err(PhoneError::NotANumber),
            "{given}"
        );
    }
    assert_eq!(
        read(&"1".repeat(251), Some("US")),
        Err(PhoneError::NotANumber)
    );
}
