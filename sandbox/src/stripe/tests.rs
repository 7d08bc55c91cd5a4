//! Requests to the imitation, without a socket.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Resource, SANDBOX_KEY, Scale, Stripe};
use crate::exchange::{Answer, Imitation, Request};

const VERSION: &str = "2026-10-28.endive";

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn account() -> Stripe {
    Stripe::new(7, 200, now())
}

fn request_at(now: Timestamp, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {SANDBOX_KEY}")),
            ("stripe-version".to_owned(), VERSION.to_owned()),
        ],
        body: Vec::new(),
        now,
        root_url: "http://127.0.0.1/stripe".to_owned(),
    }
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn get(stripe: &mut Stripe, path: &str) -> Value {
    let answer = stripe.answer(&request_at(now(), path));
    assert_eq!(
        answer.status,
        200,
        "{path}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    body(&answer)
}

fn refusal(stripe: &mut Stripe, path: &str) -> (u16, Value) {
    let answer = stripe.answer(&request_at(now(), path));
    (answer.status, body(&answer)["error"].clone())
}

fn all(stripe: &mut Stripe, path: &str) -> Vec<Value> {
    let mut objects: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(stripe, &format!("{path}limit=100{cursor}"));
        let data = page["data"].as_array().unwrap();
        objects.extend(data.iter().cloned());
        if page["has_more"] == false {
            return objects;
        }
        cursor = format!("&starting_after={}", data.last().unwrap()["id"].as_str().unwrap());
    }
}

fn ids(objects: &[Value]) -> BTreeSet<String> {
    objects
        .iter()
        .map(|object| object["id"].as_str().unwrap().to_owned())
        .collect()
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

const LISTED: [(&str, Resource); 12] = [
    ("charges", Resource::Charge),
    ("refunds", Resource::Refund),
    ("disputes", Resource::Dispute),
    ("invoices", Resource::Invoice),
    ("invoice_payments", Resource::InvoicePayment),
    ("balance_transactions", Resource::BalanceTransaction),
    ("customers", Resource::Customer),
    ("products", Resource::Product),
    ("prices", Resource::Price),
    ("events", Resource::Event),
    ("payouts", Resource::Payout),
    ("payment_methods", Resource::PaymentMethod),
];

#[test]
fn every_list_shows_every_object_once_and_newest_first() {
    let mut stripe = account();
    for (name, resource) in LISTED {
        let objects = all(&mut stripe, &format!("/v1/{name}?"));
        assert!(objects.len() > 5, "{name}: only {}", objects.len());
        assert_eq!(objects.len(), stripe.count(resource), "{name}");
        assert_eq!(ids(&objects).len(), objects.len(), "{name}: an id twice");
        assert_eq!(ids(&objects), ids(&stripe.objects(resource)), "{name}");
        let times: Vec<i64> = objects
            .iter()
            .map(|object| object["created"].as_i64().unwrap())
            .collect();
        assert!(
            times.is_sorted_by(|newer, older| newer >= older),
            "{name}: not newest first"
        );
    }
}

#[test]
fn every_object_can_be_retrieved_by_its_id() {
    let mut stripe = account();
    for (name, resource) in LISTED {
        for object in stripe.objects(resource).iter().take(40) {
            let retrieved = get(&mut stripe, &format!("/v1/{name}/{}", id(object)));
            assert_eq!(retrieved["id"], object["id"]);
            assert_eq!(retrieved["created"], object["created"]);
        }
    }
}

#[test]
fn ending_before_walks_towards_the_newest() {
    let mut stripe = account();
    let newest_first = all(&mut stripe, "/v1/charges?");
    let cursor = id(&newest_first[30]);
    let page = get(
        &mut stripe,
        &format!("/v1/charges?limit=7&ending_before={cursor}"),
    );
    assert_eq!(page["data"].as_array().unwrap()[..], newest_first[23..30]);
    assert_eq!(page["has_more"], true);
    let rest = get(
        &mut stripe,
        &format!("/v1/charges?limit=100&ending_before={cursor}"),
    );
    assert_eq!(rest["data"].as_array().unwrap()[..], newest_first[..30]);
    assert_eq!(rest["has_more"], false);
}

#[test]
fn created_bounds_are_as_their_names_say() {
    let mut stripe = account();
    let charges = stripe.objects(Resource::Charge);
    let (low, high) = (
        charges[100]["created"].as_i64().unwrap(),
        charges[200]["created"].as_i64().unwrap(),
    );
    let mut expect = |filter: &str, keep: &dyn Fn(i64) -> bool| {
        let listed = ids(&all(&mut stripe, &format!("/v1/charges?{filter}&")));
        let kept = charges
            .iter()
            .filter(|charge| keep(charge["created"].as_i64().unwrap()));
        assert_eq!(listed, ids(&kept.cloned().collect::<Vec<_>>()), "{filter}");
    };
    expect(&format!("created[gte]={low}&created[lt]={high}"), &|at| {
        (low..high).contains(&at)
    });
    expect(&format!("created[gt]={low}&created[lte]={high}"), &|at| {
        low < at && at <= high
    });
    expect(&format!("created={low}"), &|at| at == low);
    expect("created[gte]=99999999999", &|_| false);
}

#[test]
fn subscriptions_hide_the_canceled_unless_asked() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/subscriptions?status=all&");
    assert_eq!(every.len(), stripe.count(Resource::Subscription));
    let usual = all(&mut stripe, "/v1/subscriptions?");
    let canceled = all(&mut stripe, "/v1/subscriptions?status=canceled&");
    assert!(!canceled.is_empty());
    assert_eq!(usual.len() + canceled.len(), every.len());
    assert!(
        usual
            .iter()
            .all(|subscription| subscription["status"] != "canceled")
    );
    let ended = all(&mut stripe, "/v1/subscriptions?status=ended&");
    assert!(ended.len() > canceled.len(), "no incomplete_expired");
    for status in [
        "active",
        "past_due",
        "trialing",
        "paused",
        "unpaid",
        "incomplete",
        "grace_period",
    ] {
        assert!(
            every.iter().any(|subscription| subscription["status"] == status),
            "none is {status}"
        );
    }
}

#[test]
fn long_subscriptions_show_twenty_items_and_list_the_rest() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/subscriptions?status=all&");
    let long = every
        .iter()
        .find(|subscription| subscription["items"]["has_more"] == true)
        .unwrap();
    assert_eq!(long["items"]["data"].as_array().unwrap().len(), 20);
    let items = all(
        &mut stripe,
        &format!("/v1/subscription_items?subscription={}&", id(long)),
    );
    assert_eq!(items.len(), 25);
    let (status, _) = refusal(&mut stripe, "/v1/subscription_items");
    assert_eq!(status, 400);
    let invoice = get(
        &mut stripe,
        &format!("/v1/invoices/{}", long["latest_invoice"].as_str().unwrap()),
    );
    assert_eq!(invoice["lines"]["has_more"], true);
    assert_eq!(
        all(&mut stripe, &format!("/v1/invoices/{}/lines?", id(&invoice))).len(),
        25
    );
}

#[test]
fn expanding_gives_objects_in_place_of_ids() {
    let mut stripe = account();
    let page = get(
        &mut stripe,
        "/v1/charges?limit=100&expand[]=data.balance_transaction",
    );
    for charge in page["data"].as_array().unwrap() {
        let line = &charge["balance_transaction"];
        assert!(line.is_null() || line["source"] == charge["id"]);
        if !line.is_null() {
            assert_eq!(
                line["net"].as_i64().unwrap(),
                line["amount"].as_i64().unwrap() - line["fee"].as_i64().unwrap()
            );
        }
    }
    let prices = get(&mut stripe, "/v1/prices?limit=100&expand[]=data.tiers");
    let tiered = |price: &&Value| price["tiers"].is_array();
    assert_eq!(
        prices["data"].as_array().unwrap().iter().filter(tiered).count(),
        2
    );
    let plain = get(&mut stripe, "/v1/prices?limit=100");
    assert!(
        plain["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|price| price.get("tiers").is_none())
    );
    let discounted = get(
        &mut stripe,
        "/v1/subscriptions?status=all&limit=100&expand[]=data.discounts.source.coupon",
    );
    let coupons: BTreeSet<String> = discounted["data"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|subscription| subscription["discounts"].as_array().unwrap())
        .map(|discount| {
            discount["source"]["coupon"]["duration"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(coupons, BTreeSet::from(["forever".to_owned(), "once".to_owned()]));
    assert_eq!(
        refusal(
            &mut stripe,
            "/v1/subscriptions?expand[]=data.items.data.price.tiers"
        )
        .0,
        400
    );
    assert_eq!(refusal(&mut stripe, "/v1/charges?expand[]=data.nonsense").0, 400);
}

#[test]
fn invoices_and_payments_are_joined_by_invoice_payments() {
    let mut stripe = account();
    let paid = all(&mut stripe, "/v1/invoices?status=paid&");
    assert!(paid.len() > 50);
    let payments = all(&mut stripe, "/v1/invoice_payments?");
    let charges: BTreeMap<String, Value> = stripe
        .objects(Resource::Charge)
        .into_iter()
        .filter(|charge| charge["status"] == "succeeded")
        .map(|charge| (charge["payment_intent"].as_str().unwrap().to_owned(), charge))
        .collect();
    for invoice in paid {
        let own: Vec<&Value> = payments
            .iter()
            .filter(|payment| payment["invoice"] == invoice["id"])
            .collect();
        let sum: i64 = own
            .iter()
            .filter_map(|payment| payment["amount_paid"].as_i64())
            .sum();
        assert_eq!(sum, invoice["amount_paid"].as_i64().unwrap());
        assert_eq!(invoice["amount_remaining"], 0);
        for payment in own
            .iter()
            .filter(|payment| payment["payment"]["type"] == "payment_intent")
        {
            let charge = &charges[payment["payment"]["payment_intent"].as_str().unwrap()];
            assert_eq!(charge["amount"], payment["amount_paid"]);
            assert_eq!(charge["customer"], invoice["customer"]);
        }
    }
    assert!(
        payments
            .iter()
            .any(|payment| payment["payment"]["type"] == "charge")
    );
    assert!(
        payments
            .iter()
            .any(|payment| payment["payment"]["type"] == "payment_record")
    );
}

#[test]
fn events_can_be_picked_by_type_wildcard_or_types() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?");
    let charges = all(&mut stripe, "/v1/events?type=charge.*&");
    let by_hand = every
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("charge."));
    assert_eq!(charges.len(), by_hand.count());
    let two = all(
        &mut stripe,
        "/v1/events?types[]=charge.succeeded&types[]=invoice.paid&",
    );
    let named = ["charge.succeeded", "invoice.paid"];
    assert_eq!(
        two.len(),
        every
            .iter()
            .filter(|event| named.contains(&event["type"].as_str().unwrap()))
            .count()
    );
    assert!(two.iter().any(|event| event["type"] == "invoice.paid"));
    assert_eq!(
        refusal(&mut stripe, "/v1/events?type=charge.*&types[]=invoice.paid").0,
        400
    );
    let many: Vec<String> = (0..21)
        .map(|number| format!("types[]=made.up_{number}"))
        .collect();
    assert_eq!(
        refusal(&mut stripe, &format!("/v1/events?{}", many.join("&"))).0,
        400
    );
    assert_eq!(
        get(&mut stripe, &format!("/v1/events?{}", many[..20].join("&")))["data"],
        json!([])
    );
}

#[test]
fn events_are_kept_for_thirty_days() {
    let mut stripe = account();
    let oldest = id(all(&mut stripe, "/v1/events?").last().unwrap());
    let later = now() + SignedDuration::from_hours(24);
    let answer = stripe.answer(&request_at(later, &format!("/v1/events/{oldest}")));
    assert_eq!(answer.status, 404);
    let limit = later.as_second() - 30 * 86_400;
    assert!(
        stripe
            .objects(Resource::Event)
            .iter()
            .all(|event| event["created"].as_i64().unwrap() >= limit)
    );
}

#[test]
fn events_share_seconds_and_are_out_of_order_within_one() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?");
    let place = |kind: &str, object: &Value| {
        every
            .iter()
            .position(|event| event["type"] == kind && event["data"]["object"]["id"] == *object)
    };
    let created = every
        .iter()
        .filter(|event| event["type"] == "customer.subscription.created");
    let pairs: Vec<(usize, usize)> = created
        .filter_map(|event| {
            let invoice = event["data"]["object"]["latest_invoice"].clone();
            Some((
                place("invoice.created", &invoice)?,
                place("invoice.paid", &invoice)?,
            ))
        })
        .filter(|(first, last)| every[*first]["created"] == every[*last]["created"])
        .collect();
    assert!(
        pairs.iter().any(|(first, last)| first > last),
        "a later event never comes first"
    );
    assert!(
        pairs.iter().any(|(first, last)| first < last),
        "events of one second are always in order"
    );
}

#[test]
fn old_events_have_the_old_shape_and_retrievals_the_new() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?types[]=invoice.paid&");
    let (old, new): (Vec<_>, Vec<_>) = every
        .iter()
        .partition(|event| event["api_version"] == "2020-08-27");
    assert!(!old.is_empty() && !new.is_empty());
    for event in old {
        let invoice = &event["data"]["object"];
        assert!(invoice.get("parent").is_none());
        assert!(invoice.get("charge").is_some() && invoice["paid"] == true);
        let fresh = get(&mut stripe, &format!("/v1/invoices/{}", id(invoice)));
        assert!(fresh.get("charge").is_none());
        assert_eq!(
            fresh["parent"]["subscription_details"]["subscription"],
            invoice["subscription"]
        );
    }
    for event in all(&mut stripe, "/v1/events?type=customer.subscription.*&") {
        let subscription = &event["data"]["object"];
        let is_old = event["api_version"] == "2020-08-27";
        assert_eq!(subscription.get("current_period_end").is_some(), is_old);
        assert_eq!(
            subscription["items"]["data"][0]
                .get("current_period_end")
                .is_none(),
            is_old
        );
    }
}

#[test]
fn a_request_without_a_version_gets_the_accounts_old_one() {
    let mut stripe = account();
    let mut request = request_at(now(), "/v1/invoices?limit=100");
    request.headers.retain(|(name, _)| name != "stripe-version");
    let answer = stripe.answer(&request);
    assert!(
        answer
            .headers
            .contains(&("Stripe-Version".to_owned(), "2020-08-27".to_owned()))
    );
    assert!(
        body(&answer)["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|invoice| invoice.get("parent").is_none())
    );
    request
        .headers
        .push(("stripe-version".to_owned(), "2031-01-01.yonder".to_owned()));
    assert_eq!(stripe.answer(&request).status, 400);
}

#[test]
fn keys_are_checked_in_both_schemes() {
    let mut stripe = account();
    let mut try_with = |header: Option<&str>| {
        let mut request = request_at(now(), "/v1/charges");
        request.headers.retain(|(name, _)| name != "authorization");
        request
            .headers
            .extend(header.map(|header| ("authorization".to_owned(), header.to_owned())));
        let answer = stripe.answer(&request);
        assert!(
            answer
                .headers
                .iter()
                .any(|(name, id)| name == "Request-Id" && id.starts_with("req_"))
        );
        (answer.status, body(&answer)["error"]["type"].clone())
    };
    let refused = (401, json!("invalid_request_error"));
    assert_eq!(try_with(None), refused);
    assert_eq!(try_with(Some("Bearer rk_test_other")), refused);
    // "rk_test_sandbox_0000000000000000:"
    assert_eq!(
        try_with(Some("Basic cmtfdGVzdF9zYW5kYm94XzAwMDAwMDAwMDAwMDAwMDA6")).0,
        200
    );
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
        (
            status,
            error["code"].as_str().unwrap_or_default().to_owned(),
            error["param"].clone(),
        )
    };
    assert_eq!(
        code("/v1/charges?colour=red"),
        (400, "parameter_unknown".to_owned(), json!("colour"))
    );
    assert_eq!(code("/v1/charges?limit=101").0, 400);
    assert_eq!(code("/v1/charges?limit=0").0, 400);
    assert_eq!(code("/v1/charges?limit=ten").0, 400);
    assert_eq!(code("/v1/charges?created[gte]=yesterday").0, 400);
    assert_eq!(
        code("/v1/charges/ch_3nothing"),
        (404, "resource_missing".to_owned(), json!("id"))
    );
    assert_eq!(
        code("/v1/charges?starting_after=ch_3nothing"),
        (400, "resource_missing".to_owned(), json!("starting_after"))
    );
    assert_eq!(code("/v1/nonsense").0, 404);
    assert_eq!(code("/v1/charges?starting_after=a&ending_before=b").0, 400);
    let limited = stripe.limited(
        &request_at(now(), "/v1/charges"),
        100.0,
        std::time::Duration::ZERO,
    );
    assert_eq!(limited.status, 429);
    assert_eq!(body(&limited)["error"]["type"], "rate_limit_error");
    assert!(
        limited
            .headers
            .contains(&("Stripe-Rate-Limited-Reason".to_owned(), "global-rate".to_owned()))
    );
}

#[test]
fn deleted_objects_leave_stubs_or_nothing() {
    let mut stripe = account();
    let customer = stripe.new_customer();
    let charge = stripe.new_charge(1_200, "usd", Some(&customer));
    let before = stripe.count(Resource::Customer);
    assert!(stripe.delete_customer(&customer));
    assert!(!stripe.delete_customer(&customer));
    assert_eq!(stripe.count(Resource::Customer), before - 1);
    let stub = json!({ "id": customer, "object": "customer", "deleted": true });
    assert_eq!(get(&mut stripe, &format!("/v1/customers/{customer}")), stub);
    assert_eq!(
        get(&mut stripe, &format!("/v1/charges/{charge}?expand[]=customer"))["customer"],
        stub
    );
    let (status, error) = refusal(&mut stripe, &format!("/v1/customers?starting_after={customer}"));
    assert_eq!((status, &error["code"]), (400, &json!("resource_missing")));
    let events = all(&mut stripe, "/v1/events?type=customer.deleted&");
    let event = events
        .iter()
        .find(|event| event["data"]["object"]["id"] == *customer)
        .unwrap();
    assert!(event["data"]["object"]["email"].is_string());
    let drafts = all(&mut stripe, "/v1/invoices?status=draft&");
    let draft = id(&drafts[0]);
    assert!(stripe.delete_draft_invoice(&draft));
    assert_eq!(refusal(&mut stripe, &format!("/v1/invoices/{draft}")).0, 404);
    let events = all(&mut stripe, "/v1/events?type=price.deleted&");
    let price = events[0]["data"]["object"]["id"].as_str().unwrap();
    assert_eq!(get(&mut stripe, &format!("/v1/prices/{price}"))["deleted"], true);
}

#[test]
fn a_refund_moves_the_charge_the_balance_and_the_feed() {
    let mut stripe = account();
    let charge = stripe.new_charge(5_000, "jpy", None);
    let refund = stripe.refund(&charge, 2_000).unwrap();
    let refund = get(
        &mut stripe,
        &format!("/v1/refunds/{refund}?expand[]=balance_transaction"),
    );
    assert_eq!(refund["amount"], 2_000);
    assert_eq!(refund["balance_transaction"]["currency"], "usd");
    assert!(refund["balance_transaction"]["amount"].as_i64().unwrap() < 0);
    let now_charge = get(&mut stripe, &format!("/v1/charges/{charge}"));
    assert_eq!(
        (&now_charge["amount_refunded"], &now_charge["refunded"]),
        (&json!(2_000), &json!(false))
    );
    stripe.refund(&charge, 9_999).unwrap();
    assert_eq!(
        get(&mut stripe, &format!("/v1/charges/{charge}"))["refunded"],
        true
    );
    assert_eq!(stripe.refund(&charge, 1), None);
    let events = all(&mut stripe, "/v1/events?type=charge.refunded&");
    let own: Vec<_> = events
        .iter()
        .filter(|event| event["data"]["object"]["id"] == *charge)
        .collect();
    assert_eq!(own.len(), 2);
}

#[test]
fn updates_have_events_and_silent_ones_have_none() {
    let mut stripe = account();
    let charge = stripe.new_charge(100, "usd", None);
    let before = stripe.count(Resource::Event);
    assert!(stripe.silent_update(&charge, &json!({ "metadata": { "track": "Undertow" } })));
    assert_eq!(stripe.count(Resource::Event), before);
    assert!(stripe.update_charge(&charge, &json!({ "description": "Changed" })));
    assert_eq!(stripe.count(Resource::Event), before + 1);
    let shown = get(&mut stripe, &format!("/v1/charges/{charge}"));
    assert_eq!(
        (&shown["description"], &shown["metadata"]["track"]),
        (&json!("Changed"), &json!("Undertow"))
    );
    assert!(shown["metadata"]["isrc"].is_string(), "objects merge");
    assert!(!stripe.update_charge("ch_3nothing", &json!({})));
}

#[test]
fn the_same_seed_and_moments_give_the_same_world() {
    let later = now() + SignedDuration::from_hours(48);
    let world = |seed| {
        let mut stripe = Stripe::new(seed, 60, now());
        stripe.advance(later);
        (stripe.objects(Resource::Charge), stripe.objects(Resource::Event))
    };
    assert_eq!(world(1), world(1));
    assert_ne!(world(1).0, world(2).0);
}

#[test]
fn advancing_goes_on_and_freezing_stops_it() {
    let mut stripe = account();
    let before = (stripe.count(Resource::Charge), stripe.count(Resource::Invoice));
    let later = now() + SignedDuration::from_hours(72);
    stripe.freeze();
    stripe.advance(later);
    assert_eq!(
        before,
        (stripe.count(Resource::Charge), stripe.count(Resource::Invoice))
    );
    stripe.thaw();
    stripe.advance(later);
    assert!(stripe.count(Resource::Charge) > before.0 + 5);
    assert!(stripe.count(Resource::Invoice) > before.1);
    let charges = stripe.count(Resource::Charge);
    stripe.set_pace(10);
    stripe.advance(later + SignedDuration::from_mins(10));
    assert!(stripe.count(Resource::Charge) >= charges + 60);
}

#[test]
fn the_balance_adds_up() {
    let stripe = account();
    let refunded: i64 = stripe
        .objects(Resource::Refund)
        .iter()
        .filter(|refund| refund["status"] != "failed")
        .map(|refund| refund["amount"].as_i64().unwrap())
        .sum();
    let charges = stripe.objects(Resource::Charge);
    let partial_captures: i64 = charges
        .iter()
        .filter(|charge| charge["captured"] == true)
        .map(|charge| charge["amount"].as_i64().unwrap() - charge["amount_captured"].as_i64().unwrap())
        .sum();
    let on_charges: i64 = charges
        .iter()
        .map(|charge| charge["amount_refunded"].as_i64().unwrap())
        .sum();
    assert_eq!(refunded + partial_captures, on_charges);
    let lines = ids(&stripe.objects(Resource::BalanceTransaction));
    for charge in &charges {
        let line = &charge["balance_transaction"];
        let expected = charge["captured"] == true;
        assert_eq!(!line.is_null(), expected, "{charge}");
        assert!(line.is_null() || lines.contains(line["id"].as_str().unwrap()));
        if charge["currency"] == "kwd" {
            assert_eq!(charge["amount"].as_i64().unwrap() % 10, 0);
        }
    }
}

#[test]
fn a_small_world_has_every_special_case() {
    let stripe = account();
    let charges = stripe.objects(Resource::Charge);
    let some = |what: &str, test: &dyn Fn(&Value) -> bool| {
        assert!(charges.iter().any(test), "no charge: {what}");
    };
    for currency in ["usd", "eur", "gbp", "jpy", "kwd"] {
        some(currency, &|charge| charge["currency"] == currency);
    }
    for status in ["succeeded", "failed", "pending"] {
        some(status, &|charge| charge["status"] == status);
    }
    for method in ["card", "link", "sepa_debit", "stage_pass"] {
        some(method, &|charge| {
            charge["payment_method_details"]["type"] == method
        });
    }
    some("guest", &|charge| charge["customer"].is_null());
    some("authorized", &|charge| {
        charge["status"] == "succeeded" && charge["captured"] == false
    });
    some("refunded", &|charge| {
        charge["refunded"] == true && charge["captured"] == true
    });
    some("partially refunded", &|charge| {
        charge["refunded"] == false && charge["amount_refunded"].as_i64() > Some(0)
    });
    some("disputed", &|charge| charge["disputed"] == true);
    some("bounced", &|charge| {
        charge["failure_balance_transaction"].is_string()
    });
    let sizes = charges.iter().map(|charge| charge.to_string().len());
    assert!(
        sizes.sum::<usize>() / charges.len() > 2_200,
        "charges are smaller than the real ones"
    );
    let disputes = stripe.objects(Resource::Dispute);
    for (status, lines) in [("won", 2), ("lost", 1), ("warning_closed", 0)] {
        let found = disputes.iter().find(|dispute| dispute["status"] == status);
        let found = found.unwrap_or_else(|| panic!("no dispute is {status}"));
        assert_eq!(found["balance_transactions"].as_array().unwrap().len(), lines);
    }
    let kinds: BTreeSet<String> = stripe
        .objects(Resource::BalanceTransaction)
        .iter()
        .map(|line| line["type"].as_str().unwrap().to_owned())
        .collect();
    for kind in [
        "charge",
        "payment",
        "refund",
        "adjustment",
        "payout",
        "stripe_fee",
        "refund_failure",
    ] {
        assert!(
            kinds.contains(kind),
            "no balance transaction is {kind}: {kinds:?}"
        );
    }
    for status in ["draft", "open", "paid", "void", "uncollectible"] {
        assert!(
            stripe
                .objects(Resource::Invoice)
                .iter()
                .any(|invoice| invoice["status"] == status),
            "no invoice is {status}"
        );
    }
}

#[test]
fn a_big_world_is_compact_and_still_finds_its_objects() {
    let scale = Scale {
        customers: 2_000,
        subscriptions: 30,
        charges: 60_000,
    };
    let mut stripe = Stripe::with_scale(3, 365, now(), scale);
    let count = stripe.count(Resource::Charge);
    assert!(count >= 60_000);
    let page = get(&mut stripe, "/v1/charges?limit=100&created[lt]=1790000000");
    let last = id(page["data"].as_array().unwrap().last().unwrap());
    assert_eq!(get(&mut stripe, &format!("/v1/charges/{last}"))["id"], *last);
}

#[test]
fn livemode_is_the_callers_choice() {
    let mut stripe = account();
    assert_eq!(get(&mut stripe, "/v1/charges")["data"][0]["livemode"], true);
    stripe.set_livemode(false);
    assert_eq!(get(&mut stripe, "/v1/charges")["data"][0]["livemode"], false);
}
