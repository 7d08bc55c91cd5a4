//! Payment providers: their objects, and monthly recurring revenue by day.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// An object's table: its name, the view's name, and its columns as (name, type). `time` = seconds since 1970.
struct Object {
    table: &'static str,
    view: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

const OBJECTS: [Object; 10] = [
    Object {
        table: "payment_rows",
        view: "payments",
        columns: &[
            ("id", "text NOT NULL"),
            ("payment_intent_id", "text"),
            ("customer_id", "text"),
            ("amount_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("status", "text NOT NULL"),
            ("created_at", "time NOT NULL"),
            ("balance_transaction_id", "text"),
            ("settled_amount_minor", "bigint"),
            ("settle_currency", "text"),
            ("settle_exponent", "integer"),
            ("fee_minor", "bigint"),
            ("net_minor", "bigint"),
            ("refunded_minor", "bigint"),
            ("disputed", "boolean NOT NULL"),
            ("failure_code", "text"),
            ("payment_method_type", "text"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "refund_rows",
        view: "refunds",
        columns: &[
            ("id", "text NOT NULL"),
            ("payment_id", "text"),
            ("payment_intent_id", "text"),
            ("amount_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("status", "text"),
            ("reason", "text"),
            ("failure_reason", "text"),
            ("balance_transaction_id", "text"),
            ("created_at", "time NOT NULL"),
        ],
    },
    Object {
        table: "dispute_rows",
        view: "disputes",
        columns: &[
            ("id", "text NOT NULL"),
            ("payment_id", "text"),
            ("payment_intent_id", "text"),
            ("amount_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("status", "text NOT NULL"),
            ("reason", "text"),
            ("evidence_due_at", "time"),
            ("created_at", "time NOT NULL"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "invoice_rows",
        view: "invoices",
        columns: &[
            ("id", "text NOT NULL"),
            ("number", "text"),
            ("customer_id", "text"),
            ("subscription_id", "text"),
            ("status", "text"),
            ("billing_reason", "text"),
            ("total_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("subtotal_minor", "bigint"),
            ("amount_due_minor", "bigint"),
            ("amount_paid_minor", "bigint"),
            ("amount_remaining_minor", "bigint"),
            ("attempt_count", "bigint"),
            ("period_start_at", "time"),
            ("period_end_at", "time"),
            ("due_at", "time"),
            ("finalized_at", "time"),
            ("paid_at", "time"),
            ("created_at", "time NOT NULL"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "invoice_payment_rows",
        view: "invoice_payments",
        columns: &[
            ("id", "text NOT NULL"),
            ("invoice_id", "text"),
            ("payment_intent_id", "text"),
            ("payment_id", "text"),
            ("amount_requested_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("amount_paid_minor", "bigint"),
            ("status", "text"),
            ("is_default", "boolean"),
            ("paid_at", "time"),
            ("created_at", "time"),
        ],
    },
    Object {
        table: "subscription_rows",
        view: "subscriptions",
        columns: &[
            ("id", "text NOT NULL"),
            ("customer_id", "text"),
            ("status", "text NOT NULL"),
            ("currency", "text"),
            ("exponent", "integer"),
            ("started_at", "time"),
            ("created_at", "time NOT NULL"),
            ("canceled_at", "time"),
            ("cancel_at", "time"),
            ("cancel_at_period_end", "boolean NOT NULL"),
            ("ended_at", "time"),
            ("trial_end_at", "time"),
            ("current_period_end_at", "time"),
            ("pause_behavior", "text"),
            ("quantity", "bigint"),
            ("product_ids", "text NOT NULL"),
            ("price_ids", "text NOT NULL"),
            ("mrr_micros", "bigint"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "ledger_entry_rows",
        view: "ledger_entries",
        columns: &[
            ("id", "text NOT NULL"),
            ("type", "text NOT NULL"),
            ("reporting_category", "text"),
            ("amount_minor", "bigint NOT NULL"),
            ("fee_minor", "bigint NOT NULL"),
            ("net_minor", "bigint NOT NULL"),
            ("currency", "text NOT NULL"),
            ("exponent", "integer NOT NULL"),
            ("source_id", "text"),
            ("status", "text"),
            ("created_at", "time NOT NULL"),
            ("available_at", "time"),
            ("exchange_rate", "text"),
        ],
    },
    Object {
        table: "customer_rows",
        view: "customers",
        columns: &[
            ("id", "text NOT NULL"),
            ("currency", "text"),
            ("delinquent", "boolean"),
            ("balance_minor", "bigint"),
            ("created_at", "time NOT NULL"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "product_rows",
        view: "products",
        columns: &[
            ("id", "text NOT NULL"),
            ("name", "text"),
            ("active", "boolean"),
            ("default_price_id", "text"),
            ("created_at", "time NOT NULL"),
            ("updated_at", "time"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
    Object {
        table: "price_rows",
        view: "prices",
        columns: &[
            ("id", "text NOT NULL"),
            ("product_id", "text"),
            ("active", "boolean"),
            ("currency", "text"),
            ("exponent", "integer"),
            ("unit_amount_decimal", "text"),
            ("billing_scheme", "text"),
            ("type", "text"),
            ("recurring_interval", "text"),
            ("recurring_interval_count", "bigint"),
            ("usage_type", "text"),
            ("nickname", "text"),
            ("created_at", "time NOT NULL"),
            ("livemode", "boolean NOT NULL"),
        ],
    },
];

impl Object {
    fn create(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| format!("{name} {}", kind.replace("time", "bigint")))
            .collect();
        format!(
            "CREATE TABLE {} (connection_id bigint NOT NULL, {}, \
             revision integer NOT NULL, observed_at bigint NOT NULL, digest bigint, PRIMARY KEY (connection_id, id)) @objects",
            self.table,
            columns.join(", ")
        )
    }

    fn create_view(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(
                |(name, kind)| {
                    if kind.starts_with("time") { format!("time:{name}") } else { (*name).to_owned() }
                },
            )
            .collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        sql::object_view(self.view, self.table, &columns)
    }
}

const REVENUE: [&str; 2] = [
    "CREATE TABLE subscription_entities (
        id @identity,
        connection_id bigint NOT NULL REFERENCES connections (id),
        subscription_id text NOT NULL,
        account_id text NOT NULL,
        stream text NOT NULL,
        UNIQUE (connection_id, subscription_id)
    )",
    "CREATE TABLE subscription_mrr_rows (
        entity_id bigint NOT NULL,
        date @date NOT NULL,
        status text NOT NULL,
        currency text NOT NULL,
        mrr_micros bigint NOT NULL,
        mrr_minor bigint NOT NULL,
        exponent integer NOT NULL,
        revision integer NOT NULL,
        observed_at bigint NOT NULL,
        digest bigint,
        PRIMARY KEY (entity_id, date)
    ) @facts",
];

fn revenue_view() -> String {
    format!(
        "CREATE VIEW subscription_mrr_daily AS SELECT c.name AS connection, c.integration AS provider, \
         c.tenant AS tenant, e.subscription_id, f.date AS date, f.status, f.currency, f.mrr_micros, f.mrr_minor, \
         f.exponent, {} {}",
        sql::DAILY,
        sql::daily_joins("subscription_mrr_rows", "subscription_entities"),
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for object in &OBJECTS {
            sql::run(manager, &[&object.create(), &object.create_view()]).await?;
        }
        sql::run(manager, &REVENUE).await?;
        let rest = [
            &*revenue_view(),
            // Money by window, and the latest day of revenue.
            "CREATE INDEX ledger_entry_rows_by_time ON ledger_entry_rows @by_time",
            "CREATE INDEX payment_rows_by_time ON payment_rows @by_time",
            "CREATE INDEX subscription_mrr_rows_by_date ON subscription_mrr_rows (date)",
        ];
        sql::run(manager, &rest).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let views = ["subscription_mrr_daily"];
        let tables = ["subscription_mrr_rows", "subscription_entities"];
        sql::drop(manager, &views, &tables).await?;
        for object in OBJECTS.iter().rev() {
            sql::drop(manager, &[object.view], &[object.table]).await?;
        }
        Ok(())
    }
}
