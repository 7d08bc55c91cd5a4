//! Money as telemetry shows it: sums of the provider's own ledger, by currency, over four windows.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Currency, Micros,
    day::{day_at, end_of, start_of},
    ledger::{Ledger, Progress},
    snapshot::{PaymentSnapshot, PaymentWindow, Windows},
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    sums::{Connection, any_has, connections_with},
    window_days,
};
use crate::{Store, StoreError, entity::ledger, sql::Sql};

/// Where money is: a connection without any of it has nothing to show.
const PAYMENTS: [&str; 2] = ["ledger_entry_rows", "subscription_entities"];

/// What is known of one currency of a connection.
#[derive(Default)]
struct Money {
    exponent: u8,
    windows: [PaymentWindow; 4],
    mrr: Option<Micros>,
}

impl Store {
    /// Every connection that has entries of a ledger or recurring revenue, by name and currency.
    pub async fn payment_windows(&self, now: Timestamp) -> Result<Vec<PaymentSnapshot>, StoreError> {
        let database = &self.pools.read;
        let mut snapshots = Vec::new();
        let connections = connections_with(database, &PAYMENTS).await?;
        let mut connections: Vec<Connection> = connections.into_values().collect();
        connections.sort_by(|a, b| a.name.cmp(&b.name));
        let mut ledgers = ledgers(database).await?;
        for connection in connections {
            // Without a ledger nothing was read yet; without a feed it is no payment provider.
            let ledgers = ledgers.remove(&connection.id).unwrap_or_default();
            let Some(first) = ledgers.iter().find(|ledger| is_feed(ledger)) else {
                continue;
            };
            let time_zone = first.time_zone.clone();
            let Some(zone) = first.zone() else { continue };
            let caught_up_at = caught_up_at(&ledgers);
            let start_of_today = start_of(day_at(now, &zone), &zone);
            let since_midnight = caught_up_at.is_some_and(|instant| instant >= start_of_today);
            let known = [since_midnight, since_midnight, caught_up_at.is_some(), caught_up_at.is_some()];
            for (currency, money) in money(database, connection.id, now, &zone).await? {
                let window = |number: usize| known[number].then_some(money.windows[number]);
                snapshots.push(PaymentSnapshot {
                    connection: connection.name.clone(),
                    currency,
                    exponent: money.exponent,
                    time_zone: time_zone.clone(),
                    windows: Windows {
                        today: window(0),
                        yesterday: window(1),
                        last_7_days: window(2),
                        last_28_days: window(3),
                    },
                    mrr: money.mrr,
                });
            }
        }
        Ok(snapshots)
    }
}

async fn ledgers(database: &impl ConnectionTrait) -> Result<HashMap<i64, Vec<Ledger>>, StoreError> {
    let mut ledgers: HashMap<i64, Vec<Ledger>> = HashMap::new();
    let of_payments = any_has(&PAYMENTS, "r.connection_id = ledger.connection_id");
    for stored in ledger::Entity::find().filter(Expr::cust(of_payments)).all(database).await? {
        let ledger = serde_json::from_str(&stored.memory).map_err(|error| {
            StoreError::Unreadable(format!(
                "ledger of {:?}, stream {:?}: {error}",
                stored.connection, stored.stream
            ))
        })?;
        ledgers.entry(stored.connection_id).or_default().push(ledger);
    }
    Ok(ledgers)
}

fn is_feed(ledger: &Ledger) -> bool {
    matches!(ledger.progress, Progress::Feed(_))
}

/// When the last of its feeds was read to its end; nothing while one never was. Forbidden ones do not count.
fn caught_up_at(ledgers: &[Ledger]) -> Option<Timestamp> {
    let feeds = ledgers.iter().filter(|ledger| ledger.forbidden.is_none());
    let instants = feeds.filter_map(|ledger| match &ledger.progress {
        Progress::Feed(feed) => Some(feed.caught_up_at),
        _ => None,
    });
    // `None` is the smallest.
    instants.min().flatten()
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
            "SELECT currency, exponent, COALESCE(reporting_category, type) AS category, \
             CAST(SUM(amount_minor) AS bigint) AS amount, CAST(SUM(fee_minor) AS bigint) AS fee, \
             CAST(SUM(net_minor) AS bigint) AS net FROM ledger_entry_rows WHERE connection_id = ",
        )
        .bind(connection_id)
        .text(" AND created_at >= ")
        .bind(start_of(days.first, zone).as_second())
        .text(" AND created_at < ")
        .bind(end_of(days.last, zone).as_second())
        .text(" GROUP BY currency, exponent, COALESCE(reporting_category, type)")
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
            let (amount, fee, net) =
                (row.try_get("", "amount")?, row.try_get("", "fee")?, row.try_get("", "net")?);
            add(&mut money.windows[number], &category, amount, fee, net);
        }
    }
    let revenue = Sql::new(
        backend,
        "SELECT f.currency, f.exponent, CAST(SUM(f.mrr_micros) AS bigint) AS mrr FROM subscription_mrr_rows f \
         JOIN subscription_entities e ON e.id = f.entity_id WHERE e.connection_id = ",
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
        money.mrr = Some(Micros(row.try_get("", "mrr")?));
    }
    Ok(currencies)
}

/// Adds the sums of one of the provider's categories.
fn add(window: &mut PaymentWindow, category: &str, amount: i64, fee: i64, net: i64) {
    if is_own_movement(category) {
        return;
    }
    window.net_minor += net;
    window.fees_minor += fee;
    match category {
        "charge" => window.gross_minor += amount,
        "refund" | "partial_capture_reversal" => window.refunds_minor -= amount,
        // A fee that stands alone is an entry with a negative amount.
        "fee" => window.fees_minor -= amount,
        _ => {}
    }
}

/// Whether the category moves money between own accounts, or to and from the provider, instead of earning any.
fn is_own_movement(category: &str) -> bool {
    ["payout", "transfer", "topup", "financing", "advance", "connect_collection_transfer"]
        .iter()
        .any(|prefix| category.starts_with(prefix))
        || category.contains("reserve")
        || matches!(category, "anticipation_repayment" | "obligation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_adds_up_by_category() {
        let mut window = PaymentWindow::default();
        for (category, amount, fee) in [
            ("charge", 10_000, 320),
            ("refund", -2_500, 0),
            ("partial_capture_reversal", -100, 0),
            ("dispute", -1_000, 1_500),
            ("fee", -250, 0),
            ("payout", -5_000, 0),
            ("payout_reversal", 5_000, 0),
            ("risk_reserved_funds", -700, 0),
            ("topup", 9_999, 0),
        ] {
            add(&mut window, category, amount, fee, amount - fee);
        }
        let expected = PaymentWindow {
            gross_minor: 10_000,
            fees_minor: 320 + 1_500 + 250,
            refunds_minor: 2_600,
            net_minor: 10_000 - 320 - 2_500 - 100 - 1_000 - 1_500 - 250,
        };
        assert_eq!(window, expected);
    }
}
