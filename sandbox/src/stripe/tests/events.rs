//! The feed of events.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{account, all, get, id, now, refusal, request_at};
use crate::exchange::Imitation;
use crate::stripe::Resource;

#[test]
fn events_can_be_picked_by_type_wildcard_or_types() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?");
    let charges = all(&mut stripe, "/v1/events?type=charge.*&");
    let by_hand = every.iter().filter(|event| event["type"].as_str().unwrap().starts_with("charge."));
    assert_eq!(charges.len(), by_hand.count());
    let two = all(&mut stripe, "/v1/events?types[]=charge.succeeded&types[]=invoice.paid&");
    let named = ["charge.succeeded", "invoice.paid"];
    assert_eq!(
        two.len(),
        every.iter().filter(|event| named.contains(&event["type"].as_str().unwrap())).count()
    );
    assert!(two.iter().any(|event| event["type"] == "invoice.paid"));
    assert_eq!(refusal(&mut stripe, "/v1/events?type=charge.*&types[]=invoice.paid").0, 400);
    let many: Vec<String> = (0..21).map(|number| format!("types[]=made.up_{number}")).collect();
    assert_eq!(refusal(&mut stripe, &format!("/v1/events?{}", many.join("&"))).0, 400);
    assert_eq!(get(&mut stripe, &format!("/v1/events?{}", many[..20].join("&")))["data"], json!([]));
}

#[test]
fn events_are_kept_for_thirty_days() {
    let mut stripe = account();
    let oldest = id(all(&mut stripe, "/v1/events?").last().unwrap());
    let later = now() + SignedDuration::from_hours(24);
    let answer = stripe.answer(&request_at(later, &format!("/v1/events/{oldest}")));
    assert_eq!(answer.status, 404);
    let limit = later.as_second() - 30 * 86_400;
    assert!(stripe.objects(Resource::Event).iter().all(|event| event["created"].as_i64().unwrap() >= limit));
}

#[test]
fn events_share_seconds_and_are_out_of_order_within_one() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?");
    let place = |kind: &str, object: &Value| {
        every.iter().position(|event| event["type"] == kind && event["data"]["object"]["id"] == *object)
    };
    let created = every.iter().filter(|event| event["type"] == "customer.subscription.created");
    let pairs: Vec<(usize, usize)> = created
        .filter_map(|event| {
            let invoice = event["data"]["object"]["latest_invoice"].clone();
            Some((place("invoice.created", &invoice)?, place("invoice.paid", &invoice)?))
        })
        .filter(|(first, last)| every[*first]["created"] == every[*last]["created"])
        .collect();
    assert!(pairs.iter().any(|(first, last)| first > last), "a later event never comes first");
    assert!(pairs.iter().any(|(first, last)| first < last), "events of one second are always in order");
}

#[test]
fn old_events_have_the_old_shape_and_retrievals_the_new() {
    let mut stripe = account();
    let every = all(&mut stripe, "/v1/events?types[]=invoice.paid&");
    let (old, new): (Vec<_>, Vec<_>) = every.iter().partition(|event| event["api_version"] == "2020-08-27");
    assert!(!old.is_empty() && !new.is_empty());
    for event in old {
        let invoice = &event["data"]["object"];
        assert!(invoice.get("parent").is_none());
        assert!(invoice.get("charge").is_some() && invoice["paid"] == true);
        let fresh = get(&mut stripe, &format!("/v1/invoices/{}", id(invoice)));
        assert!(fresh.get("charge").is_none());
        assert_eq!(fresh["parent"]["subscription_details"]["subscription"], invoice["subscription"]);
    }
    for event in all(&mut stripe, "/v1/events?type=customer.subscription.*&") {
        let subscription = &event["data"]["object"];
        let is_old = event["api_version"] == "2020-08-27";
        assert_eq!(subscription.get("current_period_end").is_some(), is_old);
        assert_eq!(subscription["items"]["data"][0].get("current_period_end").is_none(), is_old);
    }
}
