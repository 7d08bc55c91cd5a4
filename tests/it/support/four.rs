//! All four kinds of provider beside each other: their connections, and the truth of the two that the others' bench does
//! not know.

#![allow(dead_code, reason = "used by the soak, too")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::Date, tz::TimeZone};
use rows::day::{day_at, plus_days};
use sandbox::{
    Sandbox,
    deezer::{Deezer, Entity},
    posthog::{EU_KEY, EU_PROJECT, PRE_SAVE, PURCHASE, PostHog, SIGN_UP},
};
use serde_json::Value;

use super::{Bench, HISTORY_DAYS, sql::Eyes};

const GOALS: [&str; 3] = [SIGN_UP, PRE_SAVE, PURCHASE];
/// Of the imitation: by id, one above 2^53 among them.
const TRACKS: [u64; 3] = [3_135_740, 3_136_063, 9_007_199_254_740_993];
const ARTISTS: [u64; 2] = [4_050_205, 4_050_298];
/// With many pages; with a track twice; turning every day.
pub const PLAYLISTS: [u64; 3] = [1_313_621_735, 9_007_199_254_740_993, 1_109_890_291];

impl Bench {
    /// All four on a new SQLite file.
    pub fn four(seed: u64) -> Self {
        Self::new(seed).with_web_and_music()
    }

    /// Adds PostHog and Deezer.
    pub fn with_web_and_music(mut self) -> Self {
        self.sandbox.with_world(PostHog::freeze).unwrap();
        self.sandbox.with_world(Deezer::freeze).unwrap();
        let today = day_at(self.sandbox.now(), &TimeZone::UTC);
        let texts = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>();
        self.more = format!(
            r#"
[integrations.posthog]
quota.project = {{ per_second = 200, burst = 20 }}

[integrations.deezer]
quota.ip = {{ per_second = 2000, burst = 100 }}

[connections.label-a-posthog]
integration = "posthog"
tenant = "label-a"
start_date = "{start}"
base_url = "{posthog}"
credentials.api_key = "{EU_KEY}"
settings = {{ project = "{EU_PROJECT}", goals = {GOALS:?}, time_zone = "Europe/Berlin", currency = "EUR" }}

[connections.label-a-deezer]
integration = "deezer"
tenant = "label-a"
base_url = "{deezer}"
settings = {{ tracks = {tracks:?}, artists = {artists:?}, playlists = {playlists:?}, charts = ["0"] }}
"#,
            start = plus_days(today, -i64::from(HISTORY_DAYS)),
            posthog = self.sandbox.url("posthog"),
            deezer = self.sandbox.url("deezer"),
            tracks = texts(&TRACKS),
            artists = texts(&ARTISTS),
            playlists = texts(&PLAYLISTS),
        );
        self
    }
}

/// Compares everything of PostHog and Deezer; panics at the first difference.
pub async fn assert_equal(sandbox: &Sandbox, eyes: &Eyes) {
    visits(sandbox, eyes).await;
    conversions(sandbox, eyes).await;
    readings(sandbox, eyes).await;
    placements(sandbox, eyes).await;
}

/// Figures by their place.
type Figures = BTreeMap<String, Vec<(&'static str, i64)>>;

fn assert_same(what: &str, truth: &Figures, stored: &Figures) {
    assert!(!truth.is_empty(), "{what}: the truth is empty");
    for (place, figures) in truth {
        assert_eq!(stored.get(place), Some(figures), "{what} {place}");
    }
    let extra: BTreeSet<_> = stored.keys().filter(|place| !truth.contains_key(*place)).take(3).collect();
    assert!(extra.is_empty(), "{what}: not in the truth: {extra:?}");
}

/// Figures of a query: `place` is text, the rest whole numbers.
async fn stored(eyes: &Eyes, columns: &[&'static str], query: &str) -> Figures {
    let number = |row: &Value, column: &str| {
        row[column].as_i64().unwrap_or_else(|| panic!("{column} of {row} is no whole number"))
    };
    let rows = eyes.query(query).await;
    rows.iter()
        .map(|row| {
            let figures = columns.iter().map(|column| (*column, number(row, column))).collect();
            (row["place"].as_str().unwrap().to_owned(), figures)
        })
        .collect()
}

fn first_day(sandbox: &Sandbox) -> Date {
    plus_days(day_at(sandbox.now(), &TimeZone::UTC), -i64::from(HISTORY_DAYS))
}

const ORIGIN: &str = "date || '/' || scope || '/' || campaign || '/' || source || '/' || medium";

async fn visits(sandbox: &Sandbox, eyes: &Eyes) {
    let first = first_day(sandbox);
    let zone = Some("Europe/Berlin");
    let truth = sandbox
        .with_world(|world: &mut PostHog| {
            let mut revenue: BTreeMap<String, i64> = BTreeMap::new();
            for goal in GOALS {
                for row in world.truth_conversions(EU_PROJECT, goal, zone) {
                    let origin = format!("{}/{}/{}/{}", row.scope, row.campaign, row.source, row.medium);
                    *revenue.entry(format!("{}/{origin}", row.day)).or_default() +=
                        row.revenue_micros.unwrap_or(0);
                }
            }
            let rows = world.truth_web(EU_PROJECT, zone);
            let rows = rows.into_iter().filter(|row| row.day >= first);
            rows.map(|row| {
                let place =
                    format!("{}/{}/{}/{}/{}", row.day, row.scope, row.campaign, row.source, row.medium);
                let figures = vec![
                    ("page_views", whole(row.page_views)),
                    ("sessions", whole(row.sessions)),
                    ("session_seconds", row.session_seconds),
                    ("users", whole(row.users)),
                    ("revenue_micros", revenue.get(&place).copied().unwrap_or(0)),
                ];
                (place, figures)
            })
            .collect::<Figures>()
        })
        .unwrap();
    let columns = ["page_views", "sessions", "session_seconds", "users", "revenue_micros"];
    let query = format!("SELECT {ORIGIN} AS place, {} FROM web_analytics_daily", columns.join(", "));
    assert_same("visits", &truth, &stored(eyes, &columns, &query).await);
}

async fn conversions(sandbox: &Sandbox, eyes: &Eyes) {
    let first = first_day(sandbox);
    let truth = sandbox
        .with_world(|world: &mut PostHog| {
            let mut truth = Figures::new();
            for goal in GOALS {
                for row in world.truth_conversions(EU_PROJECT, goal, Some("Europe/Berlin")) {
                    if row.day < first {
                        continue;
                    }
                    let origin = format!("{}/{}/{}/{}", row.scope, row.campaign, row.source, row.medium);
                    truth.insert(
                        format!("{goal}/{}/{origin}", row.day),
                        vec![
                            ("conversions", whole(row.conversions)),
                            ("converting_sessions", whole(row.converting_sessions)),
                        ],
                    );
                }
            }
            truth
        })
        .unwrap();
    let query = format!(
        "SELECT goal || '/' || {ORIGIN} AS place, CAST(conversions AS bigint) AS conversions, converting_sessions \
         FROM web_conversions_daily"
    );
    assert_same("conversions", &truth, &stored(eyes, &["conversions", "converting_sessions"], &query).await);
}

/// What is watched: ranks of tracks, fans of the rest.
async fn readings(sandbox: &Sandbox, eyes: &Eyes) {
    let today = day_at(sandbox.now(), &TimeZone::UTC);
    let truth = sandbox
        .with_world(|world: &mut Deezer| {
            let readings = world.truth_readings().into_iter().filter_map(|reading| {
                let (entity, watched) = match reading.entity {
                    Entity::Track => ("track", &TRACKS[..]),
                    Entity::Artist => ("artist", &ARTISTS[..]),
                    Entity::Playlist => ("playlist", &PLAYLISTS[..]),
                    Entity::Album => return None,
                };
                let place = format!("{entity}/{}/{}", reading.id, reading.counter);
                watched.contains(&reading.id).then(|| (place, vec![("value", whole(reading.value))]))
            });
            readings.collect::<Figures>()
        })
        .unwrap();
    let query = format!(
        "SELECT entity || '/' || id || '/' || counter AS place, value FROM counter_readings_daily WHERE date = '{today}'"
    );
    assert_same("readings", &truth, &stored(eyes, &["value"], &query).await);
}

async fn placements(sandbox: &Sandbox, eyes: &Eyes) {
    let today = day_at(sandbox.now(), &TimeZone::UTC);
    let truth = sandbox
        .with_world(|world: &mut Deezer| {
            let mut truth = Figures::new();
            for playlist in PLAYLISTS {
                for placement in world.truth_placements(playlist) {
                    let position = i64::try_from(placement.position).unwrap();
                    truth.insert(format!("{playlist}/{}", placement.track_id), vec![("position", position)]);
                }
            }
            for place in world.truth_chart(0) {
                let position = i64::try_from(place.position).unwrap();
                truth.insert(format!("chart:0/{}", place.track_id), vec![("position", position)]);
            }
            truth
        })
        .unwrap();
    let query = format!(
        "SELECT playlist_id || '/' || track_id AS place, position FROM playlist_placements WHERE date = '{today}'"
    );
    assert_same("placements", &truth, &stored(eyes, &["position"], &query).await);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}
