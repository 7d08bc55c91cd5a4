//! Statements of distributors.

use super::super::{
    dates::Format,
    layout::{Field, Field as F, KindRule, Layout, UnitRule},
};
use super::{currency, statement};

/// All of them.
pub(super) fn all() -> Vec<Layout> {
    vec![
        Layout {
            encoding: Some("iso-8859-1".to_owned()),
            unit: UnitRule::Lifetime,
            kinds: KindRule::Store,
            ..statement("distrokid", DISTROKID)
        },
        Layout {
            currency: currency("USD"),
            dates: vec![Format::MonthFirst],
            ..statement("cd_baby", CD_BABY)
        },
        Layout { decimal: None, ..statement("orchard", ORCHARD) },
        Layout {
            decimal: None,
            dates: vec![Format::NamedMonth, Format::YearFirst, Format::Month],
            ..statement("orchard_statement", ORCHARD_STATEMENT)
        },
        Layout {
            encoding: Some("windows-1251".to_owned()),
            decimal: None,
            granularity: Some("month".to_owned()),
            statement_granularity: Some("month".to_owned()),
            ..statement("believe", BELIEVE)
        },
        Layout { granularity: Some("month".to_owned()), ..statement("tunecore", TUNECORE) },
    ]
}

const DISTROKID: &[(Field, &str)] = &[
    (F::Statement, "reporting date"),
    (F::Date, "sale month"),
    (F::Store, "store"),
    (F::Artist, "artist"),
    (F::Title, "title"),
    (F::Isrc, "isrc"),
    (F::Upc, "upc"),
    (F::Quantity, "quantity"),
    (F::Mark, "team percentage"),
    (F::Kind, "?source type"),
    (F::Unit, "?song/album"),
    (F::Country, "country of sale"),
    (F::Revenue, "earnings (¤)"),
];

const CD_BABY: &[(Field, &str)] = &[
    (F::Statement, "report date"),
    (F::Date, "sales date"),
    (F::Quantity, "quantity"),
    (F::Mark, "price"),
    (F::Revenue, "subtotal"),
    (F::Isrc, "isrc"),
    (F::Upc, "barcode"),
    (F::Mark, "cdbabysku"),
    (F::Mark, "?album name"),
    (F::Artist, "artist name"),
    (F::Title, "track name"),
    (F::Store, "partner name"),
    (F::Kind, "transaction type"),
    (F::Country, "delivery country"),
];

const ORCHARD_STATEMENT: &[(Field, &str)] = &[
    (F::Statement, "statement period"),
    (F::Account, "account id"),
    (F::Date, "transaction date"),
    (F::Country, "sale country"),
    (F::Store, "store"),
    (F::Artist, "track artist"),
    (F::Title, "track"),
    (F::Upc, "display upc"),
    (F::Isrc, "isrc"),
    (F::Kind, "transaction type"),
    (F::Mark, "?transaction subtype"),
    (F::Quantity, "quantity"),
    (F::Gross, "?gross revenue account currency"),
    (F::Currency, "account currency"),
    (F::Revenue, "net share account currency"),
];

const BELIEVE: &[(Field, &str)] = &[
    (F::Statement, "reporting month"),
    (F::Date, "sales month"),
    (F::Store, "platform"),
    (F::Country, "country / region"),
    (F::Artist, "artist name"),
    (F::Title, "track title"),
    (F::Upc, "upc"),
    (F::Isrc, "isrc"),
    (F::Mark, "?streaming subscription type"),
    (F::Kind, "sales type"),
    (F::Quantity, "quantity"),
    (F::Currency, "client payment currency"),
    (F::Gross, "?gross revenue"),
    (F::Revenue, "net revenue"),
];

const TUNECORE: &[(Field, &str)] = &[
    (F::Date, "sales period"),
    (F::Statement, "posted date"),
    (F::Store, "store name"),
    (F::Country, "country of sale"),
    (F::Artist, "artist"),
    (F::Title, "song title"),
    (F::Mark, "release title"),
    (F::Upc, "upc"),
    (F::Mark, "?optional upc"),
    (F::Reference, "tc song id"),
    (F::Isrc, "optional isrc"),
    (F::Kind, "sales type"),
    (F::Quantity, "# units sold"),
    (F::Gross, "?net sales in account currency"),
    (F::Revenue, "total earned"),
    (F::Currency, "currency"),
];

const ORCHARD: &[(Field, &str)] = &[
    (F::Statement, "period"),
    (F::Date, "activity period"),
    (F::Store, "dms"),
    (F::Country, "territory"),
    (F::Upc, "manufacturer's upc"),
    (F::Mark, "?orchard upc"),
    (F::Mark, "?label catalog #"),
    (F::Mark, "?imprint label"),
    (F::Artist, "artist name"),
    (F::Mark, "release name"),
    (F::Title, "track name"),
    (F::Isrc, "isrc"),
    (F::Quantity, "quantity"),
    (F::Kind, "trans type"),
    (F::Revenue, "label share net receipts"),
    (F::Currency, "preferred currency"),
];
