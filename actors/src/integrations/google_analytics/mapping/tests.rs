use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const PROPERTY: &str = "123456";

/// A report as Google's documentation shows them: every value a text.
fn answer(dimensions: &[&str], metrics: &[(&str, &str)], rows: &[(&[&str], &[&str])]) -> Value {
    let values = |values: &[&str]| values.iter().map(|value| json!({ "value": value })).collect::<Vec<_>>();
    let row = |(dimensions, metrics): &(&[&str], &[&str])| json!({ "dimensionValues": values(dimensions), "metricValues": values(metrics) });
    json!({
        "dimensionHeaders": dimensions.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "metricHeaders": metrics.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect::<Vec<_>>(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "rowCount": rows.len(),
        "metadata": { "currencyCode": "JPY", "timeZone": "Asia/Tokyo" },
        "kind": "analyticsData#runReport",
    })
}

const ORIGIN: [&str; 4] = [field::DATE, field::CAMPAIGN, field::SOURCE, field::MEDIUM];
const SESSIONS: [(&str, &str); 5] = [
    (field::SESSIONS, "TYPE_INTEGER"),
    (field::PAGE_VIEWS, "TYPE_INTEGER"),
    (field::DURATION, "TYPE_SECONDS"),
    (field::USERS, "TYPE_INTEGER"),
    (field::REVENUE, "TYPE_CURRENCY"),
];

fn sessions(answer: &Value, scope: WebScope) -> (Vec<WebAnalytics>, Vec<&'static str>) {
    let text = answer.to_string();
    let table = Table::new(PROPERTY, scope, serde_json::from_str(&text).unwrap(), None);
    let read = table.sessions("test");
    let rows = read.rows.into_iter().map(|row| match row {
        Row::WebAnalytics(row) => row,
        other => panic!("{other:?}"),
    });
    (rows.collect(), read.quarantined.iter().map(|row| row.reason).collect())
}

fn conversions(answer: &Value, goal: &str) -> (Vec<WebConversions>, Vec<&'static str>) {
    let text = answer.to_string();
    let table = Table::new(PROPERTY, WebScope::Campaign, serde_json::from_str(&text).unwrap(), None);
    let read = table.conversions(goal, "test");
    let rows = read.rows.into_iter().flatten().map(|row| match row {
        Row::WebConversions(row) => row,
        other => panic!("{other:?}"),
    });
    (rows.collect(), read.quarantined.iter().map(|row| row.reason).collect())
}

#[test]
fn a_row_of_the_documentation() {
    let row: (&[&str], &[&str]) =
        (&["20261120", "(not set)", "google", "organic"], &["42", "97", "308.8923676994601", "40", "1234"]);
    let (rows, bad) = sessions(&answer(&ORIGIN, &SESSIONS, &[row]), WebScope::Campaign);
    let expected = WebAnalytics {
        account_id: PROPERTY.to_owned(),
        origin: WebOrigin {
            scope: WebScope::Campaign,
            campaign: "(not set)".to_owned(),
            source: "google".to_owned(),
            medium: "organic".to_owned(),
        },
        date: date(2026, 11, 20),
        page_views: Some(97),
        sessions: Some(42),
        // 42 × 308.89 = 12,973.48
        session_seconds: Some(12_973),
        users: Some(40),
        revenue: Some(Micros(1_234_000_000)),
        currency: Some(Currency::parse("JPY").unwrap()),
    };
    assert_eq!((rows, bad), (vec![expected], vec![]));
}

#[test]
fn numbers_are_exact_in_every_form() {
    let row: (&[&str], &[&str]) =
        (&["20261120"], &["9007199254740993", "1.2E3", "4.7e-05", "42.0", "9007199254.740993"]);
    let (rows, _) = sessions(&answer(&ORIGIN[..1], &SESSIONS, &[row]), WebScope::Total);
    assert_eq!(rows[0].origin, WebOrigin::total());
    assert_eq!((rows[0].sessions, rows[0].page_views), (Some(9_007_199_254_740_993), Some(1_200)));
    assert_eq!((rows[0].session_seconds, rows[0].users), (Some(423_338_364_973), Some(42)));
    assert_eq!(rows[0].revenue, Some(Micros(9_007_199_254_740_993)));
}

#[test]
fn a_bad_row_is_set_aside_alone_and_guards_its_day() {
    let good: (&[&str], &[&str]) = (&["20261120"], &["1", "1", "1", "1", "1"]);
    let bad: [(&[&str], &[&str]); 6] = [
        (&["20261119"], &["1.5", "1", "1", "1", "1"]),
        (&["20261119"], &["-1", "1", "1", "1", "1"]),
        (&["20261119"], &["1", "1", "NaN", "1", "1"]),
        (&["20261119"], &["1", "1", "1"]),
        (&["(other)"], &["1", "1", "1", "1", "1"]),
        (&["20261131"], &["1", "1", "1", "1", "1"]),
    ];
    let mut rows = vec![good];
    rows.extend(bad);
    let answer = answer(&ORIGIN[..1], &SESSIONS, &rows).to_string();
    let table = Table::new(PROPERTY, WebScope::Total, serde_json::from_str(&answer).unwrap(), None);
    let read = table.sessions("test");
    assert_eq!(read.rows.len(), 1);
    let days: Vec<_> = read.quarantined.iter().map(|row| row.day).collect();
    let dated = Some(date(2026, 11, 19));
    assert_eq!(days, [dated, dated, dated, dated, None, None]);
    let reasons: Vec<_> = read.quarantined.iter().map(|row| row.reason).collect();
    assert_eq!(reasons, ["count", "malformed", "malformed", "missing_field", "date", "date"]);
}

#[test]
fn what_is_blocked_left_out_or_of_no_currency_is_unknown_and_not_zero() {
    let row: (&[&str], &[&str]) = (&["20261120"], &["7", "9", "1", "6", "0"]);
    let mut blocked = answer(&ORIGIN[..1], &SESSIONS, &[row]);
    blocked["metadata"]["schemaRestrictionResponse"] = json!({
        "activeMetricRestrictions": [{ "metricName": "purchaseRevenue", "restrictedMetricTypes": ["REVENUE_DATA"] }],
    });
    let (rows, _) = sessions(&blocked, WebScope::Total);
    assert_eq!((rows[0].revenue, rows[0].sessions), (None, Some(7)));
    let free = answer(&ORIGIN[..1], &SESSIONS, &[row]);
    assert_eq!(sessions(&free, WebScope::Total).0[0].revenue, Some(Micros::ZERO));

    let few: (&[&str], &[&str]) = (&["20261120"], &["7"]);
    let (rows, _) = sessions(&answer(&ORIGIN[..1], &SESSIONS[..1], &[few]), WebScope::Total);
    assert_eq!((rows[0].sessions, rows[0].users, rows[0].session_seconds), (Some(7), None, None));

    let mut unsaid = free;
    unsaid["metadata"] = json!({});
    let (rows, _) = sessions(&unsaid, WebScope::Total);
    assert_eq!((rows[0].revenue, rows[0].currency), (None, None));
}

#[test]
fn a_goal_is_counted_by_itself_and_not_where_it_was_not_reached() {
    let metrics = [
        (field::SESSIONS, "TYPE_INTEGER"),
        ("keyEvents:sign_up", "TYPE_FLOAT"),
        ("sessionKeyEventRate:sign_up", "TYPE_FLOAT"),
        ("keyEvents:purchase", "TYPE_FLOAT"),
        ("sessionKeyEventRate:purchase", "TYPE_FLOAT"),
    ];
    let of: &[&str] = &["20261120", "", "(direct)", "(none)"];
    let rows: [(&[&str], &[&str]); 3] = [
        (of, &["300", "2.5", "0.006666666666666667", "0", "0"]),
        (of, &["0", "0", "0", "1", "0"]),
        (of, &["10", "1", "1.2", "0", "seven"]),
    ];
    let answer = answer(&ORIGIN, &metrics, &rows);
    let (sign_ups, bad) = conversions(&answer, "sign_up");
    let counted: Vec<_> = sign_ups.iter().map(|row| (row.conversions, row.converting_sessions)).collect();
    assert_eq!(counted, [(Some(Micros(2_500_000)), Some(2))]);
    assert_eq!((&*sign_ups[0].goal, &*sign_ups[0].origin.campaign), ("sign_up", ""));
    assert_eq!(bad, ["rate"], "more sessions with it than there were");
    let (purchases, bad) = conversions(&answer, "purchase");
    let counted: Vec<_> = purchases.iter().map(|row| (row.conversions, row.converting_sessions)).collect();
    assert_eq!(counted, [(Some(Micros(1_000_000)), Some(0))]);
    assert_eq!(bad, ["malformed"], "one goal's number does not take the other's row with it");
}

#[test]
fn columns_go_by_their_names() {
    let row: (&[&str], &[&str]) = (&["x", "20261120"], &["5", "7"]);
    let metrics = [("brandNew", "TYPE_NEW"), (field::SESSIONS, "TYPE_INTEGER")];
    let answer = answer(&["brandNew", field::DATE], &metrics, &[row]);
    let (rows, _) = sessions(&answer, WebScope::Total);
    assert_eq!((rows[0].sessions, rows[0].date), (Some(7), date(2026, 11, 20)));
    let text = answer.to_string();
    let report: wire::Report<'_> = serde_json::from_str(&text).unwrap();
    assert!(report.dimension_headers.has(field::DATE) && report.metric_headers.has(field::SESSIONS));
    assert!(!report.metric_headers.has(field::USERS));
}

proptest! {
    /// Amounts come as doubles in major units, whatever the currency's decimals.
    #[test]
    fn revenue_is_exact_with_any_number_of_decimals(minor in -9_007_199_254_740_i64..9_007_199_254_740, decimals in 0_u32..7) {
        let unit = 10_i64.pow(decimals);
        let sign = if minor < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:0width$}", minor.abs() / unit, minor.abs() % unit, width = decimals as usize);
        let text = text.trim_end_matches('.');
        let row: (&[&str], &[&str]) = (&["20261120"], &["1", "1", "1", "1", text]);
        let (rows, _) = sessions(&answer(&ORIGIN[..1], &SESSIONS, &[row]), WebScope::Total);
        let micros = i128::from(minor) * 1_000_000 / i128::from(unit);
        prop_assert_eq!(rows.first().and_then(|row| row.revenue), i64::try_from(micros).ok().map(Micros));
    }

    /// A rate is a double: with its sessions, it gives back the whole number that it was made of.
    #[test]
    fn a_rate_gives_its_sessions_back(sessions in 1_u64..10_000_000, part in 0.0..=1.0_f64) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
        let (converting, rate) = {
            let converting = (sessions as f64 * part) as u64;
            (converting, converting as f64 / sessions as f64)
        };
        let metrics = [
            (field::SESSIONS, ""), ("keyEvents:a", ""), ("sessionKeyEventRate:a", ""),
        ];
        let (sessions, rate) = (sessions.to_string(), format!("{rate:E}"));
        let row: (&[&str], &[&str]) = (&["20261120", "", "", ""], &[&sessions, "1", &rate]);
        let (rows, _) = conversions(&answer(&ORIGIN, &metrics, &[row]), "a");
        prop_assert_eq!(rows[0].converting_sessions, i64::try_from(converting).ok());
    }

    #[test]
    fn every_row_is_a_row_or_set_aside(cells in prop::collection::vec("[-0-9.eE]{0,12}|\\PC{0,9}", 6)) {
        let metrics: Vec<&str> = cells[1..].iter().map(String::as_str).collect();
        let row: (&[&str], &[&str]) = (&[&cells[0]], &metrics);
        let (rows, bad) = sessions(&answer(&ORIGIN[..1], &SESSIONS, &[row]), WebScope::Total);
        prop_assert_eq!(rows.len() + bad.len(), 1);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = serde_json::from_slice::<wire::Report<'_>>(&bytes);
        let _ = serde_json::from_slice::<wire::Compatibility>(&bytes);
        let _ = serde_json::from_slice::<crate::integrations::google::Envelope>(&bytes);
    }
}
