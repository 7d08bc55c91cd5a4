//! Campaigns as telemetry shows them: what they are, and their sums over four windows of account days.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{
    Currency, Day, DayRange, Micros,
    day::{day_at, plus_days},
    ledger::{DaysProgress, Ledger, Progress},
    money::RawSpend,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryResult, Value,
    sea_query::ArrayType,
};

use super::{Windows, window_days};
use crate::{
    Store, StoreError,
    convert::chrono_day,
    entity::{ad_campaign, connection, ledger},
    limits,
    sql::Sql,
};

/// A campaign with spend in 28 days, or active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignSnapshot {
    /// The connection's name.
    pub connection: String,
    /// The integration's id.
    pub provider: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Account.
    pub account_id: String,
    /// Campaign.
    pub campaign_id: String,
    /// Its name, when it has been read.
    pub name: Option<String>,
    /// What it is optimised for.
    pub objective: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// Currency of its amounts.
    pub currency: Option<Currency>,
    /// IANA zone of its days.
    pub time_zone: String,
    /// Budget a day.
    pub daily_budget: Option<Micros>,
    /// Budget for its whole life.
    pub lifetime_budget: Option<Micros>,
    /// Whether it is in its learning phase.
    pub learning: Option<bool>,
    /// When it starts delivering.
    pub start_at: Option<Timestamp>,
    /// When it stops.
    pub end_at: Option<Timestamp>,
    /// Its numbers. The two long windows hold what has been read without a hole: while history is still being read,
    /// they grow.
    pub windows: Windows<CampaignWindow>,
}

/// Sums over a window; `None` = the source does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CampaignWindow {
    /// Times shown.
    pub impressions: Option<i64>,
    /// Clicks on the link.
    pub clicks: Option<i64>,
    /// Conversions by the connection's definition.
    pub conversions: Option<Micros>,
    /// Views by the connection's definition.
    pub video_views: Option<i64>,
    /// What the network charged.
    pub spend: Option<RawSpend>,
    /// Value of the conversions.
    pub conversion_value: Option<Micros>,
}

/// An account of a connection.
type Account = (i64, String);

/// What has been read of an account's campaigns.
struct Reading {
    time_zone: String,
    currency: Option<Currency>,
    today: Day,
    days: DaysProgress,
}

/// A campaign's sums, and how many rows each window had.
struct Sums {
    currency: Option<Currency>,
    windows: [(i64, CampaignWindow); 4],
}

/// The columns of an [`Account`], and their types.
const ACCOUNT_KEY: [&str; 2] = ["connection_id", "account_id"];
const ACCOUNT_KINDS: [ArrayType; 2] = [ArrayType::BigInt, ArrayType::String];

/// The columns summed, in the order of [`CampaignWindow`].
const SUMMED: [&str; 6] = [
    "impressions",
    "clicks",
    "conversions_micros",
    "video_views",
    "spend_micros",
    "conversion_value_micros",
];

impl Store {
    /// Campaigns with spend in 28 days or active: of these accounts (connection's name, account), or of all.
    pub async fn campaign_windows(
        &self,
        touched: Option<&[(String, String)]>,
        now: Timestamp,
    ) -> Result<Vec<CampaignSnapshot>, StoreError> {
        let connections = connections(&self.pools.read).await?;
        let wanted = touched.map(|touched| {
            let accounts = touched.iter().filter_map(|(name, account)| {
                let mut known = connections.values();
                let connection = known.find(|connection| connection.name == *name)?;
                Some((connection.id, account.clone()))
            });
            accounts.collect::<BTreeSet<Account>>()
        });
        let readings = readings(&self.pools.read, wanted.as_ref(), now).await?;
        let mut sums = HashMap::new();
        // Accounts with the same today are summed together: at any time there are at most three such days on earth.
        let mut by_today: BTreeMap<Day, Vec<&Account>> = BTreeMap::new();
        for (account, reading) in &readings {
            by_today.entry(reading.today).or_default().push(account);
        }
        for (today, accounts) in by_today {
            for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
                sum(&self.pools.read, today, accounts, &mut sums).await?;
            }
        }
        let accounts: Vec<&Account> = readings.keys().collect();
        let mut objects = HashMap::new();
        for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
            objects_of(&self.pools.read, accounts, &mut objects).await?;
        }
        let mut campaigns: Vec<(Account, String)> = sums.keys().chain(objects.keys()).cloned().collect();
        campaigns.sort_unstable();
        campaigns.dedup();
        let snapshot = |key: (Account, String)| {
            let connection = connections.get(&key.0.0)?;
            let reading = readings.get(&key.0)?;
            snapshot_of(connection, reading, &key, objects.get(&key), sums.get(&key))
        };
        Ok(campaigns.into_iter().filter_map(snapshot).collect())
    }
}

async fn connections(database: &impl ConnectionTrait) -> Result<HashMap<i64, connection::Model>, DbErr> {
    let all = connection::Entity::find().all(database).await?;
    Ok(all
        .into_iter()
        .filter(|connection| !connection.removed)
        .map(|connection| (connection.id, connection))
        .collect())
}

/// What has been read of each account: by the stream that its campaigns come from, else by any stream of days.
async fn readings(
    database: &impl ConnectionTrait,
    wanted: Option<&BTreeSet<Account>>,
    now: Timestamp,
) -> Result<BTreeMap<Account, Reading>, StoreError> {
    let mut ledgers = ledger::Entity::find();
    if let Some(wanted) = wanted {
        let connections = wanted.iter().map(|(connection, _)| *connection);
        ledgers = ledgers.filter(ledger::Column::ConnectionId.is_in(connections));
    }
    let mut ledgers = ledgers.all(database).await?;
    ledgers.retain(|stored| {
        wanted.is_none_or(|wanted| wanted.contains(&(stored.connection_id, stored.account_id.clone())))
    });
    let accounts: BTreeSet<Account> = ledgers
        .iter()
        .map(|stored| (stored.connection_id, stored.account_id.clone()))
        .collect();
    let campaign_streams = campaign_streams(database, &accounts).await?;
    let mut readings = BTreeMap::new();
    for stored in ledgers {
        let account = (stored.connection_id, stored.account_id);
        let of_campaigns = campaign_streams.get(&account);
        if of_campaigns.is_some_and(|stream| *stream != stored.stream) {
            continue;
        }
        let ledger: Ledger = serde_json::from_str(&stored.memory).map_err(|error| {
            StoreError::Unreadable(format!(
                "ledger of {:?}, stream {:?}: {error}",
                stored.connection, stored.stream
            ))
        })?;
        let today = day_at(now, &ledger.zone());
        if let Progress::Days(days) = ledger.progress {
            let reading = Reading {
                time_zone: ledger.time_zone,
                currency: ledger.currency,
                today,
                days,
            };
            readings.insert(account, reading);
        }
    }
    Ok(readings)
}

/// The stream that each account's campaigns come from, where there are any.
async fn campaign_streams(
    database: &impl ConnectionTrait,
    accounts: &BTreeSet<Account>,
) -> Result<HashMap<Account, String>, DbErr> {
    let accounts: Vec<&Account> = accounts.iter().collect();
    let mut streams = HashMap::new();
    for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
        let statement = Sql::new(
            database.get_database_backend(),
            "SELECT DISTINCT e.connection_id, e.account_id, e.stream",
        )
        .reading_keys(
            &ACCOUNT_KEY,
            &ACCOUNT_KINDS,
            account_keys(accounts),
            "ad_entities e",
            "e.connection_id = i.connection_id AND e.account_id = i.account_id AND e.level = 'campaign'",
        )
        .done();
        for row in database.query_all_raw(statement).await? {
            let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
            streams.insert(account, row.try_get("", "stream")?);
        }
    }
    Ok(streams)
}

async fn sum(
    database: &impl ConnectionTrait,
    today: Day,
    accounts: &[&Account],
    sums: &mut HashMap<(Account, String), Sums>,
) -> Result<(), DbErr> {
    let backend = database.get_database_backend();
    let mut sql = Sql::new(
        backend,
        "SELECT e.connection_id, e.account_id, e.campaign_id, MIN(d.currency) AS currency",
    );
    let windows = window_days(today);
    for (number, days) in windows.iter().enumerate() {
        let within = |sql: Sql| {
            sql.text(" CASE WHEN f.date BETWEEN ")
                .bind(chrono_day(days.first))
                .text(" AND ")
                .bind(chrono_day(days.last))
                .text(" THEN ")
        };
        sql = within(sql.text(", COUNT(")).text(&format!("1 END) AS rows_{number}"));
        for column in SUMMED {
            sql = within(sql.text(", CAST(SUM("))
                .text(&format!("f.{column} END) AS bigint) AS {column}_{number}"));
        }
    }
    let [.., longest] = windows;
    let statement = sql
        .reading_keys(
            &ACCOUNT_KEY,
            &ACCOUNT_KINDS,
            account_keys(accounts),
            "ad_entities e",
            "e.connection_id = i.connection_id AND e.account_id = i.account_id AND e.level = 'campaign'",
        )
        .text(
            " JOIN ad_performance_rows f ON f.entity_id = e.id \
             JOIN ad_definitions d ON d.id = f.definition_id WHERE f.date BETWEEN ",
        )
        .bind(chrono_day(longest.first))
        .text(" AND ")
        .bind(chrono_day(longest.last))
        .text(" GROUP BY e.connection_id, e.account_id, e.campaign_id")
        .done();
    for row in database.query_all_raw(statement).await? {
        let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
        let campaign: String = row.try_get("", "campaign_id")?;
        let currency: String = row.try_get("", "currency")?;
        let mut windows = [(0, CampaignWindow::default()); 4];
        for (number, window) in windows.iter_mut().enumerate() {
            *window = window_of(&row, number)?;
        }
        let of_campaign = Sums {
            currency: Currency::parse(&currency).ok(),
            windows,
        };
        sums.insert((account, campaign), of_campaign);
    }
    Ok(())
}

fn window_of(row: &QueryResult, number: usize) -> Result<(i64, CampaignWindow), DbErr> {
    let sum = |column: &str| row.try_get::<Option<i64>>("", &format!("{column}_{number}"));
    let micros = |column: &str| Ok::<_, DbErr>(sum(column)?.map(Micros));
    let window = CampaignWindow {
        impressions: sum("impressions")?,
        clicks: sum("clicks")?,
        conversions: micros("conversions_micros")?,
        video_views: sum("video_views")?,
        spend: micros("spend_micros")?.map(RawSpend),
        conversion_value: micros("conversion_value_micros")?,
    };
    Ok((row.try_get("", &format!("rows_{number}"))?, window))
}

async fn objects_of(
    database: &impl ConnectionTrait,
    accounts: &[&Account],
    objects: &mut HashMap<(Account, String), ad_campaign::Model>,
) -> Result<(), DbErr> {
    let statement = Sql::new(database.get_database_backend(), "SELECT r.*")
        .reading_keys(
            &ACCOUNT_KEY,
            &ACCOUNT_KINDS,
            account_keys(accounts),
            "ad_campaign_rows r",
            "r.connection_id = i.connection_id AND r.account_id = i.account_id",
        )
        .done();
    for row in database.query_all_raw(statement).await? {
        let model = ad_campaign::Model::from_query_result(&row, "")?;
        let account = (model.connection_id, model.account_id.clone());
        objects.insert((account, model.campaign_id.clone()), model);
    }
    Ok(())
}

fn account_keys(accounts: &[&Account]) -> Vec<Vec<Value>> {
    accounts
        .iter()
        .map(|(connection, account)| vec![(*connection).into(), account.as_str().into()])
        .collect()
}

fn snapshot_of(
    connection: &connection::Model,
    reading: &Reading,
    (account, campaign_id): &(Account, String),
    object: Option<&ad_campaign::Model>,
    sums: Option<&Sums>,
) -> Option<CampaignSnapshot> {
    let spent = sums.is_some_and(|sums| sums.windows[3].1.spend.is_some_and(|spend| spend.0.0 > 0));
    let active =
        object.is_some_and(|object| is_active(object.status.as_deref(), object.effective_status.as_deref()));
    if !spent && !active {
        return None;
    }
    let days = window_days(reading.today);
    let window = |number: usize| {
        let known = is_read(&reading.days, days[number], reading.today);
        known.then(|| match sums.map(|sums| sums.windows[number]) {
            Some((rows, window)) if rows > 0 => window,
            // A source leaves out what was not delivered: a day that was read and has no row is a day of zeros.
            _ => CampaignWindow {
                impressions: Some(0),
                clicks: Some(0),
                spend: Some(RawSpend(Micros::ZERO)),
                ..CampaignWindow::default()
            },
        })
    };
    let instant = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let object_currency = || object.and_then(|object| Currency::parse(object.currency.as_deref()?).ok());
    Some(CampaignSnapshot {
        connection: connection.name.clone(),
        provider: connection.integration.clone(),
        tenant: connection.tenant.clone(),
        account_id: account.1.clone(),
        campaign_id: campaign_id.clone(),
        name: object.and_then(|object| object.name.clone()),
        objective: object.and_then(|object| object.objective.clone()),
        status: object.and_then(|object| object.status.clone()),
        effective_status: object.and_then(|object| object.effective_status.clone()),
        currency: sums
            .and_then(|sums| sums.currency)
            .or(reading.currency)
            .or_else(object_currency),
        time_zone: reading.time_zone.clone(),
        daily_budget: object.and_then(|object| object.daily_budget_micros).map(Micros),
        lifetime_budget: object
            .and_then(|object| object.lifetime_budget_micros)
            .map(Micros),
        learning: object.and_then(|object| object.learning),
        start_at: object.and_then(|object| instant(object.start_at)),
        end_at: object.and_then(|object| instant(object.end_at)),
        windows: Windows {
            today: window(0),
            yesterday: window(1),
            last_7_days: window(2),
            last_28_days: window(3),
        },
    })
}

/// Whether the window's days were read. In windows of several days, today may still be missing, and so may days before
/// the oldest one read (the connection's start, or history not yet read); a hole between may not.
fn is_read(progress: &DaysProgress, days: DayRange, today: Day) -> bool {
    if days.first == days.last {
        return progress.read_at(days.first).is_some();
    }
    let Some(oldest) = progress.ranges.first() else {
        return false;
    };
    match DayRange::new(days.first.max(oldest.days.first), plus_days(today, -1)) {
        Some(past) => past.days().all(|day| progress.read_at(day).is_some()),
        // Nothing before today was ever read: today is all there is.
        None => progress.read_at(today).is_some(),
    }
}

/// Whether the network says that the campaign delivers; in its own words, which differ.
fn is_active(status: Option<&str>, effective_status: Option<&str>) -> bool {
    let Some(word) = effective_status.or(status) else {
        return false;
    };
    let word = word.to_ascii_lowercase();
    matches!(
        word.as_str(),
        "active"
            | "enabled"
            | "enable"
            | "running"
            | "serving"
            | "delivering"
            | "eligible"
            | "campaign_status_enable"
            | "campaign_status_delivery_ok"
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_hole_hides_a_window_and_the_start_does_not() {
        let today = date(2026, 11, 24);
        let [day, yesterday, week, month] = window_days(today);
        let read = |first: i8, last: i8, progress: &mut DaysProgress| {
            let days = DayRange::new(date(2026, 11, first), date(2026, 11, last)).unwrap();
            progress.mark(days, "2026-11-24T00:00:00Z".parse().unwrap());
        };
        let mut progress = DaysProgress::default();
        assert!(!is_read(&progress, week, today));
        read(20, 23, &mut progress);
        assert!(!is_read(&progress, day, today));
        for window in [yesterday, week, month] {
            assert!(is_read(&progress, window, today));
        }
        read(24, 24, &mut progress);
        assert!(is_read(&progress, day, today));
        read(10, 12, &mut progress);
        assert!(!is_read(&progress, month, today));
    }
}
