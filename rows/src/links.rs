//! Rows of smart links: one address that leads to a release at every service. `None` is "the source does not say"; 0 is
//! "the source says zero".

use jiff::Timestamp;

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros},
    row::TableRow,
};

/// What a row is a part of the whole by. Rows of different dimensions are never added together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkDimension {
    /// The whole.
    Total,
    /// The part that went on to one service.
    Destination,
    /// One country's part.
    Country,
    /// The part that came from one place.
    Referrer,
}

/// A smart link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmartLink {
    /// The provider's id.
    pub link_id: String,
    /// Its title.
    pub title: Option<String>,
    /// Where it is.
    pub url: Option<String>,
    /// The provider's word for its state.
    pub status: Option<String>,
    /// The provider's word for its kind.
    pub kind: Option<String>,
    /// The artist's id at the provider.
    pub artist_id: Option<String>,
    /// The artist's name.
    pub artist_name: Option<String>,
    /// Where it leads: the provider's own list, JSON.
    pub stores: Option<String>,
    /// International Standard Recording Code of what it leads to, upper case, without dashes.
    pub isrc: Option<String>,
    /// Universal Product Code of what it leads to, digits.
    pub upc: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Day of release of what it leads to.
    pub released_on: Option<Day>,
}

/// What happened on a smart link on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmartLinkActivity {
    /// The link.
    pub link_id: String,
    /// What the row is a part by.
    pub dimension: LinkDimension,
    /// Which part: a service, a country, a place; `""` for the whole.
    pub dimension_value: String,
    /// The day.
    pub date: Day,
    /// Visits.
    pub visits: Option<i64>,
    /// Different visitors. NOT additive.
    pub unique_visitors: Option<i64>,
    /// Clicks on a service.
    pub clicks: Option<i64>,
    /// Anything else that visitors did.
    pub engagements: Option<i64>,
    /// Releases saved before they are out.
    pub pre_saves: Option<i64>,
    /// Artists followed.
    pub follows: Option<i64>,
    /// Conversions as the provider counts them.
    pub conversions: Option<i64>,
    /// What the services paid for referrals, in `currency`.
    pub earnings: Option<Micros>,
    /// Of the earnings; `None` where there are none.
    pub currency: Option<Currency>,
}

// === impl LinkDimension ===

impl LinkDimension {
    /// As stored: `total`, `destination`, `country`, `referrer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Destination => "destination",
            Self::Country => "country",
            Self::Referrer => "referrer",
        }
    }
}

// === rows ===

impl TableRow for SmartLink {
    fn table(&self) -> Table {
        Table::SmartLinks
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.link_id])
    }
}

impl TableRow for SmartLinkActivity {
    fn table(&self) -> Table {
        Table::SmartLinkActivityDaily
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.link_id, self.dimension.as_str(), &self.dimension_value])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}
