//! The imitation, asked as a client asks.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{API_KEY, CUSTOM, FUTURE, FeatureFm, FeatureFmError, NIGHT_DRIVE};
use crate::exchange::{Imitation, Request};

const NOW: &str = "2026-11-21T16:00:00Z";

fn world() -> FeatureFm {
    FeatureFm::new(1, 10, NOW.parse().unwrap())
}

fn ask(world: &mut FeatureFm, key: &str, path: &str) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let answer = world.answer(&Request {
        method: "GET".to_owned(),
        path: format!("/manage/v1{path}"),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: vec![("x-api-key".to_owned(), key.to_owned())],
        body: Vec::new(),
        now: NOW.parse().unwrap(),
        root_url: "http://sandbox/feature_fm".to_owned(),
    });
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

fn get(world: &mut FeatureFm, path: &str) -> (u16, Value) {
    ask(world, API_KEY, path)
}

#[test]
fn links_are_had_by_id_and_short_address_bare_or_wrapped() {
    let mut world = world();
    let (status, by_id) = get(&mut world, &format!("/smartlink/{NIGHT_DRIVE}"));
    assert_eq!((status, by_id["title"].clone()), (200, json!("Night Drive")));
    assert!(by_id["createdAt"].as_i64().unwrap() > 1_700_000_000_000 && by_id["stores"].is_array());
    for domain in ["ffm.to", "https://ffm.to"] {
        assert_eq!(get(&mut world, &format!("/smartlink/shortid/night-drive?domain={domain}")).1, by_id);
    }
    assert_eq!(get(&mut world, "/smartlink/shortid/night-drive?domain=other.example").0, 404);
    world.wrap(true);
    assert_eq!(get(&mut world, &format!("/smartlink/{NIGHT_DRIVE}")).1, json!({ "data": by_id }));
    assert!(get(&mut world, "/artists").1.is_array(), "never wrapped");
    let pre = get(&mut world, &format!("/smartlink/{FUTURE}")).1;
    assert_eq!(
        (pre["data"]["type"].clone(), pre["data"]["releaseDate"].clone()),
        (json!("pre_release"), json!("2027-02-05"))
    );
}

#[test]
fn errors_come_in_two_shapes() {
    let mut world = world();
    let missing = json!({ "code": 404, "message": "Endpoint not found" });
    assert_eq!(get(&mut world, "/smartlinks"), (404, missing));
    assert_eq!(get(&mut world, "/smartlink/none").1["message"], "Not found");
    let refused = (401, json!({ "status": 1, "message": "Unauthorized" }));
    assert_eq!(ask(&mut world, "other", "/artists"), refused);
    world.expire_key();
    assert_eq!(get(&mut world, "/artists"), refused);
    world.set_key("next");
    assert_eq!(ask(&mut world, "next", "/artists").0, 200);
    world.fail_next("/artists", vec![FeatureFmError::busy(), FeatureFmError::forbidden()]);
    assert_eq!([(); 3].map(|()| ask(&mut world, "next", "/artists").0), [503, 403, 200]);
}

#[test]
fn analytics_say_what_the_truth_says() {
    let mut world = world();
    let path = format!("/smartlink/{FUTURE}/analytics?from=2026-11-01&to=2026-11-30");
    let rows = get(&mut world, &path).1["data"].as_array().unwrap().clone();
    let truth: Vec<_> = world.truth_activity().into_iter().filter(|row| row.link_id == FUTURE).collect();
    assert_eq!(rows.len(), truth.len());
    assert!(rows.len() > 4 && rows.len() < 11, "some days have nobody: {}", rows.len());
    for (row, truth) in rows.iter().zip(&truth) {
        assert_eq!((row["visits"].as_u64(), row["preSaves"].as_u64()), (Some(truth.visits), truth.pre_saves));
    }
    assert_eq!(get(&mut world, &format!("/smartlink/{FUTURE}/analytics?from=2026-11-01")).0, 400);
    let other = get(&mut world, &format!("/smartlink/{CUSTOM}/analytics?from=2026-11-19&to=2026-11-20"));
    assert!(other.1["data"].as_array().unwrap().iter().all(|row| row.get("preSaves").is_none()));
}

#[test]
fn what_is_changed_is_seen() {
    let mut world = world();
    let day = "2026-11-19".parse().unwrap();
    assert!(world.restate(NIGHT_DRIVE, day, 77) && !world.restate("none", day, 1));
    assert!(
        world
            .truth_activity()
            .iter()
            .any(|row| (row.link_id, row.date, row.visits) == (NIGHT_DRIVE, day, 77))
    );
    assert!(world.vanish(NIGHT_DRIVE, day) && !world.vanish(NIGHT_DRIVE, day));
    assert!(!world.truth_activity().iter().any(|row| (row.link_id, row.date) == (NIGHT_DRIVE, day)));
    assert!(world.change(CUSTOM, "Other", "PAUSED") && world.rename(CUSTOM, "other"));
    let custom = world.truth_links().into_iter().find(|link| link.id == CUSTOM).unwrap();
    assert_eq!(
        (custom.title.as_str(), custom.url.as_str()),
        ("Other", "https://links.maravell.example/other")
    );
    assert!(world.delete(CUSTOM) && !world.delete(CUSTOM));
    assert_eq!(get(&mut world, &format!("/smartlink/{CUSTOM}")).0, 404);
    assert_eq!(world.truth_links().len(), 4);
}

#[test]
fn a_frozen_world_stands_still() {
    let mut world = world();
    world.freeze();
    let before = world.truth_activity();
    let later: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    world.advance(later);
    assert_eq!(world.truth_activity(), before);
    world.thaw();
    assert_ne!(world.truth_activity(), before);
    assert!(world.set_time_zone("Pacific/Kiritimati") && !world.set_time_zone("Mars"));
    assert_eq!(world.today().to_string(), "2026-12-01");
}
