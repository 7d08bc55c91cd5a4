//! What controls and time do to the account.

use jiff::SignedDuration;
use serde_json::json;

use super::{account, all, get, id, now, refusal};
use crate::exchange::Imitation;
use crate::stripe::{Resource, Stripe};

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
    assert_eq!(get(&mut stripe, &format!("/v1/charges/{charge}?expand[]=customer"))["customer"], stub);
    let (status, error) = refusal(&mut stripe, &format!("/v1/customers?starting_after={customer}"));
    assert_eq!((status, &error["code"]), (400, &json!("resource_missing")));
    let events = all(&mut stripe, "/v1/events?type=customer.deleted&");
    let event = events.iter().find(|event| event["data"]["object"]["id"] == *customer).unwrap();
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
    let refund = get(&mut stripe, &format!("/v1/refunds/{refund}?expand[]=balance_transaction"));
    assert_eq!(refund["amount"], 2_000);
    assert_eq!(refund["balance_transaction"]["currency"], "usd");
    assert!(refund["balance_transaction"]["amount"].as_i64().unwrap() < 0);
    let now_charge = get(&mut stripe, &format!("/v1/charges/{charge}"));
    assert_eq!((&now_charge["amount_refunded"], &now_charge["refunded"]), (&json!(2_000), &json!(false)));
    stripe.refund(&charge, 9_999).unwrap();
    assert_eq!(get(&mut stripe, &format!("/v1/charges/{charge}"))["refunded"], true);
    assert_eq!(stripe.refund(&charge, 1), None);
    let events = all(&mut stripe, "/v1/events?type=charge.refunded&");
    let own: Vec<_> = events.iter().filter(|event| event["data"]["object"]["id"] == *charge).collect();
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
    assert_eq!((&shown["description"], &shown["metadata"]["track"]), (&json!("Changed"), &json!("Undertow")));
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
    assert_eq!(before, (stripe.count(Resource::Charge), stripe.count(Resource::Invoice)));
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
fn any_seed_and_length_of_past_makes_a_world_that_goes_on() {
    for (seed, days) in [(1, 1), (2, 60)] {
        let steps = [1, 30, 100].map(|hours| now() + SignedDuration::from_hours(hours));
        let mut by_steps = Stripe::new(seed, days, now());
        for step in steps {
            by_steps.advance(step);
        }
        let mut at_once = Stripe::new(seed, days, now());
        at_once.advance(steps[2]);
        for resource in [Resource::Charge, Resource::Invoice, Resource::Subscription, Resource::Refund] {
            let objects = by_steps.objects(resource);
            assert_eq!(objects, at_once.objects(resource), "seed {seed}: {resource:?}");
            assert!(objects.iter().all(|object| object["created"].as_i64() <= Some(steps[2].as_second())));
        }
    }
}
