//! The layouts that are built in, as data. Headers in lower case; `|` separates names of one column, `?` marks a column
//! that a file may lack, `¤` stands for a currency's code.

use std::sync::LazyLock;

use rows::Currency;

use super::{
    dates::{Format, MONTHS},
    layout::{Column, Field, Field as F, KindRule, Layout, Shape, UnitRule},
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

/// All of them.
pub static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let mut all = daily();
    all.extend(distributors());
    all.extend(more_distributors());
    all
});

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

fn by_month() -> Option<String> {
    Some("month".to_owned())
}

fn statement(name: &str, all: &[(Field, &str)]) -> Layout {
    layout(name, Shape::Statement, all)
}

fn usd() -> Option<Currency> {
    Currency::parse("USD").ok()
}

fn eur() -> Option<Currency> {
    Currency::parse("EUR").ok()
}

fn jpy() -> Option<Currency> {
    Currency::parse("JPY").ok()
}

/// What artists download from the services themselves.
fn daily() -> Vec<Layout> {
    let spotify = |name, shape, all: &[(Field, &str)]| Layout {
        service: Some("spotify".to_owned()),
        is_exact: true,
        dates: vec![Format::YearFirst],
        unit: UnitRule::Dates,
        ..layout(name, shape, all)
    };
    let apple = |name, unit, all: &[(Field, &str)]| Layout {
        service: Some("apple_music".to_owned()),
        is_exact: true,
        dates: vec![Format::YearFirst, Format::MonthFirst],
        unit,
        ..layout(name, Shape::Tracks, all)
    };
    vec![
        spotify(
            "spotify_for_artists_audience",
            Shape::Audience,
            &[
                (F::Date, "date"),
                (F::Listeners, "listeners"),
                (F::MonthlyListeners, "?monthly listeners"),
                (F::MonthlyActiveListeners, "?monthly active listeners"),
                (F::SuperListeners, "?super listeners"),
                (F::Streams, "streams"),
                (F::PlaylistAdds, "?playlist adds"),
                (F::Saves, "?saves"),
                (F::Followers, "followers"),
            ],
        ),
        spotify("spotify_for_artists_song", Shape::Tracks, &[(F::Date, "date"), (F::Streams, "streams")]),
        Layout {
            unit: UnitRule::Period,
            ..spotify(
                "spotify_for_artists_songs",
                Shape::Tracks,
                &[
                    (F::Title, "song"),
                    (F::Listeners, "listeners"),
                    (F::Streams, "streams|ecoutes|écoutes"),
                    (F::Saves, "saves"),
                    (F::Mark, "?release date"),
                ],
            )
        },
        Layout {
            unit: UnitRule::Period,
            ..spotify(
                "spotify_for_artists_playlists",
                Shape::Playlists,
                &[
                    (F::Playlist, "title"),
                    (F::Owner, "author"),
                    (F::Listeners, "listeners"),
                    (F::Streams, "streams"),
                    (F::AddedOn, "date added"),
                ],
            )
        },
        apple(
            "apple_music_for_artists_days",
            UnitRule::Dates,
            &[(F::Date, "date"), (F::Streams, "plays|écoutes|ecoutes")],
        ),
        // Its listeners are an average of days, which is no number of different listeners: they are not read.
        apple(
            "apple_music_for_artists_songs",
            UnitRule::Period,
            &[
                (F::Title, "song|morceau|titre|song title|title|track"),
                (F::Streams, "plays|écoutes|ecoutes"),
                (F::Mark, "?average daily listeners|auditeurs|listeners"),
                (F::Mark, "?shazams"),
                (F::Mark, "?radio spins"),
                (F::Mark, "?purchases"),
            ],
        ),
        Layout {
            service: Some("youtube".to_owned()),
            dates: vec![Format::YearFirst],
            unit: UnitRule::Period,
            ..layout(
                "youtube_studio",
                Shape::Content,
                &[
                    (F::Content, "content"),
                    (F::Title, "video title"),
                    (F::Mark, "video publish time"),
                    (F::Mark, "?duration"),
                    (F::Date, "?date"),
                    (F::Views, "views"),
                    (F::WatchHours, "?watch time (hours)"),
                    // Gained less lost: neither of both.
                    (F::Mark, "?subscribers"),
                    (F::SubscribersGained, "?subscribers gained"),
                    (F::SubscribersLost, "?subscribers lost"),
                    (F::Likes, "?likes"),
                    (F::Comments, "?comments added"),
                    (F::Shares, "?shares"),
                    (F::Revenue, "?estimated revenue (¤)"),
                ],
            )
        },
    ]
}

fn distributors() -> Vec<Layout> {
    let orchard_old = [
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
    vec![
        Layout {
            encoding: Some("iso-8859-1".to_owned()),
            unit: UnitRule::Lifetime,
            kinds: KindRule::Store,
            ..statement(
                "distrokid",
                &[
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
                ],
            )
        },
        Layout {
            currency: usd(),
            dates: vec![Format::MonthFirst],
            ..statement(
                "cd_baby",
                &[
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
                ],
            )
        },
        Layout { decimal: None, ..statement("orchard", &orchard_old) },
        Layout {
            decimal: None,
            dates: vec![Format::NamedMonth, Format::YearFirst, Format::Month],
            ..statement(
                "orchard_statement",
                &[
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
                ],
            )
        },
        Layout {
            encoding: Some("windows-1251".to_owned()),
            decimal: None,
            granularity: by_month(),
            statement_granularity: by_month(),
            ..statement(
                "believe",
                &[
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
                ],
            )
        },
        Layout {
            granularity: by_month(),
            ..statement(
                "tunecore",
                &[
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
                ],
            )
        },
    ]
}

fn more_distributors() -> Vec<Layout> {
    vec![
        Layout {
            currency: usd(),
            ..statement(
                "symphonic",
                &[
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
                ],
            )
        },
        statement(
            "fuga",
            &[
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
            ],
        ),
        Layout {
            is_ragged: true,
            unit: UnitRule::Lifetime,
            ..statement(
                "soundcloud",
                &[
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
                ],
            )
        },
        Layout {
            kinds: KindRule::Bandcamp,
            service: Some("bandcamp".to_owned()),
            dates: vec![Format::MonthFirst],
            unit: UnitRule::Transactions,
            // Names, addresses and e-mail addresses of buyers stand in other columns, which are never read.
            ..statement(
                "bandcamp",
                &[
                    (F::Date, "date"),
                    (F::Kind, "item type"),
                    (F::Title, "item name"),
                    (F::Artist, "artist"),
                    (F::Currency, "currency"),
                    (F::Quantity, "quantity"),
                    (F::Revenue, "net amount"),
                    (F::Mark, "bandcamp transaction id"),
                    (F::Upc, "?upc"),
                    (F::Isrc, "?isrc"),
                    (F::Country, "country code|country"),
                ],
            )
        },
        statement(
            "landr",
            &[
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
            ],
        ),
        Layout {
            currency: eur(),
            ..statement(
                "imusician",
                &[
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
                ],
            )
        },
        statement(
            "sonosuite",
            &[
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
            ],
        ),
        statement(
            "soundon",
            &[
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
            ],
        ),
        statement(
            "ada",
            &[
                (F::Store, "territory"),
                (F::Isrc, "isrc"),
                (F::Upc, "upc|upc/ean"),
                (F::Artist, "artist|artist name"),
                (F::Title, "track title|title|track"),
                (F::Quantity, "units|quantity"),
                (F::Revenue, "net|net amount|net payable|amount payable"),
            ],
        ),
        Layout {
            currency: usd(),
            ..statement(
                "ingrooves",
                &[
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
                ],
            )
        },
        Layout {
            encoding: Some("shift_jis".to_owned()),
            currency: jpy(),
            dates: [&[Format::Japanese], MONTHS].concat(),
            ..statement(
                "tunecore_japan",
                &[
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
                ],
            )
        },
        Layout {
            service: Some("apple_music".to_owned()),
            ..statement(
                "apple_royalties",
                &[
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
                ],
            )
        },
    ]
}
