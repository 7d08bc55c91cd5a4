//! Refusals: versions, tokens, permissions, parameters, limits.

use std::time::Duration;

use super::*;
use crate::meta_ads::{MetaError, Surface};

#[test]
fn unversioned_and_outdated_calls_fail() {
    let mut world = world();
    assert_eq!(refused(&mut world, "/me/adaccounts", &[]).0, 400);
    assert_eq!(refused(&mut world, "/v24.0/me/adaccounts", &[]).0, 400);
    assert_eq!(refused(&mut world, "/v25.0/act_1/campaigns", &[]), (400, 100, Some(33)));
}

#[test]
fn tokens_are_checked_expire_and_are_replaced() {
    let mut world = world();
    let with = |token: Option<&str>| {
        let mut request = request("GET", "/v25.0/me", &[]);
        request.headers =
            token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))).into_iter().collect();
        request
    };
    assert_eq!(error(&world.answer(&with(None))), (400, 104, None));
    assert_eq!(error(&world.answer(&with(Some("wrong")))), (400, 190, None));
    assert_eq!(world.answer(&with(Some(TOKEN))).status, 200);
    world.expire_token();
    assert_eq!(error(&world.answer(&with(Some(TOKEN)))), (401, 190, Some(463)));
    world.set_token("renewed");
    assert_eq!(error(&world.answer(&with(Some(TOKEN)))), (400, 190, None));
    assert_eq!(world.answer(&with(Some("renewed"))).status, 200);
}

#[test]
fn forbidden_calls_and_accounts_leave_the_others_alone() {
    let mut world = world();
    world.forbid(Surface::Insights);
    assert_eq!(refused(&mut world, &format!("/v25.0/{USD}/insights"), &[]), (403, 200, None));
    assert_eq!(rows(&get(&mut world, &format!("/v25.0/{USD}/campaigns"), &[])).len(), 3);
    world.allow(Surface::Insights);
    world.set_account_forbidden(USD, true);
    assert_eq!(refused(&mut world, &format!("/v25.0/{USD}/insights"), &[]), (403, 200, None));
    assert!(!rows(&get(&mut world, &format!("/v25.0/{EUR}/insights"), &[])).is_empty());
}

#[test]
fn parameters_nobody_knows_are_errors() {
    let mut world = world();
    let insights = format!("/v25.0/{USD}/insights");
    let parameter = (400, 100, None);
    assert_eq!(
        refused(&mut world, &format!("/v25.0/{USD}/campaigns"), &[("fields", "name,colour")]),
        parameter
    );
    assert_eq!(refused(&mut world, &format!("/v25.0/{USD}/campaigns"), &[("after", "abc")]), parameter);
    assert_eq!(refused(&mut world, &insights, &[("fields", "spend,colour")]), parameter);
    assert_eq!(refused(&mut world, &insights, &[("fields", "spend,country")]), parameter);
    assert_eq!(refused(&mut world, &insights, &[("level", "creative")]), parameter);
    assert_eq!(refused(&mut world, &insights, &[("time_range", "yesterday")]), parameter);
    assert_eq!(refused(&mut world, &insights, &[("time_increment", "91")]), parameter);
    assert_eq!(
        refused(&mut world, &insights, &[("action_attribution_windows", r#"["3d_click"]"#)]),
        parameter
    );
    assert_eq!(refused(&mut world, &insights, &[("breakdowns", "age")]), (400, 2, Some(1_504_041)));
    let backwards = r#"{"since":"2026-11-02","until":"2026-11-01"}"#;
    assert_eq!(refused(&mut world, &insights, &[("time_range", backwards)]), parameter);
}

#[test]
fn history_ends_37_months_back() {
    let mut world = world();
    let insights = format!("/v25.0/{USD}/insights");
    let just = r#"{"since":"2023-10-21","until":"2026-11-01"}"#;
    let beyond = r#"{"since":"2023-10-20","until":"2026-11-01"}"#;
    get(&mut world, &insights, &[("time_range", just)]);
    assert_eq!(refused(&mut world, &insights, &[("time_range", beyond)]).0, 400);
}

#[test]
fn scripted_errors_come_once_each_where_they_were_meant_to() {
    let mut world = world();
    let reduce =
        MetaError::new(500, 1, "Please reduce the amount of data you're asking for, then retry your request");
    let busy = MetaError::new(500, 2, "Service temporarily unavailable").transient();
    world.fail_next("/insights", vec![reduce, busy]);
    get(&mut world, "/v25.0/me", &[]);
    let insights = format!("/v25.0/{USD}/insights");
    assert_eq!(refused(&mut world, &insights, &[]), (500, 1, None));
    assert_eq!(refused(&mut world, &insights, &[]), (500, 2, None));
    get(&mut world, &insights, &[]);
}

#[test]
fn a_cursor_can_be_too_deep() {
    let mut world = world();
    world.set_cursor_limit(Some(4));
    let path = format!("/v25.0/{USD}/ads");
    let first = get(&mut world, &path, &[("limit", "5")]);
    let after = first["paging"]["cursors"]["after"].as_str().expect("a cursor").to_owned();
    assert_eq!(refused(&mut world, &path, &[("limit", "5"), ("after", &after)]), (400, 100, None));
}

#[test]
fn a_refusal_names_its_use_case_and_the_minutes_among_several() {
    let world = world();
    let request = request("GET", &format!("/v25.0/{USD}/insights"), &[]);
    let answer = world.limited(&request, 100.0, Duration::from_secs(90));
    assert_eq!(error(&answer), (400, 80_000, Some(2_446_079)));
    let usage = header(&answer.headers, "x-business-use-case-usage");
    let list = usage["1234567890123456"].as_array().expect("a list").clone();
    assert_eq!(list[0]["type"], "ads_management");
    assert_eq!(list[0]["estimated_time_to_regain_access"], 0);
    assert_eq!(list[1]["type"], "ads_insights");
    assert_eq!(list[1]["estimated_time_to_regain_access"], 2);
    assert_eq!(world.announced_wait(Duration::from_millis(60_001)), Duration::from_mins(2));
    let list_refusal =
        world.limited(&super::request("GET", "/v25.0/me/adaccounts", &[]), 100.0, Duration::from_secs(1));
    assert_eq!(error(&list_refusal), (400, 4, Some(1_504_022)));
}

#[test]
fn an_app_may_want_proof_of_its_secret() {
    let mut world = world();
    world.set_token("what do ya want for nothing?");
    world.require_app_secret("Jefe");
    let token = ("access_token", "what do ya want for nothing?");
    let mut ask = |query: &[(&str, &str)]| {
        let mut request = request("GET", "/v25.0/me", query);
        request.headers.clear();
        world.answer(&request)
    };
    assert_eq!(error(&ask(&[token])), (400, 100, None));
    assert_eq!(error(&ask(&[token, ("appsecret_proof", "00")])), (400, 100, None));
    // RFC 4231, test case 2.
    let proof = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(ask(&[token, ("appsecret_proof", proof)]).status, 200);
}

#[test]
fn usage_rides_on_every_answer() {
    let mut world = world();
    let request = request("GET", &format!("/v25.0/{USD}/insights"), &[]);
    let headers = world.usage_headers(&request, 42.0);
    assert_eq!(header(&headers, "x-app-usage")["call_count"], 42);
    assert_eq!(header(&headers, "x-ad-account-usage")["acc_id_util_pct"], 42.0);
    assert_eq!(header(&headers, "x-fb-ads-insights-throttle")["acc_id_util_pct"], 42.0);
    world.report_usage(Some(96.0));
    assert_eq!(header(&world.usage_headers(&request, 1.0), "x-app-usage")["call_count"], 96);
}

fn header(headers: &[(String, String)], name: &str) -> Value {
    let (_, value) = headers.iter().find(|(key, _)| key == name).expect(name);
    serde_json::from_str(value).expect("JSON")
}
