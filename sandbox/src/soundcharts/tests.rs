//! The imitation as a function: requests in, answers out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::*;

/// Three in the afternoon, UTC.
const NOW: &str = "2026-11-21T15:00:00Z";

fn world() -> Soundcharts {
    Soundcharts::new(1, 120, NOW.parse().unwrap())
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new(),
        now: NOW.parse().unwrap(),
        root_url: String::new(),
    }
}

fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn get(world: &mut Soundcharts, path: &str) -> (u16, Value) {
    let answer = world.answer(&request(path, &[("x-app-id", APP_ID), ("x-api-key", API_KEY)]));
    (answer.status, body_of(&answer))
}

fn items(world: &mut Soundcharts, path: &str) -> Vec<Value> {
    let (status, mut body) = get(world, path);
    assert_eq!(status, 200, "{path}: {body}");
    body["items"].as_array_mut().map(std::mem::take).unwrap()
}

fn song_path(song: usize) -> String {
    format!("/api/v2/song/{}/audience/spotify", SONGS[song])
}

#[test]
fn both_ways_to_authenticate_work_and_no_others() {
    let mut world = world();
    assert_eq!(get(&mut world, USAGE_PATH).0, 200);
    for headers in [&[][..], &[("x-app-id", APP_ID)], &[("x-app-id", APP_ID), ("x-api-key", "x")]] {
        let answer = world.answer(&request(USAGE_PATH, headers));
        assert_eq!((answer.status, &body_of(&answer)["errors"][0]["code"]), (401, &json!(401)));
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let form = ("content-type", "application/x-www-form-urlencoded");
    let mut ask = request(TOKEN_PATH, &[("authorization", &basic), form]);
    ask.method = "POST".to_owned();
    ask.body = b"grant_type=client_credentials".to_vec();
    let token = body_of(&world.answer(&ask))["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    assert_eq!(world.answer(&request(USAGE_PATH, &[("authorization", &bearer)])).status, 200);
    world.tokens().expire();
    assert_eq!(world.answer(&request(USAGE_PATH, &[("authorization", &bearer)])).status, 401);
    ask.body = b"grant_type=refresh_token&refresh_token=no+user+lets+anybody+in".to_vec();
    assert_eq!(world.answer(&ask).status, 400, "there are no users");
}

#[test]
fn an_isrc_is_an_object_a_text_or_blacklisted() {
    let mut world = world();
    let isrcs: Vec<Value> = world
        .truth_songs()
        .iter()
        .map(|song| {
            let (status, by_isrc) = get(&mut world, &format!("/api/v2.25/song/by-isrc/{}", song.isrc));
            assert_eq!(
                (status, &by_isrc),
                (200, &get(&mut world, &format!("/api/v2.25/song/{}", song.id)).1)
            );
            by_isrc["object"]["isrc"].clone()
        })
        .collect();
    assert_eq!((&isrcs[0]["value"], &isrcs[2]), (&json!("USUM71703861"), &json!("DEXX12600001")));
    assert_eq!(get(&mut world, &format!("/api/v2.25/song/by-isrc/{BLACKLISTED_ISRC}")).0, 410);
    assert_eq!(get(&mut world, "/api/v2.25/song/by-isrc/QZNB20000000").0, 404);
    world.lead("USUM71703861", None);
    assert_eq!(get(&mut world, "/api/v2.25/song/by-isrc/USUM71703861").0, 404);
    assert!(world.delete_song(SONGS[0]) && !world.delete_song(SONGS[0]));
    assert_eq!(get(&mut world, &format!("/api/v2.25/song/{}", SONGS[0])).0, 404);
}

#[test]
fn counters_are_told_by_day_and_some_days_are_not() {
    let mut world = world();
    let days = items(&mut world, &format!("{}?startDate=2026-08-24&limit=100", song_path(0)));
    let told: Vec<u64> = days.iter().filter_map(|day| day["plots"][0]["value"].as_u64()).collect();
    assert!((60..90).contains(&told.len()) && told.len() < days.len(), "{told:?}");
    assert!(told.is_sorted(), "plays never fall");
    let truth = world.truth_readings("spotify");
    let first: Date = "2026-08-24".parse().unwrap();
    let of_song = |reading: &&TruthReading| reading.id == SONGS[0] && reading.day >= first;
    assert_eq!(truth.iter().filter(of_song).map(|reading| reading.value).collect::<Vec<_>>(), told);
    let versions = items(&mut world, &format!("{}?startDate=2026-11-20&endDate=2026-11-21", song_path(1)));
    assert!(versions.iter().all(|day| day["plots"].as_array().unwrap().len() != 1), "{versions:?}");
    assert!(truth.iter().any(|reading| reading.value > 1 << 53));
    let day = "2026-11-20".parse().unwrap();
    world.restate(Metric::Plays, SONGS[0], day, Some(7));
    let path = format!("{}?startDate=2026-11-20&endDate=2026-11-20", song_path(0));
    assert_eq!(items(&mut world, &path)[0]["plots"][0]["value"], 7);
}

#[test]
fn a_period_has_90_days_at_most_and_a_page_100_elements() {
    let mut world = world();
    let path = song_path(0);
    for (query, status) in [
        ("?startDate=2026-08-23&endDate=2026-11-21", 200),
        ("?startDate=2026-08-22&endDate=2026-11-21", 400),
        ("?startDate=2026-11-21&endDate=2026-11-20", 400),
        ("?startDate=yesterday", 400),
        ("?limit=101", 400),
        ("?limit=0", 400),
    ] {
        assert_eq!(get(&mut world, &format!("{path}{query}")).0, status, "{query}");
    }
    for path in [
        format!("/api/v2/song/{}/audience/deezer", SONGS[0]),
        format!("/api/v2/artist/{}/popularity/youtube", ARTISTS[0]),
        format!("/api/v2.20/song/{}/playlist/current/melon", SONGS[0]),
    ] {
        assert_eq!(get(&mut world, &path).0, 400, "{path}");
    }
    assert_eq!(get(&mut world, "/api/v2/artist/nobody/audience/spotify").0, 404);
}

#[test]
fn an_artists_three_lists_know_different_days() {
    let mut world = world();
    let lists = ["audience/spotify", "streaming/spotify/listening", "popularity/spotify"].map(|list| {
        let items = items(&mut world, &format!("/api/v2/artist/{}/{list}?limit=100", ARTISTS[1]));
        items.iter().map(|item| item["date"].as_str().unwrap()[..10].to_owned()).collect::<Vec<_>>()
    });
    assert!(lists[0] != lists[1] && lists[1] != lists[2], "{lists:?}");
    let audience = items(&mut world, &format!("/api/v2/artist/{}/audience/spotify", ARTISTS[0]));
    assert!(audience.iter().all(|day| day["likeCount"].is_null() && day["followerCount"].is_u64()));
    let summer = format!(
        "/api/v2/artist/{}/popularity/spotify?startDate=2026-10-20&endDate=2026-11-05&limit=100",
        ARTISTS[0]
    );
    let dates = items(&mut world, &summer).iter().map(|day| day["date"].to_string()).collect::<String>();
    assert!(dates.contains("+02:00") && dates.contains("+01:00"), "{dates}");
}

#[test]
fn past_entries_come_unless_only_current_ones_are_asked_for() {
    let mut world = world();
    let path = format!("/api/v2.20/song/{}/playlist/current/spotify?limit=100", SONGS[0]);
    let all = items(&mut world, &path).len();
    let current = items(&mut world, &format!("{path}&currentOnly=1"));
    let truth = world.truth_entries("spotify").into_iter().filter(|entry| entry.song_id == SONGS[0]).count();
    assert_eq!((current.len(), all), (truth, truth + 3));
    assert!(current.iter().all(|entry| entry["exitDate"].is_null()));
    world.set_page_length(10);
    let (_, page) = get(&mut world, &format!("{path}&currentOnly=1&offset=20"));
    assert_eq!((page["items"].as_array().unwrap().len(), &page["page"]["next"]), (truth - 20, &Value::Null));
    let left = world.leave(0);
    assert!(left > 0);
    world.enter(50, 0);
    let now = world.truth_entries("spotify").into_iter().filter(|entry| entry.song_id == SONGS[0]).count();
    assert_eq!(now, truth - left + 1);
}

#[test]
fn a_months_requests_are_counted_and_told() {
    let mut world = world();
    world.set_quota(Some(1));
    let left = |world: &mut Soundcharts, path: &str| {
        let answer = world.answer(&request(path, &[("x-app-id", APP_ID), ("x-api-key", API_KEY)]));
        let header = answer.headers.iter().find(|(name, _)| name == "x-quota-remaining").unwrap();
        (answer.status, header.1.clone())
    };
    assert_eq!(left(&mut world, USAGE_PATH), (200, "1".to_owned()), "which costs nothing");
    assert_eq!(left(&mut world, &song_path(0)), (200, "0".to_owned()));
    assert_eq!(left(&mut world, &song_path(0)), (429, "0".to_owned()));
    let refused = world.limited(&request("/", &[]), 100.0, Duration::from_millis(1_500));
    assert!(refused.headers.contains(&("x-ratelimit-reset".to_owned(), "2".to_owned())));
    assert!(body_of(&refused)["errors"][0]["message"].as_str().unwrap().contains("maximum request count"));
}

#[test]
fn a_frozen_world_stands() {
    let mut world = world();
    world.freeze();
    let before = world.truth_readings("youtube");
    world.advance("2026-11-25T00:00:00Z".parse().unwrap());
    assert_eq!(world.truth_readings("youtube"), before);
    world.thaw();
    assert!(world.truth_readings("youtube").len() > before.len());
}
