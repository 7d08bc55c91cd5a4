//! The imitation, asked as a client asks.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::oauth::OAuthError;

const NOW: &str = "2026-11-21T16:00:00Z";
const ROOT: &str = "http://sandbox/spotify";

/// A client with a token.
struct Client {
    world: Spotify,
    token: String,
    now: Timestamp,
}

impl Client {
    fn new(mode: Mode) -> Self {
        let now = NOW.parse().unwrap();
        let mut client = Self { world: Spotify::new(1, now), token: String::new(), now };
        client.world.set_mode(mode);
        client.as_app();
        client
    }

    fn send(&mut self, method: &str, path: &str, authorization: &str, body: &str) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        self.world.answer(&Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: vec![
                header("authorization", authorization),
                header("content-type", "application/x-www-form-urlencoded"),
            ],
            body: body.as_bytes().to_vec(),
            now: self.now,
            root_url: ROOT.to_owned(),
        })
    }

    /// Asks for a token with this secret; status and body.
    fn grant(&mut self, secret: &str, form: &str) -> (u16, Value) {
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
        let answer = self.send("POST", "/api/token", &basic, form);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn as_app(&mut self) {
        let (_, body) = self.grant(CLIENT_SECRET, "grant_type=client_credentials");
        body["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    fn as_user(&mut self) {
        let form = format!("grant_type=refresh_token&refresh_token={REFRESH_TOKEN}");
        let (_, body) = self.grant(CLIENT_SECRET, &form);
        body["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    fn ask(&mut self, path: &str) -> (u16, Value) {
        let token = format!("Bearer {}", self.token);
        let answer = self.send("GET", &format!("/v1{path}"), &token, "");
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, body) = self.ask(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Status and message of a refusal.
    fn refusal(&mut self, path: &str) -> (u16, String) {
        let (status, body) = self.ask(path);
        assert_eq!(body["error"]["status"], status, "{path}: {body}");
        (status, body["error"]["message"].as_str().unwrap().to_owned())
    }

    /// All items of a list, by its links, and how many pages there were; `list` is where the page is in its answer.
    fn pages(&mut self, path: &str, list: &str) -> (Vec<Value>, usize) {
        let (mut all, mut count, mut next) = (Vec::new(), 0, Some(path.to_owned()));
        while let Some(path) = next {
            let mut body = self.get(&path);
            let page = if list.is_empty() { &mut body } else { &mut body[list] };
            let link = page["next"].as_str();
            next = link.map(|link| link.strip_prefix(&format!("{ROOT}/v1")).unwrap().to_owned());
            all.append(page["items"].as_array_mut().unwrap());
            count += 1;
        }
        (all, count)
    }
}

#[test]
fn an_app_in_development_mode_lacks_fields_and_lists() {
    let mut client = Client::new(Mode::Development);
    let (id, track) = client.world.truth_tracks(Reader::App(None))[0].clone();
    let album = client.world.truth_albums()[0].clone();
    let body = client.get(&format!("/tracks/{id}"));
    assert_eq!((&body["id"], &body["external_ids"]["isrc"]), (&json!(id), &json!(track.isrc)));
    assert_eq!(body["album"]["release_date"], json!(album.released_on()));
    for field in ["popularity", "available_markets", "linked_from", "preview_url"] {
        assert!(body.get(field).is_none(), "{field}");
    }
    let artist = client.get(&format!("/artists/{}", track.artist_id));
    assert!(artist.get("followers").is_none() && artist.get("popularity").is_none());
    let body = client.get(&format!("/albums/{}", album.id));
    assert!(body.get("label").is_none() && body["external_ids"]["upc"] == album.upc);
    assert_eq!(client.refusal(&format!("/tracks?ids={id}")), (403, "Forbidden".to_owned()));
    assert_eq!(client.refusal("/search?q=track&type=track&limit=11"), (400, "Invalid limit".to_owned()));
    assert_eq!(client.get("/search?q=track&type=track")["tracks"]["limit"], 5);
    assert!(client.world.truth_readings(Reader::App(None)).is_empty());
    client.world.set_mode(Mode::Postponed);
    let both = client.get(&format!("/tracks?ids={id},1track999"));
    assert_eq!((&both["tracks"][0]["id"], &both["tracks"][1]), (&json!(id), &Value::Null));
}

#[test]
fn extended_quota_shows_the_readings() {
    let (mut client, reader) = (Client::new(Mode::Extended), Reader::App(Some("DE")));
    let readings = client.world.truth_readings(reader);
    assert_eq!(readings.len(), 320 + 2 * 10 + 5);
    for reading in readings.iter().take(6).chain(readings.iter().rev().take(25)) {
        let (path, field) = match reading.counter {
            Counter::TrackPopularity => ("tracks", "/popularity"),
            Counter::ArtistPopularity => ("artists", "/popularity"),
            Counter::ArtistFollowers => ("artists", "/followers/total"),
            Counter::PlaylistFollowers => ("playlists", "/followers/total"),
        };
        let body = client.get(&format!("/{path}/{}?market=DE", reading.id));
        assert_eq!(body.pointer(field), Some(&json!(reading.value)), "{path} {}", reading.id);
    }
    let id = readings[0].id.clone();
    client.world.restate(Counter::TrackPopularity, &id, 7);
    assert_eq!(client.get(&format!("/tracks/{id}"))["popularity"], 7);
    client.world.release(Counter::TrackPopularity, &id);
    client.world.freeze();
    client.now = "2026-12-05T16:00:00Z".parse().unwrap();
    assert_eq!(client.ask(&format!("/tracks/{id}")).0, 401, "tokens expire though the world stands");
    assert_eq!(client.world.truth_readings(reader), readings);
    client.world.thaw();
    assert_ne!(client.world.truth_readings(reader), readings);
}

#[test]
fn a_code_may_have_several_hits_on_several_pages() {
    let mut client = Client::new(Mode::Development);
    let path = |limit| format!("/search?q=isrc%3A{SHARED_ISRC}&type=track&limit={limit}&market=US");
    let (hits, pages) = client.pages(&path(10), "tracks");
    assert_eq!((hits.len(), pages), (SHARED_ISRC_TRACKS, 7));
    assert!(hits.iter().all(|hit| hit["external_ids"]["isrc"] == SHARED_ISRC && hit["is_playable"] == true));
    client.world.set_mode(Mode::Extended);
    let (again, pages) = client.pages(&path(50), "tracks");
    assert_eq!((again.len(), pages), (SHARED_ISRC_TRACKS, 2));
    let (albums, _) = client.pages(&format!("/search?q=upc:{SHARED_UPC}&type=album"), "albums");
    let wanted = client.world.truth_albums().into_iter().filter(|album| album.upc == SHARED_UPC);
    let wanted: Vec<String> = wanted.map(|album| album.id).collect();
    assert_eq!(albums.iter().map(|album| album["id"].as_str().unwrap()).collect::<Vec<_>>(), wanted);
    let both = client.get("/search?q=00&type=album,track&limit=1");
    assert_eq!((&both["albums"]["total"], &both["tracks"]["total"]), (&json!(9), &json!(102)));
    assert_eq!(client.get("/search?q=isrc:XX0000000000&type=track")["tracks"]["items"], json!([]));
    let bad = |text: &str| (400, text.to_owned());
    assert_eq!(client.refusal("/search?type=track"), bad("No search query"));
    assert_eq!(client.refusal("/search?q=a&type=song"), bad("Bad search type field song"));
    assert_eq!(client.refusal("/search?q=a&type=track&offset=1001"), bad("Invalid offset"));
    assert_eq!(client.refusal("/search?q=a&type=track&market=usa"), bad("Invalid market code"));
}

#[test]
fn a_track_may_be_given_for_another() {
    let mut client = Client::new(Mode::Extended);
    let tracks = client.world.truth_tracks(Reader::App(Some("DE")));
    let (asked, given) = tracks.iter().find(|(asked, given)| *asked != given.id).unwrap();
    let path = format!("/tracks/{asked}");
    for (market, id) in [("", asked), ("?market=US", asked), ("?market=DE", &given.id)] {
        let body = client.get(&format!("{path}{market}"));
        assert_eq!(body["id"], json!(id));
        assert_eq!(body.get("is_playable").is_some(), !market.is_empty());
        assert_eq!(body.pointer("/linked_from/id"), (id != asked).then(|| json!(asked)).as_ref());
    }
    client.as_user();
    assert_eq!(client.get(&format!("{path}?market=US"))["id"], json!(given.id), "the user's country");
    let blocked = client.get(&format!("/tracks/{}", tracks[5].0));
    assert_eq!(
        (&blocked["is_playable"], &blocked["restrictions"]["reason"]),
        (&json!(false), &json!("market"))
    );
    client.world.set_mode(Mode::Development);
    let body = client.get(&path);
    assert_eq!((&body["id"], body.get("linked_from")), (&json!(given.id), None));
    assert_eq!(client.get(&format!("/tracks/{}", tracks[6].0))["external_ids"], json!({}), "no ISRC");
}

#[test]
fn dates_are_known_to_the_day_the_month_or_the_year() {
    let mut client = Client::new(Mode::Development);
    let mut seen = BTreeMap::new();
    for album in client.world.truth_albums() {
        let body = client.get(&format!("/albums/{}", album.id));
        let precision = body["release_date_precision"].as_str().unwrap().to_owned();
        let date = body["release_date"].as_str().filter(|_| precision == "day");
        assert_eq!((album.released_on(), &body["total_tracks"]), (date, &json!(8)));
        *seen.entry(precision).or_insert(0) += 1;
    }
    assert_eq!(seen, BTreeMap::from([("day".into(), 20), ("month".into(), 10), ("year".into(), 10)]));
    let (artist, album) = (&client.world.truth_artists()[3].id, &client.world.truth_albums()[0].id);
    let (albums, tracks) = (format!("/artists/{artist}/albums?limit=3"), format!("/albums/{album}/tracks"));
    assert_eq!((client.pages(&albums, "").0.len(), client.pages(&tracks, "").0.len()), (4, 8));
}

/// What a careful client makes of a playlist's entries: track, lowest position, occurrences, whether it knows when.
fn placements(entries: &[Value], key: &str) -> Vec<(String, usize, usize, bool)> {
    let mut found: Vec<(String, usize, usize, bool)> = Vec::new();
    for (entry, position) in entries.iter().zip(1..) {
        let track = &entry[key];
        let id = track.pointer("/linked_from/id").unwrap_or(&track["id"]);
        let (Some(id), "track") = (id.as_str(), track["type"].as_str().unwrap_or_default()) else { continue };
        let added = entry["added_at"].as_str().is_some_and(|added| !added.starts_with("1970"));
        match found.iter_mut().find(|found| found.0 == id) {
            Some(found) => found.2 += 1,
            None => found.push((id.to_owned(), position, 1, added)),
        }
    }
    found
}

fn truth(world: &Spotify, playlist: &str, reader: Reader<'_>) -> Vec<(String, usize, usize, bool)> {
    let placements = world.truth_placements(playlist, reader).unwrap().into_iter();
    placements
        .map(|place| (place.track_id, place.position, place.occurrences, place.added_at.is_some()))
        .collect()
}

#[test]
fn playlists_come_in_two_shapes_with_odd_entries() {
    let mut client = Client::new(Mode::Extended);
    for playlist in [ODD_PLAYLIST, LONG_PLAYLIST, FOREIGN_PLAYLIST, EMPTY_PLAYLIST, SHARED_PLAYLIST] {
        let body = client.get(&format!("/playlists/{playlist}?market=DE"));
        let reader = Reader::App(Some("DE"));
        for list in ["tracks", "items"] {
            let (entries, _) = client.pages(&format!("/playlists/{playlist}/{list}?market=DE&limit=50"), "");
            assert_eq!(placements(&entries, "track"), truth(&client.world, playlist, reader), "{playlist}");
            assert_eq!(body["tracks"]["total"], entries.len());
        }
    }
    client.as_user();
    client.world.set_mode(Mode::Development);
    let (entries, _) = client.pages(&format!("/playlists/{ODD_PLAYLIST}/items"), "");
    let odd = truth(&client.world, ODD_PLAYLIST, Reader::User);
    assert_eq!(placements(&entries, "item"), odd);
    let places: Vec<(usize, usize, bool)> = odd.iter().map(|place| (place.1, place.2, place.3)).collect();
    assert_eq!(places, [(2, 2, true), (5, 1, true), (7, 1, false), (8, 1, false)]);
    assert_eq!((entries[0].clone(), entries[2]["item"].clone()), (Value::Null, Value::Null));
    assert_eq!((&entries[3]["item"]["type"], &entries[5]["is_local"]), (&json!("episode"), &json!(true)));
    let body = client.get(&format!("/playlists/{LONG_PLAYLIST}"));
    assert_eq!(body["items"]["items"].as_array().unwrap().len(), 50);
    assert!(body.get("tracks").is_none() && body.get("followers").is_none());
    let (rest, pages) = {
        let next = body["items"]["next"].as_str().unwrap();
        client.pages(next.strip_prefix(&format!("{ROOT}/v1")).unwrap(), "")
    };
    assert_eq!((rest.len(), pages), (180, 4));
}

#[test]
fn who_may_read_a_playlist_depends_on_mode_and_user() {
    let mut client = Client::new(Mode::Development);
    let all = [ODD_PLAYLIST, PRIVATE_PLAYLIST, SHARED_PLAYLIST, FOREIGN_PLAYLIST, EDITORIAL_PLAYLIST];
    let statuses = |client: &mut Client, reader| {
        all.map(|playlist| {
            let one = client.ask(&format!("/playlists/{playlist}"));
            let [old, new] =
                ["tracks", "items"].map(|list| client.ask(&format!("/playlists/{playlist}/{list}")).0);
            let truth = client.world.truth_placements(playlist, reader).is_some();
            assert_eq!(truth, old == 200 || new == 200, "{playlist}");
            let seen = client.world.truth_playlists(reader).into_iter().find(|seen| seen.id == playlist);
            assert_eq!(seen.is_some(), one.0 == 200, "{playlist}");
            assert_eq!(seen.and_then(|seen| seen.entry_count).is_some(), truth, "{playlist}");
            (one.0, old, new)
        })
    };
    let (open, gone, closed) = ((200, 200, 200), (404, 404, 404), (200, 403, 403));
    assert_eq!(statuses(&mut client, Reader::App(None)), [closed, gone, closed, closed, gone]);
    client.as_user();
    let own = (200, 403, 200);
    assert_eq!(statuses(&mut client, Reader::User), [own, own, own, closed, gone]);
    client.world.set_mode(Mode::Postponed);
    assert_eq!(statuses(&mut client, Reader::User), [open, open, open, (200, 200, 403), gone]);
    client.world.set_mode(Mode::Extended);
    assert_eq!(statuses(&mut client, Reader::User), [open, open, open, open, gone]);
    client.as_app();
    assert_eq!(statuses(&mut client, Reader::App(None)), [open, gone, open, open, gone]);
}

#[test]
fn playlists_change_while_they_are_read_and_between_days() {
    let mut client = Client::new(Mode::Development);
    client.as_user();
    let path = format!("/playlists/{LONG_PLAYLIST}/items?limit=50");
    assert!(client.world.change_while_read(LONG_PLAYLIST, 2, Change::RemoveFirst));
    assert!(client.world.change_while_read(LONG_PLAYLIST, 1, Change::Clear));
    assert_eq!(
        [(); 4].map(|()| client.get(&path)["total"].clone()),
        [230, 230, 229, 0].map(|total| json!(total))
    );
    let track = truth(&client.world, SHARED_PLAYLIST, Reader::User)[3].0.clone();
    let snapshot =
        |client: &mut Client| client.get(&format!("/playlists/{SHARED_PLAYLIST}"))["snapshot_id"].clone();
    let before = snapshot(&mut client);
    assert!(client.world.change_playlist(SHARED_PLAYLIST, &Change::Rename("Apart".to_owned())));
    assert_eq!(snapshot(&mut client), before);
    let remove = Change::Remove(track.clone());
    assert!(client.world.change_playlist(SHARED_PLAYLIST, &remove));
    assert!(!client.world.change_playlist(SHARED_PLAYLIST, &remove), "it is gone already");
    assert_ne!(snapshot(&mut client), before);
    assert_eq!(truth(&client.world, SHARED_PLAYLIST, Reader::User).len(), 29);
    let today = truth(&client.world, SHARED_PLAYLIST, Reader::User);
    client.world.advance("2026-11-22T16:00:00Z".parse().unwrap());
    assert_ne!(truth(&client.world, SHARED_PLAYLIST, Reader::User), today, "it turns every day");
    for change in [Change::Append(track.clone()), Change::Append(track.clone()), Change::Reverse] {
        assert!(client.world.change_playlist(EMPTY_PLAYLIST, &change) || change == Change::Reverse);
    }
    assert_eq!(truth(&client.world, EMPTY_PLAYLIST, Reader::User), [(track, 1, 2, true)]);
}

#[test]
fn what_is_deleted_is_not_found() {
    let mut client = Client::new(Mode::Development);
    client.as_user();
    let track = truth(&client.world, ODD_PLAYLIST, Reader::User)[0].0.clone();
    let gone = (404, "Resource not found".to_owned());
    let others = [
        ("tracks", track),
        ("albums", client.world.truth_albums()[7].id.clone()),
        ("artists", client.world.truth_artists()[7].id.clone()),
        ("playlists", LONG_PLAYLIST.to_owned()),
    ];
    for (path, id) in others {
        let path = format!("/{path}/{id}");
        client.get(&path);
        assert!(client.world.delete(&id) && !client.world.delete(&id));
        assert_eq!(client.refusal(&path), gone);
    }
    let (entries, _) = client.pages(&format!("/playlists/{ODD_PLAYLIST}/items"), "");
    assert_eq!((entries.len(), &entries[1]["item"]), (9, &Value::Null), "its place stays");
    assert_eq!(placements(&entries, "item"), truth(&client.world, ODD_PLAYLIST, Reader::User));
    let bad = (400, "Invalid base62 id".to_owned());
    assert_eq!(client.refusal("/tracks/1track-999999999999999"), bad);
    assert_eq!(client.refusal("/artists/short"), bad);
    assert_eq!(client.refusal("/nowhere"), (404, "Service not found".to_owned()));
}

#[test]
fn tokens_expire_and_are_revoked() {
    let mut client = Client::new(Mode::Development);
    assert_eq!(client.refusal("/me"), (401, "Valid user authentication required".to_owned()));
    client.world.tokens().expire();
    assert_eq!(client.refusal("/me"), (401, "The access token expired".to_owned()));
    client.as_user();
    assert_eq!(client.get("/me")["id"], USER);
    client.world.tokens().revoke_user();
    assert_eq!(client.refusal("/me"), (401, "Invalid access token".to_owned()));
    let (status, body) =
        client.grant(CLIENT_SECRET, &format!("grant_type=refresh_token&refresh_token={REFRESH_TOKEN}"));
    let revoked = json!({ "error": "invalid_grant", "error_description": "Refresh token revoked" });
    assert_eq!((status, body), (400, revoked));
    client.world.tokens().fail_next(vec![OAuthError::server_error(), OAuthError::invalid_client()]);
    let statuses = [(); 3].map(|()| client.grant(CLIENT_SECRET, "grant_type=client_credentials").0);
    assert_eq!(statuses, [503, 400, 200]);
    let none = client.send("GET", "/v1/me", "", "");
    let body = br#"{"error":{"message":"No token provided","status":401}}"#;
    assert_eq!((none.status, none.body.as_slice()), (401, body.as_slice()));
    assert_eq!(client.send("GET", "/v1/me", "Basic abc", "").status, 400);
}

#[test]
fn too_many_requests_wait_seconds_and_a_used_up_quota_hours() {
    let mut client = Client::new(Mode::Development);
    let path = format!("/artists/{}", client.world.truth_artists()[0].id);
    client.world.set_quota(Some((2, Duration::from_hours(24))));
    let _ = client.get(&path);
    client.now = "2026-11-21T16:30:00Z".parse().unwrap();
    let _ = client.get(&path);
    client.as_app();
    let token = format!("Bearer {}", client.token);
    let refused = client.send("GET", &format!("/v1{path}"), &token, "");
    let body: Value = serde_json::from_slice(&refused.body).unwrap();
    let told =
        json!({ "error": { "status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED" } });
    assert_eq!((refused.status, body), (429, told));
    assert_eq!(refused.headers, [("Retry-After".to_owned(), (23 * 3600 + 1800).to_string())]);
    client.world.set_quota(None);
    let errors = vec![SpotifyError::rate_limited(None), SpotifyError::quota_exceeded(None)];
    client.world.fail_next("/artists", errors);
    client.world.refuse("/v1", Some(SpotifyError::premium_required()));
    assert_eq!([(); 3].map(|()| client.ask(&path).0), [429, 429, 403]);
    client.world.refuse("/v1", None);
    let request = |path: &str| Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
        now: client.now,
        root_url: ROOT.to_owned(),
    };
    assert!(client.world.is_counted(&request("/v1/me")) && !client.world.is_counted(&request(TOKEN_PATH)));
    let limited = client.world.limited(&request("/v1/me"), 100.0, Duration::from_millis(2_001));
    assert_eq!(limited.headers, [("Retry-After".to_owned(), "3".to_owned())]);
    assert_eq!(client.world.expired(&request("/v1/me")).map(|answer| answer.status), Some(401));
    assert!(client.world.expired(&request(TOKEN_PATH)).is_none());
}
