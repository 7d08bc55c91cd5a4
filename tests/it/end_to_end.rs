//! What the providers serve is what the tables hold: after one run, after a second, after the world has changed.

use jiff::{SignedDuration, tz::TimeZone};
use rows::day::{day_at, plus_days};
use sandbox::{
    deezer::{Change, Deezer, Entity},
    meta_ads::{Level, MetaAds},
    posthog::{EU_PROJECT, NewSession, PURCHASE, PostHog, SessionFilter},
    stripe::{Resource, Stripe},
};
use serde_json::json;

use crate::{
    postgres::Server,
    support::{Bench, four, sql::Eyes, truth},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_holds_what_the_providers_serve() {
    let bench = Bench::four(7);
    serves_restates_and_removes(&bench).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_holds_what_the_providers_serve() {
    let server = Server::start();
    let bench = Bench::on(tempfile::tempdir().unwrap(), server.database("served").await, 7);
    let bench = bench.with_web_and_music();
    serves_restates_and_removes(&bench).await;
}

/// One run, a second without news, a third after restatements, removals and additions.
async fn serves_restates_and_removes(bench: &Bench) {
    assert!(bench.once().await, "the first run reads everything");
    let eyes = Eyes::open(&bench.database_url).await;
    truth::assert_equal(&bench.sandbox, &eyes).await;
    four::assert_equal(&bench.sandbox, &eyes).await;
    let first = eyes.dump_observed().await;
    assert!(bench.once().await, "the second run reads everything");
    let second = eyes.dump_observed().await;
    assert_same(&first, &second);

    change(bench);
    assert!(bench.once().await, "the third run reads everything");
    truth::assert_equal(&bench.sandbox, &eyes).await;
    four::assert_equal(&bench.sandbox, &eyes).await;
    assert_ne!(eyes.dump().await, first);
    assert!(eyes.number("SELECT count(*) FROM ad_campaigns WHERE status = 'removed'").await > 0);
    assert_eq!(eyes.number("SELECT count(*) FROM tracks WHERE status = 'removed'").await, 1);
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
    let now = sandbox.now();
    sandbox
        .with_world(|posthog: &mut PostHog| {
            let late = NewSession {
                start: now - SignedDuration::from_hours(4 * 24),
                seconds: 1_200,
                campaign: Some("late \"campaign\"".to_owned()),
                goals: vec![(PURCHASE.to_owned(), Some("0.10".to_owned()))],
                ..NewSession::default()
            };
            posthog.add_session(EU_PROJECT, late).unwrap();
            let sessions = posthog.session_ids(EU_PROJECT, &SessionFilter::default());
            assert!(posthog.delete_session(EU_PROJECT, &sessions[sessions.len() / 2]));
            let day = day_at(now, &TimeZone::UTC);
            assert!(posthog.merge_persons(EU_PROJECT, plus_days(day, -3)) > 0);
        })
        .unwrap();
    sandbox
        .with_world(|deezer: &mut Deezer| {
            deezer.restate(Entity::Artist, four::ARTISTS[0], 3);
            assert!(deezer.change_playlist(four::PLAYLISTS[2], &Change::RemoveFirst));
            assert!(deezer.delete_track(four::TRACKS[0]));
        })
        .unwrap();
}
