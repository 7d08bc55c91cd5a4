//! Which tables hold what of a person, and what becomes of it: the one list that exports, erasures and the record of
//! processing read. A table that is in neither part of the list fails a test.

use super::Category;

/// A table in which something of a person is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// What readers see of it: a view, or the table itself.
    pub shown: &'static str,
    /// How a person's rows are found.
    pub found: Found,
    /// The columns of what is shown by which one person's rows have an order.
    pub order: &'static str,
    /// What it tells.
    pub category: Category,
    /// Why it is kept at all.
    pub why: &'static str,
    /// What becomes of it when the person is erased.
    pub erasure: Erasure,
}

/// How a person's rows are found.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// This column has the user's id.
    User(&'static str),
    /// This column has the keyed digest that stands for the user.
    Subject(&'static str),
    /// Connection and this column are those of a customer who is linked with the user.
    Customer(&'static str),
    /// This column is a JSON object, in which one value is the id of a customer who is linked with the user.
    Named(&'static str),
    /// By way of rows that are found themselves, in any of these ways.
    Through(&'static [Through]),
}

/// One column that leads to another place, within a connection.
#[derive(Debug, Clone, Copy)]
pub struct Through {
    /// The column here.
    pub column: &'static str,
    /// The other place.
    pub place: &'static Place,
    /// The column there that it is.
    pub key: &'static str,
}

/// What becomes of rows when their person is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// They are deleted.
    Deleted,
    /// They stay, and these columns are emptied.
    Emptied(&'static [&'static str]),
    /// They stay, and this text is made empty, in which somebody may have named the person.
    Blanked(&'static str),
    /// They stay as they are: nothing in them leads to the person any more.
    Kept,
}

/// What accounts need.
const PAID: &str = "accounts and taxes: money that moved is recorded, whoever moved it";
/// What was done must be shown.
const SHOWN: &str = "proof of what was done with a person's data, and of what the person agreed to";

/// What belongs to a payment names it, or what was paid by it.
const OF_PAYMENT: [Through; 2] = [
    through("payment_id", &PAYMENTS),
    Through { column: "payment_intent_id", place: &PAYMENTS, key: "payment_intent_id" },
];

const PAYMENTS: Place = of_customer("payment_rows", "payments");
const INVOICES: Place = of_customer("invoice_rows", "invoices");
const SUBSCRIPTIONS: Place = of_customer("subscription_rows", "subscriptions");
const REFUNDS: Place = paid("refund_rows", "refunds", "id", &OF_PAYMENT);
const DISPUTES: Place = paid("dispute_rows", "disputes", "id", &OF_PAYMENT);

/// Every place, each after those that it is found through.
pub const PLACES: [Place; 18] = [
    Place {
        table: "users",
        shown: "users",
        found: Found::User("id"),
        order: "id",
        category: Category::Identity,
        why: "to know whom the tenant serves",
        erasure: Erasure::Emptied(&[
            "external_id",
            "name",
            "email",
            "account",
            "birth_date",
            "email_hmac",
            "age_statement",
            "key_id",
        ]),
    },
    Place {
        table: "user_links",
        shown: "user_links",
        found: Found::User("user_id"),
        order: "connection, customer_id",
        category: Category::Identity,
        why: "to know which customer of a payment provider a user is",
        erasure: Erasure::Deleted,
    },
    Place {
        table: "consents",
        shown: "consents",
        found: Found::User("user_id"),
        order: "id",
        category: Category::Consents,
        why: SHOWN,
        erasure: Erasure::Blanked("source"),
    },
    Place {
        table: "billing_profile_rows",
        shown: "billing_profile_rows",
        found: Found::Customer("customer_id"),
        order: "connection_id, customer_id, source",
        category: Category::Billing,
        why: "to know whom bills go to",
        erasure: Erasure::Deleted,
    },
    Place {
        table: "customer_rows",
        shown: "customers",
        found: Found::Customer("id"),
        order: "id",
        category: Category::Billing,
        why: "to know who owes and who is owed",
        erasure: Erasure::Deleted,
    },
    Place {
        table: "quarantined_rows",
        shown: "quarantined_rows",
        found: Found::Named("fields"),
        order: "id",
        category: Category::Billing,
        why: "to find out why something was not understood",
        erasure: Erasure::Deleted,
    },
    PAYMENTS,
    INVOICES,
    SUBSCRIPTIONS,
    REFUNDS,
    DISPUTES,
    paid(
        "invoice_payment_rows",
        "invoice_payments",
        "id",
        &[through("invoice_id", &INVOICES), OF_PAYMENT[0], OF_PAYMENT[1]],
    ),
    paid(
        "ledger_entry_rows",
        "ledger_entries",
        "id",
        &[through("source_id", &PAYMENTS), through("source_id", &REFUNDS), through("source_id", &DISPUTES)],
    ),
    paid(
        "subscription_mrr_rows",
        "subscription_mrr_daily",
        "subscription_id, date",
        &[through("subscription_id", &SUBSCRIPTIONS)],
    ),
    handled("legal_holds", "id", Found::User("user_id")),
    handled("disclosures", "id", Found::Subject("subject_hmac")),
    handled("erasures", "id", Found::Subject("subject_hmac")),
    handled("audit_log", "seq", Found::Subject("subject_hmac")),
];

/// Listings that go on behind a customer, by the id. No row is about a person, so that this is no place to look at or to hand out:
/// what names one who is erased is deleted, and the listing begins anew.
pub(super) const CURSORS: Place = Place {
    table: "ledger",
    shown: "ledger",
    found: Found::Named("memory"),
    order: "connection_id, account_id, stream",
    category: Category::Handling,
    why: "to know where a listing goes on",
    erasure: Erasure::Deleted,
};

/// Tables in which nobody is, and why not.
pub const NOBODY: [(&str, &[&str]); 4] = [
    (
        "the worker's own memory: no row is about a person",
        &[
            "seaql_migrations",
            "connections",
            "ledger",
            "cycles",
            "backfills",
            "quota_budgets",
            "workers",
            "secrets",
            "report_files",
            "changes",
            "long_texts",
            "tombstones",
            "journal_marks",
            "database_identity",
        ],
    ),
    ("what tenants are, and what they tell everybody", &["tenants", "policy_versions"]),
    (
        "what a tenant sells and advertises, by its own names",
        &[
            "ad_account_rows",
            "ad_campaign_rows",
            "ad_set_rows",
            "ad_rows",
            "ad_entities",
            "ad_country_entities",
            "ad_definitions",
            "ad_performance_rows",
            "ad_country_rows",
            "campaigns",
            "campaign_members",
            "product_rows",
            "price_rows",
            "subscription_entities",
            "smart_link_rows",
            "smart_link_entities",
            "smart_link_activity_rows",
        ],
    ),
    (
        "works and the names that they are published under, and figures of their whole audience",
        &[
            "track_rows",
            "album_rows",
            "artist_rows",
            "playlist_rows",
            "track_performance_entities",
            "track_performance_rows",
            "artist_audience_entities",
            "artist_audience_rows",
            "counter_entities",
            "counter_reading_rows",
            "playlist_placement_entities",
            "playlist_placement_rows",
            "content_entities",
            "content_performance_rows",
            "royalty_statement_entities",
            "royalty_statement_rows",
            "web_entities",
            "web_analytics_rows",
            "web_conversion_rows",
        ],
    ),
];

/// A place of a payment provider's objects that name their customer.
const fn of_customer(table: &'static str, shown: &'static str) -> Place {
    let erasure = Erasure::Emptied(&["customer_id"]);
    Place {
        table,
        shown,
        found: Found::Customer("customer_id"),
        order: "created_at, id",
        category: Category::Payments,
        why: PAID,
        erasure,
    }
}

/// A place of a payment provider's objects that belong to others.
const fn paid(
    table: &'static str,
    shown: &'static str,
    order: &'static str,
    ways: &'static [Through],
) -> Place {
    let (found, erasure) = (Found::Through(ways), Erasure::Kept);
    Place { table, shown, found, order, category: Category::Payments, why: PAID, erasure }
}

/// A place of what was done with somebody's data.
const fn handled(table: &'static str, order: &'static str, found: Found) -> Place {
    let (category, erasure) = (Category::Handling, Erasure::Kept);
    Place { table, shown: table, found, order, category, why: SHOWN, erasure }
}

/// By the other place's id.
const fn through(column: &'static str, place: &'static Place) -> Through {
    Through { column, place, key: "id" }
}
