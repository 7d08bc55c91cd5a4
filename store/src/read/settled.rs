//! Royalties as telemetry shows them: of each connection the newest month of sales that is over.
//!
//! Lines of a loaded file never change, so that each file is read once and what it comes to is remembered. A refresh without news
//! reads the list of files and no line.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::TryStreamExt;
use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Currency, Day, Micros,
    day::day_at,
    decimal::Sum,
    figures::{RoyaltyFigures, RoyaltyRevenue},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, StreamTrait, prelude::Date};

use super::royalties::exact;
use crate::{
    Store, StoreError,
    convert::{chrono_day, day},
    sql::Sql,
};

/// What was read of files until now. Begins empty, and holds of each loaded file its newest month, and the sums of those that are
/// shown.
#[derive(Debug, Default)]
pub struct RoyaltyMemory {
    /// The first day of the month that was not over.
    current: Option<Day>,
    files: HashMap<FileKey, Remembered>,
}

/// The statement's number, and when it was loaded: one that comes back was read anew.
type FileKey = (i64, String);

/// What one file says of its newest month that is over.
#[derive(Debug, Default)]
struct Remembered {
    /// The month's first day; `None` where no period of the file has ended in a month that is over.
    month: Option<Day>,
    /// None until it was needed.
    sums: Option<Sums>,
}

/// By service and currency.
type Sums = BTreeMap<(String, Currency), Paid>;

/// What a service paid.
#[derive(Debug, Clone, Copy, Default)]
struct Paid {
    sum: Sum,
    /// An amount that is of no single track is among it.
    in_whole: bool,
}

/// A file that is loaded.
struct LoadedFile {
    connection: String,
    key: FileKey,
    /// The last day that it speaks of, where it says so.
    last: Option<Day>,
}

impl Store {
    /// Of every connection with loaded statements the newest calendar month that is over at `now` (UTC) and in which the period of
    /// some line ends: all lines whose period ends in it, by name. Reads the lines of files that `memory` does not know.
    pub async fn settled_royalties(
        &self,
        memory: &mut RoyaltyMemory,
        now: Timestamp,
    ) -> Result<Vec<RoyaltyFigures>, StoreError> {
        let current = day_at(now, &TimeZone::UTC).first_of_month();
        if memory.current != Some(current) {
            *memory = RoyaltyMemory { current: Some(current), ..RoyaltyMemory::default() };
        }
        let files = loaded_files(&self.pools.read).await?;
        let keys: HashSet<&FileKey> = files.iter().map(|file| &file.key).collect();
        memory.files.retain(|key, _| keys.contains(key));
        let mut connections: BTreeMap<&str, Vec<&LoadedFile>> = BTreeMap::new();
        for file in &files {
            connections.entry(&file.connection).or_default().push(file);
        }
        let mut all = Vec::new();
        for (connection, files) in connections {
            if let Some(month) = self.newest_month(memory, &files, current).await? {
                let revenue = self.revenue_of(memory, &files, month).await?;
                all.push(RoyaltyFigures { connection: connection.to_owned(), month, revenue });
            }
        }
        Ok(all)
    }

    /// `files` with the latest first.
    async fn newest_month(
        &self,
        memory: &mut RoyaltyMemory,
        files: &[&LoadedFile],
        current: Day,
    ) -> Result<Option<Day>, StoreError> {
        let mut newest: Option<Day> = None;
        for file in files {
            // What ended before needs no look.
            if file.last.is_some_and(|last| newest.is_some_and(|newest| last < newest)) {
                continue;
            }
            let month = if let Some(known) = memory.files.get(&file.key) {
                known.month
            } else {
                let month = last_month(&self.pools.read, file, current).await?;
                memory.files.insert(file.key.clone(), Remembered { month, sums: None });
                month
            };
            newest = newest.max(month);
        }
        Ok(newest)
    }

    async fn revenue_of(
        &self,
        memory: &mut RoyaltyMemory,
        files: &[&LoadedFile],
        month: Day,
    ) -> Result<Vec<RoyaltyRevenue>, StoreError> {
        let mut all = Sums::new();
        for file in files {
            let Some(known) = memory.files.get_mut(&file.key) else { continue };
            if known.month != Some(month) {
                known.sums = None;
                continue;
            }
            let sums = match known.sums.take() {
                Some(sums) => sums,
                None => sums(&self.pools.read, file, month).await?,
            };
            for (key, paid) in &sums {
                let of_key = all.entry(key.clone()).or_default();
                of_key.sum.merge(paid.sum);
                of_key.in_whole |= paid.in_whole;
            }
            known.sums = Some(sums);
        }
        let revenue = all.into_iter().filter_map(|((service, currency), paid)| {
            Some(RoyaltyRevenue { service, currency, revenue: paid.revenue()? })
        });
        Ok(revenue.collect())
    }
}

// === impl Paid ===

impl Paid {
    /// A sum with an unknown part is unknown; but usage reports state the money of all tracks together, and of each track only how
    /// often it was used.
    fn revenue(&self) -> Option<Micros> {
        let sum = if self.in_whole { self.sum.known() } else { self.sum.whole() };
        sum?.micros()
    }
}

/// Of connections that are configured, those that end last before others.
async fn loaded_files(database: &impl ConnectionTrait) -> Result<Vec<LoadedFile>, StoreError> {
    let loaded_at = match database.get_database_backend() {
        DbBackend::Postgres => "CAST(r.loaded_at AS text)",
        _ => "r.loaded_at || ''",
    };
    let statement = Sql::new(
        database.get_database_backend(),
        &format!(
            "SELECT c.name AS connection, e.id, COALESCE({loaded_at}, '') AS loaded, r.period_end \
             FROM royalty_statement_entities e JOIN connections c ON c.id = e.connection_id \
             JOIN report_files r ON r.connection_id = e.connection_id AND r.sha256 = e.statement \
             WHERE r.state = 'loaded' AND NOT c.removed"
        ),
    );
    let mut files = Vec::new();
    for row in database.query_all_raw(statement.done()).await? {
        files.push(LoadedFile {
            connection: row.try_get("", "connection")?,
            key: (row.try_get("", "id")?, row.try_get("", "loaded")?),
            last: row.try_get::<Option<Date>>("", "period_end")?.and_then(day),
        });
    }
    // One that does not say how far it goes may go furthest.
    files.sort_by_key(|file| (file.last.is_some(), std::cmp::Reverse(file.last), file.key.0));
    Ok(files)
}

/// The first day of the newest month that is over and in which the period of a line of the file ends.
async fn last_month(
    database: &impl ConnectionTrait,
    file: &LoadedFile,
    current: Day,
) -> Result<Option<Day>, StoreError> {
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT max(period_end) AS last FROM royalty_statement_rows WHERE entity_id = ",
    )
    .bind(file.key.0)
    .text(" AND period_end < ")
    .bind(chrono_day(current))
    .done();
    let row = database.query_one_raw(statement).await?;
    let last: Option<Date> = row.map(|row| row.try_get("", "last")).transpose()?.flatten();
    Ok(last.and_then(day).map(Day::first_of_month))
}

/// What the file says of a month. An amount without a currency is no amount.
async fn sums(database: &DatabaseConnection, file: &LoadedFile, month: Day) -> Result<Sums, StoreError> {
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT service, currency, CASE WHEN track_id = '' THEN 1 ELSE 0 END AS in_whole, revenue_micros, revenue_exact, \
         lines FROM royalty_statement_rows WHERE currency <> '' AND entity_id = ",
    )
    .bind(file.key.0)
    .text(" AND period_end >= ")
    .bind(chrono_day(month))
    .text(" AND period_end <= ")
    .bind(chrono_day(month.last_of_month()))
    .done();
    let mut sums = Sums::new();
    let mut rows = database.stream_raw(statement).await?;
    while let Some(row) = rows.try_next().await? {
        let Ok(currency) = Currency::parse(&row.try_get::<String>("", "currency")?) else { continue };
        let text: Option<String> = row.try_get("", "revenue_exact")?;
        let revenue = exact(text.as_deref(), row.try_get::<Option<i64>>("", "revenue_micros")?.map(Micros))?;
        let lines = u64::try_from(row.try_get::<i64>("", "lines")?).unwrap_or_default();
        let paid = sums.entry((row.try_get("", "service")?, currency)).or_default();
        paid.sum.add(revenue, lines);
        paid.in_whole |= revenue.is_some() && row.try_get::<i32>("", "in_whole")? == 1;
    }
    Ok(sums)
}
