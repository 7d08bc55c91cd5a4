//! Keys, permissions, versions, and the words of refusals.

use serde_json::json;

use super::{SANDBOX_KEY, account, body, get, now, refusal, request_at};
use crate::exchange::Imitation;

#[test]
fn a_request_without_a_version_gets_the_accounts_old_one() {
    let mut stripe = account();
    let mut request = request_at(now(), "/v1/invoices?limit=100");
    request.headers.retain(|(name, _)| name != "stripe-version");
    let answer = stripe.answer(&request);
    assert!(answer.headers.contains(&("Stripe-Version".to_owned(), "2020-08-27".to_owned())));
    assert!(body(&answer)["data"].as_array().unwrap().iter().all(|invoice| invoice.get("parent").is_none()));
    request.headers.push(("stripe-version".to_owned(), "2031-01-01.yonder".to_owned()));
    assert_eq!(stripe.answer(&request).status, 400);
}

#[test]
fn keys_are_checked_in_both_schemes() {
    let mut stripe = account();
    let mut try_with = |header: Option<&str>| {
        let mut request = request_at(now(), "/v1/charges");
        request.headers.retain(|(name, _)| name != "authorization");
        request.headers.extend(header.map(|header| ("authorization".to_owned(), header.to_owned())));
        let answer = stripe.answer(&request);
        assert!(answer.headers.iter().any(|(name, id)| name == "Request-Id" && id.starts_with("req_")));
        (answer.status, body(&answer)["error"]["type"].clone())
    };
    let refused = (401, json!("invalid_request_error"));
    assert_eq!(try_with(None), refused);
    assert_eq!(try_with(Some("Bearer rk_test_other")), refused);
    // "rk_test_sandbox_0000000000000000:"
    assert_eq!(try_with(Some("Basic cmtfdGVzdF9zYW5kYm94XzAwMDAwMDAwMDAwMDAwMDA6")).0, 200);
    stripe.expire_key();
    assert_eq!(refusal(&mut stripe, "/v1/charges").1["code"], "api_key_expired");
    stripe.set_key("rk_test_sandbox_next");
    assert_eq!(refusal(&mut stripe, "/v1/charges").0, 401);
    stripe.set_key(SANDBOX_KEY);
    get(&mut stripe, "/v1/charges");
}

#[test]
fn a_forbidden_resource_names_its_permission_and_leaves_the_others() {
    let mut stripe = account();
    stripe.forbid("subscription");
    let (status, error) = refusal(&mut stripe, "/v1/subscriptions?status=all");
    assert_eq!(status, 403);
    let message = error["message"].as_str().unwrap();
    assert!(
        message
            .ends_with("Having the 'rak_subscription_read' permission would allow this request to continue.")
    );
    get(&mut stripe, "/v1/charges");
    stripe.allow("subscription");
    get(&mut stripe, "/v1/subscriptions");
}

#[test]
fn mistakes_are_refused_in_the_providers_words() {
    let mut stripe = account();
    let mut code = |path: &str| {
        let (status, error) = refusal(&mut stripe, path);
        (status, error["code"].as_str().unwrap_or_default().to_owned(), error["param"].clone())
    };
    assert_eq!(code("/v1/charges?colour=red"), (400, "parameter_unknown".to_owned(), json!("colour")));
    assert_eq!(code("/v1/charges?limit=101").0, 400);
    assert_eq!(code("/v1/charges?limit=0").0, 400);
    assert_eq!(code("/v1/charges?limit=ten").0, 400);
    assert_eq!(code("/v1/charges?created[gte]=yesterday").0, 400);
    assert_eq!(code("/v1/charges/ch_3nothing"), (404, "resource_missing".to_owned(), json!("id")));
    assert_eq!(
        code("/v1/charges?starting_after=ch_3nothing"),
        (400, "resource_missing".to_owned(), json!("starting_after"))
    );
    assert_eq!(code("/v1/nonsense").0, 404);
    assert_eq!(code("/v1/charges?starting_after=a&ending_before=b").0, 400);
    let limited = stripe.limited(&request_at(now(), "/v1/charges"), 100.0, std::time::Duration::ZERO);
    assert_eq!(limited.status, 429);
    assert_eq!(body(&limited)["error"]["type"], "rate_limit_error");
    assert!(limited.headers.contains(&("Stripe-Rate-Limited-Reason".to_owned(), "global-rate".to_owned())));
}

#[test]
fn livemode_is_the_callers_choice() {
    let mut stripe = account();
    assert_eq!(get(&mut stripe, "/v1/charges")["data"][0]["livemode"], true);
    stripe.set_livemode(false);
    assert_eq!(get(&mut stripe, "/v1/charges")["data"][0]["livemode"], false);
}
