//! Who gets in, through whom, how often.

use std::time::Duration;

use super::super::*;
use super::*;
use crate::chaos::Chaos;
use crate::slot::Slot;

const CUSTOMER: &str = "SELECT customer.id FROM customer";

#[test]
fn the_tree_is_walked_from_what_the_credentials_see() {
    let mut bench = bench();
    let list = bench.world.answer(&bench.request("GET", "/v25/customers:listAccessibleCustomers", &[]));
    let names = [CLOSED_DOOR, ROOT, SUB_MANAGER, DIRECT].map(|id| format!("customers/{id}"));
    assert_eq!(body_of(&list)["resourceNames"], json!(names));
    let query = "SELECT customer_client.id, customer_client.level, customer_client.manager, customer_client.status \
                 FROM customer_client";
    let clients = bench.rows(ROOT, &format!("{query} PARAMETERS omit_unselected_resource_names=true"));
    assert_eq!(
        clients.iter().map(|row| &row["customerClient"]).collect::<Vec<_>>(),
        [
            &json!({ "id": ROOT, "manager": true, "status": "ENABLED" }),
            &json!({ "id": SUB_MANAGER, "level": "1", "manager": true, "status": "ENABLED" }),
            &json!({ "id": UNDER_ROOT, "level": "1", "status": "ENABLED" }),
            &json!({ "id": CANCELLED, "level": "1", "status": "CANCELED" }),
            &json!({ "id": UNDER_SUB_MANAGER, "level": "2", "status": "ENABLED" }),
            &json!({ "id": FORBIDDEN, "level": "2", "status": "ENABLED" }),
        ]
    );
    let below = bench.rows(SUB_MANAGER, &format!("{query} WHERE customer_client.manager = FALSE"));
    assert_eq!(below.len(), 2);
    assert_eq!(bench.rows(DIRECT, query)[0]["customerClient"]["id"], DIRECT);
}

#[test]
fn a_customer_is_reached_through_its_managers_only() {
    let mut bench = bench();
    let permission = "authorizationError: USER_PERMISSION_DENIED";
    let combination = "authorizationError: INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION";
    let disabled = "authorizationError: CUSTOMER_NOT_ENABLED";
    for (customer, login, outcome) in [
        (UNDER_ROOT, ROOT, ""),
        (UNDER_SUB_MANAGER, ROOT, ""),
        (UNDER_SUB_MANAGER, SUB_MANAGER, ""),
        (DIRECT, DIRECT, ""),
        (DIRECT, "", ""),
        (UNDER_ROOT, "", permission),
        (UNDER_ROOT, UNDER_ROOT, permission),
        (FORBIDDEN, ROOT, permission),
        ("1234567890", ROOT, permission),
        (UNDER_ROOT, "1234567890", permission),
        (DIRECT, ROOT, combination),
        (UNDER_ROOT, SUB_MANAGER, combination),
        (CANCELLED, ROOT, disabled),
        (CLOSED_DOOR, "", disabled),
        ("333-444-5555", ROOT, "requestError: INVALID_CUSTOMER_ID"),
        (UNDER_ROOT, "111-222-3333", "headerError: INVALID_LOGIN_CUSTOMER_ID"),
    ] {
        let mut request = bench.search(customer, login, &json!({ "query": CUSTOMER }));
        request.headers.retain(|(_, value)| !value.is_empty());
        let answer = bench.world.answer(&request);
        let code = if answer.status == 200 { String::new() } else { error(&answer).1 };
        assert_eq!(code, outcome, "{customer} through {login}");
    }
}

#[test]
fn only_a_token_that_holds_is_let_in() {
    let mut bench = bench();
    let query = json!({ "query": CUSTOMER });
    let refused = |code: &str| (401, format!("authenticationError: {code}"));
    let mut request = bench.search(DIRECT, DIRECT, &query);
    request.headers.push(("developer-token".to_owned(), DEVELOPER_TOKEN.to_owned()));
    assert_eq!(bench.world.answer(&request).status, 200);
    request.headers.last_mut().unwrap().1.push('x');
    assert_eq!(error(&bench.world.answer(&request)), refused("DEVELOPER_TOKEN_INVALID"));
    request.headers.clear();
    let bare = bench.world.answer(&request);
    assert_eq!((bare.status, &body_of(&bare)["error"]["details"]), (401, &Value::Null));
    bench.world.tokens().expire();
    assert_eq!(bench.refused(DIRECT, &query), refused("OAUTH_TOKEN_EXPIRED"));
    bench.refresh();
    assert_eq!(bench.ask(DIRECT, &query).status, 200);
    bench.now += Duration::from_secs(3_599);
    assert_eq!(bench.refused(DIRECT, &query), refused("OAUTH_TOKEN_EXPIRED"));
    bench.refresh();
    bench.world.tokens().revoke();
    assert_eq!(bench.refused(DIRECT, &query), refused("OAUTH_TOKEN_REVOKED"));
    bench.token = "ya29.made-up".to_owned();
    assert_eq!(bench.refused(DIRECT, &query), refused("OAUTH_TOKEN_INVALID"));
    assert_eq!(bench.world.tokens().issued(), 3);
}

#[test]
fn other_paths_versions_and_bodies_are_refused() {
    let mut bench = bench();
    let request = bench.request("GET", "/v22/customers:listAccessibleCustomers", &[]);
    let old = bench.world.answer(&request);
    assert_eq!(error(&old), (400, "requestError: UNSUPPORTED_VERSION".to_owned()));
    for (method, path) in [("GET", "/v25/customers"), ("POST", "/v25/customers:listAccessibleCustomers")] {
        assert_eq!(bench.world.answer(&bench.request(method, path, &[])).status, 404);
    }
    let size = json!({ "query": CUSTOMER, "pageSize": 100 });
    assert_eq!(bench.refused(DIRECT, &size), (400, "requestError: PAGE_SIZE_NOT_SUPPORTED".to_owned()));
    for body in [json!({ "query": CUSTOMER, "page": 1 }), json!({ "query": 7 }), json!([])] {
        assert_eq!(bench.ask(DIRECT, &body).status, 400, "{body}");
    }
    let valid = bench.ask(DIRECT, &json!({ "query": CUSTOMER, "validateOnly": true }));
    assert_eq!((valid.status, body_of(&valid)), (200, json!({})));
}

#[test]
fn the_days_operations_are_counted_and_further_pages_and_tokens_are_free() {
    let mut bench = bench();
    bench.world.set_page_rows(Some(1));
    let mut body = json!({ "query": "SELECT campaign.id FROM campaign" });
    let first = bench.search(DIRECT, DIRECT, &body);
    let token_request = bench.request("POST", TOKEN_PATH, &[]);
    let list = bench.request("GET", "/v25/customers:listAccessibleCustomers", &[]);
    let quota_details = |refused: &Answer| {
        let details = body_of(refused)["error"]["details"][0]["errors"][0]["details"].clone();
        let [scope, delay] =
            ["rateScope", "retryDelay"].map(|name| details["quotaErrorDetails"][name].clone());
        (error(refused).1, scope, delay)
    };
    let short = bench.world.limited(&first, 100.0, Duration::from_millis(1_500));
    let temporarily = "quotaError: RESOURCE_TEMPORARILY_EXHAUSTED".to_owned();
    assert_eq!(quota_details(&short), (temporarily, json!("ACCOUNT"), json!("2s")));

    assert_eq!((quota().requests, quota().period), (2_880, Duration::from_hours(24)));
    let mut slot = Slot::new(Box::new(bench.world), Chaos::none(), 1);
    slot.set_limit(Some(Limit { requests: 2, ..quota() }.by_sandbox_clock()));
    let mut serve = |request: &Request| slot.serve(request, Duration::ZERO).answer;
    body["pageToken"] = body_of(&serve(&first))["nextPageToken"].clone();
    let further = Request { body: body.to_string().into(), ..first.clone() };
    assert_eq!([&list, &further, &token_request].map(|request| serve(request).status), [200, 200, 400]);
    let exhausted = "quotaError: RESOURCE_EXHAUSTED".to_owned();
    assert_eq!(quota_details(&serve(&first)), (exhausted, json!("DEVELOPER"), json!("86400s")));
    assert_eq!(serve(&further).status, 200);
}

#[test]
fn a_test_can_have_any_error_for_a_query_or_a_customer() {
    let mut bench = bench();
    let query = json!({ "query": CUSTOMER });
    let failed = |status| error(&bench.world.failed(&bench.search(DIRECT, "", &query), status)).1;
    assert_eq!(
        [500, 503, 504].map(failed),
        [
            "internalError: INTERNAL_ERROR",
            "internalError: TRANSIENT_ERROR",
            "internalError: DEADLINE_EXCEEDED"
        ]
    );
    let token = bench.request("POST", TOKEN_PATH, &[]);
    assert!(bench.world.expired(&token).is_none());
    let broken = bench.world.failed(&token, 503);
    assert_eq!((broken.status, body_of(&broken)), (503, json!({ "error": "internal_failure" })));
    assert_eq!(bench.world.limited(&token, 100.0, Duration::ZERO).status, 429);
    let silent = AdsError::quota("RESOURCE_EXHAUSTED", "DEVELOPER", None);
    bench.world.fail_next("FROM customer", vec![silent, AdsError::internal(503)]);
    assert_eq!(bench.refused(DIRECT, &query).1, "quotaError: RESOURCE_EXHAUSTED");
    assert_eq!(bench.refused(DIRECT, &query), (503, "internalError: TRANSIENT_ERROR".to_owned()));
    assert_eq!(bench.ask(DIRECT, &query).status, 200);
    let project = AdsError::new("authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", "No.");
    bench.world.refuse("googleAds:search", Some(project));
    assert_eq!(bench.refused(DIRECT, &query).0, 403);
    bench.world.refuse("googleAds:search", None);
    assert!(bench.world.refuse_customer(DIRECT, Some(AdsError::not_enabled())));
    assert_eq!(bench.refused(DIRECT, &query).1, "authorizationError: CUSTOMER_NOT_ENABLED");
    assert!(bench.world.refuse_customer(FORBIDDEN, None) && !bench.world.refuse_customer("7", None));
    assert_eq!(bench.ask(FORBIDDEN, &query).status, 200);
    let mut readable = bench.world.truth_customers();
    readable.retain(|customer| customer.is_readable);
    let readable: Vec<&str> = readable.iter().map(|customer| customer.customer_id).collect();
    assert_eq!(readable, [UNDER_ROOT, UNDER_SUB_MANAGER, FORBIDDEN]);
}
