//! Stripe: feeds by listing and events, a daily reading of revenue.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::stripe::Stripe,
    session::{Call, quota::Scope},
};
use jiff::Timestamp;
use rows::{Table, day::day_at};
use sandbox::{
    exchange::Imitation,
    stripe::{Resource, SANDBOX_KEY, Stripe as World},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::Fact,
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: StripeCase = StripeCase { billing_profiles: true };

pub struct StripeCase {
    /// With them, objects are read one by one; without, as by default, those that come by the million are read by the page.
    pub billing_profiles: bool,
}

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: i64 = 9_007_199_254_740_993;
const VERSION: &str = "2026-10-28.endive";

impl Case for StripeCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(Stripe)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        // Every minute, as by default, would only make the suite longer.
        let calm = StreamOverride { every: Some(Duration::from_mins(20)), ..StreamOverride::default() };
        let feeds = Stripe.known_streams().into_iter().filter(|stream| stream.name != "subscription_mrr");
        ConnectionSpec {
            name: "label-a-stripe".to_owned(),
            integration: "stripe".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: std::collections::BTreeMap::new(),
            api_version: VERSION.to_owned(),
            credentials: [("api_key".to_owned(), SANDBOX_KEY.into())].into(),
            settings: json!({ "time_zone": "UTC", "billing_profiles": self.billing_profiles }),
            quotas: None,
            streams: feeds.map(|stream| (stream.name.to_owned(), calm.clone())).collect(),
        }
    }

    fn truth(&self, wire: &ImitationWire, spec: &ConnectionSpec) -> Vec<Fact> {
        let zone = rows::zone::zone(spec.settings["time_zone"].as_str().unwrap()).unwrap();
        let today = day_at(wire.now(), &zone);
        let mut facts = Vec::new();
        let mut all = |resource, fact: &dyn Fn(&Value) -> Fact| {
            let objects = wire.world(|world: &mut World| world.objects(resource));
            facts.extend(objects.iter().map(fact));
        };
        all(Resource::Charge, &charge);
        all(Resource::Refund, &|it| linked(money(Table::Refunds, it, "amount"), it));
        all(Resource::Dispute, &|it| linked(money(Table::Disputes, it, "amount"), it));
        all(Resource::Invoice, &invoice);
        all(Resource::InvoicePayment, &|it| {
            money(Table::InvoicePayments, it, "amount_requested")
                .maybe("invoice", text(&it["invoice"]))
                .maybe("paid_minor", text(&it["amount_paid"]))
                .maybe("status", text(&it["status"]))
        });
        all(Resource::BalanceTransaction, &|it| {
            money(Table::LedgerEntries, it, "amount")
                .maybe("kind", text(&it["type"]))
                .maybe("fee_minor", text(&it["fee"]))
                .maybe("net_minor", text(&it["net"]))
                .maybe("source", text(&it["source"]))
                .maybe("status", text(&it["status"]))
        });
        all(Resource::Customer, &|it| {
            object(Table::Customers, it)
                .maybe("created", text(&it["created"]))
                .maybe("delinquent", text(&it["delinquent"]))
                .maybe("balance_minor", text(&it["balance"]))
        });
        all(Resource::Product, &|it| {
            object(Table::Products, it).maybe("name", text(&it["name"])).maybe("active", text(&it["active"]))
        });
        all(Resource::Price, &|it| {
            object(Table::Prices, it)
                .maybe("product", text(&it["product"]))
                .maybe("active", text(&it["active"]))
                .maybe("unit_amount", text(&it["unit_amount_decimal"]))
        });
        all(Resource::Subscription, &subscription);
        for it in wire.world(|world: &mut World| world.objects(Resource::Subscription)) {
            let ended = it["ended_at"].as_i64().map(|at| day_at(Timestamp::from_second(at).unwrap(), &zone));
            if ended.is_none_or(|ended| ended >= today) {
                let id = it["id"].as_str().unwrap();
                facts.push(
                    Fact::new(Table::SubscriptionMrrDaily, format!("{id}/{today}"))
                        .maybe("status", text(&it["status"]))
                        .value("currency", it["currency"].as_str().unwrap().to_uppercase()),
                );
            }
        }
        facts
    }

    fn is_past(&self, table: Table, key: &str, wire: &ImitationWire, spec: &ConnectionSpec) -> bool {
        let zone = rows::zone::zone(spec.settings["time_zone"].as_str().unwrap()).unwrap();
        table == Table::SubscriptionMrrDaily && !key.ends_with(&day_at(wire.now(), &zone).to_string())
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // Subscriptions are listed twice, as objects and for their revenue of the day, and both look up what that takes.
        ["/v1/subscription", "/v1/coupons/", "/v1/prices/"].iter().any(|path| seen.path.starts_with(path))
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        let is_look_up = seen.path.starts_with("/v1/prices/") || seen.path.starts_with("/v1/coupons/");
        // The check's, and what is looked up for revenue: remembered in memory only.
        is_look_up || seen.query.contains(&("limit".to_owned(), "1".to_owned()))
    }

    fn feed_cursor(&self, seen: &Seen) -> Option<&'static str> {
        let is_list = seen.path.matches('/').count() == 2 && !self.may_repeat(seen);
        (is_list && !self.is_cheap_after_kill(seen)).then_some("starting_after")
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let charges = world.objects(Resource::Charge);
            let (told, silent) = (id(&charges[charges.len() / 2]), id(&charges[charges.len() / 3]));
            // One change is told by an event, the other is found only by listing again.
            assert!(world.update_charge(&told, &json!({ "amount_refunded": 77, "disputed": true })));
            assert!(world.silent_update(&silent, &json!({ "amount_refunded": 33 })));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let customer = world.new_customer();
            world.new_charge(12_345, "kwd", Some(&customer));
            world.new_charge(500, "jpy", None);
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let customers = world.objects(Resource::Customer);
            assert!(world.delete_customer(&id(&customers[3])));
            let invoices = world.objects(Resource::Invoice);
            let draft = invoices.iter().find(|invoice| invoice["status"] == "draft");
            assert!(draft.is_none_or(|draft| world.delete_draft_invoice(&id(draft))));
        });
    }

    fn set_zone(&self, _: &ImitationWire, spec: &mut ConnectionSpec, zone: &str) {
        spec.settings["time_zone"] = json!(zone);
    }

    fn credential(&self) -> &'static str {
        "api_key"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.set_key(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(World::expire_key);
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        wire.world(
            |world: &mut World| {
                if forbidden { world.forbid("refund") } else { world.allow("refund") }
            },
        );
        Refusal { stream: "refunds", tables: &[Table::Refunds], permission: "rak_refund_read" }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // The whole account's limit, and Stripe never says how long.
        ("/v1/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let call = Call::get("/v1/balance_transactions", "balance_transactions.list")
            .query("limit", "1")
            .header("stripe-version", VERSION);
        (call, Scope::Endpoint)
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let is_charge = element["object"] == "charge";
        if is_charge {
            element["created"] = json!(text);
        }
        is_charge
    }

    fn plant(&self, _: &str, element: &mut Value) {
        match element["object"].as_str() {
            Some("charge") => {
                for field in ["amount", "amount_captured"] {
                    element[field] = json!(BIG);
                }
                element["status"] = json!("quantum");
                element["balance_transaction"] = Value::Null;
            }
            Some("subscription") if element["status"] == "active" => element["status"] = json!("in_limbo"),
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::Payments, "status", "quantum"),
            planted(Table::Payments, "minor", &BIG.to_string()),
            // No balance transaction yet: unknown, not zero.
            planted(Table::Payments, "fee_minor", "NULL"),
            planted(Table::Subscriptions, "status", "in_limbo"),
        ]
    }

    fn personal(&self, wire: &ImitationWire) -> Vec<String> {
        let mut texts = std::collections::BTreeSet::new();
        for customer in wire.world(|world: &mut World| world.objects(Resource::Customer)) {
            texts.extend(["name", "email"].iter().filter_map(|field| text(&customer[field])));
        }
        for charge in wire.world(|world: &mut World| world.objects(Resource::Charge)) {
            texts.extend(text(&charge["billing_details"]["email"]));
        }
        assert!(texts.len() > 100, "the imitation has no personal data any more");
        texts.into_iter().collect()
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// A value as text; nothing for null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn object(table: Table, it: &Value) -> Fact {
    Fact::new(table, id(it))
}

fn exponent(currency: &str) -> u32 {
    match currency {
        "jpy" => 0,
        "kwd" => 3,
        _ => 2,
    }
}

fn money(table: Table, it: &Value, amount: &str) -> Fact {
    let currency = it["currency"].as_str().unwrap();
    object(table, it)
        .maybe("minor", text(&it[amount]))
        .value("currency", currency.to_uppercase())
        .value("exponent", exponent(currency))
}

/// What hangs on a charge.
fn linked(fact: Fact, it: &Value) -> Fact {
    fact.maybe("payment", text(&it["charge"])).maybe("status", text(&it["status"]))
}

fn charge(it: &Value) -> Fact {
    let captured = it["captured"] == true;
    let settlement = &it["balance_transaction"];
    let status = match it["status"].as_str().unwrap() {
        "succeeded" if it["refunded"] == true => "refunded",
        "succeeded" if it["amount_refunded"].as_i64().unwrap() > 0 => "partially_refunded",
        "succeeded" if captured => "paid",
        "succeeded" => "authorized",
        other => other,
    };
    money(Table::Payments, it, if captured { "amount_captured" } else { "amount" })
        .value("status", status)
        .maybe("customer", text(&it["customer"]))
        .maybe("settled_minor", text(&settlement["amount"]))
        .maybe("settled_currency", text(&settlement["currency"]).map(|code| code.to_uppercase()))
        .maybe("fee_minor", text(&settlement["fee"]))
        .maybe("net_minor", text(&settlement["net"]))
        .maybe("refunded_minor", text(&it["amount_refunded"]))
        .maybe("disputed", text(&it["disputed"]))
        .maybe("created", text(&it["created"]))
}

fn invoice(it: &Value) -> Fact {
    money(Table::Invoices, it, "total")
        .maybe("status", text(&it["status"]))
        .maybe("paid_minor", text(&it["amount_paid"]))
        .maybe("remaining_minor", text(&it["amount_remaining"]))
        .maybe("subscription", text(&it["parent"]["subscription_details"]["subscription"]))
}

fn subscription(it: &Value) -> Fact {
    let items = it["items"]["data"].as_array().unwrap();
    let quantities: Vec<i64> = items.iter().filter_map(|item| item["quantity"].as_i64()).collect();
    let mut prices: Vec<String> = items.iter().map(|item| id(&item["price"])).collect();
    prices.sort();
    prices.dedup();
    object(Table::Subscriptions, it)
        .maybe("status", text(&it["status"]))
        .maybe("customer", text(&it["customer"]))
        .maybe("quantity", (!quantities.is_empty()).then(|| quantities.iter().sum::<i64>()))
        .value("prices", prices.join(" "))
}
