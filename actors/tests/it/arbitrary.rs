//! Whatever a provider answers, an integration ends, and says in short what it could not read.

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::support::fed::{fed, feed};

/// Names that answers are made of: so that what is arbitrary gets past the first look.
const NAMES: [&str; 40] = [
    "accounts",
    "ad_accounts",
    "albums",
    "attributes",
    "code",
    "columnHeaders",
    "columns",
    "content",
    "currency",
    "data",
    "error",
    "errors",
    "has_more",
    "href",
    "id",
    "items",
    "kind",
    "list",
    "message",
    "meta",
    "metadata",
    "metrics",
    "name",
    "next",
    "nextPageToken",
    "object",
    "page_info",
    "paging",
    "related",
    "results",
    "rows",
    "snippet",
    "statistics",
    "status",
    "time_zone",
    "total",
    "tracks",
    "type",
    "value",
    "views",
];

/// JSON of names that providers use, and values that they do not.
fn answer() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "0",
            "-",
            "2026-11-27",
            "1e400",
            "EUR",
            "9223372036854775808",
            "",
            "\u{0}"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES.to_vec()), inner), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::from(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![8 => Just(200), 1 => prop::sample::select(vec![201, 202, 204, 304, 400, 401, 403, 404, 410, 413, 429, 500, 503])]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_survived(status in status(), body in prop::collection::vec(any::<u8>(), 0..200)) {
        for integration in &fed() {
            feed(integration.as_ref(), status, &body);
        }
    }

    #[test]
    fn json_is_survived(status in status(), body in answer()) {
        let body = body.to_string();
        for integration in &fed() {
            feed(integration.as_ref(), status, body.as_bytes());
        }
    }
}

#[test]
fn depth_is_survived() {
    for (open, close) in [("[", "]"), ("{\"data\":", "}"), ("{\"a\":[", "]}")] {
        let body = open.repeat(20_000) + "0" + &close.repeat(20_000);
        for integration in &fed() {
            feed(integration.as_ref(), 200, body.as_bytes());
        }
    }
}
