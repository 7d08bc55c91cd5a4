//! Billing profiles: by allow-list, from four sources, and only when asked for.

use rows::{
    Row, Table,
    personal::{BillingProfile, Personal, ProfileSource},
};
use serde_json::{Value, json};

use super::account::{Connected, NOW, charge, customer};

/// What must never be taken from an object.
const NEVER: [&str; 6] =
    ["fp_planted", "411111", "pass_planted", "DE_tax_planted", "secret_planted", "+49 planted"];

fn card() -> Value {
    json!({
        "brand": "visa", "last4": "4242", "exp_month": 7, "exp_year": 2031, "fingerprint": "fp_planted",
        "iin": "411111", "checks": { "cvc_check": "pass_planted" },
    })
}

fn details(name: &str) -> Value {
    let address = json!({
        "line1": "12 Harbour Street", "line2": " ", "city": "Leeds", "state": null, "postal_code": "LS1 4AP",
        "country": "GB",
    });
    json!({ "name": name, "email": "ada@example.com", "address": address, "phone": "+49 planted", "tax_id": "DE_tax_planted" })
}

fn profiles(connected: &Connected) -> Vec<&BillingProfile> {
    let mut found = Vec::new();
    for row in connected.rows.values() {
        if let Row::BillingProfile(profile) = row {
            found.push(profile);
        }
    }
    found
}

fn texts(profile: &BillingProfile) -> Vec<Option<&str>> {
    profile.personal().into_iter().map(|value| value.map(Personal::reveal)).collect()
}

fn put(connected: &Connected) {
    connected.world(|world| {
        let mut paid = charge("ch_1", NOW - 5_000);
        paid["billing_details"] = details("Ada Paid");
        paid["payment_method_details"] = json!({ "type": "card", "card": card() });
        let mut failed = charge("ch_2", NOW - 4_000);
        failed["status"] = json!("failed");
        failed["billing_details"] = details("Ada Failed");
        let mut guest = charge("ch_3", NOW - 3_000);
        guest["customer"] = Value::Null;
        for object in [paid, failed, guest] {
            world.put("/v1/charges", object);
        }
        let mut known = customer("cus_1", NOW - 9_000);
        known["address"] = details("")["address"].clone();
        known["phone"] = json!("+49 planted");
        known["client_secret"] = json!("secret_planted");
        known["invoice_settings"] = json!({
            "default_payment_method": { "id": "pm_1", "object": "payment_method", "type": "card", "card": card() },
        });
        world.put("/v1/customers", known);
    });
}

#[tokio::test(start_paused = true)]
async fn nothing_personal_is_read_unless_asked_for() {
    let mut connected = Connected::live();
    put(&connected);
    for stream in ["charges", "customers"] {
        connected.poll(stream).await.unwrap();
    }
    assert!(profiles(&connected).is_empty());
    let people = "data.invoice_settings.default_payment_method";
    connected.world(|world| assert!(!world.expanded.contains(people)));
}

#[tokio::test(start_paused = true)]
async fn each_source_says_what_it_knows_and_no_more() {
    let mut connected = Connected::new("rk_live_1", json!({ "billing_profiles": true }));
    put(&connected);
    for stream in ["charges", "customers"] {
        connected.poll(stream).await.unwrap();
    }
    assert!(connected.quarantined.is_empty(), "{:?}", connected.quarantined);
    let people = "data.invoice_settings.default_payment_method";
    connected.world(|world| assert!(world.expanded.contains(people)));
    let found = profiles(&connected);
    let of = |source| *found.iter().find(|profile| profile.source == source).unwrap();
    assert_eq!(found.len(), 2, "a charge that failed and a guest's say nothing: {found:?}");
    let address = [Some("12 Harbour Street"), None, Some("Leeds"), None, Some("LS1 4AP"), Some("GB")];
    let card = [Some("visa"), Some("4242"), Some("7"), Some("2031")];
    let expected = |name| [&[Some(name), Some("ada@example.com")], &address[..], &card[..]].concat();
    assert_eq!(texts(of(ProfileSource::Charge)), expected("Ada Paid"));
    assert_eq!(of(ProfileSource::Charge).source_id, "ch_1");
    assert_eq!(texts(of(ProfileSource::Customer)), expected("Ada Example"));
    assert_eq!(of(ProfileSource::Customer).source_id, "cus_1");
    for text in found.iter().flat_map(|profile| texts(profile)).flatten() {
        assert!(!NEVER.iter().any(|never| text.contains(never)), "{text}");
    }
    let printed = format!("{found:?}");
    assert!(!printed.contains("Ada") && !printed.contains("4242"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_customer_takes_its_profile_along() {
    let mut connected = Connected::new("rk_live_1", json!({ "billing_profiles": true }));
    connected.world(|world| {
        world.put("/v1/customers", json!({ "id": "cus_1", "object": "customer", "deleted": true }));
    });
    connected.poll("customers").await.unwrap();
    assert_eq!(
        connected.tombstones,
        [(Table::Customers, "cus_1".to_owned()), (Table::BillingProfiles, "cus_1".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_redacted_customer_stays_without_its_profile() {
    let mut connected = Connected::new("rk_live_1", json!({ "billing_profiles": true }));
    connected.world(|world| {
        let mut told = customer("cus_1", NOW);
        told["redaction"] = json!({ "status": "processing" });
        let mut seen = customer("cus_2", NOW);
        seen["email"] = json!("[redacted]");
        let mut paid = charge("ch_1", NOW);
        paid["billing_details"] = details("[redacted]");
        world.put("/v1/customers", told);
        world.put("/v1/customers", seen);
        world.put("/v1/charges", paid);
    });
    for stream in ["charges", "customers"] {
        connected.poll(stream).await.unwrap();
    }
    assert_eq!(connected.ids(Table::Customers), ["cus_1", "cus_2"]);
    let mut gone: Vec<_> = connected.tombstones.clone();
    gone.sort();
    assert_eq!(gone, ["cus_1", "cus_2"].map(|id| (Table::BillingProfiles, id.to_owned())));
    let found = profiles(&connected);
    assert_eq!(found.len(), 1, "the charge's: {found:?}");
    assert_eq!(texts(found[0])[..2], [None, Some("ada@example.com")]);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_cannot_be_read_leaves_its_object_alone() {
    let mut connected = Connected::new("rk_live_1", json!({ "billing_profiles": true }));
    connected.world(|world| {
        let mut odd = customer("cus_1", NOW);
        odd["email"] = json!({ "planted": "ada@example.com" });
        world.put("/v1/customers", odd);
    });
    connected.poll("customers").await.unwrap();
    assert_eq!(connected.ids(Table::Customers), ["cus_1"]);
    assert_eq!(connected.quarantined.len(), 1);
    assert!(!format!("{:?}", connected.quarantined).contains("ada@"));
}
