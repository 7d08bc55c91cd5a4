//! The imitations' truth against the tables: every object, every day, exact values.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::{
    Sandbox,
    meta_ads::{Level, MetaAds},
    stripe::{Resource, Stripe},
};
use serde_json::Value;

use super::sql::Eyes;

/// Compares everything; panics at the first difference.
pub async fn assert_equal(sandbox: &Sandbox, eyes: &Eyes) {
    performance(sandbox, eyes, Level::Campaign, "campaign").await;
    performance(sandbox, eyes, Level::Ad, "ad").await;
    campaigns(sandbox, eyes).await;
    stripe_objects(sandbox, eyes).await;
    charges(sandbox, eyes).await;
    entries(sandbox, eyes).await;
}

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("{column} of {row} is no text"))
}

/// Integer millionths of decimal text.
fn micros(decimal: &str) -> i64 {
    rows::Micros::parse(decimal).unwrap().0
}

async fn performance(sandbox: &Sandbox, eyes: &Eyes, level: Level, name: &str) {
    let truth = sandbox.with_world(|meta: &mut MetaAds| meta.truth_daily(level)).unwrap();
    let truth: BTreeMap<_, _> = truth
        .into_iter()
        .map(|day| {
            let key = (
                day.account_id.clone(),
                day.campaign_id.clone(),
                day.ad_set_id.clone(),
                day.ad_id.clone(),
                day.day.to_string(),
            );
            (key, day)
        })
        .collect();
    let stored = eyes.query(&format!("SELECT * FROM ad_performance_daily WHERE level = '{name}'")).await;
    let stored: BTreeMap<_, _> = stored
        .into_iter()
        .map(|row| {
            let part = |column| text(&row, column).to_owned();
            ((part("account_id"), part("campaign_id"), part("ad_set_id"), part("ad_id"), part("date")), row)
        })
        .collect();
    // The world may hold a day more than was asked for.
    let first = stored.keys().map(|key| key.4.clone()).min().unwrap_or_default();
    let expected: BTreeSet<_> = truth.keys().filter(|key| key.4 >= first).cloned().collect();
    let found: BTreeSet<_> = stored.keys().cloned().collect();
    assert!(!expected.is_empty());
    let (missing, extra): (Vec<_>, Vec<_>) =
        (expected.difference(&found).take(3).collect(), found.difference(&expected).take(3).collect());
    assert!(missing.is_empty() && extra.is_empty(), "{name}: missing {missing:?}, extra {extra:?}");
    for (key, row) in &stored {
        let day = &truth[key];
        for (column, value) in [
            ("impressions", day.counts.impressions),
            ("clicks", day.counts.link_clicks),
            ("clicks_all", day.counts.clicks_all),
            ("reach", day.counts.reach),
            ("engagements", day.counts.post_engagements),
            ("video_completions", day.counts.video_quartiles[4]),
        ] {
            assert_eq!(row[column].as_u64(), Some(value), "{name} {key:?} {column}: {row}");
        }
        assert_eq!(row["spend_micros"].as_i64(), Some(micros(&day.spend)), "{name} {key:?} spend: {row}");
        let conversions = row["conversions"].as_f64().unwrap_or(-1.0);
        let expected = f64::from(u32::try_from(day.counts.conversions).unwrap());
        assert!((conversions - expected).abs() < 1e-9, "{name} {key:?} conversions {expected}: {row}");
        assert_eq!(text(row, "currency"), day.currency);
        assert_eq!(text(row, "tenant"), "label-a");
        assert_eq!(text(row, "provider"), "meta_ads");
    }
}

async fn campaigns(sandbox: &Sandbox, eyes: &Eyes) {
    let truth = sandbox.with_world(|meta: &mut MetaAds| meta.truth_campaigns()).unwrap();
    let stored = eyes.query("SELECT * FROM ad_campaigns WHERE status <> 'removed'").await;
    let names: BTreeMap<_, _> = stored
        .iter()
        .map(|row| (text(row, "campaign_id").to_owned(), text(row, "name").to_owned()))
        .collect();
    let expected: BTreeMap<_, _> =
        truth.iter().map(|campaign| (campaign.campaign_id.clone(), campaign.name.clone())).collect();
    assert_eq!(names, expected);
}

/// Ids of every kind.
async fn stripe_objects(sandbox: &Sandbox, eyes: &Eyes) {
    for (table, resource) in [
        ("payments", Resource::Charge),
        ("refunds", Resource::Refund),
        ("disputes", Resource::Dispute),
        ("invoices", Resource::Invoice),
        ("invoice_payments", Resource::InvoicePayment),
        ("subscriptions", Resource::Subscription),
        ("ledger_entries", Resource::BalanceTransaction),
        ("customers", Resource::Customer),
        ("products", Resource::Product),
        ("prices", Resource::Price),
    ] {
        let truth = sandbox.with_world(|stripe: &mut Stripe| stripe.objects(resource)).unwrap();
        let expected: BTreeSet<_> = truth
            .iter()
            .filter(|object| object["deleted"] != true)
            .map(|object| text(object, "id").to_owned())
            .collect();
        let stored = eyes.query(&format!("SELECT id FROM {table}")).await;
        let found: BTreeSet<_> = stored.iter().map(|row| text(row, "id").to_owned()).collect();
        let (missing, extra): (Vec<_>, Vec<_>) =
            (expected.difference(&found).take(3).collect(), found.difference(&expected).take(3).collect());
        assert!(missing.is_empty() && extra.is_empty(), "{table}: missing {missing:?}, extra {extra:?}");
    }
}

async fn charges(sandbox: &Sandbox, eyes: &Eyes) {
    let truth = sandbox.with_world(|stripe: &mut Stripe| stripe.objects(Resource::Charge)).unwrap();
    let stored = eyes.query("SELECT * FROM payments").await;
    let stored: BTreeMap<_, _> = stored.iter().map(|row| (text(row, "id"), row)).collect();
    for charge in &truth {
        let row = stored[text(charge, "id")];
        let captured = charge["captured"] == true;
        let amount = if captured { &charge["amount_captured"] } else { &charge["amount"] };
        assert_eq!(row["amount_minor"], *amount, "{charge}\n{row}");
        assert_eq!(text(row, "currency"), text(charge, "currency").to_uppercase());
        assert_eq!(row["refunded_minor"], charge["amount_refunded"], "{charge}\n{row}");
        let settled = &charge["balance_transaction"];
        assert_eq!(row["fee_minor"], settled["fee"], "{charge}\n{row}");
        assert_eq!(row["net_minor"], settled["net"], "{charge}\n{row}");
        assert_eq!(row["settled_amount_minor"], settled["amount"], "{charge}\n{row}");
    }
}

async fn entries(sandbox: &Sandbox, eyes: &Eyes) {
    let truth =
        sandbox.with_world(|stripe: &mut Stripe| stripe.objects(Resource::BalanceTransaction)).unwrap();
    let stored = eyes.query("SELECT * FROM ledger_entries").await;
    let stored: BTreeMap<_, _> = stored.iter().map(|row| (text(row, "id"), row)).collect();
    for entry in &truth {
        let row = stored[text(entry, "id")];
        for (column, field) in [
            ("amount_minor", "amount"),
            ("fee_minor", "fee"),
            ("net_minor", "net"),
            ("type", "type"),
            ("status", "status"),
        ] {
            assert_eq!(row[column], entry[field], "{column}: {entry}\n{row}");
        }
    }
}
