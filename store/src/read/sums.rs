//! What the snapshot of campaigns is made of: which days were read, sums, objects.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};

use jiff::Timestamp;
use rows::{
    Currency, Day, Micros,
    checkpoint::{Checkpoint, DaysProgress, Progress},
    day::day_at,
    money::RawSpend,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value,
    sea_query::{ArrayType, Expr},
};

use super::{
    CampaignWindow,
    coverage::days_read,
    tally::{Tallies, add, by_band, grouped, tallied, within},
    window_days,
};
use crate::{
    StoreError,
    convert::{chrono_day, day},
    entity::{ad_campaign, checkpoint, connection},
    limits,
    sql::Sql,
};

/// An account of a connection.
pub type Account = (i64, String);

/// What has been read of an account's campaigns.
pub struct Reading {
    pub time_zone: String,
    pub currency: Option<Currency>,
    pub today: Day,
    pub days: DaysProgress,
    pub settled_through: Option<Day>,
}

/// A campaign's sums.
#[derive(Default)]
pub struct Sums {
    pub currency: Option<Currency>,
    /// The first day of the windows that has a row.
    pub first: Option<Day>,
    /// Of the columns of [`SUMMED`].
    pub windows: [Tallies; 4],
}

/// The columns of an [`Account`], and their types.
const ACCOUNT_KEY: [&str; 2] = ["connection_id", "account_id"];
const ACCOUNT_KINDS: [ArrayType; 2] = [ArrayType::BigInt, ArrayType::String];

/// The columns summed, in the order of [`CampaignWindow`].
const SUMMED: [&str; 6] =
    ["impressions", "clicks", "conversions_micros", "video_views", "spend_micros", "conversion_value_micros"];
/// Where spend stands among them.
pub const SPEND: usize = 4;

/// Where an account's campaigns are.
pub const CAMPAIGNS: [&str; 2] = ["ad_entities", "ad_campaign_rows"];

/// A connection that is configured.
pub struct Connection {
    pub id: i64,
    pub name: String,
    pub integration: String,
    pub tenant: String,
}

/// Connections that are configured and have rows in one of these tables, by id: of thousands, few have what is asked for.
pub async fn connections_with(
    database: &impl ConnectionTrait,
    tables: &[&str],
) -> Result<HashMap<i64, Connection>, DbErr> {
    let backend = database.get_database_backend();
    let statement = Sql::new(backend, "SELECT c.id, c.name, c.integration, c.tenant FROM connections c ")
        .text("WHERE NOT c.removed AND (")
        .text(&any_has(tables, "r.connection_id = c.id"))
        .text(")")
        .done();
    let mut connections = HashMap::new();
    for row in database.query_all_raw(statement).await? {
        let connection = Connection {
            id: row.try_get("", "id")?,
            name: row.try_get("", "name")?,
            integration: row.try_get("", "integration")?,
            tenant: row.try_get("", "tenant")?,
        };
        connections.insert(connection.id, connection);
    }
    Ok(connections)
}

/// Connections of these names that are configured, by id.
pub async fn connections_named(
    database: &impl ConnectionTrait,
    names: &BTreeSet<&str>,
) -> Result<HashMap<i64, Connection>, DbErr> {
    let names: Vec<&str> = names.iter().copied().collect();
    let mut connections = HashMap::new();
    for names in names.chunks(limits::KEYS_STATEMENT_MAX) {
        let found = connection::Entity::find()
            .filter(connection::Column::Removed.eq(false))
            .filter(connection::Column::Name.is_in(names.iter().copied()))
            .all(database)
            .await?;
        connections.extend(found.into_iter().map(
            |connection::Model { id, name, integration, tenant, .. }| {
                (id, Connection { id, name, integration, tenant })
            },
        ));
    }
    Ok(connections)
}

/// Words of SQL: whether one of these tables has a row `r` of which `condition` is true.
pub fn any_has(tables: &[&str], condition: &str) -> String {
    let has = |table: &&str| format!("EXISTS (SELECT 1 FROM {table} r WHERE {condition})");
    tables.iter().map(has).collect::<Vec<_>>().join(" OR ")
}

/// What has been read of each account that is wanted, or else that has campaigns: by the stream that they come from; where
/// none has come yet, by the stream of days that has read least of the windows.
pub async fn readings(
    database: &impl ConnectionTrait,
    wanted: Option<&BTreeSet<Account>>,
    now: Timestamp,
) -> Result<BTreeMap<Account, Reading>, StoreError> {
    let checkpoints = checkpoint::Entity::find();
    let checkpoints = if let Some(wanted) = wanted {
        let connections = wanted.iter().map(|(connection, _)| *connection);
        checkpoints.filter(checkpoint::Column::ConnectionId.is_in(connections))
    } else {
        let same = "r.connection_id = ledger.connection_id AND r.account_id = ledger.account_id";
        checkpoints.filter(Expr::cust(any_has(&CAMPAIGNS, same)))
    };
    let mut checkpoints = checkpoints.all(database).await?;
    checkpoints.retain(|stored| {
        wanted.is_none_or(|wanted| wanted.contains(&(stored.connection_id, stored.account_id.clone())))
    });
    let accounts: BTreeSet<Account> =
        checkpoints.iter().map(|stored| (stored.connection_id, stored.account_id.clone())).collect();
    let campaign_streams = campaign_streams(database, &accounts).await?;
    let mut readings: BTreeMap<Account, Reading> = BTreeMap::new();
    for stored in checkpoints {
        let account = (stored.connection_id, stored.account_id);
        let of_campaigns = campaign_streams.get(&account);
        if of_campaigns.is_some_and(|stream| *stream != stored.stream) {
            continue;
        }
        let checkpoint: Checkpoint = serde_json::from_str(&stored.memory).map_err(|error| {
            StoreError::Unreadable(format!(
                "checkpoint of {:?}, stream {:?}: {error}",
                stored.connection, stored.stream
            ))
        })?;
        // Without its zone nobody knows which days its windows are.
        let Some(zone) = checkpoint.zone() else { continue };
        let today = day_at(now, &zone);
        if let Progress::Days(days) = checkpoint.progress {
            let settled_through = stored.settled_through.and_then(day);
            let (time_zone, currency) = (checkpoint.time_zone, checkpoint.currency);
            let reading = Reading { time_zone, currency, today, days, settled_through };
            let has_read = |reading: &Reading| days_read(&reading.days, window_days(reading.today)[3]);
            match readings.entry(account) {
                Entry::Vacant(place) => drop(place.insert(reading)),
                Entry::Occupied(mut other) if has_read(&reading) < has_read(other.get()) => {
                    other.insert(reading);
                }
                Entry::Occupied(_) => {}
            }
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
        let sql = Sql::new(
            database.get_database_backend(),
            "SELECT DISTINCT e.connection_id, e.account_id, e.stream",
        );
        let statement = accounts_joined(sql, accounts).done();
        for row in database.query_all_raw(statement).await? {
            let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
            streams.insert(account, row.try_get("", "stream")?);
        }
    }
    Ok(streams)
}

/// Adds up the campaigns of accounts that share `today`.
pub async fn sum(
    database: &impl ConnectionTrait,
    today: Day,
    accounts: &[&Account],
    sums: &mut HashMap<(Account, String), Sums>,
) -> Result<(), DbErr> {
    const KEYS: [&str; 3] = ["connection_id", "account_id", "campaign_id"];
    let sql = by_band(Sql::new(database.get_database_backend(), ""), today)
        .text(&format!(", e.{}, MIN(d.currency) AS currency, MIN(f.date) AS first", KEYS.join(", e.")))
        .text(&tallied(&SUMMED));
    let sql = accounts_joined(sql, accounts).text(
        " JOIN ad_performance_rows f ON f.entity_id = e.id \
         JOIN ad_definitions d ON d.id = f.definition_id",
    );
    let statement = within(sql, today).text(&grouped(KEYS.len())).done();
    for row in database.query_all_raw(statement).await? {
        let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
        let of_campaign = sums.entry((account, row.try_get("", "campaign_id")?)).or_default();
        let currency: String = row.try_get("", "currency")?;
        of_campaign.currency = of_campaign.currency.or_else(|| Currency::parse(&currency).ok());
        let first = day(row.try_get("", "first")?);
        of_campaign.first = [of_campaign.first, first].into_iter().flatten().min();
        add(&mut of_campaign.windows, &row, &SUMMED)?;
    }
    Ok(())
}

/// The campaigns `e` of these accounts.
pub fn accounts_joined(sql: Sql, accounts: &[&Account]) -> Sql {
    sql.reading_keys(
        &ACCOUNT_KEY,
        &ACCOUNT_KINDS,
        account_keys(accounts),
        "ad_entities e",
        "e.connection_id = i.connection_id AND e.account_id = i.account_id AND e.level = 'campaign'",
    )
}

/// A window that has rows.
pub fn window_of(told: &Tallies) -> CampaignWindow {
    let micros = |column: usize| told.sum(column).map(Micros);
    CampaignWindow {
        impressions: told.sum(0),
        clicks: told.sum(1),
        conversions: micros(2),
        video_views: told.sum(3),
        spend: micros(SPEND).map(RawSpend),
        conversion_value: micros(5),
    }
}

/// What the networks say of these accounts' campaigns.
pub async fn objects_of(
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
    accounts.iter().map(|(connection, account)| vec![(*connection).into(), account.as_str().into()]).collect()
}

/// Everything that a campaign has spent from this day on, as far as it is stored; none where the network does not say it of
/// every day that it delivered on.
pub async fn spend_since(
    database: &impl ConnectionTrait,
    (connection_id, account_id): &Account,
    campaign_id: &str,
    since: Day,
) -> Result<Option<i64>, DbErr> {
    const COLUMNS: [&str; 1] = ["spend_micros"];
    let statement = Sql::new(database.get_database_backend(), "SELECT 1 AS one")
        .text(&tallied(&COLUMNS))
        .text(
            " FROM ad_entities e JOIN ad_performance_rows f ON f.entity_id = e.id \
             WHERE e.level = 'campaign' AND e.connection_id = ",
        )
        .bind(*connection_id)
        .text(" AND e.account_id = ")
        .bind(account_id.as_str())
        .text(" AND e.campaign_id = ")
        .bind(campaign_id)
        .text(" AND f.date >= ")
        .bind(chrono_day(since))
        .done();
    let row = database.query_one_raw(statement).await?;
    row.map_or(Ok(Some(0)), |row| Ok(Tallies::read(&row, &COLUMNS)?.sum(0)))
}
