//! What changed and should be seen.

use rows::{
    Row,
    music::Track,
    sink::{Change, Commit, Sink as _},
};
use serde_json::json;

use crate::support::Bench;

fn track(id: &str) -> Row {
    Row::Track(Track {
        service: "deezer".into(),
        track_id: id.into(),
        title: None,
        isrc: Some("USUM71703861".into()),
        artist_id: None,
        artist_name: None,
        album_id: None,
        duration_seconds: None,
        released_on: None,
    })
}

fn led(epoch: i64, id: &str) -> Commit {
    let change = Change {
        kind: "isrc",
        entity: "track",
        id: "USUM71703861".into(),
        before: None,
        after: Some(id.into()),
    };
    Commit {
        connection: "deezer".into(),
        integration: "deezer".into(),
        epoch,
        stream: "tracks".into(),
        rows: vec![track(id)],
        changes: vec![change],
        ..Commit::default()
    }
}

pub async fn a_code_that_leads_elsewhere_is_noted_once(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    assert!(bench.commit(led(epoch, "1")).await.changes.is_empty(), "the first time is no change");
    bench.clock.set("2026-11-25T10:00:00Z");
    let committed = bench.commit(led(epoch, "2")).await;
    assert_eq!(committed.changes.len(), 1);
    assert_eq!(committed.changes[0].before.as_deref(), Some("1"));
    bench.clock.set("2026-11-25T11:00:00Z");
    assert!(bench.commit(led(epoch, "2")).await.changes.is_empty(), "it is known by now");
    bench.clock.set("2026-11-26T10:00:00Z");
    assert_eq!(bench.commit(led(epoch, "1")).await.changes.len(), 1, "and back");
    let noted =
        bench.query("SELECT connection, kind, entity, id, before, after FROM changes ORDER BY at").await;
    let row = |before: &str, after: &str| {
        json!({ "connection": "deezer", "kind": "isrc", "entity": "track", "id": "USUM71703861", "before": before,
            "after": after })
    };
    assert_eq!(noted, [row("1", "2"), row("2", "1")]);
    let tied = bench.one("SELECT count(*) AS n FROM tracks WHERE isrc = 'USUM71703861'").await;
    assert_eq!(tied["n"], json!(2), "both stay tied to it");
}

pub async fn what_changed_about_a_forgotten_account_is_noted_with_it(bench: &Bench) {
    let epoch = bench.register("meta", "meta_ads").await.epoch;
    let change = Change {
        kind: "time_zone",
        entity: "account",
        id: "1\0".into(),
        before: Some("UTC".into()),
        after: Some("Europe/Kiev".into()),
    };
    bench.store.reset_account("meta", epoch, "1", vec![change.clone()]).await.unwrap();
    let noted = bench.one("SELECT connection, kind, id, before, after FROM changes").await;
    let expected = json!({ "connection": "meta", "kind": "time_zone", "id": "1", "before": "UTC", "after": "Europe/Kiev" });
    assert_eq!(noted, expected);
    let outdated = bench.store.reset_account("meta", epoch - 1, "1", vec![change]).await;
    assert!(outdated.is_err(), "an outdated worker notes nothing");
    assert_eq!(bench.count("changes").await, 1);
}
