//! The imitation, asked as a client asks.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Change, Deezer, DeezerError, Entity, quota};
use crate::exchange::{Imitation, Request};

const NOW: &str = "2026-11-21T16:00:00Z";
const LONG: u64 = 1_313_621_735;
const TWICE: u64 = 9_007_199_254_740_993;

fn world() -> Deezer {
    Deezer::new(1, NOW.parse().unwrap())
}

fn get(world: &mut Deezer, path: &str) -> Value {
    get_at(world, path, NOW)
}

fn get_at(world: &mut Deezer, path: &str, now: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let answer = world.answer(&Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: Vec::new(),
        body: Vec::new(),
        now: now.parse().unwrap(),
        root_url: "http://sandbox/deezer".to_owned(),
    });
    assert_eq!(answer.status, 200, "errors too");
    serde_json::from_slice(&answer.body).unwrap()
}

/// All pages of a list, by its links.
fn pages(world: &mut Deezer, path: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let mut page = get(world, &path);
        next =
            page["next"].as_str().map(|link| link.strip_prefix("http://sandbox/deezer").unwrap().to_owned());
        all.append(page["data"].as_array_mut().unwrap());
    }
    all
}

#[test]
fn objects_are_found_by_their_ids_and_codes() {
    let mut world = world();
    let track = world.truth_tracks()[0].clone();
    assert!(track.id > 1 << 53);
    let full = get(&mut world, &format!("/track/{}", track.id));
    assert_eq!((full["id"].as_u64(), full["isrc"].as_str()), (Some(track.id), track.isrc.as_deref()));
    assert_eq!(get(&mut world, &format!("/track/isrc:{}", track.isrc.unwrap())), full);
    let album = world.truth_albums()[0].clone();
    let body = get(&mut world, &format!("/album/upc:{}", album.upc));
    assert_eq!((body["id"].clone(), body["nb_tracks"].clone()), (json!(album.id), json!(album.track_count)));
    assert_eq!(pages(&mut world, &format!("/album/{}/tracks?limit=4", album.id)).len(), album.track_count);
    let artist = get(&mut world, &format!("/artist/{}", track.artist_id));
    assert_eq!(artist["nb_album"], 5);
    let top = get(&mut world, &format!("/artist/{}/top", track.artist_id));
    let ranks: Vec<u64> =
        top["data"].as_array().unwrap().iter().map(|track| track["rank"].as_u64().unwrap()).collect();
    assert!(ranks.len() == 5 && ranks.is_sorted_by(|left, right| left >= right), "{ranks:?}");
}

#[test]
fn readings_are_what_the_objects_say() {
    let mut world = world();
    for reading in world.truth_readings().into_iter().step_by(37) {
        let (path, field) = match reading.entity {
            Entity::Track => ("track", "rank"),
            Entity::Album => ("album", "fans"),
            Entity::Artist => ("artist", "nb_fan"),
            Entity::Playlist => ("playlist", "fans"),
        };
        let body = get(&mut world, &format!("/{path}/{}", reading.id));
        assert_eq!(body[field], reading.value, "{path} {}", reading.id);
    }
}

#[test]
fn counters_rise_and_fall_with_the_days_and_stay_where_they_are_put() {
    let mut world = world();
    let id = world.truth_artists()[0].id;
    let days = (1..=28).map(|day| format!("2026-11-{day:02}T12:00:00Z"));
    let fans: Vec<u64> = days
        .map(|day| get_at(&mut world, &format!("/artist/{id}"), &day)["nb_fan"].as_u64().unwrap())
        .collect();
    let falls = fans.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!(falls > 2 && falls < 25, "{fans:?}");
    world.restate(Entity::Artist, id, 7);
    assert_eq!(get(&mut world, &format!("/artist/{id}"))["nb_fan"], 7);
    world.release(Entity::Artist, id);
    world.advance("2026-11-28T12:00:00Z".parse().unwrap());
    let now = world.truth_readings().into_iter().find(|reading| reading.entity == Entity::Artist).unwrap();
    assert_eq!(now.value, fans[27]);
}

#[test]
fn playlists_are_read_page_by_page() {
    let mut world = world();
    let playlist = get(&mut world, &format!("/playlist/{LONG}"));
    assert_eq!((playlist["nb_tracks"].clone(), playlist["description"].clone()), (json!(1230), Value::Null));
    assert_eq!(playlist["tracks"]["data"].as_array().unwrap().len(), 50);
    let items = pages(&mut world, &format!("/playlist/{LONG}/tracks?limit=100"));
    assert!(items.iter().all(|item| item.get("isrc").is_none() && item["time_add"].is_i64()));
    let ids: Vec<u64> = items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
    let truth: Vec<u64> = world.truth_placements(LONG).iter().map(|placement| placement.track_id).collect();
    assert_eq!(ids, truth);
    let last = get(&mut world, &format!("/playlist/{LONG}/tracks?limit=100&index=1200"));
    assert_eq!((last["next"].clone(), last["total"].clone()), (Value::Null, json!(1230)));
    assert_eq!(last["prev"], format!("http://sandbox/deezer/playlist/{LONG}/tracks?limit=100&index=1100"));
    assert_eq!(get(&mut world, &format!("/playlist/{LONG}/tracks?index=9999"))["data"], json!([]));
    let twice = world.truth_placements(TWICE);
    let places: Vec<(usize, usize)> = twice.iter().map(|place| (place.position, place.occurrences)).collect();
    assert_eq!(places, [(1, 2), (2, 2), (3, 1), (4, 1), (6, 1)]);
    assert_eq!(get(&mut world, &format!("/playlist/{TWICE}"))["nb_tracks"], 7);
}

#[test]
fn playlists_change_while_they_are_read() {
    let mut world = world();
    let path = format!("/playlist/{LONG}/tracks?limit=500");
    assert!(world.change_while_read(LONG, 2, Change::RemoveFirst));
    assert!(world.change_while_read(LONG, 1, Change::Rotate));
    let seen: Vec<(Value, Value)> = [(); 4]
        .map(|()| get(&mut world, &path))
        .map(|page| (page["checksum"].clone(), page["total"].clone()))
        .into();
    assert_eq!(seen[0], seen[1]);
    assert!(seen[1].0 != seen[2].0 && seen[2].0 != seen[3].0, "the checksum moves");
    let totals: Vec<&Value> = seen.iter().map(|page| &page.1).collect();
    assert_eq!(totals, [1230, 1230, 1229, 1229]);
    let track = world.truth_placements(LONG)[100].track_id;
    assert!(
        world.change_playlist(LONG, &Change::Remove(track))
            && !world.change_playlist(LONG, &Change::Remove(track))
    );
    assert!(world.change_playlist(TWICE, &Change::Append(track)));
    assert_eq!(world.truth_placements(TWICE).last().unwrap().track_id, track);
    let daily = world.truth_playlists()[0].clone();
    world.advance("2026-11-22T16:00:00Z".parse().unwrap());
    let next = world.truth_playlists()[0].clone();
    assert!(daily.checksum != next.checksum && daily.track_count == next.track_count);
}

#[test]
fn what_is_gone_is_gone() {
    let mut world = world();
    let unavailable = world.truth_tracks().into_iter().find(|track| !track.available).unwrap();
    let code = |body: &Value| body["error"]["code"].as_u64();
    assert_eq!(code(&get(&mut world, &format!("/track/{}", unavailable.id))), Some(800));
    let items = pages(&mut world, "/playlist/908622995/tracks");
    assert_eq!((items[0]["id"].clone(), items[0]["readable"].clone()), (json!(unavailable.id), json!(false)));
    let gone = world.truth_placements(908_622_995)[1].track_id;
    assert!(world.delete_track(gone) && !world.delete_track(gone));
    assert_eq!(code(&get(&mut world, &format!("/track/{gone}"))), Some(800));
    assert_eq!(pages(&mut world, "/playlist/908622995/tracks").len(), 3);
    assert!(world.delete_playlist(TWICE));
    assert_eq!(code(&get(&mut world, &format!("/playlist/{TWICE}"))), Some(800));
    assert!(world.truth_placements(TWICE).is_empty());
}

#[test]
fn charts_are_in_the_order_of_ranks() {
    let mut world = world();
    let chart = get(&mut world, "/chart/0");
    assert_eq!(
        (chart["tracks"]["total"].clone(), chart["podcasts"]["total"].clone()),
        (json!(100), json!(0))
    );
    let places: Vec<(u64, u64)> = pages(&mut world, "/chart/132/tracks?limit=30")
        .iter()
        .map(|track| (track["position"].as_u64().unwrap(), track["id"].as_u64().unwrap()))
        .collect();
    let truth = world.truth_chart(132).into_iter().map(|place| (place.position as u64, place.track_id));
    assert_eq!(places, truth.collect::<Vec<_>>());
    for kind in ["albums", "artists", "playlists"] {
        assert_eq!(get(&mut world, &format!("/chart/0/{kind}?limit=1"))["data"][0]["position"], 1);
    }
}

#[test]
fn errors_come_under_status_200() {
    let mut world = world();
    let mut code = |path: &str| get(&mut world, path)["error"]["code"].as_u64();
    assert_eq!(code("/track/abc"), Some(800));
    assert_eq!(code("/track/isrc:"), Some(800), "no track is found by having no code");
    assert_eq!(code("/chart/77/tracks"), Some(800));
    assert_eq!(code("/nowhere"), Some(600));
    assert_eq!(code("/playlist/1313621735/tracks?limit=many"), Some(500));
    assert_eq!(code("/playlist/1313621735/tracks?limit=2001"), Some(100));
    assert_eq!(code("/search"), Some(501));
    assert_eq!(code("/search?q=track+0001"), None);
    world.fail_next(
        "/artist",
        vec![DeezerError::busy(), DeezerError::quota(), DeezerError::individual_account()],
    );
    let codes = [(); 4].map(|()| get(&mut world, "/artist/4050205")["error"]["code"].as_u64());
    assert_eq!(codes, [Some(700), Some(4), Some(901), None]);
    assert_eq!(quota().requests, 50);
}

#[test]
fn a_frozen_world_stands_still() {
    let mut world = world();
    world.freeze();
    let before = world.truth_readings();
    let later: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    world.advance(later);
    assert_eq!(world.truth_readings(), before);
    world.thaw();
    assert_ne!(world.truth_readings(), before);
}
