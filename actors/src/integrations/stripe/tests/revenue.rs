//! Monthly recurring revenue, from the objects that Stripe sends.

use jiff::civil::date;
use rows::{Micros, Row, Table, payments::SubscriptionMrr};
use serde_json::{Value, json};

use super::account::{Connected, NOW};

pub fn subscription(id: &str, status: &str, items: Value) -> Value {
    json!({
        "id": id, "object": "subscription", "status": status, "created": NOW - 9_000, "start_date": NOW - 9_000,
        "currency": "usd", "customer": "cus_1", "discounts": [], "livemode": true, "cancel_at_period_end": false,
        "canceled_at": null, "ended_at": if status == "canceled" { json!(NOW - 86_400) } else { Value::Null },
        "items": { "object": "list", "has_more": false, "data": items, "url": "/v1/subscription_items" },
    })
}

fn price(id: &str, amount: &str) -> Value {
    json!({
        "id": id, "object": "price", "active": true, "billing_scheme": "per_unit", "created": NOW - 90_000,
        "currency": "usd", "livemode": true, "product": "prod_1", "type": "recurring", "tiers_mode": null,
        "unit_amount": null, "unit_amount_decimal": amount, "transform_quantity": null,
        "recurring": { "interval": "month", "interval_count": 1, "usage_type": "licensed" },
    })
}

fn item(id: &str, price: Value, quantity: i64) -> Value {
    json!({
        "id": id, "object": "subscription_item", "price": price, "quantity": quantity, "discounts": [],
        "current_period_end": NOW + 86_400, "current_period_start": NOW - 9_000, "created": NOW - 9_000,
    })
}

fn one(status: &str) -> Value {
    subscription("sub_1", status, json!([item("si_1", price("price_1", "999.5"), 2)]))
}

async fn read(connected: &mut Connected, subscription: Value) -> Option<Micros> {
    connected.world(|world| world.put("/v1/subscriptions", subscription));
    connected.snapshot().await.unwrap();
    let Row::Subscription(row) = &connected.rows[&(Table::Subscriptions, "sub_1".to_owned())] else {
        panic!()
    };
    row.mrr
}

async fn mrr(subscription: Value) -> Option<Micros> {
    read(&mut Connected::live(), subscription).await
}

#[tokio::test(start_paused = true)]
async fn the_day_gets_a_reading_and_the_object_its_row() {
    let mut connected = Connected::new("rk_live_1", json!({"time_zone": "America/New_York"}));
    assert_eq!(read(&mut connected, one("active")).await, Some(Micros(19_990_000)));
    let key = (Table::SubscriptionMrrDaily, "2026-11-23 sub_1".to_owned());
    let Row::SubscriptionMrr(reading) = &connected.rows[&key] else { panic!() };
    assert_eq!(
        *reading,
        SubscriptionMrr {
            subscription_id: "sub_1".to_owned(),
            date: date(2026, 11, 23), // still the 23rd in New York
            status: "active".to_owned(),
            currency: rows::Currency::parse("USD").unwrap(),
            mrr: Micros(19_990_000),
        }
    );
}

#[tokio::test(start_paused = true)]
async fn only_active_and_past_due_earn() {
    for (status, earns) in [
        ("active", true),
        ("past_due", true),
        ("trialing", false),
        ("unpaid", false),
        ("incomplete", false),
        ("paused", false),
        ("canceled", false),
        ("something_new", false),
    ] {
        let expected = if earns { 19_990_000 } else { 0 };
        assert_eq!(mrr(one(status)).await, Some(Micros(expected)), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn voided_invoices_earn_nothing_and_drafts_do() {
    for (behavior, micros) in [("void", 0), ("keep_as_draft", 19_990_000)] {
        let mut paused = one("active");
        paused["pause_collection"] = json!({"behavior": behavior, "resumes_at": null});
        assert_eq!(mrr(paused).await, Some(Micros(micros)), "{behavior}");
    }
}

#[tokio::test(start_paused = true)]
async fn metered_items_are_left_out() {
    let mut metered = price("price_2", "5");
    metered["recurring"]["usage_type"] = json!("metered");
    let items = json!([item("si_1", price("price_1", "1000"), 1), item("si_2", metered, 1)]);
    assert_eq!(mrr(subscription("sub_1", "active", items)).await, Some(Micros(10_000_000)));
}

#[tokio::test(start_paused = true)]
async fn tiers_are_asked_for_once() {
    let mut tiered = price("price_1", "0");
    tiered["billing_scheme"] = json!("tiered");
    tiered["tiers_mode"] = json!("graduated");
    tiered["unit_amount_decimal"] = Value::Null;
    let mut connected = Connected::live();
    connected.world(|world| {
        let mut full = tiered.clone();
        full["tiers"] = json!([
            {"up_to": 5, "unit_amount": 700, "unit_amount_decimal": "700", "flat_amount": null},
            {"up_to": null, "unit_amount": null, "unit_amount_decimal": "650.5", "flat_amount": 1_000},
        ]);
        world.put("/v1/prices", full);
        world.put(
            "/v1/subscriptions",
            subscription("sub_2", "active", json!([item("si_2", tiered.clone(), 5)])),
        );
    });
    let seven = subscription("sub_1", "active", json!([item("si_1", tiered, 7)]));
    // 5 × 7.00 + 10.00 + 2 × 6.505
    assert_eq!(read(&mut connected, seven).await, Some(Micros(58_010_000)));
    let lookups = connected.requests().iter().filter(|request| request.starts_with("/v1/prices/")).count();
    assert_eq!(lookups, 1);
}

#[tokio::test(start_paused = true)]
async fn only_lasting_discounts_count() {
    let discount = |coupon: Value| json!([{"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": coupon}}]);
    let coupon = |duration: &str| json!({"id": "quarter off", "object": "coupon", "duration": duration, "percent_off": 25.0});
    for (discounts, micros) in [
        (discount(coupon("forever")), 14_992_500), // deleted, but at work
        (discount(coupon("repeating")), 19_990_000),
        (discount(coupon("once")), 19_990_000),
    ] {
        let mut discounted = one("active");
        discounted["discounts"] = discounts;
        assert_eq!(mrr(discounted).await, Some(Micros(micros)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_coupon_is_asked_which_products_it_holds_for() {
    let mut connected = Connected::live();
    connected.world(|world| {
        world.put(
            "/v1/coupons",
            json!({
                "id": "co_1", "object": "coupon", "duration": "forever", "amount_off": 500, "currency": "usd",
                "percent_off": null, "applies_to": {"products": ["prod_2"]},
            }),
        );
    });
    let mut second = price("price_2", "2000");
    second["product"] = json!("prod_2");
    let items = json!([item("si_1", price("price_1", "1000"), 1), item("si_2", second, 1)]);
    let mut discounted = subscription("sub_1", "active", items);
    discounted["discounts"] = json!([{"id": "di_1", "source": {"type": "coupon", "coupon": "co_1"}}]);
    assert_eq!(read(&mut connected, discounted).await, Some(Micros(25_000_000)));
}

#[tokio::test(start_paused = true)]
async fn a_price_in_another_currency_is_asked_for_its_amount() {
    let mut connected = Connected::live();
    connected.world(|world| {
        let mut full = price("price_1", "1000");
        full["currency_options"] = json!({"jpy": {"unit_amount": 1_500, "unit_amount_decimal": "1500"}});
        world.put("/v1/prices", full);
    });
    let mut yen = subscription("sub_1", "active", json!([item("si_1", price("price_1", "1000"), 1)]));
    yen["currency"] = json!("jpy");
    assert_eq!(read(&mut connected, yen).await, Some(Micros(1_500_000_000)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_is_unknown_and_not_zero() {
    let mut unclear = price("price_1", "1000");
    unclear["recurring"]["interval"] = json!("fortnight");
    let mut connected = Connected::live();
    let subscription = subscription("sub_1", "active", json!([item("si_1", unclear, 1)]));
    assert_eq!(read(&mut connected, subscription).await, None);
    assert!(connected.ids(Table::SubscriptionMrrDaily).is_empty());
    assert_eq!(connected.quarantined[0].reason, "mrr");
}

#[tokio::test(start_paused = true)]
async fn more_items_than_a_subscription_carries_are_loaded() {
    let mut connected = Connected::live();
    connected.world(|world| {
        for index in 0..45 {
            let mut held = item(&format!("si_{index:02}"), price("price_1", "100"), 1);
            held["created"] = json!(NOW - index);
            world.put("/v1/subscription_items", held);
        }
    });
    // The list is newest first; what the subscription carries may be in any order.
    let inline: Vec<Value> = connected
        .world(|world| world.objects["/v1/subscription_items"][25..].iter().rev().cloned().collect());
    let mut large = subscription("sub_1", "active", json!(inline));
    large["items"]["has_more"] = json!(true);
    assert_eq!(read(&mut connected, large).await, Some(Micros(45_000_000)));
}

#[tokio::test(start_paused = true)]
async fn one_that_ended_counts_zero_that_day_and_nothing_after() {
    let mut connected = Connected::live();
    read(&mut connected, one("active")).await;
    let mut ended = one("canceled");
    ended["ended_at"] = json!(NOW + 3_600);
    connected.now = NOW + 7_200;
    read(&mut connected, ended).await;
    let Row::SubscriptionMrr(reading) =
        &connected.rows[&(Table::SubscriptionMrrDaily, "2026-11-24 sub_1".to_owned())]
    else {
        panic!()
    };
    assert_eq!(reading.mrr, Micros::ZERO);
    connected.now = NOW + 90_000;
    connected.snapshot().await.unwrap();
    assert_eq!(connected.ids(Table::SubscriptionMrrDaily), ["2026-11-24 sub_1"]);
}
