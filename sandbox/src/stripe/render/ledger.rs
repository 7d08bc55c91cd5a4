//! Balance transactions and payouts.

use serde_json::{Value, json};

use crate::stripe::records::{Resource, Serial};
use crate::stripe::world::{DAY, World};

impl World {
    pub(super) fn render_balance_transaction(&self, serial: Serial) -> Value {
        let line = &self.balance_transactions[serial as usize];
        let available_on = (line.created / DAY + 2) * DAY;
        let fee_details = if line.fee > 0 {
            json!([{
                "amount": line.fee, "application": null, "currency": line.currency.code(),
                "description": if line.kind == "adjustment" { "Dispute fee" } else { "Stripe processing fees" },
                "type": "stripe_fee",
            }])
        } else {
            json!([])
        };
        json!({
            "id": self.id(Resource::BalanceTransaction, serial),
            "object": "balance_transaction",
            "amount": line.amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": line.created,
            "currency": line.currency.code(),
            "description": description(line.kind),
            // Dollars for one unit of the other currency.
            "exchange_rate": line.exchange_rate_e6.map(|rate| f64::from(rate) / 1_000_000.0),
            "fee": line.fee,
            "fee_details": fee_details,
            "net": line.amount - line.fee,
            "reporting_category": line.reporting_category,
            "source": line.source.map(|(resource, source)| self.id(resource, source)),
            // The status changes with time alone; there is no event for it.
            "status": if available_on <= self.clock { "available" } else { "pending" },
            "type": line.kind,
        })
    }

    pub(super) fn render_payout(&self, serial: Serial) -> Value {
        let payout = &self.payouts[serial as usize];
        json!({
            "id": self.id(Resource::Payout, serial),
            "object": "payout",
            "amount": payout.amount,
            "arrival_date": (payout.created / DAY + 2) * DAY,
            "automatic": true,
            "balance_transaction": self.id(Resource::BalanceTransaction, payout.balance_transaction),
            "created": payout.created,
            "currency": payout.currency.code(),
            "description": "STRIPE PAYOUT",
            "destination": "ba_1SandboxLkdIwHu7ixQ2",
            "failure_balance_transaction": null,
            "failure_code": null,
            "failure_message": null,
            "livemode": self.livemode,
            "metadata": {},
            "method": "standard",
            "reconciliation_status": if payout.status == "paid" { "completed" } else { "in_progress" },
            "source_type": "card",
            "statement_descriptor": null,
            "status": payout.status,
            "type": "bank_account",
        })
    }
}

fn description(kind: &str) -> Value {
    match kind {
        "stripe_fee" => Value::from("Billing - Usage Fee"),
        "payout" => Value::from("STRIPE PAYOUT"),
        "adjustment" => Value::from("Chargeback withdrawal or reversal"),
        "refund" | "payment_refund" => Value::from("REFUND FOR PAYMENT"),
        _ => Value::Null,
    }
}
