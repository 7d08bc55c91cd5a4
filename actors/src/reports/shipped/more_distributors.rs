//! Statements of further distributors.

use super::super::{
    dates::{Format, MONTHS},
    layout::{Field, Field as F, KindRule, Layout, UnitRule},
};
use super::{currency, statement};

/// All of them.
pub(super) fn all() -> Vec<Layout> {
    vec![
        Layout { currency: currency("USD"), ..statement("symphonic", SYMPHONIC) },
        statement("fuga", FUGA),
        Layout { is_ragged: true, unit: UnitRule::Lifetime, ..statement("soundcloud", SOUNDCLOUD) },
        Layout {
            kinds: KindRule::Bandcamp,
            service: Some("bandcamp".to_owned()),
            dates: vec![Format::MonthFirst],
            unit: UnitRule::Transactions,
            // Names, addresses and e-mail addresses of buyers stand in other columns, which are never read.
            ..statement("bandcamp", BANDCAMP)
        },
        statement("landr", LANDR),
        Layout { currency: currency("EUR"), ..statement("imusician", IMUSICIAN) },
        statement("sonosuite", SONOSUITE),
        statement("soundon", SOUNDON),
        statement("ada", ADA),
        Layout { currency: currency("USD"), ..statement("ingrooves", INGROOVES) },
        Layout {
            encoding: Some("shift_jis".to_owned()),
            currency: currency("JPY"),
            dates: [&[Format::Japanese], MONTHS].concat(),
            ..statement("tunecore_japan", TUNECORE_JAPAN)
        },
        Layout { service: Some("apple_music".to_owned()), ..statement("apple_royalties", APPLE_ROYALTIES) },
    ]
}

const SYMPHONIC: &[(Field, &str)] = &[
    (F::Statement, "reporting period"),
    (F::Date, "activity period"),
    (F::Upc, "upc code"),
    (F::Title, "track title"),
    (F::Isrc, "isrc code"),
    (F::Artist, "track artists"),
    (F::Store, "digital service provider"),
    (F::Country, "territory"),
    (F::Kind, "delivery"),
    (F::Void, "sale or void"),
    (F::Quantity, "count"),
    (F::Revenue, "royalty ($us)"),
];

const FUGA: &[(Field, &str)] = &[
    (F::Statement, "report id"),
    (F::PeriodStart, "sale start date"),
    (F::PeriodEnd, "sale end date"),
    (F::Mark, "dsp"),
    (F::Store, "sale store name"),
    (F::Kind, "sale type"),
    (F::Country, "territory"),
    (F::Upc, "product upc"),
    (F::Artist, "asset artist"),
    (F::Title, "asset title"),
    (F::Isrc, "asset isrc"),
    (F::Unit, "asset/product"),
    (F::ProductQuantity, "product quantity"),
    (F::Quantity, "asset quantity"),
    (F::Gross, "?converted gross income"),
    (F::Revenue, "reported royalty"),
    (F::Currency, "currency"),
];

const SOUNDCLOUD: &[(Field, &str)] = &[
    (F::Date, "reporting period"),
    (F::Statement, "accounting period"),
    (F::Artist, "artist(s)"),
    (F::Title, "track"),
    (F::Upc, "upc"),
    (F::Isrc, "isrc"),
    (F::Store, "partner"),
    (F::Country, "country"),
    (F::Kind, "type"),
    (F::Quantity, "units"),
    (F::Revenue, "revenue (¤)"),
    (F::Mark, "?revenue share (%)"),
    (F::Mark, "?split pay share (%)"),
];

const BANDCAMP: &[(Field, &str)] = &[
    (F::Date, "date"),
    (F::Kind, "item type"),
    (F::Title, "item name"),
    (F::Artist, "artist"),
    (F::Currency, "currency"),
    (F::Quantity, "quantity"),
    (F::Revenue, "net amount"),
    (F::Transaction, "bandcamp transaction id"),
    (F::Upc, "?upc"),
    (F::Isrc, "?isrc"),
    (F::Country, "country code|country"),
];

const LANDR: &[(Field, &str)] = &[
    (F::Statement, "payment date"),
    (F::PeriodStart, "start of reporting period"),
    (F::PeriodEnd, "end of reporting period"),
    (F::Store, "store"),
    (F::Kind, "store service"),
    (F::Country, "country of sale or stream"),
    (F::Upc, "upc"),
    (F::Title, "track"),
    (F::Isrc, "isrc"),
    (F::Artist, "?artist"),
    (F::Quantity, "quantity of sales or streams"),
    (F::Gross, "?gross earnings (usd)"),
    (F::Revenue, "net earnings (¤)"),
];

const IMUSICIAN: &[(Field, &str)] = &[
    (F::Date, "sales date"),
    (F::Statement, "statement date"),
    (F::Mark, "release title"),
    (F::Upc, "barcode"),
    (F::Isrc, "isrc"),
    (F::Title, "track title"),
    (F::Store, "shop"),
    (F::Kind, "transaction type"),
    (F::Country, "country"),
    (F::Quantity, "quantity"),
    (F::Revenue, "revenue ¤"),
];

const SONOSUITE: &[(Field, &str)] = &[
    (F::PeriodStart, "start date"),
    (F::PeriodEnd, "end date"),
    (F::Statement, "confirmation report date"),
    (F::Country, "country"),
    (F::Currency, "currency"),
    (F::Kind, "type"),
    (F::Quantity, "units"),
    (F::Gross, "?gross total"),
    (F::Revenue, "net total"),
    (F::Store, "channel"),
    (F::Artist, "artist"),
    (F::Upc, "upc"),
    (F::Title, "track title"),
    (F::Isrc, "isrc"),
];

const SOUNDON: &[(Field, &str)] = &[
    (F::Statement, "reporting period"),
    (F::Date, "sales period"),
    (F::Artist, "track artists"),
    (F::Title, "track title"),
    (F::Isrc, "isrc"),
    (F::Upc, "upc code"),
    (F::Store, "store name"),
    (F::Country, "sales region"),
    (F::Kind, "sales type"),
    (F::Quantity, "units of sold|units sold"),
    (F::Gross, "?gross revenue"),
    (F::Revenue, "final royalty"),
    (F::Currency, "final royalty currency"),
];

const ADA: &[(Field, &str)] = &[
    (F::Store, "territory"),
    (F::Isrc, "isrc"),
    (F::Upc, "upc|upc/ean"),
    (F::Artist, "artist|artist name"),
    (F::Title, "track title|title|track"),
    (F::Quantity, "units|quantity"),
    (F::Revenue, "net|net amount|net payable|amount payable"),
];

const INGROOVES: &[(Field, &str)] = &[
    (F::Statement, "period"),
    (F::Date, "period"),
    (F::Store, "retailer"),
    (F::Country, "territory"),
    (F::Upc, "upc/ean"),
    (F::Isrc, "isrc"),
    (F::Artist, "artist"),
    (F::Title, "song"),
    (F::Kind, "sales classification"),
    (F::Mark, "sales description"),
    (F::Quantity, "quantity net"),
    (F::Revenue, "us$ after fees"),
];

const TUNECORE_JAPAN: &[(Field, &str)] = &[
    (F::Statement, "反映月"),
    (F::Date, "実績月"),
    (F::Store, "ストア"),
    (F::Country, "国"),
    (F::Kind, "販売形式"),
    (F::Artist, "アーティスト"),
    (F::Title, "楽曲"),
    (F::Isrc, "?isrc"),
    (F::Upc, "?upc"),
    (F::Quantity, "リクエスト数"),
    (F::Revenue, "販売収益合計 (jpy)"),
];

const APPLE_ROYALTIES: &[(Field, &str)] = &[
    (F::Country, "storefront name"),
    (F::Mark, "apple identifier"),
    (F::Mark, "?membership type"),
    (F::Quantity, "quantity"),
    (F::Revenue, "net royalty total"),
    (F::Currency, "?currency"),
    (F::Isrc, "isrc"),
    (F::Title, "item title"),
    (F::Artist, "item artist"),
    (F::Kind, "media type"),
];
