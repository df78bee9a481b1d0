use super::*;

mod examples;
mod notation;
mod readings;
mod zeros;

fn read(text: &str, country: Option<&str>) -> Result<(String, Option<String>), PhoneError> {
    let country = country.map(|code| code.parse().unwrap());
    Phone::read(text, country).map(|read| (read.phone.as_str().to_owned(), read.extension))
}

fn phone(text: &str) -> Phone {
    Phone::try_from(text).unwrap()
}

fn not_possible_in(country: &str) -> PhoneError {
    PhoneError::NotPossibleHere(country.parse().unwrap())
}

/// Asserts that a text is read as a number in each of the accounts.
fn assert_reads(text: &str, countries: &[Option<&str>], number: &str) {
    for country in countries {
        let expected = Ok((number.to_owned(), None));
        assert_eq!(read(text, *country), expected, "{text:?} in {country:?}");
    }
}

/// Asserts that a text is refused in each of the accounts.
fn assert_refuses(text: &str, countries: &[Option<&str>], error: &PhoneError) {
    for country in countries {
        assert_eq!(
            read(text, *country).as_ref(),
            Err(error),
            "{text:?} in {country:?}"
        );
    }
}

const ANY: [Option<&str>; 5] = [None, Some("US"), Some("GB"), Some("IT"), Some("DE")];
