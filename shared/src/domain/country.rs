//! The country in which an account reads phone numbers that say none (CONTRACT section 3).

use std::{fmt, str::FromStr};

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A country whose phone numbers can be read: ISO 3166 alpha-2, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(Region);

/// A text that is no such country.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a country's two letters (ISO 3166) such as US, GB or CL")]
pub struct CountryError;

impl Country {
    pub(super) fn region(self) -> Region {
        self.0
    }
}

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, CountryError> {
        Region::from_code(text)
            .ok()
            .filter(|region| {
                PHONE_NUMBER_UTIL
                    .get_country_code_for_region(*region)
                    .is_some()
            })
            .map(Self)
            .ok_or(CountryError)
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;

    fn try_from(text: String) -> Result<Self, CountryError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_one_whose_numbers_can_be_read() {
        let read = |text: &str| text.parse::<Country>().map(|country| country.to_string());
        assert_eq!(read("gb"), Ok("GB".to_owned()));
        assert_eq!(read("CL"), Ok("CL".to_owned()));
        for wrong in ["", "U", "USA", "XX", "QZ", "001", "56", "Ü"] {
            assert_eq!(read(wrong), Err(CountryError), "{wrong}");
        }
    }
}
