//! The account's balance: its lines, payouts and Stripe's own fees.

use serde_json::json;

use super::agenda::Deed;
use super::records::{BalanceTransaction, Currency, Payout, Resource, Seconds, Serial};
use super::world::{DAY, World, next_serial};

impl World {
    /// Adds a line to the balance.
    pub(super) fn book(&mut self, line: BalanceTransaction) -> Serial {
        self.unpaid_minor[usize::from(line.currency == Currency::Eur)] += line.amount - line.fee;
        self.balance_transactions.push(line);
        next_serial(&self.balance_transactions) - 1
    }

    /// Pays the balance of each currency out, where there is one.
    pub(super) fn pay_out(&mut self, at: Seconds) {
        for currency in [Currency::Usd, Currency::Eur] {
            let amount = self.unpaid_minor[usize::from(currency == Currency::Eur)];
            if amount <= 0 {
                continue;
            }
            let serial = next_serial(&self.payouts);
            let balance_transaction = self.book(BalanceTransaction {
                created: at,
                kind: "payout",
                reporting_category: "payout",
                amount: -amount,
                fee: 0,
                currency,
                exchange_rate_e6: None,
                source: Some((Resource::Payout, serial)),
            });
            self.payouts.push(Payout {
                created: at,
                amount,
                currency,
                status: "in_transit",
                balance_transaction,
            });
            self.emit(at, "payout.created", (Resource::Payout, serial), None);
            self.plan(at + 2 * DAY, Deed::PayoutArrives(serial));
        }
    }

    pub(super) fn payout_arrives(&mut self, at: Seconds, serial: Serial) {
        self.payouts[serial as usize].status = "paid";
        self.emit(at, "payout.paid", (Resource::Payout, serial), Some(json!({ "status": "in_transit" })));
    }

    /// Stripe's own bill, and once a kind of movement that no published list names.
    pub(super) fn charge_monthly_fee(&mut self, at: Seconds) {
        let line = BalanceTransaction {
            created: at,
            kind: "stripe_fee",
            reporting_category: "fee",
            amount: -4_900,
            fee: 0,
            currency: Currency::Usd,
            exchange_rate_e6: None,
            source: None,
        };
        self.book(line.clone());
        self.book(BalanceTransaction {
            kind: "ledger_true_up",
            reporting_category: "other_adjustment",
            amount: 100,
            ..line
        });
    }
}
