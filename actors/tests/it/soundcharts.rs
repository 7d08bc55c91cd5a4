//! What is particular to Soundcharts: two ways to authenticate, history by date, a month's requests, ISRCs that are blacklisted or
//! lead elsewhere, three lists that make one row, songs that do not answer, playlists that were left.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actors::{
    integrations::soundcharts::Soundcharts,
    observer::Observer,
    session::quota::{BudgetRule, Quota, REQUESTS, Scope},
};
use parking_lot::Mutex;
use rows::{
    Clock, Row, Table,
    budget::{Period, Resets, Term},
    music::MeasureClass,
    state::State,
};
use sandbox::soundcharts::{
    ARTISTS, BLACKLISTED_ISRC, CLIENT_ID, CLIENT_SECRET, Metric, SONGS, Soundcharts as World,
    SoundchartsError,
};
use serde_json::{Value, json};

use crate::{
    compliance::{
        bench::Bench,
        cases::soundcharts::CASE,
        fact::{Facts, difference},
    },
    support::{
        drive::{Driver, End},
        wire::Seen,
    },
};

/// The last word about what the provider counts.
#[derive(Default)]
struct Ratios(Mutex<Vec<f64>>);

impl Observer for Ratios {
    fn quota_used(&self, _: &'static str, scope: Scope, ratio: f64) {
        assert_eq!(scope, Scope::Project);
        self.0.lock().push(ratio);
    }
}

fn bench() -> Bench {
    Bench::new(&CASE)
}

/// One song on one playlist list and nothing else: few requests, in a known order.
fn reading(settings: Value) -> Bench {
    let mut bench = bench();
    bench.spec.settings = settings;
    bench
}

fn observed(bench: &Bench, ratios: &Arc<Ratios>) -> Driver {
    let clock: Arc<dyn Clock> = Arc::new(bench.clock.clone());
    let (transport, sink) = (Arc::new(bench.wire.clone()), Arc::new(bench.sink.clone()));
    Driver::new(bench.spec.clone(), Arc::new(Soundcharts), transport, clock, ratios.clone(), sink)
}

fn of_a_month(limit: u64) -> Quota {
    let term = Term { per: Period::Month, resets: Resets::Zone(jiff::tz::TimeZone::UTC) };
    let budgets = vec![BudgetRule { scope: Scope::Project, limit, term, unit: REQUESTS }];
    Quota { rates: Vec::new(), budgets }
}

fn set_aside(bench: &Bench) -> BTreeSet<(&'static str, String)> {
    let sink = bench.sink.0.lock();
    sink.quarantined.iter().map(|row| (row.reason, row.place.clone())).collect()
}

fn of(facts: Facts, table: Table) -> Facts {
    facts.into_iter().filter(|(place, _)| place.0 == table).collect()
}

fn count(seen: &[Seen], part: &str) -> usize {
    seen.iter().filter(|seen| seen.path.contains(part)).count()
}

/// Streams that are shown as not well.
fn not_well(end: &End) -> Vec<&'static str> {
    let streams = end.status.streams.iter().filter(|shown| shown.state != State::Idle);
    streams.map(|shown| shown.stream).collect()
}

#[tokio::test(start_paused = true)]
async fn access_tokens_are_taken_too_and_one_that_expires_costs_one_refresh() {
    let mut bench = bench();
    bench.spec.credentials = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]
        .map(|(name, secret)| (name.to_owned(), secret.into()))
        .into();
    let expire = async {
        bench.clock.sleep(Duration::from_secs(2)).await;
        bench.wire.world(|world: &mut World| world.tokens().expire());
    };
    let driver = bench.driver();
    let (end, ()) = tokio::join!(driver.once(), expire);
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    bench.assert_true("by access tokens");
    let seen = bench.wire.take_seen();
    assert!(seen.iter().any(|seen| seen.status == Some(401)), "it expired too late: the test is of no use");
    assert_eq!(count(&seen, "/oauth/token"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_year_of_history_takes_five_requests_a_song_and_every_row_has_its_own_date() {
    let mut bench = bench();
    bench.spec.settings = json!({ "tracks": [SONGS[1]], "artists": [ARTISTS[1]] });
    bench.spec.start_date = "2025-11-21".parse().unwrap();
    bench.read().await;
    let seen = bench.wire.take_seen();
    for seen in &seen {
        let day = |name: &str| {
            let value = seen.query.iter().find(|(key, _)| key == name)?;
            value.1.parse::<jiff::civil::Date>().ok()
        };
        if let Some((first, last)) = day("startDate").zip(day("endDate")) {
            assert!((0..90).contains(&(last.duration_since(first).as_hours() / 24)), "{first} to {last}");
        }
    }
    // Beside them, those of the tiers that the suite has set.
    assert!((5..=7).contains(&count(&seen, &format!("{}/audience", SONGS[1]))), "{seen:#?}");
    let sink = bench.sink.0.lock();
    let classes: BTreeSet<_> = sink
        .rows
        .values()
        .filter_map(|row| match row {
            Row::CounterReading(row) => Some(row.measure_class),
            Row::ArtistAudience(row) => Some(row.measure_class),
            _ => None,
        })
        .collect();
    assert_eq!(classes, [MeasureClass::Estimated].into());
}

#[tokio::test(start_paused = true)]
async fn a_blacklisted_isrc_and_an_unknown_artist_take_nobody_with_them() {
    let mut bench = bench();
    let tracks =
        json!([format!("isrc:{BLACKLISTED_ISRC}"), "isrc:USUM71703861", SONGS[1], SONGS[2], SONGS[3]]);
    bench.spec.settings = json!({ "tracks": tracks, "artists": ["nobody", ARTISTS[0], ARTISTS[1]] });
    bench.read().await;
    bench.assert_true("beside what is not there");
    let aside = set_aside(&bench);
    let expected = [
        format!("audience of track isrc:{BLACKLISTED_ISRC} on spotify"),
        "audience of artist nobody on spotify".to_owned(),
        format!("playlists of track isrc:{BLACKLISTED_ISRC} on spotify"),
        format!("track isrc:{BLACKLISTED_ISRC}"),
    ];
    for place in expected {
        assert!(aside.contains(&("gone", place.clone())), "{place} is not in {aside:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_platform_is_a_service_with_counters_of_its_own() {
    let bench = reading(
        json!({ "tracks": [SONGS[0]], "artists": [ARTISTS[1]], "platforms": ["spotify", "youtube"] }),
    );
    bench.read().await;
    let services = |table| {
        let rows = bench.sink.table(&bench.spec.name, table).into_iter();
        let told = rows.map(|row| match row {
            Row::CounterReading(row) => (row.service, row.counter),
            Row::ArtistAudience(row) => {
                (row.service, row.monthly_listeners.map_or("unknown", |_| "known").to_owned())
            }
            Row::Track(row) => (row.service, row.track_id),
            row => panic!("{row:?}"),
        });
        told.collect::<BTreeSet<(String, String)>>()
    };
    let pairs = |pairs: &[(&str, &str)]| -> BTreeSet<(String, String)> {
        pairs.iter().map(|(service, word)| ((*service).to_owned(), (*word).to_owned())).collect()
    };
    let counters = services(Table::CounterReadingsDaily);
    assert_eq!(
        counters,
        pairs(&[
            ("spotify", "streams"),
            ("spotify", "followers"),
            ("spotify", "likes"),
            ("youtube", "views"),
            ("youtube", "followers"),
            ("youtube", "likes"),
        ])
    );
    // What listens to YouTube are views, and no listeners of a month.
    let audiences = services(Table::ArtistAudienceDaily);
    assert!(audiences.contains(&("spotify".to_owned(), "known".to_owned())));
    assert!(!audiences.contains(&("youtube".to_owned(), "known".to_owned())), "{audiences:?}");
    assert_eq!(services(Table::Tracks), pairs(&[("spotify", SONGS[0]), ("youtube", SONGS[0])]));
    assert_eq!(count(&bench.wire.take_seen(), "/youtube/listening"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_plan_lacks_is_unknown_and_the_rest_is_read() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.refuse("/listening", Some(SoundchartsError::forbidden())));
    bench.read().await;
    let audiences = of(bench.stored(), Table::ArtistAudienceDaily);
    assert!(audiences.len() > 10 && audiences.values().all(|row| row["monthly_listeners"] == "NULL"));
    assert!(audiences.values().any(|row| row["followers"] != "NULL" && row["popularity_micros"] != "NULL"));
    let place = format!("artist.listeners of artist {} on spotify", ARTISTS[0]);
    assert!(set_aside(&bench).contains(&("unavailable", place)), "{:#?}", set_aside(&bench));
    bench.wire.world(|world: &mut World| world.refuse("/listening", None));
    bench.read().await;
    bench.assert_true("once the plan has it");
}

#[tokio::test(start_paused = true)]
async fn a_day_of_which_a_list_cannot_be_read_keeps_what_is_known() {
    let bench = bench();
    bench.read().await;
    let before = of(bench.stored(), Table::ArtistAudienceDaily);
    bench.wire.set_tamper(|path, body| {
        if path.contains("/listening")
            && let Some(item) = body.pointer_mut("/items/0/value")
        {
            *item = json!("many");
        }
    });
    bench.read().await;
    assert_eq!(difference(&before, &of(bench.stored(), Table::ArtistAudienceDaily)), "");
    assert!(bench.quarantined() > 0);
}

#[tokio::test(start_paused = true)]
async fn a_song_that_never_answers_leaves_its_days_open_and_takes_no_other_with_it() {
    let bench = reading(json!({ "tracks": [SONGS[0], SONGS[1], SONGS[2]] }));
    let path = format!("{}/audience", SONGS[1]);
    bench.wire.world(|world: &mut World| world.refuse(&path, Some(SoundchartsError::server_error(503))));
    let end = bench.once().await;
    assert_eq!((end.finished, not_well(&end)), (Some(false), vec!["song_audience"]));
    let readings = |bench: &Bench| -> BTreeSet<String> {
        let rows = bench.sink.table(&bench.spec.name, Table::CounterReadingsDaily).into_iter();
        rows.filter_map(|row| if let Row::CounterReading(row) = row { Some(row.id) } else { None }).collect()
    };
    assert_eq!(readings(&bench), [SONGS[0].to_owned(), SONGS[2].to_owned()].into());
    bench.wire.world(|world: &mut World| world.refuse(&path, None));
    bench.read().await;
    assert_eq!(readings(&bench).len(), 3, "its days were not taken for read");
}

#[tokio::test(start_paused = true)]
async fn an_isrc_that_leads_elsewhere_is_noted() {
    let bench = reading(json!({ "tracks": ["isrc:USUM71703861"] }));
    bench.read().await;
    assert_eq!(
        count(&bench.wire.take_seen(), "/by-isrc/"),
        2,
        "the stream of songs, and all others together"
    );
    bench.wire.world(|world: &mut World| world.lead("USUM71703861", Some(2)));
    bench.read().await;
    let noted: Vec<_> = bench.sink.0.lock().changes.iter().map(ToString::to_string).collect();
    assert_eq!(noted, [format!("isrc of track USUM71703861: {}, was {}", SONGS[2], SONGS[0])]);
    bench.wire.world(|world: &mut World| world.lead("USUM71703861", None));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    assert!(set_aside(&bench).contains(&("gone", "track isrc:USUM71703861".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn past_entries_have_no_place_and_a_list_that_moves_loses_nothing() {
    let bench = reading(json!({ "tracks": [SONGS[0]] }));
    bench.read().await;
    let before = of(bench.stored(), Table::PlaylistPlacements);
    assert!(before.len() > 20);
    // A provider that sends past entries all the same, and a length that changes from page to page.
    let mut total = 100;
    bench.wire.set_tamper(move |path, body| {
        if path.contains("/playlist/") {
            total += 1;
            body["page"]["total"] = json!(total);
            if body["page"]["offset"] == 0 {
                body["items"][0]["exitDate"] = json!("2026-11-20T00:00:00+00:00");
                body["items"][0]["positionDate"] = json!("2026-11-21T00:00:00+00:00");
                body["items"][0]["playlist"]["uuid"] = json!("91a70000-b8b6-43d5-bd44-0000000000ff");
                body["items"].as_array_mut().unwrap().swap_remove(1);
            }
        }
    });
    bench.read().await;
    assert_eq!(difference(&before, &of(bench.stored(), Table::PlaylistPlacements)), "");
    assert!(set_aside(&bench).iter().any(|(reason, _)| *reason == "moved"), "{:#?}", set_aside(&bench));
}

#[tokio::test(start_paused = true)]
async fn a_months_requests_are_a_budget_and_what_soundcharts_counts_is_shown() {
    let mut bench = bench();
    bench.spec.quotas = Some(of_a_month(20));
    bench.wire.world(|world: &mut World| world.set_quota(Some(20)));
    let ratios = Arc::new(Ratios::default());
    let end = observed(&bench, &ratios).daemon(Duration::from_hours(2)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:#?}", end.failures);
    let error = end.status.error.unwrap_or_default();
    assert!(error.contains("used 20 of 20 requests this month (quota.project)"), "{error}");
    // What the check asks costs neither here nor there, so that both counts agree and nothing was refused.
    assert_eq!(bench.wire.world(|world: &mut World| world.quota()), Some(0));
    assert!(bench.wire.take_seen().iter().all(|seen| seen.status == Some(200)));
    let ratios = ratios.0.lock();
    assert!(ratios.first().is_some_and(|ratio| ratio.abs() < 1e-9), "all are left: {ratios:?}");
    assert!(ratios.last().is_some_and(|ratio| (ratio - 1.0).abs() < 1e-9), "{ratios:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_is_asked_about_hourly() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.set_quota(Some(0)));
    let end = bench.daemon(Duration::from_hours(8)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:?}", end.status);
    let seen = bench.wire.take_seen();
    let refused: Vec<Duration> =
        seen.iter().filter(|seen| seen.status == Some(429)).map(|seen| seen.at).collect();
    // Each of four streams may have asked before the first was refused.
    assert!((8..=8 * 4).contains(&refused.len()), "{refused:?}");
    let rests =
        refused.windows(2).filter(|pair| pair[1].saturating_sub(pair[0]) > Duration::from_mins(59)).count();
    assert!(rests >= 7, "{refused:?}");
    bench.wire.world(|world: &mut World| world.set_quota(Some(1_000)));
    bench.daemon(Duration::from_hours(2)).await;
    bench.assert_true("once there is some again");
}

#[tokio::test(start_paused = true)]
async fn where_usage_is_not_shown_everything_else_is_read() {
    for error in [SoundchartsError::forbidden(), SoundchartsError::not_found()] {
        let bench = bench();
        bench.wire.world(|world: &mut World| world.refuse("/usage", Some(error)));
        bench.read().await;
        bench.assert_true("without the endpoint that the check asks");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_value_is_deleted_of_its_own_stream_only() {
    let bench = bench();
    bench.read().await;
    let day = "2026-11-20".parse().unwrap();
    bench.wire.world(|world: &mut World| world.restate(Metric::Plays, SONGS[0], day, None));
    bench.read().await;
    bench.assert_true("songs and artists share a table of counters");
}
