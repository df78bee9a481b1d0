//! Countries of phone numbers ([contract](../../../docs/contract.md#phone)).

use std::{fmt, str::FromStr};

use rlibphonenumber::Region;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Regions for which libphonenumber has a numbering plan.
///
/// libphonenumber can list them too, but it first reads all plans. A request whose account has a
/// country would wait for that.
const REGIONS_WITH_PLAN: &str = "\
    AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO \
    DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU \
    GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW \
    KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT \
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA \
    TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK \
    YE YT ZA ZM ZW";

/// A country that has a numbering plan, as ISO 3166 alpha-2 in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(Region);

/// Error for a text that names no such country. The message follows the name of the field.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be a two-letter country code (ISO 3166) such as US, GB or CL")]
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
                let code = region.as_region_str();
                REGIONS_WITH_PLAN.split(' ').any(|known| known == &*code)
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
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    #[test]
    fn the_countries_are_those_that_libphonenumber_has_numbering_plans_of() {
        let mut countries = 0;
        for code in ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}"))) {
            let has_plan = Region::from_code(&code).is_ok_and(|region| {
                PHONE_NUMBER_UTIL
                    .get_country_code_for_region(region)
                    .is_some()
            });
            assert_eq!(code.parse::<Country>().is_ok(), has_plan, "{code}");
            countries += usize::from(has_plan);
        }
        assert!(countries > 200, "{countries}");
    }

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
