//! Money that goes back: refunds and disputes.

use serde_json::json;

use super::agenda::Deed;
use super::records::{BalanceTransaction, Currency, Dispute, Refund, Resource, Seconds, Serial};
use super::world::{DAY, World, next_serial};

impl World {
    pub(super) fn refund_percent(&mut self, at: Seconds, charge: Serial, percent: u8) {
        let record = &self.charges[charge as usize];
        let (amount, decimal) = (record.amount, if record.currency == Currency::Kwd { 10 } else { 1 });
        let share = amount * i64::from(percent) / 100 / decimal * decimal;
        self.refund(at, charge, share);
    }

    /// Refunds up to what is left of the charge; nothing happens when nothing is left.
    pub(super) fn refund(&mut self, at: Seconds, serial: Serial, amount: i64) -> Option<Serial> {
        let charge = &mut self.charges[serial as usize];
        let amount = amount.min(charge.amount - charge.amount_refunded);
        if amount <= 0 || !charge.captured {
            return None;
        }
        let before = charge.amount_refunded;
        charge.amount_refunded += amount;
        let is_card = charge.method.is_card();
        let (settled, rate) = self.settled(amount, self.charges[serial as usize].currency, at);
        let refund = next_serial(&self.refunds);
        let line = self.book(BalanceTransaction {
            created: at,
            kind: if is_card { "refund" } else { "payment_refund" },
            reporting_category: "refund",
            amount: -settled,
            fee: 0,
            currency: self.charges[serial as usize].currency.settlement(),
            exchange_rate_e6: rate,
            source: Some((Resource::Refund, refund)),
        });
        let status = if !self.building || refund % 17 > 4 { "succeeded" } else { "pending" };
        let reason = self.choose(
            "reason",
            refund.into(),
            &[None, Some("requested_by_customer"), Some("duplicate"), Some("fraudulent")],
        );
        self.push_refund(at, serial, amount, reason, status, Some(line));
        if status == "pending" {
            self.plan(at + 2 * DAY, Deed::RefundOutcome(refund));
        }
        let previous = json!({ "amount_refunded": before, "refunded": false });
        self.emit(at, "charge.refunded", (Resource::Charge, serial), Some(previous));
        Some(refund)
    }

    pub(super) fn push_refund(
        &mut self,
        at: Seconds,
        charge: Serial,
        amount: i64,
        reason: Option<&'static str>,
        status: &'static str,
        balance_transaction: Option<Serial>,
    ) {
        let refund = next_serial(&self.refunds);
        self.refunds.push(Refund {
            created: at,
            charge,
            amount,
            status,
            reason,
            balance_transaction,
            failure_balance_transaction: None,
        });
        self.emit(at, "refund.created", (Resource::Refund, refund), None);
    }

    /// A pending refund arrives, or comes back and raises the balance again.
    pub(super) fn refund_outcome(&mut self, at: Seconds, serial: Serial) {
        let previous = Some(json!({ "status": "pending" }));
        if serial % 17 != 3 {
            self.refunds[serial as usize].status = "succeeded";
            self.emit(at, "refund.updated", (Resource::Refund, serial), previous);
            return;
        }
        let Refund { charge, amount, balance_transaction, .. } = self.refunds[serial as usize];
        if let Some(line) = balance_transaction {
            let line = self.balance_transactions[line as usize].clone();
            let line = BalanceTransaction {
                created: at,
                kind: "refund_failure",
                reporting_category: "refund_failure",
                amount: -line.amount,
                ..line
            };
            self.refunds[serial as usize].failure_balance_transaction = Some(self.book(line));
        }
        self.refunds[serial as usize].status = "failed";
        self.charges[charge as usize].amount_refunded -= amount;
        self.emit(at, "refund.failed", (Resource::Refund, serial), previous);
        self.emit(at, "charge.updated", (Resource::Charge, charge), Some(json!({ "refunded": true })));
    }

    /// A dispute is opened; an inquiry (every fifth) takes no money.
    pub(super) fn dispute(&mut self, at: Seconds, charge: Serial) {
        let record = &self.charges[charge as usize];
        let amount = record.amount - record.amount_refunded;
        if amount <= 0 || record.disputed {
            return;
        }
        let serial = next_serial(&self.disputes);
        let inquiry = serial % 5 == 3;
        let reason = self.choose(
            "dispute",
            serial.into(),
            &["fraudulent", "product_not_received", "duplicate", "general"],
        );
        let status = if inquiry { "warning_needs_response" } else { "needs_response" };
        let withdrawn = (!inquiry).then(|| self.book_dispute(at, serial, charge, -amount, 1_500, "dispute"));
        self.charges[charge as usize].disputed = true;
        self.disputes.push(Dispute {
            created: at,
            charge,
            amount,
            status,
            reason,
            withdrawn,
            reinstated: None,
        });
        // `charge.disputed` changes too, and no `charge.updated` says so.
        self.emit(at, "charge.dispute.created", (Resource::Dispute, serial), None);
        if !inquiry {
            self.emit(at, "charge.dispute.funds_withdrawn", (Resource::Dispute, serial), None);
        }
        self.plan(at + 15 * DAY, Deed::CloseDispute(serial));
    }

    fn book_dispute(
        &mut self,
        at: Seconds,
        dispute: Serial,
        charge: Serial,
        amount: i64,
        fee: i64,
        reporting_category: &'static str,
    ) -> Serial {
        let currency = self.charges[charge as usize].currency;
        let (amount, rate) = self.settled(amount, currency, at);
        self.book(BalanceTransaction {
            created: at,
            kind: "adjustment",
            reporting_category,
            amount,
            fee,
            currency: currency.settlement(),
            exchange_rate_e6: rate,
            source: Some((Resource::Dispute, dispute)),
        })
    }

    pub(super) fn close_dispute(&mut self, at: Seconds, serial: Serial) {
        let Dispute { charge, amount, status, withdrawn, .. } = self.disputes[serial as usize];
        let outcome = match (withdrawn, serial % 5) {
            (None, _) => "warning_closed",
            (_, 0 | 2) => "won",
            // A status that no published list names.
            (_, 4) => "arbitration_review",
            _ => "lost",
        };
        if outcome == "won" {
            self.disputes[serial as usize].reinstated =
                Some(self.book_dispute(at, serial, charge, amount, 0, "dispute_reversal"));
        }
        self.disputes[serial as usize].status = outcome;
        let previous = Some(json!({ "status": status }));
        let kind =
            if outcome == "arbitration_review" { "charge.dispute.updated" } else { "charge.dispute.closed" };
        self.emit(at, kind, (Resource::Dispute, serial), previous);
        if outcome == "won" {
            self.emit(at, "charge.dispute.funds_reinstated", (Resource::Dispute, serial), None);
        }
    }
}
