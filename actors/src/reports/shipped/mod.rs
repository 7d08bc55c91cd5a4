//! The layouts that are built in, as data. Headers in lower case; `|` separates names of one column, `?` marks a column
//! that a file may lack, `¤` stands for a currency's code.

mod distributors;
mod more_distributors;
mod services;

use std::sync::LazyLock;

use rows::Currency;

use super::{
    column_map::Draft,
    dates::MONTHS,
    layout::{Column, Field, KindRule, Layout, Shape, UnitRule},
    numbers::Decimal,
};

/// Exports that are no reports of this kind: by headers that begin so.
pub const FOREIGN: &[(&str, &str, &[&str])] = &[
    (
        "Google Ads",
        "the integration `google_ads` reads the account itself",
        &["campaign", "clicks", "impr", "cost"],
    ),
    (
        "Meta Ads",
        "the integration `meta_ads` reads the account itself",
        &["campaign name", "amount spent", "impressions"],
    ),
    (
        "TikTok Ads",
        "the integration `tiktok_ads` reads the account itself",
        &["campaign name", "cost", "cpc", "ctr"],
    ),
    (
        "Spotify Ads",
        "the integration `spotify_ads` reads the account itself",
        &["campaign name", "ad set name", "spend"],
    ),
];

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    [services::all(), distributors::all(), more_distributors::all()].into_iter().flatten().collect()
});

/// Those that no real file has verified. Which headers Feature.fm's console gives its export is not known.
pub const DRAFTS: &[Draft] = &[
    Draft {
        name: "feature_fm_links",
        columns: &[
            (Field::Link, "link"),
            (Field::Date, "date"),
            (Field::Visits, "visits"),
            (Field::Clicks, "clicks"),
        ],
    },
    Draft {
        name: "feature_fm_services",
        columns: &[
            (Field::Link, "link"),
            (Field::Date, "date"),
            (Field::Destination, "service"),
            (Field::Clicks, "clicks"),
        ],
    },
];

/// All others.
pub fn layouts() -> &'static [Layout] {
    &LAYOUTS
}

fn columns(all: &[(Field, &str)]) -> Vec<Column> {
    let column = |(field, spec): &(Field, &str)| Column {
        field: *field,
        headers: spec.trim_start_matches('?').split('|').map(str::to_owned).collect(),
        is_required: !spec.starts_with('?'),
    };
    all.iter().map(column).collect()
}

pub(super) fn layout(name: &str, shape: Shape, all: &[(Field, &str)]) -> Layout {
    Layout {
        name: name.to_owned(),
        is_taught: false,
        shape,
        columns: columns(all),
        is_exact: false,
        is_ragged: false,
        encoding: None,
        delimiter: None,
        decimal: Some(Decimal::Point),
        dates: MONTHS.to_vec(),
        service: None,
        currency: None,
        unit: UnitRule::Statement,
        kinds: KindRule::Words,
        granularity: None,
        statement_granularity: None,
    }
}

fn statement(name: &str, all: &[(Field, &str)]) -> Layout {
    layout(name, Shape::Statement, all)
}

fn currency(code: &str) -> Option<Currency> {
    Currency::parse(code).ok()
}
