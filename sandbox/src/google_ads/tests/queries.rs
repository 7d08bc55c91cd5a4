//! The query language: what is understood, what is refused, and how pages go on.

use super::super::{DIRECT, ROOT, UNDER_ROOT};
use super::*;

#[test]
fn what_the_imitation_does_not_know_is_refused_in_the_providers_words() {
    let mut bench = bench();
    let refusals = [
        ("FROM campaign", "EXPECTED_SELECT"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT campaign.id FROM feed", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.start_date FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT metrics.video_views FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT metrics.clicks FROM customer_client", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("SELECT metrics.engagements FROM geographic_view", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("SELECT segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        (
            "SELECT campaign.id FROM campaign WHERE segments.date >= '2026-11-01'",
            "EXPECTED_FILTERS_ON_DATE_RANGE",
        ),
        (
            "SELECT campaign.id FROM campaign WHERE segments.date BETWEEN '2026-11-02' AND '2026-11-01'",
            "DATE_RANGE_TOO_NARROW",
        ),
        ("SELECT campaign.id FROM campaign WHERE segments.date = '21.11.2026'", "INVALID_DATE_FORMAT"),
        ("SELECT campaign.id FROM campaign WHERE segments.date DURING TODAY", "BAD_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE segments.date != '2026-11-21'", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status IN 'PAUSED'", "EXPECTED_LIST"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id BETWEEN 1, 2", "EXPECTED_AND"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name = 'a", "STRING_NOT_TERMINATED"),
        ("SELECT campaign.id; FROM campaign", "BAD_SYMBOL"),
        ("SELECT campaign.id FROM campaign PARAMETERS include_drafts=true", "BAD_PARAMETER_NAME"),
        ("SELECT campaign.id FROM campaign GROUP BY campaign.id", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM", "UNEXPECTED_END_OF_QUERY"),
    ];
    for (query, code) in refusals {
        let refused = bench.refused(DIRECT, &json!({ "query": query }));
        assert_eq!(refused, (400, format!("queryError: {code}")), "{query}");
    }
    let unknown = bench.ask(DIRECT, &json!({ "query": "SELECT metrics.video_views FROM campaign" }));
    let inner = &body_of(&unknown)["error"]["details"][0]["errors"][0];
    assert_eq!(inner["trigger"]["stringValue"], "metrics.video_views");
    assert_eq!(body_of(&unknown)["error"]["status"], "INVALID_ARGUMENT");
    let refused = bench.refused(ROOT, &json!({ "query": "SELECT metrics.clicks FROM customer" }));
    assert_eq!(refused.1, "queryError: REQUESTED_METRICS_FOR_MANAGER");
    let ancient =
        "SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2023-10-20' AND '2026-11-21'";
    let refused = bench.refused(DIRECT, &json!({ "query": ancient }));
    assert_eq!(refused.1, "dateRangeError: REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED");
    let kept = ancient.replace("2023-10-20", "2023-10-22");
    assert_eq!(bench.ask(DIRECT, &json!({ "query": kept })).status, 200);
}

#[test]
fn conditions_are_carried_out() {
    let mut bench = bench();
    let mut names = |condition: &str| -> Vec<String> {
        let query = format!("select campaign.name from campaign {condition}");
        let rows = bench.rows(UNDER_ROOT, &query);
        rows.iter().map(|row| row["campaign"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names("");
    assert_eq!(all.len(), 4, "removed ones too");
    assert_eq!(names("WHERE campaign.status = 'REMOVED'"), all[3..]);
    assert_eq!(names("WHERE campaign.status != REMOVED AND campaign.status != 'PAUSED'"), all[..2]);
    assert_eq!(names("WHERE campaign.status IN ('PAUSED', 'REMOVED')"), all[2..]);
    assert_eq!(names("WHERE campaign.status NOT IN (\"PAUSED\", REMOVED)"), all[..2]);
    assert_eq!(names("WHERE campaign.id BETWEEN 9007199254741000 AND 9007199254743000"), all[1..3]);
    assert_eq!(names("WHERE campaign.id >= 9007199254742993 AND campaign.id <= 9007199254742993"), all[2..3]);
    assert_eq!(names("WHERE campaign_budget.amount_micros = 0"), all[2..3]);
}

#[test]
fn pages_go_on_with_the_world_of_the_first() {
    let mut bench = bench();
    let whole = bench.rows(UNDER_ROOT, DAILY);
    assert!(whole.len() > 200, "{}", whole.len());
    bench.world.set_page_rows(Some(37));
    assert_eq!(bench.rows(UNDER_ROOT, DAILY), whole);
    let body = json!({ "query": DAILY, "searchSettings": { "returnTotalResultsCount": true } });
    let first = body_of(&bench.ask(UNDER_ROOT, &body));
    assert_eq!(first["totalResultsCount"], whole.len().to_string());
    assert!(
        first["fieldMask"].as_str().unwrap().starts_with("campaign.id,segments.date,metrics.impressions")
    );
    let token = first["nextPageToken"].as_str().unwrap();
    let second = json!({ "query": DAILY, "pageToken": token });
    bench.now += std::time::Duration::from_mins(59);
    bench.world.set_page_rows(None);
    assert_eq!(body_of(&bench.ask(UNDER_ROOT, &second))["results"], json!(whole[37..]));
    assert_ne!(bench.rows(UNDER_ROOT, DAILY), whole, "today goes on");
    let invalid = (400, "requestError: INVALID_PAGE_TOKEN".to_owned());
    assert_eq!(bench.refused(DIRECT, &second), invalid, "another customer's");
    let other = json!({ "query": "SELECT campaign.id FROM campaign", "pageToken": token });
    assert_eq!(bench.refused(UNDER_ROOT, &other), invalid, "another query's");
    let garbage = json!({ "query": DAILY, "pageToken": "CAE6Dk" });
    assert_eq!(bench.refused(UNDER_ROOT, &garbage), invalid);
    bench.world.expire_page_tokens();
    let expired = (400, "requestError: EXPIRED_PAGE_TOKEN".to_owned());
    assert_eq!(bench.refused(UNDER_ROOT, &second), expired);
    let nobody = json!({ "query": "SELECT campaign.id FROM campaign WHERE campaign.id = 1" });
    assert_eq!(body_of(&bench.ask(UNDER_ROOT, &nobody))["results"], Value::Null);
}
