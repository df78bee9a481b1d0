//! The country code of a number, and what stands in front of it.

use proptest::prelude::*;

use super::*;

#[test]
fn a_plain_number_with_plus_keeps_its_digits_whatever_its_plan_allows() {
    for (given, kept) in [
        ("+1234567890", "+1234567890"),
        ("+1 (234) 567-890", "+1234567890"),
        ("+33 6 31 96 65 4", "+3363196654"),
        ("+999 123 4567", "+9991234567"),
        ("+521 55 1234 5678", "+5215512345678"),
        ("+54 11 15 2345 6789", "+54111523456789"),
        (" +44 20 7946-0958 ", "+442079460958"),
        ("(+39) 06 6982", "+39066982"),
        ("+49 30 90182(0)", "+4930901820"),
    ] {
        assert_reads(given, &ANY, kept);
    }
}

#[test]
fn a_number_without_a_country_is_read_in_the_accounts() {
    for (given, country, kept) in [
        ("020 7946 0958", "GB", "+442079460958"),
        ("(0)20 7946 0958", "GB", "+442079460958"),
        ("(555) 010-0000", "US", "+15550100000"),
        ("1-555-010-0000", "US", "+15550100000"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("030/901820", "DE", "+4930901820"),
        ("06 6982", "IT", "+39066982"),
    ] {
        assert_reads(given, &[Some(country)], kept);
        assert_refuses(given, &[None], &PhoneError::NoCountry);
    }
    assert_refuses("12345", &[Some("US")], &not_possible_in("US"));
    assert_refuses("5550100", &[Some("US")], &not_possible_in("US"));
    assert_reads("9999999999", &[Some("US")], "+19999999999");
}

#[test]
fn a_plus_behind_other_digits_is_refused_unless_the_country_code_comes_twice() {
    for given in [
        "+33+33631966543",
        "+33 +33 6 31 96 65 43",
        "0033+33631966543",
        "33+33631966543",
        "(+33) +33631966543",
        "++33631966543",
        "+ +33631966543",
        "00+33631966543",
        "+0033631966543",
        "+33 0033 6 31 96 65 43",
    ] {
        assert_reads(given, &ANY, "+33631966543");
    }
    for given in [
        "+33+44631966543",
        "0+33631966543",
        "+1+33631966543",
        "33 6+31966543",
    ] {
        assert_refuses(given, &ANY, &PhoneError::PlusInside);
    }
    let impossible = PhoneError::WrongReading(phone("+336319665431"));
    assert_refuses("+33+336319665431", &ANY, &impossible);
}

#[test]
fn a_zero_in_brackets_is_kept_only_where_it_belongs_to_the_number() {
    for (given, kept) in [
        ("+44 (0)20 7946-0958", "+442079460958"),
        ("+44[0]20 7946 0958", "+442079460958"),
        ("(+44) (0) 20 7946 0958", "+442079460958"),
        ("0044 (0)20 7946 0958", "+442079460958"),
        ("+81（0）90-1234-5678", "+819012345678"),
        ("+81 ( 0 ) 90-1234-5678", "+819012345678"),
        ("+81 ［０］ 90-1234-5678", "+819012345678"),
        ("+39 (0)6 6982 0000", "+390669820000"),
        ("0039 (0)6 6982 0000", "+390669820000"),
        ("+225 (0)1 23 45 67 89", "+2250123456789"),
        ("+378 (0)549 886377", "+3780549886377"),
        ("+57 (0)321 1234567", "+573211234567"),
        ("+54 (0)11 15-2345-6789", "+5491123456789"),
        ("+48 (0)22 123 45 67", "+48221234567"),
        ("0048 (0)22 123 45 67", "+48221234567"),
        ("+30 (0)210 1234567", "+302101234567"),
        ("+420 (0)601 123 456", "+420601123456"),
        ("+352 (0)621 123 456", "+352621123456"),
        ("+7 (0)495 123 45 67", "+74951234567"),
    ] {
        assert_reads(given, &ANY, kept);
    }
    // One digit is missing.
    let dropped = PhoneError::WrongReading(phone("+3363196654"));
    assert_refuses("+33 (0)6 31 96 65 4", &ANY, &dropped);
    let dropped = PhoneError::WrongReading(phone("+4822123456"));
    assert_refuses("+48 (0)22 123 45 6", &ANY, &dropped);
    // A mobile number, or a number of a town.
    let both = PhoneError::TwoReadings(phone("+393123456789"), phone("+3903123456789"));
    assert_refuses("+39 (0)312 345 6789", &ANY, &both);
}

#[test]
fn a_zero_in_brackets_elsewhere_is_a_digit() {
    for (given, kept) in [
        ("+49 30 90182(0)", "+4930901820"),
        ("+49 30 (0)901820", "+49300901820"),
        ("+44 20 (0) 7946095", "+442007946095"),
        ("0049 30 90182(0)", "+4930901820"),
    ] {
        assert_reads(given, &ANY, kept);
    }
    assert_reads("030 90182(0)", &[Some("DE")], "+4930901820");
}

#[test]
fn a_trunk_prefix_behind_a_country_code_is_removed_if_that_gives_a_number() {
    for (given, kept) in [
        ("+61 (03) 9999 9999", "+61399999999"),
        ("+61 03 9999 9999", "+61399999999"),
        ("+44 020 7946 0958", "+442079460958"),
        ("0044 020 7946 0958", "+442079460958"),
        ("+36 06 20 123 4567", "+36201234567"),
        ("+36 (06) 20 123 4567", "+36201234567"),
        ("+7 8 (495) 123-45-67", "+74951234567"),
        ("+1 1 (201) 555-0123", "+12015550123"),
        ("+375 8 029 491 1911", "+375294911911"),
        ("+57 0321 1234567", "+573211234567"),
        ("+39 06 6982 0000", "+390669820000"),
    ] {
        assert_reads(given, &ANY, kept);
    }
    for (given, read_as) in [
        ("+61 03 9999 999", "+6139999999"),
        ("+44 0123 456", "+44123456"),
    ] {
        let error = PhoneError::WrongReading(phone(read_as));
        assert_refuses(given, &ANY, &error);
        assert!(error.to_string().contains(read_as));
    }
    // A prefix other than 0 may be the first digit of a number that the plan lacks.
    assert_reads("+7 8 12345", &ANY, "+7812345");
}

#[test]
fn an_international_prefix_of_the_account_is_read() {
    for (given, country, kept) in [
        ("0011 61 3 9999 9999", "AU", "+61399999999"),
        ("0011 44 (0)20 7946 0958", "AU", "+442079460958"),
        ("001 44 20 7946 0958", "HK", "+442079460958"),
        ("001 44 20 7946 0958", "KR", "+442079460958"),
        ("001 44 20 7946 0958", "SG", "+442079460958"),
        ("001 44 20 7946 0958", "TH", "+442079460958"),
        ("001 44 20 7946 0958", "KH", "+442079460958"),
        ("001 44 20 7946 0958", "GY", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("011 39 (0)6 6982 0000", "US", "+390669820000"),
        ("8~10 44 20 7946 0958", "RU", "+442079460958"),
        ("010 44 20 7946 0958", "JP", "+442079460958"),
        ("0014 1 201 555 0123", "BR", "+12015550123"),
        ("0044 20 7946 0958", "AU", "+442079460958"),
        ("00442079460958", "US", "+442079460958"),
        ("00442079460958", "SG", "+442079460958"),
    ] {
        assert_reads(given, &[Some(country)], kept);
    }
    let wrong = PhoneError::WrongReading(phone("+4412345"));
    assert_refuses("011 44 12345", &[Some("US")], &wrong);
    let two = PhoneError::TwoReadings(phone("+12015550123"), phone("+2015550123"));
    assert_refuses("00 1 201 555 0123", &[Some("SG")], &two);
}

#[test]
fn a_number_with_00_must_be_possible() {
    assert_reads("00442079460958", &ANY, "+442079460958");
    let wrong = PhoneError::WrongReading(phone("+1234567890"));
    assert_refuses("001234567890", &ANY, &wrong);
    assert!(wrong.to_string().contains("+1234567890"));
}

#[test]
fn a_number_that_begins_with_its_own_country_code_has_one_valid_reading() {
    for (given, country, kept) in [
        ("442079460958", "GB", "+442079460958"),
        ("33 6 31 96 65 43", "FR", "+33631966543"),
        ("79161234567", "RU", "+79161234567"),
        ("12015550123", "US", "+12015550123"),
        ("9123456789", "IN", "+919123456789"),
        ("919123456789", "IN", "+919123456789"),
        ("55 99123-4567", "BR", "+5555991234567"),
        ("7012345678", "KZ", "+77012345678"),
    ] {
        assert_reads(given, &[Some(country)], kept);
    }
    let both = PhoneError::TwoReadings(phone("+49491716783154"), phone("+491716783154"));
    assert_refuses("491716783154", &[Some("DE")], &both);
    assert_refuses("0491716783154", &[Some("DE")], &both);
    assert!(
        both.to_string()
            .contains("+49491716783154 and as +491716783154")
    );
    let neither = PhoneError::WrongReadings(phone("+444412345"), phone("+4412345"));
    assert_refuses("4412345", &[Some("GB")], &neither);
}

#[test]
fn a_number_with_a_trunk_prefix_and_its_own_country_code_has_one_valid_reading() {
    for (given, country, kept) in [
        ("091 98765 43210", "IN", "+919876543210"),
        ("0971501234567", "AE", "+971501234567"),
        ("0902123456789", "TR", "+902123456789"),
        ("061412345678", "AU", "+61412345678"),
        ("041781234567", "CH", "+41781234567"),
        ("046701234567", "SE", "+46701234567"),
        ("(0)44 20 7946 0958", "GB", "+442079460958"),
        ("0 44 (0)20 7946 0958", "GB", "+442079460958"),
        ("48 (0)22 123 45 67", "PL", "+48221234567"),
        // The area codes are 03 33 and 039.
        ("03 33 12 34 56", "FR", "+33333123456"),
        ("039 1234567", "IT", "+390391234567"),
    ] {
        assert_reads(given, &[Some(country)], kept);
    }
    // An international prefix of the Seychelles is 02.
    let both = PhoneError::TwoReadings(phone("+486412345"), phone("+2486412345"));
    assert_refuses("0248 6412345", &[Some("SC")], &both);
}

#[test]
fn a_zero_behind_the_country_code_of_an_interpreted_number_must_belong_to_it() {
    for (given, country, read_as) in [
        ("06 31 96 65 43", "US", "+10631966543"),
        ("07946 0958", "FR", "+33079460958"),
        ("0048 022 123 45 67", "FR", "+480221234567"),
        ("011 48 022 123 45 67", "US", "+480221234567"),
    ] {
        let error = PhoneError::WrongReading(phone(read_as));
        assert_refuses(given, &[Some(country)], &error);
    }
    assert_reads("011 48 (0)22 123 45 67", &[Some("US")], "+48221234567");
    assert_reads("+48 022 123 45 67", &ANY, "+480221234567");
}

#[test]
fn a_text_that_cannot_be_e164_is_refused() {
    for given in ["", "+", "+()", "+0123456789", "+(0)442079460958"] {
        assert_refuses(given, &ANY, &PhoneError::NotANumber);
    }
    assert_refuses("+1", &ANY, &PhoneError::TooFewDigits);
    assert_refuses("+123456", &ANY, &PhoneError::TooFewDigits);
    for given in ["+1234567890123456", "+123456789012345678", &"1".repeat(33)] {
        assert_refuses(given, &ANY, &PhoneError::TooManyDigits);
    }
    assert_refuses(&"1".repeat(251), &ANY, &PhoneError::TooLong);
}

#[test]
fn a_refusal_names_one_character_that_is_no_part_of_a_number() {
    for (given, character) in [
        ("n/a", 'n'),
        ("call me", 'c'),
        ("+1-800-FLOWERS", 'F'),
        ("+34612345678 (mobile)", 'm'),
        ("+14155552671;", ';'),
        ("Tel.: +14155552671", 'T'),
        ("+1 415 555 267O", 'O'),
        ("+44_20 7946 0958", '_'),
        ("+14155552671\u{7}", '\u{7}'),
    ] {
        let error = PhoneError::OtherCharacter(character);
        assert_refuses(given, &ANY, &error);
        let message = format!("such as {character:?}: send its digits only");
        assert!(error.to_string().contains(&message), "{error}");
    }
}

#[test]
fn a_refusal_names_the_default_country() {
    let message = not_possible_in("US").to_string();
    assert!(message.starts_with("is not a phone number in US, the account's default_country: "));
}

#[test]
fn an_error_shows_no_digits_in_logs() {
    for (given, country) in [
        ("491716783154", "DE"),
        ("001234567890", "US"),
        ("4412345", "GB"),
    ] {
        let error = read(given, Some(country)).unwrap_err();
        let shown = format!("{error:?}");
        assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
    }
}

proptest! {
    #[test]
    fn a_number_without_plus_keeps_a_zero_behind_its_country_code_only_if_it_is_valid(
        text in "0{0,3}[1-9]?[0-9]{5,13}|00[1-9][0-9]{1,2}(0|\\(0\\))[0-9]{6,10}",
        country in "US|FR|PL|AU|IT|DE|IN|SC"
    ) {
        if let Ok((number, _)) = read(&text, Some(&country)) {
            let digits = number.trim_start_matches('+');
            let (_, national) = plan::split_country_code(digits).unwrap();
            prop_assert!(!national.starts_with('0') || plan::is_valid(digits), "{}", number);
        }
    }

    #[test]
    fn a_plain_number_keeps_its_digits_unless_a_trunk_prefix_stands_behind_its_country_code(
        text in "\\+[1-9]([ -]?[0-9]){6,14}"
    ) {
        let digits = digits_of(&text);
        let (code, national) = plan::split_country_code(&digits).unwrap();
        match read(&text, None) {
            Ok((number, _)) if number == format!("+{digits}") => {}
            Ok((number, _)) => {
                prop_assert!(plan::may_have_trunk_prefix(code, national), "{}", number);
                prop_assert!(plan::is_valid(number.trim_start_matches('+')), "{}", number);
                prop_assert!(!plan::is_valid(&digits), "{}", number);
            }
            Err(error) => prop_assert!(national.starts_with('0'), "{}", error),
        }
    }
}
