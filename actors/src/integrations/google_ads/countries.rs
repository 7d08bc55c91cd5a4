//! Countries as Google numbers them, and what it numbers otherwise: several such numbers can stand for one campaign and
//! day, so that their rows are added, and given once all of them have come.

use std::collections::BTreeMap;

use ::rows::{Day, quarantine::Quarantined};
use serde::{Deserialize, Serialize};

use super::mapping::{CAMPAIGN, CRITERION, InCountry, Numbers};
use crate::failure::Failure;

/// The country of what is none.
pub const UNKNOWN: &str = "ZZ";
/// A country's criterion id is this and its number in ISO 3166-1.
const FIRST_CRITERION: i64 = 2_000;
/// A number and its two letters.
const ENTRY_LENGTH: usize = 5;

/// ISO 3166-1: numeric and alpha-2.
const COUNTRIES: &str = "\
    004AF008AL010AQ012DZ016AS020AD024AO028AG031AZ032AR036AU040AT044BS048BH050BD051AM052BB056BE060BM064BT\
    068BO070BA072BW074BV076BR084BZ086IO090SB092VG096BN100BG104MM108BI112BY116KH120CM124CA132CV136KY140CF\
    144LK148TD152CL156CN158TW162CX166CC170CO174KM175YT178CG180CD184CK188CR191HR192CU196CY203CZ204BJ208DK\
    212DM214DO218EC222SV226GQ231ET232ER233EE234FO238FK239GS242FJ246FI248AX250FR254GF258PF260TF262DJ266GA\
    268GE270GM275PS276DE288GH292GI296KI300GR304GL308GD312GP316GU320GT324GN328GY332HT334HM336VA340HN344HK\
    348HU352IS356IN360ID364IR368IQ372IE376IL380IT384CI388JM392JP398KZ400JO404KE408KP410KR414KW417KG418LA\
    422LB426LS428LV430LR434LY438LI440LT442LU446MO450MG454MW458MY462MV466ML470MT474MQ478MR480MU484MX492MC\
    496MN498MD499ME500MS504MA508MZ512OM516NA520NR524NP528NL531CW533AW534SX535BQ540NC548VU554NZ558NI562NE\
    566NG570NU574NF578NO580MP581UM583FM584MH585PW586PK591PA598PG600PY604PE608PH612PN616PL620PT624GW626TL\
    630PR634QA638RE642RO643RU646RW652BL654SH659KN660AI662LC663MF666PM670VC674SM678ST682SA686SN688RS690SC\
    694SL702SG703SK704VN705SI706SO710ZA716ZW724ES728SS729SD732EH740SR744SJ748SZ752SE756CH760SY762TJ764TH\
    768TG772TK776TO780TT784AE788TN792TR795TM796TC798TV800UG804UA807MK818EG826GB831GG832JE833IM834TZ840US\
    850VI854BF858UY860UZ862VE876WF882WS887YE894ZM\
    ";

/// Where the reading of a window is, and what of it is still to be given.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The next page.
    pub token: String,
    unplaced: Vec<(String, Day, Option<Numbers>)>,
}

/// Rows without a country, by campaign and day. None: a part of them cannot be read, so that the sum is not known.
#[derive(Debug, Default)]
pub struct Unplaced(BTreeMap<(String, Day), Option<Numbers>>);

/// The country of a criterion id; none for what is no country.
pub fn of_criterion(criterion: i64) -> Option<&'static str> {
    let number = criterion.checked_sub(FIRST_CRITERION).filter(|number| (1..1_000).contains(number))?;
    let digits = format!("{number:03}");
    let mut starts = (0..COUNTRIES.len()).step_by(ENTRY_LENGTH);
    let start = starts.find(|start| COUNTRIES[*start..].starts_with(&digits))?;
    COUNTRIES.get(start + digits.len()..start + ENTRY_LENGTH)
}

// === impl Position ===

impl Position {
    /// Of our own cursor.
    pub fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let parse =
            |cursor| serde_json::from_str(cursor).map_err(|error| Failure::malformed("cursor", &error));
        cursor.map_or_else(|| Ok(Self::default()), parse)
    }

    /// What is still to be given.
    pub fn unplaced(&mut self) -> Unplaced {
        let taken = std::mem::take(&mut self.unplaced).into_iter();
        Unplaced(taken.map(|(campaign, day, numbers)| ((campaign, day), numbers)).collect())
    }

    /// The cursor of the next page.
    pub fn cursor(token: String, Unplaced(unplaced): Unplaced) -> String {
        let unplaced = unplaced.into_iter().map(|((campaign, day), numbers)| (campaign, day, numbers));
        serde_json::json!(Self { token, unplaced: unplaced.collect() }).to_string()
    }
}

// === impl Unplaced ===

impl Unplaced {
    /// Adds a row.
    pub fn add(&mut self, row: InCountry) {
        let sum = self.0.entry((row.campaign_id, row.date)).or_insert(Some(Numbers::ZERO));
        *sum = sum.and_then(|sum| sum.plus(row.numbers));
    }

    /// A row cannot be read: if it has no country either, one of the sums is not known any more.
    pub fn spoil(&mut self, row: &Quarantined) {
        let field = |name| row.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
        let criterion = field(CRITERION).and_then(|criterion| criterion.parse().ok());
        if let (Some(campaign_id), Some(day), None) =
            (field(CAMPAIGN), row.day, criterion.and_then(of_criterion))
        {
            self.0.insert((campaign_id.clone(), day), None);
        }
    }

    /// The sums that are known.
    pub fn rows(self) -> impl Iterator<Item = InCountry> {
        self.0.into_iter().filter_map(|((campaign_id, date), numbers)| {
            Some(InCountry { campaign_id, date, country: None, numbers: numbers? })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_november: i8) -> Day {
        jiff::civil::date(2026, 11, of_november)
    }

    fn unplaced(day_of: i8, impressions: i64) -> InCountry {
        let numbers = Numbers { impressions, ..Numbers::ZERO };
        InCountry { campaign_id: "7".to_owned(), date: day(day_of), country: None, numbers }
    }

    fn quarantined(criterion: &str) -> Quarantined {
        Quarantined {
            reason: "count",
            detail: String::new(),
            place: String::new(),
            hash: String::new(),
            fields: vec![(CAMPAIGN, "7".to_owned()), (CRITERION, criterion.to_owned())],
            day: Some(day(1)),
        }
    }

    #[test]
    fn a_country_is_2000_and_its_number() {
        for (criterion, country) in [(2840, "US"), (2276, "DE"), (2004, "AF"), (2894, "ZM"), (2036, "AU")] {
            assert_eq!(of_criterion(criterion), Some(country), "{criterion}");
        }
        for criterion in [0, 840, 2000, 2900, 2999, 3000, 12_840, 1_004_074, -1, i64::MIN, i64::MAX] {
            assert_eq!(of_criterion(criterion), None, "{criterion}");
        }
        assert_eq!(COUNTRIES.len(), 249 * ENTRY_LENGTH);
        let all: std::collections::BTreeSet<_> = (2_000..3_000).filter_map(of_criterion).collect();
        assert_eq!(all.len(), 249);
    }

    #[test]
    fn rows_without_a_country_are_added_over_pages() {
        let mut first = Unplaced::default();
        first.add(unplaced(1, 3));
        first.add(unplaced(2, 5));
        let cursor = Position::cursor("next".to_owned(), first);
        let mut position = Position::parse(Some(&cursor)).unwrap();
        let mut second = position.unplaced();
        second.add(unplaced(1, 4));
        assert_eq!(position.token, "next");
        let sums: Vec<_> = second.rows().map(|row| (row.date, row.numbers.impressions)).collect();
        assert_eq!(sums, [(day(1), 7), (day(2), 5)]);
        assert_eq!(Position::parse(None), Ok(Position::default()));
        assert_eq!(Position::parse(Some("next")).unwrap_err().outcome(), "transient");
    }

    #[test]
    fn a_sum_with_a_part_that_cannot_be_read_or_does_not_fit_is_not_given() {
        let mut all = Unplaced::default();
        all.add(unplaced(1, 3));
        all.add(unplaced(2, i64::MAX));
        all.add(unplaced(2, 1));
        all.spoil(&quarantined("2840"));
        assert_eq!(all.0[&("7".to_owned(), day(1))].map(|numbers| numbers.impressions), Some(3));
        all.spoil(&quarantined("2999"));
        all.add(unplaced(1, 4));
        assert_eq!(all.rows().count(), 0);
    }
}
