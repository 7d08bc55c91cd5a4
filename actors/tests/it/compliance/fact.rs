//! What a table says about one thing, as text: the common ground on which an imitation's truth and stored rows are
//! compared. Both sides write facts by themselves; nothing is shared but this form.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt::Write,
};

use rows::{
    Currency, Micros, Row, Table,
    ads::{AdMetrics, REMOVED},
    payments::Minor,
    web::WebOrigin,
};

/// What is unknown: never the same as `0`.
pub const NULL: &str = "NULL";

/// One row: where, which, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub table: Table,
    pub key: String,
    pub values: BTreeMap<&'static str, String>,
}

/// Facts by their place.
pub type Facts = BTreeMap<(Table, String), BTreeMap<&'static str, String>>;

// === impl Fact ===

impl Fact {
    pub fn new(table: Table, key: impl Into<String>) -> Self {
        Self { table, key: key.into(), values: BTreeMap::new() }
    }

    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike, written where they are used")]
    pub fn value(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.insert(name, value.to_string());
        self
    }

    /// Unknown when there is none.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<impl ToString>) -> Self {
        let text = value.map_or_else(|| NULL.to_owned(), |value| value.to_string());
        self.value(name, text)
    }

    fn minor(self, amount: Minor) -> Self {
        self.value("minor", amount.amount)
            .value("currency", amount.currency.as_str())
            .value("exponent", amount.exponent)
    }
}

/// Facts by place; a place twice is a mistake.
pub fn collect(facts: impl IntoIterator<Item = Fact>) -> Facts {
    let mut all = Facts::new();
    for fact in facts {
        match all.entry((fact.table, fact.key)) {
            Entry::Vacant(place) => drop(place.insert(fact.values)),
            Entry::Occupied(place) => panic!("{:?} stands twice", place.key()),
        }
    }
    all
}

/// What a stored row says; nothing for objects that their provider no longer shows.
pub fn of_row(row: &Row) -> Option<Fact> {
    let fact = |key: &str| Fact::new(row.table(), key);
    Some(match row {
        Row::AdAccount(row) => fact(&row.account_id)
            .maybe("name", row.name.as_ref())
            .maybe("currency", row.currency.as_ref().map(Currency::as_str))
            .maybe("time_zone", row.time_zone.as_ref()),
        Row::AdCampaign(row) if row.status.as_deref() == Some(REMOVED) => return None,
        Row::AdCampaign(row) => fact(&row.campaign_id)
            .value("account", &row.account_id)
            .maybe("name", row.name.as_ref())
            .maybe("status", row.status.as_ref())
            .maybe("objective", row.objective.as_ref())
            .maybe("daily_budget", row.daily_budget.map(|micros| micros.0))
            .maybe("lifetime_budget", row.lifetime_budget.map(|micros| micros.0)),
        Row::AdSet(row) if row.status.as_deref() == Some(REMOVED) => return None,
        Row::AdSet(row) => fact(&row.ad_set_id).value("campaign", &row.campaign_id),
        Row::Ad(row) if row.status.as_deref() == Some(REMOVED) => return None,
        Row::Ad(row) => fact(&row.ad_id).value("ad_set", &row.ad_set_id).value("campaign", &row.campaign_id),
        Row::AdPerformance(row) => {
            let (level, date) = (row.level.as_str(), row.date);
            let place = format!("{}/{level}/{}/{}/{date}", row.account_id, row.campaign_id, row.ad_id);
            metrics(fact(&place), &row.metrics).value("currency", row.currency.as_str())
        }
        Row::AdCountry(row) => {
            let place = format!("{}/{}/{}/{}", row.account_id, row.campaign_id, row.country, row.date);
            metrics(fact(&place), &row.metrics).value("currency", row.currency.as_str())
        }
        Row::Payment(row) => fact(&row.id)
            .minor(row.amount)
            .value("status", &row.status)
            .maybe("customer", row.customer_id.as_ref())
            .maybe("settled_minor", row.settled.map(|settled| settled.amount))
            .maybe("settled_currency", row.settled.map(|settled| settled.currency.as_str().to_owned()))
            .maybe("fee_minor", row.fee_minor)
            .maybe("net_minor", row.net_minor)
            .maybe("refunded_minor", row.refunded_minor)
            .value("disputed", row.disputed)
            .value("created", row.created_at.as_second()),
        Row::Refund(row) => fact(&row.id)
            .minor(row.amount)
            .maybe("payment", row.payment_id.as_ref())
            .maybe("status", row.status.as_ref()),
        Row::Dispute(row) => fact(&row.id)
            .minor(row.amount)
            .maybe("payment", row.payment_id.as_ref())
            .value("status", &row.status),
        Row::Invoice(row) => fact(&row.id)
            .minor(row.total)
            .maybe("status", row.status.as_ref())
            .maybe("paid_minor", row.amount_paid_minor)
            .maybe("remaining_minor", row.amount_remaining_minor)
            .maybe("subscription", row.subscription_id.as_ref()),
        Row::InvoicePayment(row) => fact(&row.id)
            .minor(row.amount_requested)
            .maybe("invoice", row.invoice_id.as_ref())
            .maybe("paid_minor", row.amount_paid_minor)
            .maybe("status", row.status.as_ref()),
        Row::Subscription(row) => fact(&row.id)
            .value("status", &row.status)
            .maybe("customer", row.customer_id.as_ref())
            .maybe("quantity", row.quantity)
            .value("prices", row.price_ids.join(" ")),
        Row::SubscriptionMrr(row) => fact(&format!("{}/{}", row.subscription_id, row.date))
            .value("status", &row.status)
            .value("currency", row.currency.as_str()),
        Row::LedgerEntry(row) => fact(&row.id)
            .minor(row.amount)
            .value("kind", &row.kind)
            .value("fee_minor", row.fee_minor)
            .value("net_minor", row.net_minor)
            .maybe("source", row.source_id.as_ref())
            .maybe("status", row.status.as_ref()),
        Row::Customer(row) => fact(&row.id)
            .value("created", row.created_at.as_second())
            .maybe("delinquent", row.delinquent)
            .maybe("balance_minor", row.balance_minor),
        // Which source is believed is the store's to say: compared there.
        Row::BillingProfile(_) => return None,
        Row::Product(row) => fact(&row.id).maybe("name", row.name.as_ref()).maybe("active", row.active),
        Row::Price(row) => fact(&row.id)
            .maybe("product", row.product_id.as_ref())
            .maybe("active", row.active)
            .maybe("unit_amount", row.unit_amount_decimal.as_ref()),
        _ => web(row).or_else(|| music(row)).or_else(|| reports(row))?,
    })
}

/// Rows of web analytics.
fn web(row: &Row) -> Option<Fact> {
    let origin = |origin: &WebOrigin| {
        let WebOrigin { scope, campaign, source, medium } = origin;
        format!("{}/{campaign}/{source}/{medium}", scope.as_str())
    };
    Some(match row {
        Row::WebAnalytics(day) => {
            let place = format!("{}/{}/{}", day.account_id, day.date, origin(&day.origin));
            Fact::new(row.table(), place)
                .maybe("page_views", day.page_views)
                .maybe("sessions", day.sessions)
                .maybe("session_seconds", day.session_seconds)
                .maybe("users", day.users)
                .maybe("revenue_micros", day.revenue.map(|micros| micros.0))
                .maybe("currency", day.currency.as_ref().map(Currency::as_str))
        }
        Row::WebConversions(day) => {
            let place = format!("{}/{}/{}/{}", day.account_id, day.goal, day.date, origin(&day.origin));
            Fact::new(row.table(), place)
                .maybe("conversion_micros", day.conversions.map(|micros| micros.0))
                .maybe("converting_sessions", day.converting_sessions)
        }
        _ => return None,
    })
}

/// Rows of streaming services.
fn music(row: &Row) -> Option<Fact> {
    let fact = |key: String| Fact::new(row.table(), key);
    Some(match row {
        Row::Track(row) => fact(row.track_id.clone())
            .maybe("title", row.title.as_ref())
            .maybe("isrc", row.isrc.as_ref())
            .maybe("artist", row.artist_id.as_ref())
            .maybe("album", row.album_id.as_ref())
            .maybe("seconds", row.duration_seconds),
        Row::Album(row) => fact(row.album_id.clone())
            .maybe("title", row.title.as_ref())
            .maybe("upc", row.upc.as_ref())
            .maybe("tracks", row.track_count)
            .maybe("followers", row.followers),
        Row::Artist(row) => fact(row.artist_id.clone())
            .maybe("name", row.name.as_ref())
            .maybe("albums", row.album_count)
            .maybe("followers", row.followers),
        Row::Playlist(row) => fact(row.playlist_id.clone())
            .maybe("name", row.name.as_ref())
            .maybe("owner", row.owner_id.as_ref())
            .maybe("tracks", row.track_count)
            .maybe("followers", row.followers),
        Row::TrackPerformance(row) => {
            let place = format!("{}/{}/{}/{}", row.track_id, row.date, row.country, row.segment);
            fact(place)
                .maybe("streams", row.streams)
                .maybe("popularity_micros", row.popularity.map(|micros| micros.0))
        }
        Row::ArtistAudience(row) => fact(format!("{}/{}", row.artist_id, row.date))
            .maybe("followers", row.followers)
            .maybe("monthly_listeners", row.monthly_listeners)
            .maybe("popularity_micros", row.popularity.map(|micros| micros.0)),
        Row::CounterReading(row) => {
            fact(format!("{}/{}/{}/{}", row.entity.as_str(), row.id, row.counter, row.date))
                .value("value", row.value)
        }
        Row::PlaylistPlacement(row) => fact(format!("{}/{}/{}", row.playlist_id, row.track_id, row.date))
            .maybe("position", row.position)
            .maybe("followers", row.followers)
            .maybe("added", row.added_at.map(jiff::Timestamp::as_second)),
        _ => return None,
    })
}

/// Rows of videos, statements and smart links.
fn reports(row: &Row) -> Option<Fact> {
    let fact = |key: String| Fact::new(row.table(), key);
    let micros = |micros: Option<Micros>| micros.map(|micros| micros.0);
    Some(match row {
        Row::ContentPerformance(row) => {
            let (kind, dimension) = (row.content_type.as_str(), row.dimension.as_str());
            let place = format!("{kind}/{}/{dimension}/{}/{}", row.content_id, row.dimension_value, row.date);
            fact(place)
                .maybe("views", row.views)
                .maybe("watch_seconds", row.watch_seconds)
                .maybe("revenue_micros", micros(row.revenue))
                .maybe("currency", row.currency.as_ref().map(Currency::as_str))
        }
        Row::RoyaltyStatement(row) => {
            let sold = format!("{}/{}/{}/{}", row.service, row.store, row.track_id, row.country);
            let of = format!("{}/{}/{}", row.period_start, row.period_end, row.kind.as_str());
            fact(format!("{}/{sold}/{of}", row.statement))
                .maybe("quantity_micros", micros(row.quantity))
                .maybe("revenue_exact", row.revenue_exact.as_ref())
                .maybe("currency", row.currency.as_ref().map(Currency::as_str))
                .value("lines", row.lines)
        }
        Row::SmartLink(row) => fact(row.link_id.clone())
            .maybe("title", row.title.as_ref())
            .maybe("url", row.url.as_ref())
            .maybe("status", row.status.as_ref())
            .maybe("type", row.kind.as_ref())
            .maybe("artist", row.artist_id.as_ref())
            .maybe("artist_name", row.artist_name.as_ref())
            .maybe("created", row.created_at.map(jiff::Timestamp::as_millisecond))
            .maybe("released", row.released_on),
        Row::SmartLinkActivity(row) => {
            let place =
                format!("{}/{}/{}/{}", row.link_id, row.dimension.as_str(), row.dimension_value, row.date);
            fact(place)
                .maybe("visits", row.visits)
                .maybe("unique_visitors", row.unique_visitors)
                .maybe("clicks", row.clicks)
                .maybe("pre_saves", row.pre_saves)
        }
        _ => return None,
    })
}

fn metrics(fact: Fact, metrics: &AdMetrics) -> Fact {
    let micros = |micros: Option<Micros>| micros.map(|micros| micros.0);
    fact.maybe("impressions", metrics.impressions)
        .maybe("clicks", metrics.clicks)
        .maybe("clicks_all", metrics.clicks_all)
        .maybe("spend_micros", micros(metrics.spend.map(|spend| spend.0)))
        .maybe("conversion_micros", micros(metrics.conversions))
        .maybe("video_views", metrics.video_views)
        .maybe("video_completions", metrics.video_completions)
        .maybe("engagements", metrics.engagements)
        .maybe("reach", metrics.reach)
}

/// Where the two differ, in a few lines; empty when they agree.
pub fn difference(truth: &Facts, stored: &Facts) -> String {
    let mut lines = Vec::new();
    for (place, values) in truth {
        match stored.get(place) {
            None => lines.push(format!("missing: {place:?} {values:?}")),
            Some(found) if found != values => {
                let mut line = format!("differs: {place:?}");
                for (name, value) in values {
                    let found = found.get(name).map_or("(no such value)", String::as_str);
                    if found != value {
                        let _ = write!(line, " {name}: true {value}, stored {found};");
                    }
                }
                for name in found.keys().filter(|name| !values.contains_key(*name)) {
                    let _ = write!(line, " {name}: the truth does not say;");
                }
                lines.push(line);
            }
            Some(_) => {}
        }
    }
    let extra = stored.keys().filter(|place| !truth.contains_key(*place));
    lines.extend(extra.map(|place| format!("not in the truth: {place:?}")));
    let count = lines.len();
    lines.truncate(12);
    if count > 12 {
        lines.push(format!("… and {} more", count - 12));
    }
    lines.join("\n")
}
