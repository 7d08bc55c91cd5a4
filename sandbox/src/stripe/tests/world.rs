//! Whether the account holds what it should.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{account, all, get, id, ids, now};
use crate::stripe::{Resource, Scale, Stripe};

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
        let own: Vec<&Value> =
            payments.iter().filter(|payment| payment["invoice"] == invoice["id"]).collect();
        let sum: i64 = own.iter().filter_map(|payment| payment["amount_paid"].as_i64()).sum();
        assert_eq!(sum, invoice["amount_paid"].as_i64().unwrap());
        assert_eq!(invoice["amount_remaining"], 0);
        for payment in own.iter().filter(|payment| payment["payment"]["type"] == "payment_intent") {
            let charge = &charges[payment["payment"]["payment_intent"].as_str().unwrap()];
            assert_eq!(charge["amount"], payment["amount_paid"]);
            assert_eq!(charge["customer"], invoice["customer"]);
        }
    }
    assert!(payments.iter().any(|payment| payment["payment"]["type"] == "charge"));
    assert!(payments.iter().any(|payment| payment["payment"]["type"] == "payment_record"));
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
    let on_charges: i64 = charges.iter().map(|charge| charge["amount_refunded"].as_i64().unwrap()).sum();
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
        some(method, &|charge| charge["payment_method_details"]["type"] == method);
    }
    some("guest", &|charge| charge["customer"].is_null());
    some("authorized", &|charge| charge["status"] == "succeeded" && charge["captured"] == false);
    some("refunded", &|charge| charge["refunded"] == true && charge["captured"] == true);
    some("partially refunded", &|charge| {
        charge["refunded"] == false && charge["amount_refunded"].as_i64() > Some(0)
    });
    some("disputed", &|charge| charge["disputed"] == true);
    some("bounced", &|charge| charge["failure_balance_transaction"].is_string());
    let sizes = charges.iter().map(|charge| charge.to_string().len());
    assert!(sizes.sum::<usize>() / charges.len() > 2_200, "charges are smaller than the real ones");
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
    for kind in ["charge", "payment", "refund", "adjustment", "payout", "stripe_fee", "refund_failure"] {
        assert!(kinds.contains(kind), "no balance transaction is {kind}: {kinds:?}");
    }
    for status in ["draft", "open", "paid", "void", "uncollectible"] {
        assert!(
            stripe.objects(Resource::Invoice).iter().any(|invoice| invoice["status"] == status),
            "no invoice is {status}"
        );
    }
}

#[test]
fn a_big_world_is_compact_and_still_finds_its_objects() {
    let scale = Scale { customers: 2_000, subscriptions: 30, charges: 60_000 };
    let mut stripe = Stripe::with_scale(3, 365, now(), scale);
    let count = stripe.count(Resource::Charge);
    assert!(count >= 60_000);
    let page = get(&mut stripe, "/v1/charges?limit=100&created[lt]=1790000000");
    let last = id(page["data"].as_array().unwrap().last().unwrap());
    assert_eq!(get(&mut stripe, &format!("/v1/charges/{last}"))["id"], *last);
}
