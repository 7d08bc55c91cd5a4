//! Streaming services as telemetry shows them: what each connection saw when it last read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rows::{
    Day, Micros,
    checkpoint::{Checkpoint, Progress},
    day::{day_at, plus_days},
    figures::{ArtistFigures, CounterFigures, MusicFigures, PlaylistFigures, TrackFigures, Windows},
    music::MusicEntity,
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::{
    coverage::known_windows,
    streams::{Facts, StreamKey, checkpoints, last_day, rows_of_day, stream_of, sum_or_zero, sums, windows},
    sums::{Connection, connections_with},
};
use crate::{Store, StoreError, sql::Sql};

/// A track's whole numbers of a day: not one country's, and not those of a longer period.
const TRACKS: Facts = Facts {
    entities: "track_performance_entities",
    table: "track_performance_rows",
    condition: " AND e.granularity = 'day' AND e.country = '' AND e.segment = ''",
};
const ARTISTS: Facts =
    Facts { entities: "artist_audience_entities", table: "artist_audience_rows", condition: "" };
const COUNTERS: Facts = Facts { entities: "counter_entities", table: "counter_reading_rows", condition: "" };
const PLACEMENTS: Facts =
    Facts { entities: "playlist_placement_entities", table: "playlist_placement_rows", condition: "" };

/// Service and id.
type Key = (String, String);

/// One connection's part, by key.
#[derive(Default)]
struct Part {
    tracks: BTreeMap<Key, TrackFigures>,
    artists: BTreeMap<Key, ArtistFigures>,
    playlists: BTreeMap<Key, PlaylistFigures>,
    counters: Vec<CounterFigures>,
    placements: BTreeMap<String, BTreeSet<(String, String)>>,
    partly_placed: BTreeSet<String>,
}

/// The database, and what has been found in it.
struct Reader<'a, C> {
    database: &'a C,
    connections: &'a HashMap<i64, Connection>,
    parts: HashMap<i64, Part>,
}

impl Store {
    /// What every connection last saw of streaming services, by name.
    pub async fn music(&self, now: Timestamp) -> Result<Vec<MusicFigures>, StoreError> {
        let database = &self.pools.read;
        let tables = [TRACKS, ARTISTS, COUNTERS, PLACEMENTS].map(|facts| facts.entities);
        let connections = connections_with(database, &tables).await?;
        let mut reader = Reader { database, connections: &connections, parts: HashMap::new() };
        reader.counters().await?;
        reader.artists().await?;
        reader.placements().await?;
        reader.tracks(now).await?;
        reader.names().await?;
        let mut parts = reader.parts;
        let mut snapshots: Vec<MusicFigures> = connections
            .values()
            .filter_map(|connection| {
                let part = parts.remove(&connection.id)?;
                Some(MusicFigures {
                    connection: connection.name.clone(),
                    provider: connection.integration.clone(),
                    tracks: part.tracks.into_values().collect(),
                    artists: part.artists.into_values().collect(),
                    playlists: part.playlists.into_values().collect(),
                    counters: part.counters,
                    placements: part.placements,
                    partly_placed: part.partly_placed,
                })
            })
            .collect();
        snapshots.sort_by(|a, b| a.connection.cmp(&b.connection));
        Ok(snapshots)
    }
}

/// The day that each stream last read.
fn last_days(checkpoints: &BTreeMap<StreamKey, Checkpoint>) -> BTreeMap<StreamKey, Day> {
    let days =
        checkpoints.iter().filter_map(|(stream, checkpoint)| Some((stream.clone(), last_day(checkpoint)?)));
    days.collect()
}

fn text(row: &QueryResult, column: &str) -> Result<String, DbErr> {
    row.try_get("", column)
}

// === impl Reader ===

impl<C: ConnectionTrait> Reader<'_, C> {
    async fn last_days(&self, of: Facts) -> Result<BTreeMap<StreamKey, Day>, StoreError> {
        Ok(last_days(&checkpoints(self.database, self.connections, of).await?))
    }

    async fn counters(&mut self) -> Result<(), StoreError> {
        let days = self.last_days(COUNTERS).await?;
        let columns = "e.service, e.entity, e.object_id, e.counter, f.value";
        for row in rows_of_day(self.database, COUNTERS, columns, &days).await? {
            let stream = stream_of(&row)?;
            // Only this worker writes there.
            let Some(entity) = MusicEntity::parse(&text(&row, "entity")?) else { continue };
            let Some(read_on) = days.get(&stream).copied() else { continue };
            let counter = CounterFigures {
                service: text(&row, "service")?,
                entity,
                id: text(&row, "object_id")?,
                counter: text(&row, "counter")?,
                read_on,
                value: row.try_get("", "value")?,
            };
            let part = self.parts.entry(stream.0).or_default();
            part.note(entity, &counter.service, &counter.id, read_on);
            part.counters.push(counter);
        }
        for part in self.parts.values_mut() {
            part.counters.sort_by(|a, b| {
                let key = |one: &CounterFigures| (one.service.clone(), one.entity, one.id.clone());
                key(a).cmp(&key(b)).then_with(|| a.counter.cmp(&b.counter))
            });
        }
        Ok(())
    }

    async fn artists(&mut self) -> Result<(), StoreError> {
        let days = self.last_days(ARTISTS).await?;
        let columns = "e.service, e.artist_id, f.followers, f.monthly_listeners";
        for row in rows_of_day(self.database, ARTISTS, columns, &days).await? {
            let stream = stream_of(&row)?;
            let Some(read_on) = days.get(&stream).copied() else { continue };
            let (service, id) = (text(&row, "service")?, text(&row, "artist_id")?);
            let part = self.parts.entry(stream.0).or_default();
            let artist = part.artist(&service, &id, read_on);
            artist.followers = row.try_get("", "followers")?;
            artist.monthly_listeners = row.try_get("", "monthly_listeners")?;
        }
        Ok(())
    }

    async fn placements(&mut self) -> Result<(), StoreError> {
        let days = self.last_days(PLACEMENTS).await?;
        // A service whose playlists were read, and hold nothing now, is known as well.
        let services = Sql::new(
            self.database.get_database_backend(),
            "SELECT DISTINCT connection_id, account_id, stream, service FROM playlist_placement_entities",
        );
        let mut of_streams: BTreeMap<StreamKey, BTreeSet<String>> = BTreeMap::new();
        for row in self.database.query_all_raw(services.done()).await? {
            let stream = stream_of(&row)?;
            if days.contains_key(&stream) {
                let part = self.parts.entry(stream.0).or_default();
                let service = text(&row, "service")?;
                part.placements.entry(service.clone()).or_default();
                of_streams.entry(stream).or_default().insert(service);
            }
        }
        let columns = "e.service, e.playlist_id, e.track_id";
        for row in rows_of_day(self.database, PLACEMENTS, columns, &days).await? {
            let stream = stream_of(&row)?;
            let Some(read_on) = days.get(&stream).copied() else { continue };
            let (service, playlist) = (text(&row, "service")?, text(&row, "playlist_id")?);
            let part = self.parts.entry(stream.0).or_default();
            part.note(MusicEntity::Playlist, &service, &playlist, read_on);
            part.placements.entry(service).or_default().insert((text(&row, "track_id")?, playlist));
        }
        self.unread_lists(&days).await?;
        self.set_aside_lists(&of_streams).await
    }

    /// Notes the services of streams of which something was set aside when they were last read: a list, perhaps, that was never
    /// read at all, so that nothing else tells of it.
    async fn set_aside_lists(
        &mut self,
        services: &BTreeMap<StreamKey, BTreeSet<String>>,
    ) -> Result<(), StoreError> {
        let statement = Sql::new(
            self.database.get_database_backend(),
            "SELECT DISTINCT i.connection_id, i.account_id, i.stream FROM ledger i JOIN quarantined_rows q \
             ON q.connection = i.connection AND q.account_id = i.account_id AND q.stream = i.stream \
             AND q.last_seen_at >= i.data_through",
        );
        for row in self.database.query_all_raw(statement.done()).await? {
            let stream = stream_of(&row)?;
            if let (Some(services), Some(part)) = (services.get(&stream), self.parts.get_mut(&stream.0)) {
                part.partly_placed.extend(services.iter().cloned());
            }
        }
        Ok(())
    }

    /// Notes services of which a list is there without a known place: one that had tracks the day before, or whose fans were
    /// read the same day. Its contents are unknown, unless it says itself that it has none.
    async fn unread_lists(&mut self, days: &BTreeMap<StreamKey, Day>) -> Result<(), StoreError> {
        let before = days.iter().map(|(stream, day)| (stream.clone(), plus_days(*day, -1))).collect();
        let mut expected: BTreeSet<(i64, Key)> = BTreeSet::new();
        for row in rows_of_day(self.database, PLACEMENTS, "e.service, e.playlist_id", &before).await? {
            expected.insert((stream_of(&row)?.0, (text(&row, "service")?, text(&row, "playlist_id")?)));
        }
        for (connection, part) in &self.parts {
            let lists = part.counters.iter().filter(|counter| counter.entity == MusicEntity::Playlist);
            expected.extend(lists.map(|list| (*connection, (list.service.clone(), list.id.clone()))));
        }
        let empty = "service, playlist_id AS id, CASE WHEN track_count = 0 OR status = 'removed' THEN 1 ELSE 0 END AS empty";
        for row in self.objects(empty, "playlist_rows").await? {
            if row.try_get::<i32>("", "empty")? == 1 {
                let connection: i64 = row.try_get("", "connection_id")?;
                expected.remove(&(connection, (text(&row, "service")?, text(&row, "id")?)));
            }
        }
        for (connection, (service, list)) in expected {
            let Some(part) = self.parts.get_mut(&connection) else { continue };
            let Some(placed) = part.placements.get(&service) else { continue };
            if !placed.iter().any(|(_, playlist)| *playlist == list) {
                part.partly_placed.insert(service);
            }
        }
        Ok(())
    }

    async fn tracks(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let checkpoints = checkpoints(self.database, self.connections, TRACKS).await?;
        let days = last_days(&checkpoints);
        for row in
            rows_of_day(self.database, TRACKS, "e.service, e.track_id, f.popularity_micros", &days).await?
        {
            let stream = stream_of(&row)?;
            let Some(read_on) = days.get(&stream).copied() else { continue };
            let part = self.parts.entry(stream.0).or_default();
            let track = part.track(&text(&row, "service")?, &text(&row, "track_id")?, read_on);
            track.popularity = row.try_get::<Option<i64>>("", "popularity_micros")?.map(Micros);
            if let Some(checkpoint) = checkpoints.get(&stream) {
                track.time_zone.clone_from(&checkpoint.time_zone);
            }
        }
        // Streams are of whole days: what a set shows of the moment is no sum.
        let mut by_today: BTreeMap<Day, Vec<&StreamKey>> = BTreeMap::new();
        for (stream, checkpoint) in &checkpoints {
            if let (Progress::Days(_), Some(zone)) = (&checkpoint.progress, checkpoint.zone()) {
                by_today.entry(day_at(now, &zone)).or_default().push(stream);
            }
        }
        for (today, streams) in by_today {
            let group = ["service", "track_id"];
            for sums in sums(self.database, TRACKS, &group, &["streams"], today, &streams).await? {
                let (Some(checkpoint), [service, id]) = (checkpoints.get(&sums.stream), &*sums.group) else {
                    continue;
                };
                if !sums.windows[3].is_said(0) {
                    continue; // the source does not say streams
                }
                let read_on = days.get(&sums.stream).copied().unwrap_or(today);
                let part = self.parts.entry(sums.stream.0).or_default();
                let track = part.track(service, id, read_on);
                track.time_zone.clone_from(&checkpoint.time_zone);
                let of =
                    windows(known_windows(checkpoint, today), |number| sum_or_zero(&sums.windows, number, 0));
                track.streams = Windows {
                    today: of.today.flatten(),
                    yesterday: of.yesterday.flatten(),
                    last_7_days: of.last_7_days.flatten(),
                    last_28_days: of.last_28_days.flatten(),
                };
            }
        }
        Ok(())
    }

    /// What the services call all that was found.
    async fn names(&mut self) -> Result<(), DbErr> {
        if self.parts.is_empty() {
            return Ok(());
        }
        for row in self.objects("service, track_id AS id, title, artist_name, isrc", "track_rows").await? {
            let key = (text(&row, "service")?, text(&row, "id")?);
            if let Some(track) = self.part_of(&row)?.and_then(|part| part.tracks.get_mut(&key)) {
                track.title = row.try_get("", "title")?;
                track.artist_name = row.try_get("", "artist_name")?;
                track.isrc = row.try_get("", "isrc")?;
            }
        }
        for row in self.objects("service, artist_id AS id, name", "artist_rows").await? {
            let key = (text(&row, "service")?, text(&row, "id")?);
            if let Some(artist) = self.part_of(&row)?.and_then(|part| part.artists.get_mut(&key)) {
                artist.name = row.try_get("", "name")?;
            }
        }
        for row in self.objects("service, playlist_id AS id, name, owner_name", "playlist_rows").await? {
            let key = (text(&row, "service")?, text(&row, "id")?);
            if let Some(playlist) = self.part_of(&row)?.and_then(|part| part.playlists.get_mut(&key)) {
                playlist.name = row.try_get("", "name")?;
                playlist.owner_name = row.try_get("", "owner_name")?;
            }
        }
        Ok(())
    }

    async fn objects(&self, columns: &str, table: &str) -> Result<Vec<QueryResult>, DbErr> {
        let select = format!("SELECT connection_id, {columns} FROM {table}");
        let statement = Sql::new(self.database.get_database_backend(), &select).done();
        self.database.query_all_raw(statement).await
    }

    fn part_of(&mut self, row: &QueryResult) -> Result<Option<&mut Part>, DbErr> {
        let connection: i64 = row.try_get("", "connection_id")?;
        Ok(self.parts.get_mut(&connection))
    }
}

// === impl Part ===

impl Part {
    /// Notes that something was read.
    fn note(&mut self, entity: MusicEntity, service: &str, id: &str, read_on: Day) {
        match entity {
            MusicEntity::Track => drop(self.track(service, id, read_on)),
            MusicEntity::Artist => drop(self.artist(service, id, read_on)),
            MusicEntity::Playlist => drop(self.playlist(service, id, read_on)),
            MusicEntity::Album | MusicEntity::Video | MusicEntity::Channel => {}
        }
    }

    fn track(&mut self, service: &str, id: &str, read_on: Day) -> &mut TrackFigures {
        let track = self.tracks.entry((service.to_owned(), id.to_owned())).or_insert_with(|| TrackFigures {
            service: service.to_owned(),
            track_id: id.to_owned(),
            read_on,
            title: None,
            artist_name: None,
            isrc: None,
            popularity: None,
            time_zone: String::new(),
            streams: Windows::default(),
        });
        track.read_on = track.read_on.max(read_on);
        track
    }

    fn artist(&mut self, service: &str, id: &str, read_on: Day) -> &mut ArtistFigures {
        let artist =
            self.artists.entry((service.to_owned(), id.to_owned())).or_insert_with(|| ArtistFigures {
                service: service.to_owned(),
                artist_id: id.to_owned(),
                read_on,
                name: None,
                followers: None,
                monthly_listeners: None,
            });
        artist.read_on = artist.read_on.max(read_on);
        artist
    }

    fn playlist(&mut self, service: &str, id: &str, read_on: Day) -> &mut PlaylistFigures {
        let key = (service.to_owned(), id.to_owned());
        let playlist = self.playlists.entry(key).or_insert_with(|| PlaylistFigures {
            service: service.to_owned(),
            playlist_id: id.to_owned(),
            read_on,
            name: None,
            owner_name: None,
        });
        playlist.read_on = playlist.read_on.max(read_on);
        playlist
    }
}
