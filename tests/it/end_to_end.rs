//! What the providers serve is what the tables hold: after one run, after a second, after the world has changed.

use rows::day::plus_days;
use sandbox::{
    meta_ads::{Level, MetaAds},
    stripe::{Resource, Stripe},
};
use serde_json::json;

use crate::{
    postgres::Server,
    support::{Bench, sql::Eyes, truth},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_holds_what_the_providers_serve() {
    let bench = Bench::new(7);
    serves_restates_and_removes(&bench).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_holds_what_the_providers_serve() {
    let server = Server::start();
    let bench = Bench::on(tempfile::tempdir().unwrap(), server.database("served").await, 7);
    serves_restates_and_removes(&bench).await;
}

/// One run, a second without news, a third after restatements, removals and additions.
async fn serves_restates_and_removes(bench: &Bench) {
    assert!(bench.once().await, "the first run reads everything");
    let eyes = Eyes::open(&bench.database_url).await;
    truth::assert_equal(&bench.sandbox, &eyes).await;
    let first = eyes.dump_observed().await;
    assert!(bench.once().await, "the second run reads everything");
    let second = eyes.dump_observed().await;
    assert_same(&first, &second);

    change(bench);
    assert!(bench.once().await, "the third run reads everything");
    truth::assert_equal(&bench.sandbox, &eyes).await;
    assert_ne!(eyes.dump().await, first);
    assert!(eyes.number("SELECT count(*) FROM ad_campaigns WHERE status = 'removed'").await > 0);
}

fn assert_same(first: &[String], second: &[String]) {
    let difference = first.iter().zip(second).find(|(first, second)| first != second);
    assert!(difference.is_none(), "{difference:?}");
    assert_eq!(first.len(), second.len());
}

/// The world changes: restated days, a vanished campaign and day, a new campaign; refunds, a new charge, a deleted
/// customer.
fn change(bench: &Bench) {
    let sandbox = &bench.sandbox;
    sandbox
        .with_world(|meta: &mut MetaAds| {
            let days = meta.truth_daily(Level::Campaign);
            let recent = days.iter().max_by_key(|day| (day.day, day.campaign_id.clone())).unwrap().clone();
            meta.restate(&recent.account_id, &recent.campaign_id, plus_days(recent.day, -2), |counts| {
                counts.conversions += 3;
            });
            let gone = days.iter().find(|day| day.campaign_id != recent.campaign_id).unwrap();
            meta.remove_campaign(&gone.account_id, &gone.campaign_id);
            meta.vanish_day(&recent.account_id, &recent.campaign_id, plus_days(recent.day, -5));
        })
        .unwrap();
    sandbox
        .with_world(|stripe: &mut Stripe| {
            let charges = stripe.objects(Resource::Charge);
            let paid = charges.iter().find(|charge| {
                charge["status"] == "succeeded"
                    && charge["captured"] == true
                    && charge["amount_refunded"] == 0
            });
            let paid = paid.unwrap()["id"].as_str().unwrap().to_owned();
            stripe.refund(&paid, 100).unwrap();
            stripe.new_charge(4_200, "usd", None);
            let customers = stripe.objects(Resource::Customer);
            let customer = customers.last().unwrap()["id"].as_str().unwrap().to_owned();
            stripe.delete_customer(&customer);
            let other = customers[0]["id"].as_str().unwrap().to_owned();
            stripe.update_customer(&other, &json!({ "delinquent": true }));
        })
        .unwrap();
}
