//! Campaigns day by day over any range, and the visits that links with their name brought: what a report is made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{
    Currency, Day, DayRange, Micros,
    checkpoint::Progress,
    day::day_at,
    figures::CampaignWindow,
    money::{RawSpend, Spend},
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, sea_query::ArrayType};

use super::{
    campaigns::{is_active, own_first},
    coverage::days_read,
    streams::{Facts, StreamKey, checkpoints, joined, stream_of},
    sums::{
        Account, CAMPAIGNS, Connection, Reading, accounts_joined, connections_with, objects_of, readings,
    },
    tally::{Tallies, tallied},
};
use crate::{
    Store, StoreError,
    convert::{chrono_day, day},
    entity::ad_campaign,
    limits, long_keys,
    sql::Sql,
};

/// A campaign over days of its account, its spend of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignHistory<M = RawSpend> {
    /// The connection that reads it.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Account at the network.
    pub account_id: String,
    /// The network's id.
    pub campaign_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// IANA name of the zone of its days.
    pub time_zone: String,
    /// The last day whose numbers are final, if any is.
    pub settled_through: Option<Day>,
    /// The day on which it began, where that is known.
    pub first: Option<Day>,
    /// The days asked for that have begun there, in order.
    pub days: Vec<(Day, DayTold<M>)>,
}

/// What is known of a campaign's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayTold<M = RawSpend> {
    /// It was not read.
    Unread,
    /// It was read and has no row: a day of [`CampaignWindow::QUIET`], which adds nothing to a sum.
    Quiet,
    /// Its row.
    Told(CampaignWindow<M>),
}

/// Visits that one `utm_campaign` brought over days of the source; `None` is "the source does not say".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignVisits {
    /// The connection that reads them.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// As links carry it.
    pub utm_campaign: String,
    /// How many of the days asked for have begun there.
    pub days: usize,
    /// How many of them were read.
    pub days_read: usize,
    /// Pages and screens seen.
    pub page_views: Option<i64>,
    /// Sessions.
    pub sessions: Option<i64>,
    /// Length of all of them together.
    pub session_seconds: Option<i64>,
    /// Goals that they reached, by name.
    pub goals: Vec<GoalVisits>,
}

/// How often visits reached a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalVisits {
    /// Its configured name.
    pub goal: String,
    /// How often; may be fractional.
    pub conversions: Option<Micros>,
    /// In how many sessions.
    pub converting_sessions: Option<i64>,
}

/// A campaign by its connection's id.
type Key = (Account, String);

/// What one campaign's rows say.
#[derive(Default)]
struct Told {
    currency: Option<Currency>,
    by_day: HashMap<Day, CampaignWindow>,
}

const VISITS: Facts = Facts {
    entities: "web_entities",
    table: "web_analytics_rows",
    condition: " AND e.scope = 'campaign' AND e.goal = ''",
};

const GOALS: Facts = Facts {
    entities: "web_entities",
    table: "web_conversion_rows",
    condition: " AND e.scope = 'campaign' AND e.goal <> ''",
};

/// What is counted of visits, and of goals.
const VISITED: [&str; 3] = ["page_views", "sessions", "session_seconds"];
const REACHED: [&str; 2] = ["conversions_micros", "converting_sessions"];

impl Store {
    /// Campaigns that have rows on these days of their accounts, or run: by connection, account and id. Memory grows with
    /// campaigns × days.
    pub async fn campaign_history(
        &self,
        days: DayRange,
        now: Timestamp,
    ) -> Result<Vec<CampaignHistory>, StoreError> {
        let database = &self.pools.read;
        let connections = connections_with(database, &CAMPAIGNS).await?;
        let mut readings = readings(database, None, now).await?;
        readings.retain(|(connection, _), _| connections.contains_key(connection));
        let accounts: Vec<&Account> = readings.keys().collect();
        let (mut told, mut objects) = (HashMap::new(), HashMap::new());
        for accounts in accounts.chunks(limits::KEYS_STATEMENT_MAX) {
            performance(database, accounts, days, &mut told).await?;
            objects_of(database, accounts, &mut objects).await?;
        }
        let running = objects.iter().filter(|(_, object)| is_active(object)).map(|(key, _)| key);
        let campaigns: BTreeSet<Key> = told.keys().chain(running).cloned().collect();
        let history = campaigns.into_iter().filter_map(|key| {
            let (connection, reading) = (connections.get(&key.0.0)?, readings.get(&key.0)?);
            let (object, told) = (objects.get(&key), told.remove(&key));
            Some(history_of(connection, reading, key, object, told, days))
        });
        Ok(history.collect())
    }

    /// Visits that these `utm_campaign`s brought on these days, by name and connection. One that brought none is left out.
    pub async fn campaign_visits(
        &self,
        names: &BTreeSet<String>,
        days: DayRange,
        now: Timestamp,
    ) -> Result<Vec<CampaignVisits>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let database = &self.pools.read;
        let connections = connections_with(database, &[VISITS.entities]).await?;
        let mut found: BTreeMap<(String, i64), CampaignVisits> = BTreeMap::new();
        let backend = database.get_database_backend();
        let names: BTreeMap<String, &String> =
            names.iter().map(|name| (long_keys::stored(backend, name.clone()), name)).collect();
        for of in [VISITS, GOALS] {
            let checkpoints = checkpoints(database, &connections, of).await?;
            let streams: Vec<&StreamKey> = checkpoints.keys().collect();
            for streams in streams.chunks(limits::KEYS_STATEMENT_MAX) {
                for row in visits(database, of, streams, &names, days).await? {
                    let stream = stream_of(&row)?;
                    let stored: String = row.try_get("", "campaign")?;
                    let (Some(connection), Some(checkpoint), Some(utm_campaign)) =
                        (connections.get(&stream.0), checkpoints.get(&stream), names.get(&stored))
                    else {
                        continue;
                    };
                    let Some(zone) = checkpoint.zone() else { continue };
                    let today = day_at(now, &zone);
                    let visits = found
                        .entry(((*utm_campaign).clone(), stream.0))
                        .or_insert_with(|| CampaignVisits::none(connection, (*utm_campaign).clone()));
                    if of.table == VISITS.table {
                        let (asked, read) = coverage(&checkpoint.progress, days, today);
                        visits.add(&row, asked, read)?;
                    } else {
                        visits.reach(&row)?;
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

fn history_of(
    connection: &Connection,
    reading: &Reading,
    ((_, account_id), campaign_id): Key,
    object: Option<&ad_campaign::Model>,
    told: Option<Told>,
    days: DayRange,
) -> CampaignHistory {
    let Told { currency, by_day } = told.unwrap_or_default();
    let first_told = by_day.keys().min().copied();
    let first = object.and_then(|object| own_first(object, &reading.time_zone, first_told));
    let begun = days.days().take_while(|day| *day <= reading.today);
    let days = begun.map(|day| {
        let told = match (by_day.get(&day), reading.days.read_at(day)) {
            (Some(window), _) => DayTold::Told(*window),
            (None, Some(_)) => DayTold::Quiet,
            (None, None) => DayTold::Unread,
        };
        (day, told)
    });
    CampaignHistory {
        connection: connection.name.clone(),
        provider: connection.integration.clone(),
        tenant: connection.tenant.clone(),
        account_id,
        campaign_id,
        name: object.and_then(|object| object.name.clone()),
        currency: currency.or(reading.currency),
        time_zone: reading.time_zone.clone(),
        settled_through: reading.settled_through,
        first,
        days: days.collect(),
    }
}

/// How many of these days have begun, and how many of those were read.
fn coverage(progress: &Progress, days: DayRange, today: Day) -> (usize, usize) {
    let Some(begun) = DayRange::new(days.first, days.last.min(today)) else { return (0, 0) };
    let read = match progress {
        Progress::Days(progress) => days_read(progress, begun),
        Progress::Feed(_) | Progress::Snapshot(_) | Progress::Files(_) => 0,
    };
    (begun.days().count(), read)
}

async fn performance(
    database: &impl ConnectionTrait,
    accounts: &[&Account],
    days: DayRange,
    told: &mut HashMap<Key, Told>,
) -> Result<(), DbErr> {
    let select = "SELECT e.connection_id, e.account_id, e.campaign_id, f.date, d.currency, f.impressions, f.clicks, \
                  f.conversions_micros, f.video_views, f.spend_micros, f.conversion_value_micros";
    let statement = accounts_joined(Sql::new(database.get_database_backend(), select), accounts)
        .text(
            " JOIN ad_performance_rows f ON f.entity_id = e.id \
             JOIN ad_definitions d ON d.id = f.definition_id WHERE f.date BETWEEN ",
        )
        .bind(chrono_day(days.first))
        .text(" AND ")
        .bind(chrono_day(days.last))
        .done();
    for row in database.query_all_raw(statement).await? {
        let account = (row.try_get("", "connection_id")?, row.try_get("", "account_id")?);
        let told: &mut Told = told.entry((account, row.try_get("", "campaign_id")?)).or_default();
        if told.currency.is_none() {
            let currency: String = row.try_get("", "currency")?;
            told.currency = Currency::parse(&currency).ok();
        }
        if let Some(date) = day(row.try_get("", "date")?) {
            told.by_day.insert(date, figures(&row)?);
        }
    }
    Ok(())
}

fn figures(row: &QueryResult) -> Result<CampaignWindow, DbErr> {
    let micros = |column: &str| Ok::<_, DbErr>(row.try_get::<Option<i64>>("", column)?.map(Micros));
    Ok(CampaignWindow {
        impressions: row.try_get("", "impressions")?,
        clicks: row.try_get("", "clicks")?,
        conversions: micros("conversions_micros")?,
        video_views: row.try_get("", "video_views")?,
        spend: micros("spend_micros")?.map(RawSpend),
        conversion_value: micros("conversion_value_micros")?,
    })
}

/// Sums of these streams' facts over the days, by campaign of these names (and goal).
async fn visits(
    database: &impl ConnectionTrait,
    of: Facts,
    streams: &[&StreamKey],
    names: &BTreeMap<String, &String>,
    days: DayRange,
) -> Result<Vec<QueryResult>, DbErr> {
    let columns: &[&str] = if of.table == VISITS.table { &VISITED } else { &REACHED };
    let keys = "e.connection_id, e.account_id, e.stream, e.campaign, e.goal";
    let sql = Sql::new(database.get_database_backend(), &format!("SELECT {keys}{}", tallied(columns)));
    let statement = joined(sql, of, streams)
        .text(" WHERE f.date BETWEEN ")
        .bind(chrono_day(days.first))
        .text(" AND ")
        .bind(chrono_day(days.last))
        .text(" AND e.campaign IN ")
        .keys(&[ArrayType::String], names.keys().map(|name| vec![name.as_str().into()]).collect())
        .text(&format!(" GROUP BY {keys} ORDER BY e.goal"))
        .done();
    database.query_all_raw(statement).await
}

// === impl CampaignVisits ===

impl CampaignVisits {
    fn none(connection: &Connection, utm_campaign: String) -> Self {
        Self {
            connection: connection.name.clone(),
            provider: connection.integration.clone(),
            tenant: connection.tenant.clone(),
            utm_campaign,
            days: 0,
            days_read: 0,
            page_views: None,
            sessions: None,
            session_seconds: None,
            goals: Vec::new(),
        }
    }

    /// Adds the sums of one stream: a connection has several where it reads several accounts.
    fn add(&mut self, row: &QueryResult, days: usize, days_read: usize) -> Result<(), DbErr> {
        let told = Tallies::read(row, &VISITED)?;
        let first = self.days == 0;
        let plus = |sum: Option<i64>, column: usize| {
            if first { told.sum(column) } else { sum?.checked_add(told.sum(column)?) }
        };
        self.page_views = plus(self.page_views, 0);
        self.sessions = plus(self.sessions, 1);
        self.session_seconds = plus(self.session_seconds, 2);
        self.days = self.days.max(days);
        self.days_read = if first { days_read } else { self.days_read.min(days_read) };
        Ok(())
    }

    /// Adds one goal of one stream.
    fn reach(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        let goal: String = row.try_get("", "goal")?;
        let told = Tallies::read(row, &REACHED)?;
        let (conversions, sessions) = (told.sum(0), told.sum(1));
        if let Some(known) = self.goals.iter_mut().find(|known| known.goal == goal) {
            let sum = |sum: Option<i64>, other: Option<i64>| sum?.checked_add(other?);
            known.conversions = sum(known.conversions.map(|sum| sum.0), conversions).map(Micros);
            known.converting_sessions = sum(known.converting_sessions, sessions);
        } else {
            let conversions = conversions.map(Micros);
            self.goals.push(GoalVisits { goal, conversions, converting_sessions: sessions });
        }
        Ok(())
    }
}

// === impl DayTold ===

impl<M: Spend> DayTold<M> {
    /// What the day counts; none when it was not read.
    pub fn figures(self) -> Option<CampaignWindow<M>> {
        match self {
            Self::Unread => None,
            Self::Quiet => Some(CampaignWindow::QUIET),
            Self::Told(window) => Some(window),
        }
    }
}
