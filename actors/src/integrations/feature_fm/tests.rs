//! From what Feature.fm sends to rows, and what the settings say of a report.

use jiff::civil::date;
use proptest::prelude::*;
use rows::{
    DayRange, Row,
    links::{LinkDimension, SmartLink, SmartLinkActivity},
};
use serde_json::{Value, json};

use super::{
    analytics::Report,
    mapping,
    settings::{Analytics, Settings},
    wire,
};
use crate::{failure::Failure, page::Page, reading::elements::Unreadable};

/// As it was recorded, with ids of nobody.
const LINK: &str = r#"{
    "id": "68bf1a2b3c4d5e6f70819203", "artistId": "68bf0a", "title": "Night Drive", "domain": "https://ffm.to", "shortId": "night-drive",
    "artist": {"id": "68bf0a", "alias": "vell", "name": "Mara Vell", "accountId": "1", "createdBy": "2", "profileImage": null},
    "type": "post_release", "status": "ACTIVE", "createdAt": 1759312800123, "image": "x", "isLocalRelease": false,
    "enabledStores": ["spotify"], "routingRules": {}, "affiliates": {}, "preSaveFollow": [],
    "stores": [{"storeId": "spotify", "url": "https://open.spotify.com/x", "showAfterRelease": false, "territories": []}],
    "localization": [], "sharedAnalytics": {"enabled": true}
}"#;

fn link(text: &str) -> Result<(SmartLink, Vec<Unreadable>), Unreadable> {
    wire::link(text.as_bytes()).and_then(mapping::link)
}

#[test]
fn a_link_is_a_row_bare_or_wrapped() {
    let (row, unread) = link(LINK).unwrap();
    let expected = SmartLink {
        link_id: "68bf1a2b3c4d5e6f70819203".to_owned(),
        title: Some("Night Drive".to_owned()),
        url: Some("https://ffm.to/night-drive".to_owned()),
        status: Some("ACTIVE".to_owned()),
        kind: Some("post_release".to_owned()),
        artist_id: Some("68bf0a".to_owned()),
        artist_name: Some("Mara Vell".to_owned()),
        stores: Some(
            r#"[{"storeId": "spotify", "url": "https://open.spotify.com/x", "showAfterRelease": false, "territories": []}]"#
                .to_owned(),
        ),
        isrc: None,
        upc: None,
        created_at: Some("2025-10-01T10:00:00.123Z".parse().unwrap()),
        released_on: None,
    };
    assert_eq!((&row, &unread[..]), (&expected, &[][..]));
    assert_eq!(link(&format!(r#"{{"data": {LINK}}}"#)).unwrap().0, expected);
}

#[test]
fn what_is_absent_or_null_is_unknown() {
    for text in [
        r#"{"id": "a"}"#,
        r#"{"id": "a", "title": null, "domain": null, "shortId": "b", "stores": null, "createdAt": null, "artist": null}"#,
        r#"{"id": "a", "data": null, "domain": "https://ffm.to", "createdAt": 0, "releaseDate": " "}"#,
    ] {
        let (row, unread) = link(text).unwrap();
        assert_eq!(
            (row.title, row.url, row.stores, row.created_at, row.released_on),
            (None, None, None, None, None)
        );
        assert!(unread.is_empty());
    }
    let custom = link(r#"{"id": 9007199254740993, "domain": "links.example/", "shortId": 7}"#).unwrap().0;
    assert_eq!(
        (custom.link_id.as_str(), custom.url.as_deref()),
        ("9007199254740993", Some("https://links.example/7"))
    );
}

#[test]
fn what_cannot_be_read_is_told_and_takes_nothing_else_with_it() {
    let (row, unread) = link(r#"{"id": "a", "releaseDate": "2027-02-05T00:00:00Z", "stores": []}"#).unwrap();
    assert_eq!((row.released_on, row.stores.as_deref()), (Some(date(2027, 2, 5)), Some("[]")));
    assert!(unread.is_empty());
    let long = format!(r#"{{"id": "a", "releaseDate": "5 Feb", "stores": ["{}"]}}"#, "x".repeat(9_000));
    let (row, unread) = link(&long).unwrap();
    assert_eq!((row.link_id.as_str(), row.released_on, row.stores), ("a", None, None));
    assert_eq!(unread, [Unreadable::TooLarge("stores"), Unreadable::Date("releaseDate")]);
    assert_eq!(link(r#"{"id": "a", "stores": {"x": 1}}"#).unwrap().1, [Unreadable::Form("stores", "list")]);
    for text in ["", "[]", "7", "{}", r#"{"id": "a", "createdAt": "seven"}"#, r#"{"id": "a", "title": 7}"#] {
        assert!(link(text).is_err(), "{text}");
    }
}

fn analytics(json: Value) -> Analytics {
    serde_json::from_value(json).unwrap()
}

fn fields(fields: &Value) -> Report {
    Report::new(&analytics(json!({ "path": "smartlink/{id}/stats?from={from}&to={to}", "fields": fields })))
        .unwrap()
}

fn november() -> DayRange {
    DayRange::new(date(2026, 11, 1), date(2026, 11, 30)).unwrap()
}

fn read(report: &Report, answer: &Value) -> Result<Page, Failure> {
    report.read("x1", november(), answer.to_string().as_bytes())
}

fn activity(page: &Page) -> Vec<(String, String, [Option<i64>; 4])> {
    let row = |row: &Row| match row {
        Row::SmartLinkActivity(SmartLinkActivity {
            date,
            dimension_value,
            visits,
            unique_visitors,
            clicks,
            pre_saves,
            ..
        }) => (date.to_string(), dimension_value.clone(), [*visits, *unique_visitors, *clicks, *pre_saves]),
        other => panic!("{other:?}"),
    };
    page.rows.iter().map(row).collect()
}

#[test]
fn a_report_is_asked_for_as_the_settings_say() {
    let call = fields(&json!({ "visits": "/visits" })).call(&["manage", "v1"], "a/../b?c", november());
    assert_eq!(call.path, "/manage/v1/smartlink/a%2F..%2Fb%3Fc/stats");
    let query = [("from", "2026-11-01"), ("to", "2026-11-30")];
    assert_eq!(call.query, query.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn rows_are_where_the_settings_say() {
    let report =
        fields(&json!({ "rows": "/stats/days", "date": "/on", "visits": "/n/all", "clicks": "/n/clicks" }));
    let answer = json!({ "stats": { "days": [
        { "on": "2026-11-02", "n": { "all": "7", "clicks": 0 } },
        { "on": "2026-11-03T10:00:00Z", "n": { "all": 5 } },
        { "on": "2026-12-01", "n": { "all": 9 } },
    ] } });
    let page = read(&report, &answer).unwrap();
    assert_eq!(
        activity(&page),
        [
            ("2026-11-02".to_owned(), String::new(), [Some(7), None, Some(0), None]),
            ("2026-11-03".to_owned(), String::new(), [Some(5), None, None, None]),
        ]
    );
    assert!(page.quarantined.is_empty());
    // One object is one row; without a day of its own it is of the one that was asked for.
    let one = fields(&json!({ "visits": "/visits" }));
    for answer in [json!({ "visits": 3 }), json!({ "data": { "visits": 3 } }), json!([{ "visits": 3 }])] {
        let rows = activity(&read(&one, &answer).unwrap());
        assert_eq!(rows, [("2026-11-01".to_owned(), String::new(), [Some(3), None, None, None])]);
    }
}

#[test]
fn parts_are_added_where_they_are_one() {
    let report = fields(
        &json!({ "date": "/day", "country": "/c", "visits": "/v", "unique_visitors": "/u", "clicks": "/k" }),
    );
    let rows = json!([
        { "day": "2026-11-02", "c": "Germany", "v": 1, "u": 1, "k": 1 },
        { "day": "2026-11-02", "c": "DE", "v": 2, "u": 2 },
        { "day": "2026-11-02", "c": null, "v": 4, "u": 4, "k": 4 },
    ]);
    let page = read(&report, &rows).unwrap();
    let day = "2026-11-02".to_owned();
    let expected = [
        (day.clone(), "DE".to_owned(), [Some(3), None, None, None]),
        (day, "ZZ".to_owned(), [Some(4), Some(4), Some(4), None]),
    ];
    assert_eq!(activity(&page), expected);
    let Row::SmartLinkActivity(row) = &page.rows[0] else { panic!() };
    assert_eq!((row.link_id.as_str(), row.dimension), ("x1", LinkDimension::Country));
}

#[test]
fn what_is_not_where_it_should_be_is_told() {
    let report = fields(&json!({ "rows": "/data", "more": "/next", "date": "/day", "visits": "/v" }));
    let rows = json!({ "next": null, "data": [
        { "day": "2026-11-02", "v": 1 }, { "day": "2026-11-03", "v": "ada@example.com" }, { "day": "2026-11-04", "w": 1 },
        { "day": "someday", "v": 1 }, { "v": 1 }, { "day": "2026-11-05", "v": -1 }, 7,
    ] });
    let page = read(&report, &rows).unwrap();
    assert_eq!((page.rows.len(), page.quarantined.len()), (1, 6));
    assert_eq!(page.quarantined[0].day, Some(date(2026, 11, 3)));
    assert!(!format!("{:?}", page.quarantined).contains("ada"), "{:#?}", page.quarantined);
    for answer in [json!({}), json!({ "data": null }), json!({ "data": 7 })] {
        let failure = read(&report, &answer).unwrap_err().to_string();
        assert!(failure.contains("analytics.fields.rows"), "{failure}");
    }
    let twice = json!({ "data": [{ "day": "2026-11-02", "c": "DE", "v": 10 }, { "day": "2026-11-02", "c": "DE", "v": 10 }] });
    let page = fields(&json!({ "rows": "/data", "date": "/day", "country": "/c", "visits": "/v" }));
    let page = read(&page, &twice).unwrap();
    assert_eq!((page.rows.len(), page.quarantined.len()), (1, 1));
    assert!(matches!(&page.rows[0], Row::SmartLinkActivity(row) if row.visits == Some(10)));
    for more in [json!(true), json!("cursor")] {
        let failure = read(&report, &json!({ "next": more, "data": [] })).unwrap_err();
        assert!(matches!(failure, Failure::TooMuch { .. }));
    }
    for more in [json!(false), json!(""), json!(null)] {
        assert!(read(&report, &json!({ "next": more, "data": [] })).unwrap().rows.is_empty());
    }
}

#[test]
fn settings_that_make_no_sense_say_what_was_expected() {
    let visits = json!({ "visits": "/v" });
    let days = "a/{id}?from={from}&to={to}";
    for (path, fields, more, key) in [
        ("https://x.example/{id}", &visits, json!({}), "analytics.path"),
        ("a/../{id}?from={from}&to={to}", &visits, json!({}), "analytics.path"),
        ("a//{id}?from={from}&to={to}", &visits, json!({}), "analytics.path"),
        ("stats?from={from}&to={to}", &visits, json!({}), "analytics.path: expected {id}"),
        ("a/{id}", &visits, json!({}), "analytics.path: expected {from}"),
        ("a/{id}?from={from}", &json!({ "date": "/d", "visits": "/v" }), json!({}), "analytics.path"),
        (days, &json!({ "date": "/d" }), json!({}), "analytics.fields: expected one of visits"),
        (days, &json!({ "visits": "v" }), json!({}), "JSON pointers"),
        (days, &json!({ "visits": "/v", "country": "/c", "referrer": "/r" }), json!({}), "at most"),
        (days, &visits, json!({ "time_zone": "Berlin" }), "analytics.time_zone"),
    ] {
        let mut given = json!({ "path": path, "fields": fields });
        for (key, value) in more.as_object().unwrap() {
            given[key] = value.clone();
        }
        let error = Report::new(&analytics(given)).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
    assert!(
        serde_json::from_value::<Analytics>(json!({ "path": "x", "fields": { "views": "/v" } })).is_err()
    );
    let settings = |fields: Value| -> Settings {
        serde_json::from_value(json!({ "links": ["a"], "analytics": { "path": days, "fields": fields } }))
            .unwrap()
    };
    assert_eq!(settings(json!({ "date": "/d", "visits": "/v" })).window_days_max(), 31);
    assert_eq!(settings(json!({ "visits": "/v" })).window_days_max(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = wire::link(&bytes).and_then(mapping::link);
        let report = fields(&json!({ "date": "/day", "country": "/c", "visits": "/v" }));
        let _ = report.read("x1", november(), &bytes);
    }

    #[test]
    fn any_link_is_read_or_told(id in "\\PC{0,30}", created in any::<i64>(), release in "\\PC{0,12}") {
        let json = json!({ "id": id, "createdAt": created, "releaseDate": release, "domain": id, "shortId": release });
        let _ = link(&json.to_string());
    }

    #[test]
    fn every_row_is_stored_or_told(days in prop::collection::vec(1_u8..40, 0..20)) {
        let report = fields(&json!({ "date": "/day", "visits": "/v" }));
        let mut days = days;
        days.sort_unstable();
        days.dedup();
        let rows: Vec<Value> = days.iter().map(|day| json!({ "day": format!("2026-11-{day:02}"), "v": day })).collect();
        let page = read(&report, &json!(rows)).unwrap();
        prop_assert_eq!(page.rows.len() + page.quarantined.len(), days.len());
    }
}
