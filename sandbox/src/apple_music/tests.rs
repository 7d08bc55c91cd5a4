//! The imitation, asked as a client asks.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-21T16:00:00Z";

/// A token by this key, with this header and these claims.
fn token(pem: &str, header: &Value, claims: &Value) -> String {
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, &STANDARD.decode(der).unwrap(), &random).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn developer_token() -> String {
    let at = now().as_second();
    token(
        DEMO_KEY,
        &json!({ "alg": "ES256", "kid": KEY_ID }),
        &json!({ "iss": TEAM_ID, "iat": at, "exp": at + 600 }),
    )
}

fn send(world: &mut AppleMusic, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    world.answer(&Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        body: body.to_string().into_bytes(),
        now: now(),
        root_url: String::new(),
    })
}

fn ask(world: &mut AppleMusic, path: &str) -> (u16, Value) {
    let answer = send(world, "GET", path, &developer_token(), &Value::Null);
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

fn world() -> AppleMusic {
    AppleMusic::new(1, 9, now())
}

#[test]
fn a_token_is_signed_by_the_key_and_every_flaw_in_it_is_noticed() {
    let mut world = world();
    let at = now().as_second();
    let (header, claims) = (
        json!({ "alg": "ES256", "kid": KEY_ID }),
        json!({ "iss": TEAM_ID, "iat": at, "exp": at + 15_777_000 }),
    );
    let path = "/v1/catalog/us/songs/1500000000";
    let mut status = |key: &str, header: &Value, claims: &Value| {
        let answer = send(&mut world, "GET", path, &token(key, header, claims), &Value::Null);
        assert!(answer.status == 200 || answer.body.is_empty(), "a 401 has no body");
        answer.status
    };
    assert_eq!(status(DEMO_KEY, &header, &claims), 200);
    assert_eq!(status(ANALYTICS_KEY, &header, &claims), 401);
    for (name, value) in
        [("iss", json!("x")), ("exp", json!(at)), ("exp", json!(at + 15_777_001)), ("iat", json!(at + 9))]
    {
        let mut claims = claims.clone();
        claims[name] = value;
        assert_eq!(status(DEMO_KEY, &header, &claims), 401, "{name}");
    }
    assert_eq!(status(DEMO_KEY, &json!({ "alg": "ES256", "kid": "another" }), &claims), 401);
    let answer = send(&mut world, "GET", path, "no.token", &Value::Null);
    assert_eq!((answer.status, answer.body.len()), (401, 0));
    world.accept_key(ANALYTICS_KEY);
    assert_eq!(ask(&mut self::world(), path).0, 200);
    assert_eq!(send(&mut world, "GET", path, &developer_token(), &Value::Null).status, 401);
}

#[test]
fn objects_are_what_a_storefront_has() {
    let mut world = world();
    let (status, body) = ask(&mut world, "/v1/catalog/us/songs/1500000051");
    assert_eq!(
        (status, &body["errors"][0]["code"], &body["errors"][0]["status"]),
        (404, &json!("40400"), &json!("404"))
    );
    assert_eq!(ask(&mut world, "/v1/catalog/de/songs/1500000051").0, 200);
    let (_, body) = ask(&mut world, "/v1/catalog/jp/artists/900000001");
    assert_eq!(body["data"][0]["attributes"]["name"], "Artist 01 (日本)");
    let (_, body) = ask(&mut world, &format!("/v1/catalog/us/songs?ids=77,1500000051,{BIG_SONG},1500000000"));
    let ids: Vec<_> = body["data"].as_array().unwrap().iter().map(|song| song["id"].clone()).collect();
    assert_eq!(ids, [BIG_SONG, "1500000000"], "what is not there is left out");
    let found = |world: &mut AppleMusic, storefront: &str| {
        let (_, body) = ask(world, &format!("/v1/catalog/{storefront}/songs?filter[isrc]={SHARED_ISRC}"));
        body["data"].as_array().unwrap().len()
    };
    assert_eq!((found(&mut world, "us"), found(&mut world, "jp")), (2, 3));
    let (_, body) = ask(&mut world, "/v1/catalog/us/albums?filter[upc]=0072400000126");
    assert_eq!(body["data"][0]["id"], "1400000014");
    assert_eq!(ask(&mut world, "/v1/catalog/xx/songs/1").0, 400);
    assert!(world.delete("1500000000") && !world.delete("no id"));
    assert_eq!(ask(&mut world, "/v1/catalog/us/songs/1500000000").0, 404);
}

#[test]
fn lists_are_read_by_paths_to_a_404_or_to_their_end() {
    let mut world = world();
    let path = format!("/v1/catalog/us/playlists/{LONG_PLAYLIST}/tracks");
    let (mut next, mut count) = (Some(path), 0);
    while let Some(path) = next {
        let (status, body) = ask(&mut world, &path);
        assert_eq!(status, 200);
        count += body["data"].as_array().unwrap().len();
        next = body["next"].as_str().map(str::to_owned);
        assert!(next.as_ref().is_none_or(|next| next.starts_with("/v1/")));
    }
    let truth = world.truth_playlists(&["us"]);
    let long = truth.iter().find(|list| list.id == LONG_PLAYLIST).unwrap();
    assert_eq!(count, long.entry_count);
    assert!(long.places.len() < count && count > 200, "songs stand there twice, on three pages");
    let (status, body) = ask(&mut world, &format!("/v1/catalog/us/playlists/{EMPTY_PLAYLIST}/tracks"));
    assert_eq!((status, &body["errors"][0]["code"]), (404, &json!("40403")));
    assert_eq!(ask(&mut world, &format!("/v1/catalog/us/playlists/{GERMAN_PLAYLIST}")).0, 404);
    let (_, body) = ask(&mut world, &format!("/v1/catalog/us/playlists/{ODD_PLAYLIST}"));
    let modified = body["data"][0]["attributes"]["lastModifiedDate"].clone();
    assert!(world.change_while_read(ODD_PLAYLIST, 1, Change::RemoveFirst));
    ask(&mut world, &format!("/v1/catalog/us/playlists/{ODD_PLAYLIST}/tracks"));
    let (_, body) = ask(&mut world, &format!("/v1/catalog/us/playlists/{ODD_PLAYLIST}"));
    assert_ne!(body["data"][0]["attributes"]["lastModifiedDate"], modified);

    let (_, body) = ask(&mut world, "/v1/catalog/de/charts?types=songs&offset=40");
    let chart = &body["results"]["songs"][0];
    assert_eq!(chart["data"].as_array().unwrap().len(), 10);
    assert_eq!(chart["data"][9]["id"], json!(world.truth_chart("de")[49]));
    let (status, _) = ask(&mut world, chart["next"].as_str().unwrap());
    assert_eq!(status, 404, "the German chart leads behind its end");
    assert!(world.raise(BIG_SONG));
    assert_eq!(world.truth_chart("us")[0], BIG_SONG);
}

#[test]
fn plays_are_a_table_grouped_as_asked_for_and_do_not_add_up() {
    let mut world = world();
    let at = now().as_second();
    let claims = json!({ "iss": ISSUER_ID, "aud": "appstoreconnect-v1", "iat": at, "exp": at + 1_200 });
    let token =
        token(ANALYTICS_KEY, &json!({ "alg": "ES256", "kid": ANALYTICS_KEY_ID, "typ": "JWT" }), &claims);
    assert!(
        world.restate("1500000000", "us", 2, 1_030, 20) && world.restate("1500000000", "de", 2, 1_030, 990)
    );
    assert!(world.restate("1500000000", "jp", 2, 0, 0));
    let query = json!({
        "audience": {
            "ids": { "entity": "artist_id", "values": [900_000_001] },
            "played_in_range": { "start": world.day(2), "end": world.day(2), "time_zone": "UTC" }, "filter_by": {},
        },
        "group_by": ["song_id", "date", "storefront"],
    });
    let path = "/analytics/v4/queries/audience-engagement";
    let text = |world: &mut AppleMusic, query: &Value| {
        let answer = send(world, "POST", path, &token, query);
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
    };
    let table = text(&mut world, &query);
    assert!(table.starts_with("song_id\tdate\tstorefront\tplay_count\tlistener_count\n"));
    assert!(
        table.contains("1500000000\t2026-11-19\tus\t1050\t\n"),
        "rounded, and too few listeners: {table}"
    );
    assert!(table.contains("1500000000\t2026-11-19\tde\t1050\t1000\n") && !table.contains("\tjp\t0"));
    let mut together = query.clone();
    together["group_by"] = json!(["song_id", "date"]);
    assert!(text(&mut world, &together).contains("1500000000\t2026-11-19\t2050\t1000\n"));
    let truth = world.truth_plays(&["900000001"]);
    let of_it = truth.iter().filter(|plays| plays.song_id == "1500000000" && plays.date == "2026-11-19");
    assert_eq!(of_it.map(|plays| plays.plays).collect::<Vec<_>>(), [2_050, 1_050, 1_050]);
    assert!(truth.iter().all(|plays| plays.date.as_str() < "2026-11-21"), "today is not told");

    let mut odd = query.clone();
    odd["group_by"] = json!(["mood"]);
    assert_eq!(send(&mut world, "POST", path, &token, &odd).status, 400);
    assert_eq!(send(&mut world, "POST", path, &developer_token(), &query).status, 401, "another key's");
    world.set_reports_empty(true);
    assert_eq!(text(&mut world, &query).lines().count(), 1);
    world.revoke_analytics_key();
    assert_eq!(send(&mut world, "POST", path, &token, &query).status, 401);
}

#[test]
fn scripted_errors_come_in_apples_words() {
    let mut world = world();
    world.fail_next("/songs/", vec![MusicError::rate_limited(), MusicError::server_error(503)]);
    let (status, body) = ask(&mut world, "/v1/catalog/us/songs/1500000000");
    assert_eq!((status, &body["errors"][0]["code"]), (429, &json!("42900")));
    assert_eq!(ask(&mut world, "/v1/catalog/us/songs/1500000000").0, 503);
    world.refuse("/artists/", Some(MusicError::forbidden()));
    assert_eq!(ask(&mut world, "/v1/catalog/us/artists/900000001").0, 403);
    assert_eq!(world.expired(&request()).unwrap().status, 401);
    world.freeze();
    let before = world.truth_chart("us");
    world.advance("2026-11-25T16:00:00Z".parse().unwrap());
    assert_eq!(world.truth_chart("us"), before);
    world.thaw();
    assert_ne!(world.truth_chart("us"), before);
}

fn request() -> Request {
    Request {
        method: "GET".to_owned(),
        path: String::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
        now: now(),
        root_url: String::new(),
    }
}
