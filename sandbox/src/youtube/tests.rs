//! The imitation by itself.

use serde_json::{Value, json};

use super::*;
use crate::google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};

const NOW: &str = "2026-11-21T12:00:00Z";

fn world() -> YouTube {
    YouTube::new(1, 9, NOW.parse().unwrap())
}

fn request(method: &str, path: &str, query: &[(&str, &str)], token: Option<&str>) -> Request {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.iter().map(pair).collect(),
        headers: token
            .map(|token| ("authorization".to_owned(), format!("Bearer {token}")))
            .into_iter()
            .collect(),
        body: Vec::new(),
        now: NOW.parse().unwrap(),
        root_url: String::new(),
    }
}

fn ask(world: &mut YouTube, path: &str, query: &[(&str, &str)], token: Option<&str>) -> (u16, Value) {
    let answer = world.answer(&request("GET", path, query, token));
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// With the API key.
fn list(world: &mut YouTube, method: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let mut all = vec![("key", API_KEY)];
    all.extend_from_slice(query);
    ask(world, &format!("/youtube/v3/{method}"), &all, None)
}

fn token(world: &mut YouTube) -> String {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", REFRESH_TOKEN),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let answer = world.answer(&Request { body: body.into_bytes(), ..request("POST", TOKEN_PATH, &[], None) });
    serde_json::from_slice::<Value>(&answer.body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

fn report(world: &mut YouTube, token: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let mut all = vec![("ids", "channel==MINE"), ("startDate", "2026-11-01"), ("endDate", "2026-11-21")];
    all.retain(|(name, _)| query.iter().all(|(other, _)| other != name));
    all.extend_from_slice(query);
    ask(world, "/v2/reports", &all, Some(token))
}

#[test]
fn counters_are_texts_and_what_is_hidden_is_left_out() {
    let mut world = world();
    let ids = format!("{OWN},{SHY},UCnobody");
    let (_, channels) = list(&mut world, "channels", &[("part", "statistics"), ("id", &ids)]);
    assert_eq!(channels["items"].as_array().unwrap().len(), 2);
    let statistics = &channels["items"][1]["statistics"];
    assert_eq!(
        (&statistics["hiddenSubscriberCount"], &statistics["subscriberCount"]),
        (&json!(true), &json!("0"))
    );
    assert!(channels["items"][0]["statistics"]["viewCount"].is_string());
    let (_, videos) =
        list(&mut world, "videos", &[("part", "statistics"), ("id", "v-_00000002,v-_00000001,v-_00000050")]);
    let items = videos["items"].as_array().unwrap();
    assert!(items.len() == 2 && items[0]["statistics"].get("likeCount").is_none());
    assert_eq!(items[1]["statistics"]["viewCount"], "9007199254740993");
    let (_, nobody) = list(&mut world, "channels", &[("part", "id"), ("id", "UCnobody")]);
    assert!(nobody.get("items").is_none() && nobody["pageInfo"]["totalResults"] == 0);
}

#[test]
fn keys_tokens_and_ids_are_looked_at() {
    let mut world = world();
    let path = "/youtube/v3/videos";
    assert_eq!(ask(&mut world, path, &[("part", "id"), ("id", "x"), ("key", "no")], None).0, 400);
    assert_eq!(ask(&mut world, path, &[("part", "id"), ("id", "x")], None).0, 403);
    assert_eq!(ask(&mut world, path, &[("part", "id"), ("id", "x")], Some("no")).0, 401);
    assert_eq!(list(&mut world, "channels", &[("part", "id"), ("mine", "true")]).0, 401);
    let many = vec!["v-_00000000"; 51].join(",");
    assert_eq!(list(&mut world, "videos", &[("part", "id"), ("id", &many)]).0, 400);
    assert_eq!(list(&mut world, "playlistItems", &[("part", "snippet"), ("playlistId", "PLnone")]).0, 404);
    let token = token(&mut world);
    let mine = ask(&mut world, "/youtube/v3/channels", &[("part", "id"), ("mine", "true")], Some(&token)).1;
    assert_eq!(mine["items"][0]["id"], OWN);
    world.poison("v-_00000001");
    assert_eq!(list(&mut world, "videos", &[("part", "id"), ("id", "v-_00000000,v-_00000001")]).0, 400);
    world.set_units(Some(1));
    assert_eq!(list(&mut world, "videos", &[("part", "id"), ("id", "x")]).0, 200);
    let (status, refused) = list(&mut world, "videos", &[("part", "id"), ("id", "x")]);
    assert_eq!((status, refused["error"]["errors"][0]["reason"].as_str()), (403, Some("quotaExceeded")));
    assert_eq!(world.units(), (1, 1));
}

#[test]
fn a_playlist_comes_in_pages_with_what_is_gone_from_it() {
    let mut world = world();
    let mut titles = Vec::new();
    let mut next = String::new();
    for _ in 0..3 {
        let mut query = vec![("part", "snippet"), ("playlistId", LONG), ("maxResults", "50")];
        if !next.is_empty() {
            query.push(("pageToken", next.as_str()));
        }
        let (_, page) = list(&mut world, "playlistItems", &query);
        let items = page["items"].as_array().unwrap();
        titles.extend(items.iter().map(|item| item["snippet"]["title"].as_str().unwrap().to_owned()));
        next = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((titles.len(), next.as_str()), (127, ""));
    assert_eq!((titles[50].as_str(), titles[51].as_str()), ("Deleted video", "Private video"));
}

#[test]
fn reports_end_with_the_last_day_that_has_come() {
    let mut world = world();
    let token = token(&mut world);
    let mut last = |metrics: &str, dimensions: &str| {
        let (status, report) =
            report(&mut world, &token, &[("metrics", metrics), ("dimensions", dimensions)]);
        assert_eq!(status, 200, "{report}");
        report["rows"].as_array().unwrap().last().unwrap()[0].as_str().unwrap().to_owned()
    };
    assert_eq!(last("views,likes", "day"), "2026-11-18");
    assert_eq!(last("estimatedRevenue", "day"), "2026-11-17");
    assert_eq!(last("views,estimatedRevenue", "day"), "2026-11-17");
    assert_eq!(last("views", "day,insightTrafficSourceType"), "2026-11-18");
    let empty = [("startDate", "2026-11-20"), ("metrics", "views"), ("dimensions", "country")];
    assert!(report(&mut world, &token, &empty).1.get("rows").is_none());
}

#[test]
fn reports_are_for_the_owner_and_money_needs_more() {
    let mut world = world();
    let token = token(&mut world);
    let mut status = |query: &[(&str, &str)]| {
        let mut all = vec![("metrics", "views"), ("dimensions", "day")];
        all.retain(|(name, _)| query.iter().all(|(other, _)| other != name));
        all.extend_from_slice(query);
        report(&mut world, &token, &all).0
    };
    assert_eq!(status(&[("ids", "channel==UCsandbox-other_00000002")]), 403);
    assert_eq!(
        status(&[
            ("ids", "contentOwner==SandboxLabel_Owner-01"),
            ("filters", "channel==UCsandbox-label_00000001")
        ]),
        200
    );
    assert_eq!(status(&[("dimensions", "day,country")]), 400);
    assert_eq!(status(&[("dimensions", "day,video")]), 400);
    assert_eq!(status(&[("dimensions", "day,insightTrafficSourceType"), ("metrics", "likes")]), 400);
    world.set_monetary(false, 401);
    let (code, refused) =
        report(&mut world, &token, &[("metrics", "estimatedRevenue"), ("dimensions", "day")]);
    assert_eq!(code, 401);
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("Insufficient permission"));
}

#[test]
fn parts_are_no_more_than_the_whole() {
    let world = world();
    let days = world.truth_days(OWN);
    for day in days.iter().filter(|day| day.dimension == "total") {
        for dimension in ["country", "traffic_source"] {
            let parts = days.iter().filter(|part| part.day == day.day && part.dimension == dimension);
            let sum: u64 = parts.map(|part| part.numbers.views).sum();
            assert!(sum <= day.numbers.views && sum + 5 > day.numbers.views, "{dimension} {sum}");
        }
    }
}
