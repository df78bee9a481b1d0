//! The example numbers of all plans in the spellings that people and programs use.

use std::collections::{BTreeMap, BTreeSet};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

use super::*;

const TYPES: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

/// A number of a plan, with its spellings by libphonenumber.
pub(super) struct Example {
    /// `None` for the numbers of no country, such as +800.
    pub(super) region: Option<Region>,
    pub(super) number: PhoneNumber,
    pub(super) e164: String,
    pub(super) code: String,
    pub(super) national: String,
}

impl Example {
    fn new(region: Option<Region>, number: PhoneNumber) -> Self {
        Self {
            region,
            e164: number.format_as(PhoneNumberFormat::E164).into_owned(),
            code: number.country_code.to_string(),
            national: number.get_national_significant_number(),
            number,
        }
    }

    fn format(&self, format: PhoneNumberFormat) -> String {
        self.number.format_as(format).into_owned()
    }

    /// Returns whether libphonenumber takes a prefix off the digits behind the country code.
    pub(super) fn has_trunk_prefix(&self, prefix: &str) -> bool {
        let text = format!("+{}{prefix}{}", self.code, self.national);
        PHONE_NUMBER_UTIL.parse(text, None).as_ref() == Ok(&self.number)
    }
}

pub(super) fn regions() -> BTreeSet<Region> {
    PHONE_NUMBER_UTIL.get_supported_regions().collect()
}

/// Returns the examples that E.164 can hold.
pub(super) fn examples() -> Vec<Example> {
    let of_regions = regions().into_iter().flat_map(|region| {
        TYPES.into_iter().filter_map(move |number_type| {
            let example =
                PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, number_type);
            Some(Example::new(Some(region), example.ok()?))
        })
    });
    let of_no_region = PHONE_NUMBER_UTIL
        .get_supported_global_network_calling_codes()
        .filter_map(|code| {
            PHONE_NUMBER_UTIL
                .get_example_number_for_non_geo_entity(code)
                .ok()
        })
        .map(|number| Example::new(None, number));
    of_regions
        .chain(of_no_region)
        .filter(|example| Phone::try_from(example.e164.as_str()).is_ok())
        .collect()
}

/// Counts the texts that were read and refused. A text that is read as another number fails.
#[derive(Default)]
pub(super) struct Count {
    read: usize,
    pub(super) refused: BTreeMap<String, Vec<String>>,
    wrong: Vec<String>,
}

impl Count {
    pub(super) fn check(&mut self, spelling: &str, text: &str, region: Option<Region>, e164: &str) {
        let country = region.map(|region| region.to_string());
        match read(text, country.as_deref()) {
            Ok((number, _)) if number == e164 => self.read += 1,
            Ok((number, _)) => self.wrong.push(format!(
                "{spelling}: {text:?} in {country:?}: {number}, not {e164}"
            )),
            Err(error) => self
                .refused
                .entry(spelling.to_owned())
                .or_default()
                .push(format!("{text:?} in {country:?}: {error}")),
        }
    }

    /// Asserts the numbers of refused texts of each spelling.
    pub(super) fn assert(self, at_least: usize, refused: &[(&str, usize)]) {
        assert!(
            self.wrong.is_empty(),
            "{} wrong: {:#?}",
            self.wrong.len(),
            self.wrong
        );
        for (spelling, texts) in &self.refused {
            let most = refused
                .iter()
                .find(|(of, _)| of == spelling)
                .map_or(0, |(_, most)| *most);
            assert!(
                texts.len() <= most,
                "{spelling}: {} refused: {texts:#?}",
                texts.len()
            );
        }
        assert!(self.read >= at_least, "{}", self.read);
    }
}

/// Writes digits in another script.
fn in_script(text: &str, zero: char) -> String {
    text.chars()
        .map(|c| match c.to_digit(10) {
            Some(digit) => char::from_u32(u32::from(zero) + digit).unwrap(),
            None => c,
        })
        .collect()
}

#[test]
fn every_example_number_with_its_country_is_read_in_every_spelling() {
    let mut count = Count::default();
    for example in examples() {
        let e164 = &example.e164;
        let international = example.format(PhoneNumberFormat::International);
        let spaced = international.replace('-', " ");
        let (code, groups) = spaced.split_once(' ').unwrap();
        let (area, rest) = groups.split_once(' ').unwrap_or((groups, ""));
        let mut spellings = vec![
            ("E.164", e164.clone()),
            ("international", international.clone()),
            ("RFC 3966", example.format(PhoneNumberFormat::RFC3966)),
            ("00", international.replace('+', "00")),
            ("00 plain", e164.replace('+', "00")),
            ("code in brackets", format!("({code}) {groups}")),
            ("area in brackets", format!("{code} ({area}) {rest}")),
            ("code twice", format!("{code}{e164}")),
            (
                "full-width",
                in_script(&international, '０').replace('+', "＋"),
            ),
            ("Arabic", in_script(&international, '٠')),
            ("Devanagari", in_script(&international, '०')),
            (
                "marks",
                spaced
                    .chars()
                    .flat_map(|c| ['\u{2068}', c, '\u{2069}'])
                    .collect(),
            ),
            ("fraction", format!("{e164}.0")),
            ("apostrophe", format!("'{e164}")),
            ("WhatsApp", format!("whatsapp:{e164}")),
            ("extension", format!("{international} ext. 12")),
        ];
        for separator in [
            "", "-", ".", "  ", "\u{2011}", "\u{3000}", "\u{30fc}", "\u{a0}", "\u{2053}",
        ] {
            spellings.push(("separators", spaced.replace(' ', separator)));
        }
        spellings.push(("slashes", spaced.replace(' ', "/")));
        if example.has_trunk_prefix("0") {
            for zero in ["(0)", "[0]", "（０）", "( 0 )", " (0) "] {
                spellings.push(("(0)", format!("{code} {zero}{groups}")));
            }
            spellings.push(("00 and (0)", format!("00{} (0){groups}", example.code)));
        }
        for prefix in ["0", "06", "1", "8"] {
            if example.has_trunk_prefix(prefix) {
                spellings.push(("trunk prefix", format!("{code} {prefix}{groups}")));
                spellings.push(("trunk prefix", format!("{code} ({prefix}{area}) {rest}")));
            }
        }
        if let Some(significant) = example.national.strip_prefix('0') {
            spellings.push(("(0) of the number", format!("{code} (0){significant}")));
        }
        for (spelling, text) in spellings {
            count.check(spelling, &text, example.region, e164);
            if matches!(spelling, "E.164" | "00" | "00 plain" | "00 and (0)") {
                for account in [None, Some(Region::US), Some(Region::AU)] {
                    count.check(spelling, &text, account, e164);
                }
            }
        }
    }
    // +1 310 1234 is a local number, which 00 does not allow. The digits in front of some
    // slashes are a number. +241 (0)6031234 is two numbers in Gabon. 008 is a prefix in Korea, 006 in
    // Thailand: there +82 10 and +20 10 are both numbers.
    count.assert(
        30_000,
        &[
            ("00", 8),
            ("00 plain", 8),
            ("00 and (0)", 5),
            ("code twice", 1),
            ("slashes", 10),
            ("(0) of the number", 1),
        ],
    );
}

#[test]
fn every_example_number_of_a_country_is_read_in_its_own_spelling() {
    let mut count = Count::default();
    for example in examples() {
        let Some(region) = example.region else {
            continue;
        };
        let e164 = &example.e164;
        let national = example.format(PhoneNumberFormat::National);
        let spellings = [
            ("national", national.clone()),
            ("national digits", digits_of(&national)),
            ("national full-width", in_script(&national, '０')),
            ("national with a scheme", format!("tel:{national}")),
            ("national fraction", format!("{}.0", example.national)),
            ("without trunk prefix", example.national.clone()),
            ("code without plus", e164.trim_start_matches('+').to_owned()),
        ];
        for (spelling, text) in spellings {
            count.check(spelling, &text, Some(region), e164);
        }
    }
    // "310-1234" is a local number. "4915123456789" is a number of two area codes in Germany.
    let refused = [
        ("national", 1),
        ("national digits", 1),
        ("national full-width", 1),
        ("national with a scheme", 1),
        ("national fraction", 1),
        ("without trunk prefix", 1),
        ("code without plus", 14),
    ];
    count.assert(5_000, &refused);
}

#[test]
fn a_pair_of_example_numbers_is_never_read_as_one_number() {
    let mut read_as_one = Vec::new();
    let examples = examples();
    for pair in examples.windows(2) {
        let [first, second] = pair else { continue };
        // Four digits behind a comma are an extension, and a number in Tokelau.
        if first.region != second.region || second.national.len() < 5 {
            continue;
        }
        for format in [
            PhoneNumberFormat::International,
            PhoneNumberFormat::National,
        ] {
            let (one, two) = (first.format(format), second.format(format));
            let country = first.region.map(|region| region.to_string());
            for separator in ["/", " / ", ";", "; ", ",", ", ", "\n", " or ", " & ", "|"] {
                let text = format!("{one}{separator}{two}");
                if let Ok((number, _)) = read(&text, country.as_deref()) {
                    read_as_one.push(format!("{text:?} in {country:?}: {number}"));
                }
            }
        }
    }
    assert!(
        read_as_one.is_empty(),
        "{}: {read_as_one:#?}",
        read_as_one.len()
    );
}

#[test]
fn a_foreign_number_is_read_behind_the_international_prefix_of_every_country() {
    let chosen = [
        Region::AR,
        Region::AU,
        Region::FR,
        Region::GB,
        Region::IT,
        Region::US,
    ];
    let chosen: Vec<_> = examples()
        .into_iter()
        .filter(|example| {
            example
                .region
                .is_some_and(|region| chosen.contains(&region))
        })
        .collect();
    let mut count = Count::default();
    for account in regions() {
        let home = PHONE_NUMBER_UTIL.get_country_code_for_region(account);
        for example in &chosen {
            if home != Some(example.number.country_code) {
                let text = example.number.format_out_of_country_calling_number(account);
                count.check("prefix", &text, Some(account), &example.e164);
            }
        }
    }
    // Hong Kong's 001 and Nigeria's 009 begin like a 00 with a country code.
    count.assert(9_000, &[("prefix", 5)]);
}

#[test]
fn country_codes_are_split_off_as_libphonenumber_does() {
    for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
        let number = format!("{code}1234567");
        let expected = (code.to_string(), "1234567".to_owned());
        let (code, national) = plan::split_country_code(&number).unwrap();
        assert_eq!((code.to_owned(), national.to_owned()), expected);
    }
}

#[test]
fn the_trunk_prefixes_are_those_of_libphonenumber() {
    let usual = [PhoneNumberType::FixedLine, PhoneNumberType::Mobile];
    for example in examples() {
        if !usual.contains(&example.number.get_type()) {
            continue;
        }
        for prefix in (0..10).chain(80..100).map(|prefix| prefix.to_string()) {
            // The prefix of a call that the called number pays for, in Brazil.
            let is_exempt = example.code == "55" && prefix == "90";
            let national = format!("{prefix}{}", example.national);
            if example.has_trunk_prefix(&prefix) && !is_exempt {
                let code = &example.code;
                let is_found = plan::may_have_trunk_prefix(code, &national);
                assert!(is_found, "{code} {prefix}");
            }
        }
    }
}
