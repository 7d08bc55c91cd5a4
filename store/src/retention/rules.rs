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
    /// Whether its rows are facts about entities, and are found by these.
    pub facts: bool,
}

/// What tells how old a row is: SQL without the name `t`, which SQLite does not know where deleted rows are told. A row is due when it is older than it is kept; one that is exactly so old is not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Age {
    /// A time, of this row or of another: SQL.
    Time(&'static str),
    /// Seconds since 1970.
    Seconds(&'static str),
    /// A day, which is over with its end in UTC.
    Day(&'static str),
}

/// When the user of a row was erased.
const ERASED: &str = "(SELECT u.updated_at FROM users u WHERE u.id = user_id AND u.status = 'erased')";

/// Every rule.
pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            name: "cycles",
            keep: |terms| terms.cycles,
            reason: "what was read when: for who looks into what went wrong lately",
            tables: vec![timed("cycles", "finished_at")],
        },
        Rule {
            name: "quarantined_rows",
            keep: |terms| terms.quarantined_rows,
            reason: "what could not be read: once it is put right, a new reading brings it",
            tables: vec![timed("quarantined_rows", "last_seen_at")],
        },
        Rule {
            name: "workers",
            keep: |terms| terms.workers,
            reason: "which worker ran when: for who looks into what went wrong lately",
            tables: vec![timed("workers", "ended_at")],
        },
        Rule {
            name: "backfills",
            keep: |terms| terms.backfills,
            reason: "requests that were answered: for who asks why old numbers changed",
            tables: vec![timed("backfills", "finished_at")],
        },
        Rule {
            name: "quota_budgets",
            keep: |_| Keep::Days(BUDGET_DAYS),
            reason: "what was used so long ago counts in no budget; not configurable",
            tables: vec![timed("quota_budgets", "slot")],
        },
        Rule {
            name: "disclosures",
            keep: |terms| terms.disclosures,
            reason: "who was told of a person: for as long as claims can be made of it",
            tables: vec![Aging {
                // Who was not told yet is still to be told.
                only: "(t.notify_due_at IS NULL OR t.notified_at IS NOT NULL)",
                ..timed("disclosures", "disclosed_at")
            }],
        },
        Rule {
            name: "erasures",
            keep: |terms| terms.erasures,
            reason: "the proof that somebody was erased: for as long as claims can be made of it",
            tables: vec![timed("erasures", "finished_at")],
        },
        Rule {
            name: "erased_users",
            keep: |terms| terms.erased_users,
            reason: "the proof of what somebody had agreed to, without the person: for as long as claims can be made of it",
            // What speaks of a user goes before the user.
            tables: vec![
                timed("consents", ERASED),
                timed("user_links", ERASED),
                timed("legal_holds", ERASED),
                Aging { only: "t.status = 'erased'", ..timed("users", "updated_at") },
            ],
        },
        Rule {
            name: "payments",
            keep: |terms| terms.payments,
            reason: "tax law asks for six to ten years in most countries",
            tables: vec![
                // What leads to a customer by way of others goes before these.
                charged("ledger_entry_rows"),
                charged("invoice_payment_rows"),
                charged("refund_rows"),
                charged("dispute_rows"),
                charged("invoice_rows"),
                charged("payment_rows"),
                fact("subscription_mrr_rows"),
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
    Aging { table, age: Age::Time(time), only: "", facts: false }
}

/// Money that moved.
const fn charged(table: &'static str) -> Aging {
    Aging { table, age: Age::Seconds("created_at"), only: "", facts: false }
}

/// Numbers by day.
const fn fact(table: &'static str) -> Aging {
    Aging { table, age: Age::Day("date"), only: "", facts: true }
}

/// All daily tables of a family.
fn facts(family: Family) -> Vec<Aging> {
    let daily = Table::ALL.iter().filter(|table| {
        let description = table.description();
        description.family == family && description.kind == Kind::Daily
    });
    daily.map(|table| fact(storage(*table).rows)).collect()
}
