//! What is kept how long, by table. Each rule has a key in `[retention]`, and says why there is one.

use rows::{
    Table,
    table::{Family, Kind},
};

use super::{Keep, Terms};
use crate::tables::storage;

/// A rule about one or more tables.
pub(super) struct Rule {
    /// Its key in `[retention]`.
    pub name: &'static str,
    /// How long.
    pub keep: fn(&Terms) -> Keep,
    /// Why.
    pub reason: &'static str,
    /// In this order.
    pub tables: Vec<Aging>,
}

/// A table whose rows grow old.
pub(super) struct Aging {
    /// Its name.
    pub table: &'static str,
    /// What tells how old a row is.
    pub age: Age,
    /// Only these rows; `t` is the table.
    pub only: &'static str,
    /// Whose rows a legal hold keeps.
    pub held: Held,
    /// Whether its rows are facts about entities, and are found by these.
    pub facts: bool,
}

/// What tells how old a row is. A row is due when it is older than it is kept; one that is exactly so old is not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Age {
    /// A time, of this row or of another: SQL.
    Time(&'static str),
    /// Seconds since 1970.
    Seconds(&'static str),
    /// A day, which is over with its end in UTC.
    Day(&'static str),
}

/// Whose rows a legal hold keeps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held {
    /// Nobody's.
    No,
    /// Those of the user whose id this SQL gives.
    User(&'static str),
    /// Those of the person whose keyed digest is in `subject_hmac`.
    Subject,
    /// Those of the customers that held users are linked to: a condition on `h`, a customer, and `t`.
    Customer(&'static str),
}

const ERASED: &str = "(SELECT u.updated_at FROM users u WHERE u.id = t.user_id AND u.status = 'erased')";

const BY_PAYMENT: &str = "EXISTS (SELECT 1 FROM payment_rows p WHERE p.connection_id = h.connection_id \
     AND p.customer_id = h.customer_id AND (p.id = t.payment_id OR p.payment_intent_id = t.payment_intent_id))";
const BY_INVOICE: &str = "EXISTS (SELECT 1 FROM invoice_rows i WHERE i.connection_id = h.connection_id \
     AND i.customer_id = h.customer_id AND i.id = t.invoice_id)";
const BY_SUBSCRIPTION: &str = "EXISTS (SELECT 1 FROM subscription_entities e JOIN subscription_rows s \
     ON s.connection_id = e.connection_id AND s.id = e.subscription_id \
     WHERE e.id = t.entity_id AND s.connection_id = h.connection_id AND s.customer_id = h.customer_id)";
/// An entry's source is a payment, or a refund or dispute of one.
const BY_SOURCE: &str = "EXISTS (SELECT 1 FROM payment_rows p WHERE p.connection_id = h.connection_id \
     AND p.customer_id = h.customer_id AND (p.id = t.source_id \
     OR EXISTS (SELECT 1 FROM refund_rows r WHERE r.connection_id = p.connection_id AND r.id = t.source_id \
         AND (r.payment_id = p.id OR r.payment_intent_id = p.payment_intent_id)) \
     OR EXISTS (SELECT 1 FROM dispute_rows d WHERE d.connection_id = p.connection_id AND d.id = t.source_id \
         AND (d.payment_id = p.id OR d.payment_intent_id = p.payment_intent_id))))";

/// Every rule.
pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            name: "cycles",
            keep: |terms| terms.cycles,
            reason: "what was read when: for who looks into what went wrong lately",
            tables: vec![timed("cycles", "t.finished_at")],
        },
        Rule {
            name: "quarantined_rows",
            keep: |terms| terms.quarantined_rows,
            reason: "what could not be read: once it is put right, a new reading brings it",
            tables: vec![timed("quarantined_rows", "t.last_seen_at")],
        },
        Rule {
            name: "workers",
            keep: |terms| terms.workers,
            reason: "which worker ran when: for who looks into what went wrong lately",
            tables: vec![timed("workers", "t.ended_at")],
        },
        Rule {
            name: "backfills",
            keep: |terms| terms.backfills,
            reason: "requests that were answered: for who asks why old numbers changed",
            tables: vec![timed("backfills", "t.finished_at")],
        },
        Rule {
            name: "quota_budgets",
            keep: |_| Keep::Days(BUDGET_DAYS),
            reason: "what was used so long ago counts in no budget; not configurable",
            tables: vec![timed("quota_budgets", "t.slot")],
        },
        Rule {
            name: "disclosures",
            keep: |terms| terms.disclosures,
            reason: "who was told of a person: for as long as claims can be made of it",
            tables: vec![Aging {
                only: "(t.notify_due_at IS NULL OR t.notified_at IS NOT NULL)",
                held: Held::Subject,
                ..timed("disclosures", "t.disclosed_at")
            }],
        },
        Rule {
            name: "erasures",
            keep: |terms| terms.erasures,
            reason: "the proof that somebody was erased: for as long as claims can be made of it",
            tables: vec![timed("erasures", "t.finished_at")],
        },
        Rule {
            name: "erased_users",
            keep: |terms| terms.erased_users,
            reason: "the proof of what somebody had agreed to, without the person: for as long as claims can be made of it",
            // What speaks of a user goes before the user.
            tables: vec![
                Aging { held: Held::User("t.user_id"), ..timed("consents", ERASED) },
                Aging { held: Held::User("t.user_id"), ..timed("user_links", ERASED) },
                Aging { held: Held::User("t.user_id"), ..timed("legal_holds", ERASED) },
                Aging { only: "t.status = 'erased'", held: Held::User("t.id"), ..timed("users", "t.updated_at") },
            ],
        },
        Rule {
            name: "payments",
            keep: |terms| terms.payments,
            reason: "tax law asks for six to ten years in most countries",
            tables: vec![
                charged("ledger_entry_rows", BY_SOURCE),
                charged("refund_rows", BY_PAYMENT),
                charged("dispute_rows", BY_PAYMENT),
                charged("invoice_payment_rows", BY_INVOICE),
                charged("invoice_rows", "t.connection_id = h.connection_id AND t.customer_id = h.customer_id"),
                charged("payment_rows", "t.connection_id = h.connection_id AND t.customer_id = h.customer_id"),
                Aging { held: Held::Customer(BY_SUBSCRIPTION), ..fact("subscription_mrr_rows") },
            ],
        },
        Rule {
            name: "ads",
            keep: |terms| terms.ads,
            reason: "numbers of advertising by day, nothing of persons",
            tables: facts(Family::Ads),
        },
        Rule {
            name: "web_analytics",
            keep: |terms| terms.web_analytics,
            reason: "numbers of visits by day, nothing of persons",
            tables: facts(Family::Web),
        },
        Rule {
            name: "streaming",
            keep: |terms| terms.streaming,
            reason: "numbers of streams by day, nothing of persons",
            tables: facts(Family::Streaming),
        },
        Rule {
            name: "smart_links",
            keep: |terms| terms.smart_links,
            reason: "numbers of visits by day, nothing of persons",
            tables: facts(Family::Links),
        },
    ]
}

/// As long as `limits::BUDGET_SLOTS_KEPT` says.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "33 days")]
const BUDGET_DAYS: u32 = (crate::limits::BUDGET_SLOTS_KEPT.as_hours() / 24) as u32;

/// Rows that grow old from this time on.
const fn timed(table: &'static str, time: &'static str) -> Aging {
    Aging { table, age: Age::Time(time), only: "", held: Held::No, facts: false }
}

/// Money that moved.
const fn charged(table: &'static str, held: &'static str) -> Aging {
    Aging { table, age: Age::Seconds("t.created_at"), only: "", held: Held::Customer(held), facts: false }
}

/// Numbers by day.
const fn fact(table: &'static str) -> Aging {
    Aging { table, age: Age::Day("t.date"), only: "", held: Held::No, facts: true }
}

/// All daily tables of a family.
fn facts(family: Family) -> Vec<Aging> {
    let daily = Table::ALL.iter().filter(|table| {
        let description = table.description();
        description.family == family && description.kind == Kind::Daily
    });
    daily.map(|table| fact(storage(*table).rows)).collect()
}
