//! Money as telemetry shows it: sums of the provider's own checkpoint, by currency, over four windows.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Currency, Micros,
    checkpoint::{Checkpoint, Progress},
    day::{day_at, end_of, start_of},
    figures::{PaymentFigures, PaymentWindow, Windows},
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    category::{Figure, figure_of},
    sums::{Connection, any_has, connections_with},
    tally::{Tallies, tallied},
    window_days,
};
use crate::{Store, StoreError, entity::checkpoint, sql::Sql};

/// Where money is: a connection without any of it has nothing to show.
const PAYMENTS: [&str; 2] = ["ledger_entry_rows", "subscription_entities"];

/// What is added up of the provider's checkpoint.
const COLUMNS: [&str; 3] = ["amount_minor", "fee_minor", "net_minor"];

/// What is known of one currency of a connection.
#[derive(Default)]
struct Money {
    exponent: u8,
    windows: [Sums; 4],
    mrr: Option<Micros>,
}

/// A window under addition, wide enough that nothing overflows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gross: i128,
    fees: i128,
    refunds: i128,
    net: i128,
}

impl Store {
    /// Every connection that has entries of a checkpoint or recurring revenue, by name and currency.
    pub async fn payment_windows(&self, now: Timestamp) -> Result<Vec<PaymentFigures>, StoreError> {
        let database = &self.pools.read;
        let mut snapshots = Vec::new();
        let connections = connections_with(database, &PAYMENTS).await?;
        let mut connections: Vec<Connection> = connections.into_values().collect();
        connections.sort_by(|a, b| a.name.cmp(&b.name));
        let mut checkpoints = checkpoints(database).await?;
        for connection in connections {
            // Without a checkpoint nothing was read yet; without a feed it is no payment provider.
            let checkpoints = checkpoints.remove(&connection.id).unwrap_or_default();
            let Some(first) = checkpoints.iter().find(|checkpoint| is_feed(checkpoint)) else {
                continue;
            };
            let time_zone = first.time_zone.clone();
            let Some(zone) = first.zone() else { continue };
            let today = day_at(now, &zone);
            let since_midnight = caught_up_at(&checkpoints).is_some_and(|at| at >= start_of(today, &zone));
            let listed_from = listed_from(&checkpoints);
            let days = window_days(today);
            // Every day of a window must lie in what was listed, and was read to its end only if somebody asked after it.
            let known = days.map(|days| since_midnight && listed_from <= start_of(days.first, &zone));
            for (currency, money) in money(database, connection.id, now, &zone).await? {
                let window = |number: usize| known[number].then(|| money.windows[number].window()).flatten();
                snapshots.push(PaymentFigures {
                    connection: connection.name.clone(),
                    currency,
                    exponent: money.exponent,
                    time_zone: time_zone.clone(),
                    windows: Windows::of(window),
                    mrr: money.mrr,
                });
            }
        }
        Ok(snapshots)
    }
}

async fn checkpoints(database: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<Checkpoint>>, StoreError> {
    let mut checkpoints: HashMap<i64, Vec<Checkpoint>> = HashMap::new();
    let of_payments = any_has(&PAYMENTS, "r.connection_id = ledger.connection_id");
    for stored in checkpoint::Entity::find().filter(Expr::cust(of_payments)).all(database).await? {
        let checkpoint = serde_json::from_str(&stored.memory).map_err(|error| {
            StoreError::Unreadable(format!(
                "checkpoint of {:?}, stream {:?}: {error}",
                stored.connection, stored.stream
            ))
        })?;
        checkpoints.entry(stored.connection_id).or_default().push(checkpoint);
    }
    Ok(checkpoints)
}

fn is_feed(checkpoint: &Checkpoint) -> bool {
    matches!(checkpoint.progress, Progress::Feed(_))
}

/// When the last of its feeds was read to its end; nothing while one never was. Forbidden ones do not count.
fn caught_up_at(checkpoints: &[Checkpoint]) -> Option<Timestamp> {
    let feeds = checkpoints.iter().filter(|checkpoint| checkpoint.forbidden.is_none());
    let instants = feeds.filter_map(|checkpoint| match &checkpoint.progress {
        Progress::Feed(feed) => Some(feed.caught_up_at),
        _ => None,
    });
    // `None` is the smallest.
    instants.min().flatten()
}

/// From when on all of its feeds were listed. What an older version listed is not known, and went back 90 days unless
/// somebody said otherwise.
fn listed_from(checkpoints: &[Checkpoint]) -> Timestamp {
    let feeds = checkpoints.iter().filter(|checkpoint| checkpoint.forbidden.is_none());
    let days = feeds.filter_map(|checkpoint| match &checkpoint.progress {
        Progress::Feed(feed) => feed.since,
        _ => None,
    });
    days.max().map_or(Timestamp::MIN, |day| start_of(day, &TimeZone::UTC))
}

async fn money(
    database: &impl ConnectionTrait,
    connection_id: i64,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<BTreeMap<Currency, Money>, DbErr> {
    let backend = database.get_database_backend();
    let mut currencies: BTreeMap<Currency, Money> = BTreeMap::new();
    for (number, days) in window_days(day_at(now, zone)).iter().enumerate() {
        let statement = Sql::new(
            backend,
            "SELECT f.currency, f.exponent, COALESCE(f.reporting_category, f.type) AS category",
        )
        .text(&tallied(&COLUMNS))
        .text(" FROM ledger_entry_rows f WHERE f.connection_id = ")
        .bind(connection_id)
        .text(" AND f.created_at >= ")
        .bind(start_of(days.first, zone).as_second())
        .text(" AND f.created_at < ")
        .bind(end_of(days.last, zone).as_second())
        .text(" GROUP BY 1, 2, 3")
        .done();
        for row in database.query_all_raw(statement).await? {
            let currency: String = row.try_get("", "currency")?;
            let Ok(currency) = Currency::parse(&currency) else {
                continue;
            };
            let exponent: i32 = row.try_get("", "exponent")?;
            let category: String = row.try_get("", "category")?;
            let money = currencies.entry(currency).or_default();
            money.exponent = u8::try_from(exponent).unwrap_or_default();
            let told = Tallies::read(&row, &COLUMNS)?;
            money.windows[number].add(&category, told.exact(0), told.exact(1), told.exact(2));
        }
    }
    let revenue = Sql::new(
        backend,
        "SELECT f.currency, f.exponent",
    )
    .text(&tallied(&["mrr_micros"]))
    .text(
        " FROM subscription_mrr_rows f JOIN subscription_entities e ON e.id = f.entity_id WHERE e.connection_id = ",
    )
    .bind(connection_id)
    .text(
        " AND f.date = (SELECT MAX(g.date) FROM subscription_mrr_rows g \
         JOIN subscription_entities h ON h.id = g.entity_id WHERE h.connection_id = ",
    )
    .bind(connection_id)
    .text(") GROUP BY f.currency, f.exponent")
    .done();
    for row in database.query_all_raw(revenue).await? {
        let currency: String = row.try_get("", "currency")?;
        let Ok(currency) = Currency::parse(&currency) else {
            continue;
        };
        let exponent: i32 = row.try_get("", "exponent")?;
        let money = currencies.entry(currency).or_insert_with(|| Money {
            exponent: u8::try_from(exponent).unwrap_or_default(),
            ..Money::default()
        });
        money.mrr = Tallies::read(&row, &["mrr_micros"])?.sum(0).map(Micros);
    }
    Ok(currencies)
}

// === impl Sums ===

impl Sums {
    /// Adds the sums of one of the provider's categories.
    fn add(&mut self, category: &str, amount: i128, fee: i128, net: i128) {
        let figure = figure_of(category);
        if figure == Figure::Own {
            return;
        }
        self.net += net;
        self.fees += fee;
        match figure {
            Figure::Gross => self.gross += amount,
            Figure::Refunds => self.refunds -= amount,
            // A fee that stands alone is an entry with a negative amount.
            Figure::Fees => self.fees -= amount,
            Figure::Other | Figure::Own => {}
        }
    }

    /// What is shown; nothing when a figure does not fit. What is in no other figure is what is left of the net.
    fn window(self) -> Option<PaymentWindow> {
        let Self { gross, fees, refunds, net } = self;
        Some(PaymentWindow {
            gross_minor: i64::try_from(gross).ok()?,
            fees_minor: i64::try_from(fees).ok()?,
            refunds_minor: i64::try_from(refunds).ok()?,
            other_minor: i64::try_from(net - gross + fees + refunds).ok()?,
            net_minor: i64::try_from(net).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::category::CATEGORIES, *};

    fn window(entries: &[(&str, i128, i128)]) -> PaymentWindow {
        let mut sums = Sums::default();
        for (category, amount, fee) in entries {
            sums.add(category, *amount, *fee, amount - fee);
        }
        sums.window().unwrap()
    }

    #[test]
    fn money_adds_up_by_category() {
        let told = window(&[
            ("charge", 10_000, 320),
            ("refund", -2_500, 0),
            ("partial_capture_reversal", -100, 0),
            ("dispute", -1_000, 1_500),
            ("dispute_reversal", 400, 0),
            ("fee", -250, 0),
            ("payout", -5_000, 0),
            ("payout_reversal", 5_000, 0),
            ("risk_reserved_funds", -700, 0),
            ("topup", 9_999, 0),
            ("something_new", -30, 1),
        ]);
        let expected = PaymentWindow {
            gross_minor: 10_000,
            fees_minor: 320 + 1_500 + 250 + 1,
            refunds_minor: 2_600,
            other_minor: -1_000 + 400 - 30,
            net_minor: 10_000 - 320 - 2_500 - 100 - 1_000 - 1_500 + 400 - 250 - 31,
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn what_failed_later_is_taken_back_where_it_was_counted() {
        let told = window(&[
            ("charge", 7_000, 0),
            ("charge_failure", -7_000, 0),
            ("refund", -2_500, 0),
            ("refund_failure", 2_500, 0),
        ]);
        assert_eq!(told, PaymentWindow::default());
    }

    /// Every category that Stripe has is in exactly one figure, or is a movement of the account's own.
    #[test]
    fn every_category_is_in_one_figure() {
        for (category, figure) in CATEGORIES {
            let PaymentWindow { gross_minor, fees_minor, refunds_minor, other_minor, net_minor } =
                window(&[(category, 100, 0)]);
            let expected = match figure {
                Figure::Gross => (100, 0, 0, 0, 100),
                Figure::Fees => (0, -100, 0, 0, 100),
                Figure::Refunds => (0, 0, -100, 0, 100),
                Figure::Other => (0, 0, 0, 100, 100),
                Figure::Own => (0, 0, 0, 0, 0),
            };
            assert_eq!(
                (gross_minor, fees_minor, refunds_minor, other_minor, net_minor),
                expected,
                "{category}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_unknown() {
        let mut sums = Sums::default();
        for _ in 0..2 {
            sums.add("charge", i64::MAX.into(), 0, i64::MAX.into());
        }
        assert_eq!(sums.window(), None);
    }

    proptest! {
        #[test]
        fn figures_add_up_to_the_net(entries in prop::collection::vec(
            (0..CATEGORIES.len() + 1, -1_000_000_i64..1_000_000, 0_i64..10_000, -5_i64..5), 0..40,
        )) {
            let (mut sums, mut net) = (Sums::default(), 0);
            for (category, amount, fee, odd) in entries {
                let (category, figure) = CATEGORIES.get(category).copied().unwrap_or(("unheard_of", Figure::Other));
                // Even where an entry's own net is not what its amount and fee say.
                let of_entry = i128::from(amount - fee + odd);
                sums.add(category, amount.into(), fee.into(), of_entry);
                net += if figure == Figure::Own { 0 } else { of_entry };
            }
            let told = sums.window().unwrap();
            prop_assert_eq!(i128::from(told.net_minor), net);
            prop_assert_eq!(told.gross_minor - told.fees_minor - told.refunds_minor + told.other_minor, told.net_minor);
        }
    }
}
