//! Objects as Stripe writes them, and the rows that they become.

use proptest::prelude::*;
use rows::{Row, Table, payments::Minor};
use serde_json::{Value, json};

use super::account::{Connected, NOW, balance_transaction, charge, customer};

async fn read(connected: &mut Connected, stream: &'static str, object: Value) {
    connected.world(|world| world.put(&format!("/v1/{stream}"), object));
    connected.poll(stream).await.unwrap();
}

async fn row(stream: &'static str, object: Value) -> Row {
    let mut connected = Connected::live();
    read(&mut connected, stream, object).await;
    assert!(connected.quarantined.is_empty(), "{:?}", connected.quarantined);
    connected.rows.into_values().next().unwrap()
}

async fn payment(change: impl FnOnce(&mut Value)) -> rows::payments::Payment {
    let mut object = charge("ch_1", NOW - 60);
    change(&mut object);
    match row("charges", object).await {
        Row::Payment(payment) => payment,
        other => panic!("{other:?}"),
    }
}

fn minor(amount: i64, currency: &str, exponent: u8) -> Minor {
    Minor { amount, currency: rows::Currency::parse(currency).unwrap(), exponent }
}

#[tokio::test(start_paused = true)]
async fn a_charge_is_settled_in_the_currency_of_the_account() {
    let paid = payment(|charge| {
        charge["balance_transaction"] = balance_transaction("txn_1", NOW);
        charge["payment_method_details"] =
            json!({"type": "card", "card": {"last4": "4242", "fingerprint": "x"}});
    })
    .await;
    assert_eq!(paid.amount, minor(2_500, "USD", 2));
    assert_eq!(paid.settled, Some(minor(2_300, "EUR", 2)));
    assert_eq!((paid.fee_minor, paid.net_minor), (Some(97), Some(2_203)));
    assert_eq!(paid.ledger_entry_id.as_deref(), Some("txn_1"));
    assert_eq!(paid.payment_method_type.as_deref(), Some("card"));
    assert_eq!(paid.created_at.as_second(), NOW - 60);
    assert!(!format!("{paid:?}").contains("4242") && !format!("{paid:?}").contains("Ada"));
}

#[tokio::test(start_paused = true)]
async fn only_words_of_stripes_are_stored_as_such() {
    for no_word in ["Ada Lovelace", "Lovelace", "+49 151 23456789", "ada@example.com", "", "12"] {
        let paid = payment(|charge| {
            charge["failure_code"] = json!(no_word);
            charge["outcome"] = json!({ "reason": no_word });
            charge["status"] = json!("failed");
            charge["payment_method_details"] = json!({ "type": no_word });
        })
        .await;
        assert_eq!((paid.failure_code, paid.payment_method_type), (None, None), "{no_word}");
        // Without its status a payment says nothing: it is set aside alone, and nothing of it is repeated.
        let mut connected = Connected::live();
        let mut object = charge("ch_1", NOW - 60);
        object["status"] = json!(no_word);
        read(&mut connected, "charges", object).await;
        assert!(connected.rows.is_empty());
        let set_aside = format!("{:?}", connected.quarantined);
        assert!(set_aside.contains("ch_1"), "{set_aside}");
        assert!(no_word.len() < 3 || !set_aside.contains(no_word), "{set_aside}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_settled_is_unknown() {
    for pending in [Value::Null, json!("txn_1")] {
        let paid = payment(|charge| charge["balance_transaction"] = pending).await;
        assert_eq!((paid.settled, paid.fee_minor, paid.net_minor), (None, None, None));
    }
}

#[tokio::test(start_paused = true)]
async fn one_word_tells_what_became_of_a_charge() {
    for (change, status) in [
        (json!({}), "paid"),
        (json!({"captured": false, "amount_captured": 0}), "authorized"),
        (json!({"amount_refunded": 100}), "partially_refunded"),
        (json!({"amount_refunded": 2_500, "refunded": true}), "refunded"),
        (json!({"status": "pending"}), "pending"),
        (json!({"status": "failed", "captured": false}), "failed"),
        (json!({"status": "under_water"}), "under_water"),
    ] {
        let paid =
            payment(|charge| charge.as_object_mut().unwrap().extend(change.as_object().unwrap().clone()))
                .await;
        assert_eq!(paid.status, status);
        assert_eq!(paid.amount.amount, 2_500);
    }
    let captured = payment(|charge| charge["amount_captured"] = json!(2_000)).await;
    assert_eq!(captured.amount.amount, 2_000);
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_a_failure_is_its_code_or_the_networks() {
    let failed = payment(|charge| {
        charge["status"] = json!("failed");
        charge["outcome"] = json!({"reason": "highest_risk_level", "seller_message": "…"});
    })
    .await;
    assert_eq!(failed.failure_code.as_deref(), Some("highest_risk_level"));
    let fine = payment(|charge| charge["outcome"] = json!({"reason": "elevated_risk_level"})).await;
    assert_eq!(fine.failure_code, None);
}

#[tokio::test(start_paused = true)]
async fn minor_units_have_the_currencys_decimals() {
    for (currency, exponent) in [("jpy", 0), ("kwd", 3), ("isk", 2), ("usd", 2)] {
        assert_eq!(payment(|charge| charge["currency"] = json!(currency)).await.amount.exponent, exponent);
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_rate_keeps_every_digit() {
    let mut connected = Connected::live();
    read(&mut connected, "balance_transactions", balance_transaction("txn_1", NOW)).await;
    let Some(Row::LedgerEntry(entry)) = connected.rows.into_values().next() else { panic!() };
    assert_eq!(entry.exchange_rate.as_deref(), Some("0.9200001"));
    assert_eq!((entry.amount, entry.fee_minor, entry.net_minor), (minor(2_300, "EUR", 2), 97, 2_203));
    assert_eq!(entry.available_at.map(jiff::Timestamp::as_second), Some(NOW + 86_400));
}

#[tokio::test(start_paused = true)]
async fn an_invoice_names_its_subscription_in_its_parent() {
    let invoice = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "billing_reason": "subscription_cycle", "created": NOW,
        "currency": "usd", "customer": {"id": "cus_1", "object": "customer", "deleted": true}, "livemode": true,
        "total": 1_190, "subtotal": 1_000, "amount_due": 1_190, "amount_paid": 1_190, "amount_remaining": 0,
        "attempt_count": 1, "number": "A-1", "period_start": NOW - 60, "period_end": NOW, "due_date": null,
        "parent": {"type": "subscription_details", "quote_details": null,
            "subscription_details": {"subscription": "sub_1", "metadata": {}}},
        "status_transitions": {"finalized_at": NOW - 5, "paid_at": NOW - 1, "voided_at": null},
        "customer_email": "ada@example.com",
    });
    let Row::Invoice(invoice) = row("invoices", invoice).await else { panic!() };
    assert_eq!(invoice.subscription_id.as_deref(), Some("sub_1"));
    assert_eq!(invoice.customer_id.as_deref(), Some("cus_1"));
    assert_eq!(invoice.total, minor(1_190, "USD", 2));
    assert_eq!(invoice.paid_at.map(jiff::Timestamp::as_second), Some(NOW - 1));
    assert_eq!(invoice.due_at, None);
}

#[tokio::test(start_paused = true)]
async fn the_smaller_objects() {
    let object = json!({
        "id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "amount_paid": 900, "amount_requested": 1_000,
        "created": NOW, "currency": "usd", "is_default": true, "livemode": true, "status": "paid",
        "payment": {"type": "payment_intent", "payment_intent": "pi_1"}, "status_transitions": {"paid_at": NOW},
    });
    let Row::InvoicePayment(joined) = row("invoice_payments", object).await else { panic!() };
    assert_eq!(
        (joined.invoice_id.as_deref(), joined.payment_intent_id.as_deref()),
        (Some("in_1"), Some("pi_1"))
    );
    assert_eq!((joined.payment_id, joined.amount_paid_minor), (None, Some(900)));

    let object = json!({
        "id": "re_1", "object": "refund", "amount": 700, "charge": "ch_1", "created": NOW, "currency": "usd",
        "status": "succeeded", "reason": "requested_by_customer", "balance_transaction": "txn_1",
    });
    let Row::Refund(refund) = row("refunds", object).await else { panic!() };
    assert_eq!((refund.payment_id.as_deref(), refund.amount.amount), (Some("ch_1"), 700));

    let object = json!({
        "id": "dp_1", "object": "dispute", "amount": 700, "charge": "ch_1", "created": NOW, "currency": "usd",
        "status": "appeal_under_review", "reason": "fraudulent", "livemode": true,
        "evidence_details": {"due_by": NOW + 9, "has_evidence": false}, "evidence": {"customer_name": "Ada"},
    });
    let Row::Dispute(dispute) = row("disputes", object).await else { panic!() };
    assert_eq!(dispute.evidence_due_at.map(jiff::Timestamp::as_second), Some(NOW + 9));

    let Row::Customer(customer) = row("customers", customer("cus_1", NOW)).await else { panic!() };
    assert_eq!((customer.balance_minor, customer.delinquent), (Some(-500), Some(false)));

    let object = json!({
        "id": "prod_1", "object": "product", "active": true, "created": NOW, "updated": NOW + 1, "livemode": true,
        "name": "Pro", "default_price": "price_1",
    });
    let Row::Product(product) = row("products", object).await else { panic!() };
    assert_eq!(product.default_price_id.as_deref(), Some("price_1"));

    let object = json!({
        "id": "price_1", "object": "price", "active": true, "billing_scheme": "per_unit", "created": NOW,
        "currency": "jpy", "livemode": true, "product": "prod_1", "type": "recurring", "unit_amount": 500,
        "unit_amount_decimal": "500.000000000001",
        "recurring": {"interval": "month", "interval_count": 3, "usage_type": "licensed"},
    });
    let Row::Price(price) = row("prices", object).await else { panic!() };
    assert_eq!(price.unit_amount_decimal.as_deref(), Some("500.000000000001"));
    assert_eq!((price.exponent, price.recurring_interval_count), (Some(0), Some(3)));
}

#[tokio::test(start_paused = true)]
async fn the_other_mode_is_dropped_unless_wanted() {
    let mut test = charge("ch_1", NOW);
    test["livemode"] = json!(false);
    for (key, settings, kept) in [
        ("rk_live_1", Value::Null, 0),
        ("rk_test_1", Value::Null, 1),
        ("rk_live_1", json!({"test_mode": true}), 1),
    ] {
        let mut connected = Connected::new(key, settings);
        read(&mut connected, "charges", test.clone()).await;
        assert_eq!(connected.rows.len(), kept, "{key}");
        assert!(connected.quarantined.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_set_aside_and_stops_nothing() {
    let mut connected = Connected::live();
    connected.world(|world| {
        for (id, field, value) in [
            ("ch_1", "amount", json!("a lot")),
            ("ch_2", "currency", json!("gold")),
            ("ch_3", "created", json!(NOW)),
            ("ch_4", "created", json!(i64::MAX)),
        ] {
            let mut object = charge(id, NOW);
            object[field] = value;
            world.put("/v1/charges", object);
        }
        let mut incomplete = charge("ch_5", NOW);
        incomplete.as_object_mut().unwrap().remove("status");
        world.put("/v1/charges", incomplete);
        world.put("/v1/charges", json!({"created": NOW, "email": "ada@example.com"}));
    });
    connected.poll("charges").await.unwrap();
    assert_eq!(connected.ids(Table::Payments), ["ch_3"]);
    let mut reasons: Vec<&str> = connected.quarantined.iter().map(|aside| aside.reason).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["date", "malformed", "missing_field", "missing_field", "money"]);
    let told = format!("{:?}", connected.quarantined);
    for secret in ["ada@", "Ada", "a lot"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(told.contains("expected i64"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_and_words_are_accepted() {
    let paid = payment(|charge| {
        charge["moon_phase"] = json!({"deep": [1, 2.5, null]});
        charge["payment_method_details"] = json!({"type": "telepathy", "telepathy": {}});
    })
    .await;
    assert_eq!(paid.payment_method_type.as_deref(), Some("telepathy"));
}

const STREAMS: [&str; 10] = [
    "charges",
    "refunds",
    "disputes",
    "invoices",
    "invoice_payments",
    "subscriptions",
    "balance_transactions",
    "customers",
    "products",
    "prices",
];

/// Any JSON, shallow.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whole minor units, of which the currency says how many decimals they are: 0, 2 or 3.
    #[test]
    fn amounts_are_exact_whatever_the_decimals(amount in 0..=i64::MAX, which in 0_usize..4) {
        let (currency, exponent) = [("jpy", 0), ("usd", 2), ("eur", 2), ("kwd", 3)][which];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let paid = runtime.block_on(payment(|charge| {
            charge["currency"] = json!(currency);
            charge["amount"] = json!(amount);
            charge["amount_captured"] = json!(amount);
        }));
        prop_assert_eq!(paid.amount, minor(amount, &currency.to_uppercase(), exponent));
    }

    /// A good object with any of its fields replaced by anything becomes a row or is set aside: never a panic, never a
    /// page lost.
    #[test]
    fn any_object_is_answered(which in 0_usize..STREAMS.len(), field in any::<prop::sample::Index>(), value in any_json()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut object = super::revenue::subscription("x_1", "active", json!([]));
            for sample in [charge("x_1", NOW), balance_transaction("x_1", NOW), customer("x_1", NOW)] {
                object.as_object_mut().unwrap().extend(sample.as_object().unwrap().clone());
            }
            let fields: Vec<String> = object.as_object().unwrap().keys().filter(|key| *key != "id").cloned().collect();
            object[field.get(&fields)] = value;
            let mut connected = Connected::live();
            read(&mut connected, STREAMS[which], object).await;
            prop_assert!(connected.rows.len() + connected.quarantined.len() <= 1);
            Ok(())
        })?;
    }
}
