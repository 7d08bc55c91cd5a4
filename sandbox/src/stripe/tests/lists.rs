//! Lists, cursors, filters, expansion.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{account, all, get, id, ids, refusal};
use crate::stripe::Resource;

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
        let times: Vec<i64> = objects.iter().map(|object| object["created"].as_i64().unwrap()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{name}: not newest first");
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
    let page = get(&mut stripe, &format!("/v1/charges?limit=7&ending_before={cursor}"));
    assert_eq!(page["data"].as_array().unwrap()[..], newest_first[23..30]);
    assert_eq!(page["has_more"], true);
    let rest = get(&mut stripe, &format!("/v1/charges?limit=100&ending_before={cursor}"));
    assert_eq!(rest["data"].as_array().unwrap()[..], newest_first[..30]);
    assert_eq!(rest["has_more"], false);
}

#[test]
fn created_bounds_are_as_their_names_say() {
    let mut stripe = account();
    let charges = stripe.objects(Resource::Charge);
    let (low, high) = (charges[100]["created"].as_i64().unwrap(), charges[200]["created"].as_i64().unwrap());
    let mut expect = |filter: &str, keep: &dyn Fn(i64) -> bool| {
        let listed = ids(&all(&mut stripe, &format!("/v1/charges?{filter}&")));
        let kept = charges.iter().filter(|charge| keep(charge["created"].as_i64().unwrap()));
        assert_eq!(listed, ids(&kept.cloned().collect::<Vec<_>>()), "{filter}");
    };
    expect(&format!("created[gte]={low}&created[lt]={high}"), &|at| (low..high).contains(&at));
    expect(&format!("created[gt]={low}&created[lte]={high}"), &|at| low < at && at <= high);
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
    assert!(usual.iter().all(|subscription| subscription["status"] != "canceled"));
    let ended = all(&mut stripe, "/v1/subscriptions?status=ended&");
    assert!(ended.len() > canceled.len(), "no incomplete_expired");
    for status in ["active", "past_due", "trialing", "paused", "unpaid", "incomplete", "grace_period"] {
        assert!(every.iter().any(|subscription| subscription["status"] == status), "none is {status}");
    }
}

#[test]
fn long_subscriptions_show_twenty_items_and_list_the_rest() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/subscriptions?status=all&");
    let long = every.iter().find(|subscription| subscription["items"]["has_more"] == true).unwrap();
    assert_eq!(long["items"]["data"].as_array().unwrap().len(), 20);
    let items = all(&mut stripe, &format!("/v1/subscription_items?subscription={}&", id(long)));
    assert_eq!(items.len(), 25);
    let (status, _) = refusal(&mut stripe, "/v1/subscription_items");
    assert_eq!(status, 400);
    let invoice = get(&mut stripe, &format!("/v1/invoices/{}", long["latest_invoice"].as_str().unwrap()));
    assert_eq!(invoice["lines"]["has_more"], true);
    assert_eq!(all(&mut stripe, &format!("/v1/invoices/{}/lines?", id(&invoice))).len(), 25);
}

#[test]
fn expanding_gives_objects_in_place_of_ids() {
    let mut stripe = account();
    let page = get(&mut stripe, "/v1/charges?limit=100&expand[]=data.balance_transaction");
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
    assert_eq!(prices["data"].as_array().unwrap().iter().filter(tiered).count(), 2);
    let plain = get(&mut stripe, "/v1/prices?limit=100");
    assert!(plain["data"].as_array().unwrap().iter().all(|price| price.get("tiers").is_none()));
    let discounted =
        get(&mut stripe, "/v1/subscriptions?status=all&limit=100&expand[]=data.discounts.source.coupon");
    let coupons: BTreeSet<String> = discounted["data"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|subscription| subscription["discounts"].as_array().unwrap())
        .map(|discount| discount["source"]["coupon"]["duration"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(coupons, BTreeSet::from(["forever".to_owned(), "once".to_owned()]));
    assert_eq!(refusal(&mut stripe, "/v1/subscriptions?expand[]=data.items.data.price.tiers").0, 400);
    assert_eq!(refusal(&mut stripe, "/v1/charges?expand[]=data.nonsense").0, 400);
}

#[test]
fn a_coupon_is_retrieved_by_its_id() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/subscriptions?status=all&expand[]=data.discounts&");
    let id = every.iter().find_map(|it| it["discounts"][0]["source"]["coupon"].as_str()).unwrap().to_owned();
    let coupon = get(&mut stripe, &format!("/v1/coupons/{id}?expand[]=applies_to"));
    assert_eq!((coupon["object"].as_str(), coupon["id"].as_str()), (Some("coupon"), Some(id.as_str())));
    assert_eq!(refusal(&mut stripe, "/v1/coupons/NONE").0, 404);
}
