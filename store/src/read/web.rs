//! Web analytics as telemetry shows them: each connection's whole traffic over four windows of its days.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rows::{
    Day, Micros,
    checkpoint::Checkpoint,
    day::day_at,
    figures::{GoalFigures, GoalWindow, WebFigures, WebWindow},
};
use sea_orm::ConnectionTrait;

use super::{
    coverage::known_windows,
    streams::{Facts, StreamKey, Sums, checkpoints, sum_or_zero, sums, windows},
    sums::{Connection, connections_with},
};
use crate::{Store, StoreError};

const VISITS: Facts = Facts {
    entities: "web_entities",
    table: "web_analytics_rows",
    condition: " AND e.scope = 'total' AND e.goal = ''",
};

const GOALS: Facts = Facts {
    entities: "web_entities",
    table: "web_conversion_rows",
    condition: " AND e.scope = 'total' AND e.goal <> ''",
};

/// One connection's part of a table.
#[derive(Default)]
struct Part {
    /// Its streams, and which windows each has read.
    known: BTreeMap<StreamKey, [bool; 4]>,
    time_zone: Option<String>,
    sums: Vec<Sums>,
}

impl Store {
    /// Every connection whose visits or goals were ever read, by name.
    pub async fn web_windows(&self, now: Timestamp) -> Result<Vec<WebFigures>, StoreError> {
        let database = &self.pools.read;
        let connections = connections_with(database, &[VISITS.entities, GOALS.entities]).await?;
        let columns = ["page_views", "sessions", "session_seconds"];
        let mut visits = parts(database, &connections, VISITS, &[], &columns, now).await?;
        let columns = ["conversions_micros", "converting_sessions"];
        let mut goals = parts(database, &connections, GOALS, &["goal"], &columns, now).await?;
        let mut snapshots: Vec<WebFigures> = connections
            .values()
            .filter_map(|connection| {
                let (visits, goals) = (visits.remove(&connection.id), goals.remove(&connection.id));
                (visits.is_some() || goals.is_some())
                    .then(|| snapshot_of(connection, &visits.unwrap_or_default(), &goals.unwrap_or_default()))
            })
            .collect();
        snapshots.sort_by(|a, b| a.connection.cmp(&b.connection));
        Ok(snapshots)
    }
}

/// The sums of one table, by connection.
async fn parts(
    database: &impl ConnectionTrait,
    connections: &HashMap<i64, Connection>,
    of: Facts,
    group: &[&str],
    columns: &[&str],
    now: Timestamp,
) -> Result<HashMap<i64, Part>, StoreError> {
    let checkpoints: BTreeMap<StreamKey, Checkpoint> = checkpoints(database, connections, of).await?;
    let mut parts: HashMap<i64, Part> = HashMap::new();
    // Streams with the same today are summed together: at any time there are at most three such days on earth.
    let mut by_today: BTreeMap<Day, Vec<&StreamKey>> = BTreeMap::new();
    for (stream, checkpoint) in &checkpoints {
        let part = parts.entry(stream.0).or_default();
        let Some(zone) = checkpoint.zone() else {
            // Nobody knows which days its windows are, and so not what all of them together are.
            part.known.insert(stream.clone(), [false; 4]);
            continue;
        };
        let today = day_at(now, &zone);
        by_today.entry(today).or_default().push(stream);
        part.known.insert(stream.clone(), known_windows(checkpoint, today));
        part.time_zone.get_or_insert_with(|| checkpoint.time_zone.clone());
    }
    for (today, streams) in by_today {
        for sums in sums(database, of, group, columns, today, &streams).await? {
            if let Some(part) = parts.get_mut(&sums.stream.0) {
                part.sums.push(sums);
            }
        }
    }
    Ok(parts)
}

fn snapshot_of(connection: &Connection, visits: &Part, goals: &Part) -> WebFigures {
    let mut names: Vec<&str> =
        goals.sums.iter().filter_map(|sums| sums.group.first()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let goal = |name: &str| GoalFigures {
        goal: name.to_owned(),
        windows: windows(goals.known_windows(), |number| GoalWindow {
            conversions: goals.sum(&[name], number, 0).map(Micros),
            converting_sessions: goals.sum(&[name], number, 1),
        }),
    };
    let time_zone = visits.time_zone.as_ref().or(goals.time_zone.as_ref());
    WebFigures {
        connection: connection.name.clone(),
        provider: connection.integration.clone(),
        time_zone: time_zone.cloned().unwrap_or_default(),
        windows: windows(visits.known_windows(), |number| WebWindow {
            page_views: visits.sum(&[], number, 0),
            sessions: visits.sum(&[], number, 1),
            session_seconds: visits.sum(&[], number, 2),
        }),
        goals: names.into_iter().map(goal).collect(),
    }
}

// === impl Part ===

impl Part {
    /// A window is known when every stream has read it.
    fn known_windows(&self) -> [bool; 4] {
        std::array::from_fn(|number| !self.known.is_empty() && self.known.values().all(|known| known[number]))
    }

    /// The sum of a column over a window, over the connection's streams: 0 without a row in 28 days that were read.
    fn sum(&self, group: &[&str], number: usize, column: usize) -> Option<i64> {
        let mut of_group = self.sums.iter().filter(|sums| sums.group == group);
        of_group.try_fold(0_i64, |sum, sums| sum.checked_add(sum_or_zero(&sums.windows, number, column)?))
    }
}
