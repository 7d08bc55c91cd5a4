//! What happens to money: charges, captures, refunds, disputes, payouts, fees, each with its events and its
//! lines in the balance.

use serde_json::{Value, json};

use super::agenda::Deed;
use super::records::{
    BalanceTransaction, Charge, ChargeStatus, Currency, Dispute, Method, Payout, Refund, Resource, Seconds,
    Serial,
};
use super::world::{DAY, World, next_serial};

/// A charge about to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub amount: i64,
    pub currency: Currency,
    pub customer: Option<Serial>,
    pub method: Method,
    pub status: ChargeStatus,
    pub captured: bool,
    /// The earlier attempt at the same payment.
    pub payment_intent: Option<Serial>,
}

impl Order {
    /// A card payment that succeeds.
    pub(super) fn paid(amount: i64, currency: Currency, customer: Option<Serial>) -> Self {
        Self {
            amount,
            currency,
            customer,
            method: Method::Card,
            status: ChargeStatus::Succeeded,
            captured: true,
            payment_intent: None,
        }
    }
}

const DECLINES: [&str; 3] = ["card_declined", "expired_card", "incorrect_cvc"];

impl World {
    /// One-time payment number n of the simulation, and what will become of it.
    pub(super) fn payment(&mut self, at: Seconds, number: u32) {
        let order = self.order(u64::from(number));
        let charge = self.charge(at, order);
        let key = u64::from(charge);
        match (order.status, order.captured) {
            (ChargeStatus::Failed, _) => {}
            (ChargeStatus::Pending, _) => self.plan(at + 5 * DAY, Deed::Settle(charge)),
            (ChargeStatus::Succeeded, false) if number % 3 == 0 => {
                self.plan(at + 7 * DAY, Deed::Expire(charge))
            }
            (ChargeStatus::Succeeded, false) => self.plan(at + 2 * DAY, Deed::Capture(charge)),
            (ChargeStatus::Succeeded, true) => self.plan_aftermath(at, charge),
        }
        if self.once_in("silent", key, 50) {
            self.plan(at + 3 * DAY, Deed::SilentEdit(charge));
        }
    }

    fn order(&self, number: u64) -> Order {
        use Currency::{Eur, Gbp, Jpy, Kwd, Usd};
        let currency = self.choose(
            "currency",
            number,
            &[Usd, Usd, Usd, Usd, Usd, Usd, Eur, Eur, Eur, Gbp, Jpy, Kwd],
        );
        let cents = self.choose(
            "budget",
            number,
            &[2_500, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000, 100_000],
        ) + self.below("odd cents", number, 100);
        let amount = match currency {
            Jpy => cents * 3 / 2,
            // Three decimals, of which the last is always 0.
            Kwd => cents * 3 / 10 * 10,
            _ => cents,
        };
        let method = match number % 23 {
            7 => Method::Unheard,
            3 | 12 => Method::ApplePay,
            5 => Method::LinkWallet,
            8 | 17 => Method::Link,
            2 | 9 | 15 if currency == Eur => Method::SepaDebit,
            _ => Method::Card,
        };
        let status = match (method, number % 11) {
            (Method::SepaDebit, _) => ChargeStatus::Pending,
            (Method::Card, 4) => ChargeStatus::Failed,
            _ => ChargeStatus::Succeeded,
        };
        let captured = !(status == ChargeStatus::Succeeded && method == Method::Card && number % 29 == 10);
        let customer = (number % 8 != 6).then(|| self.any_customer(number)).flatten();
        Order {
            amount,
            currency,
            customer,
            method,
            status,
            captured,
            payment_intent: None,
        }
    }

    /// Some customer that has not been deleted.
    pub(super) fn any_customer(&self, number: u64) -> Option<Serial> {
        let count = u64::try_from(self.customers.len()).unwrap_or(0).max(1);
        let start = self.chance("customer", number) % count;
        (0..count)
            .filter_map(|step| Serial::try_from((start + step) % count).ok())
            .find(|serial| !self.customers[*serial as usize].deleted)
    }

    pub(super) fn plan_aftermath(&mut self, at: Seconds, charge: Serial) {
        let key = u64::from(charge);
        let later = at + DAY + self.below("aftermath", key, 9 * DAY);
        match self.chance("fate", key) % 240 {
            0..20 => self.plan(later, Deed::Refund(charge, 40)),
            20..34 => self.plan(later, Deed::Refund(charge, 100)),
            34..38 => {
                self.plan(later, Deed::Refund(charge, 25));
                self.plan(later + DAY, Deed::Refund(charge, 25));
            }
            38..46 if self.charges[charge as usize].method.is_card() => {
                self.plan(later, Deed::Dispute(charge))
            }
            _ => {}
        }
    }

    /// Makes a charge, its balance transaction and its event.
    pub(super) fn charge(&mut self, at: Seconds, order: Order) -> Serial {
        let serial = next_serial(&self.charges);
        let failed = order.status == ChargeStatus::Failed;
        let captured = order.captured && !failed;
        self.charges.push(Charge {
            created: at,
            amount: order.amount,
            amount_captured: if captured { order.amount } else { 0 },
            amount_refunded: 0,
            currency: order.currency,
            status: order.status,
            method: order.method,
            captured,
            disputed: false,
            customer: order.customer,
            payment_intent: order.payment_intent.unwrap_or(serial),
            balance_transaction: None,
            failure_balance_transaction: None,
            failure_code: failed.then(|| self.choose("decline", u64::from(serial), &DECLINES)),
        });
        if captured {
            self.book_charge(at, serial);
        }
        let kind = match order.status {
            ChargeStatus::Succeeded => "charge.succeeded",
            ChargeStatus::Pending => "charge.pending",
            ChargeStatus::Failed => "charge.failed",
        };
        self.emit(at, kind, (Resource::Charge, serial), None);
        serial
    }

    fn book_charge(&mut self, at: Seconds, serial: Serial) {
        let charge = &self.charges[serial as usize];
        let (amount, rate) = self.settled(charge.amount_captured, charge.currency, at);
        let kind = if charge.method.is_card() {
            "charge"
        } else {
            "payment"
        };
        let line = BalanceTransaction {
            created: at,
            kind,
            reporting_category: "charge",
            amount,
            fee: amount * 29 / 1_000 + 30,
            currency: charge.currency.settlement(),
            exchange_rate_e6: rate,
            source: Some((Resource::Charge, serial)),
        };
        self.charges[serial as usize].balance_transaction = Some(self.book(line));
    }

    fn book(&mut self, line: BalanceTransaction) -> Serial {
        self.unpaid_minor[usize::from(line.currency == Currency::Eur)] += line.amount - line.fee;
        self.balance_transactions.push(line);
        next_serial(&self.balance_transactions) - 1
    }

    pub(super) fn capture(&mut self, at: Seconds, serial: Serial) {
        let partly = self.once_in("capture", u64::from(serial), 3);
        let charge = &mut self.charges[serial as usize];
        // The rest of a partial capture goes back to the customer's limit and counts as refunded.
        charge.amount_captured = if partly {
            charge.amount / 20 * 10
        } else {
            charge.amount
        };
        charge.amount_refunded = charge.amount - charge.amount_captured;
        charge.captured = true;
        self.book_charge(at, serial);
        let previous = json!({ "amount_captured": 0, "balance_transaction": null, "captured": false });
        self.emit(at, "charge.captured", (Resource::Charge, serial), Some(previous));
    }

    pub(super) fn expire(&mut self, at: Seconds, serial: Serial) {
        let charge = &mut self.charges[serial as usize];
        charge.amount_refunded = charge.amount;
        let amount = charge.amount;
        self.push_refund(
            at,
            serial,
            amount,
            Some("expired_uncaptured_charge"),
            "succeeded",
            None,
        );
        self.emit(
            at,
            "charge.expired",
            (Resource::Charge, serial),
            Some(json!({ "amount_refunded": 0, "refunded": false })),
        );
    }

    /// A pending bank debit ends: most succeed, some bounce.
    pub(super) fn settle(&mut self, at: Seconds, serial: Serial) {
        let bounces = self.once_in("bounces", u64::from(serial), 6);
        let previous = Some(json!({ "status": "pending", "paid": false }));
        if !bounces {
            self.charges[serial as usize].status = ChargeStatus::Succeeded;
            self.emit(at, "charge.succeeded", (Resource::Charge, serial), previous);
            return;
        }
        if let Some(first) = self.charges[serial as usize].balance_transaction {
            let first = self.balance_transactions[first as usize].clone();
            let line = BalanceTransaction {
                created: at,
                kind: "payment_failure_refund",
                reporting_category: "charge_failure",
                amount: -first.amount,
                fee: 0,
                ..first
            };
            self.charges[serial as usize].failure_balance_transaction = Some(self.book(line));
        }
        let charge = &mut self.charges[serial as usize];
        charge.status = ChargeStatus::Failed;
        charge.failure_code = Some("insufficient_funds");
        self.emit(at, "charge.failed", (Resource::Charge, serial), previous);
    }

    pub(super) fn refund_percent(&mut self, at: Seconds, charge: Serial, percent: u8) {
        let record = &self.charges[charge as usize];
        let (amount, decimal) = (
            record.amount,
            if record.currency == Currency::Kwd { 10 } else { 1 },
        );
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
        let status = if !self.building || refund % 17 > 4 {
            "succeeded"
        } else {
            "pending"
        };
        let reason = self.choose(
            "reason",
            refund.into(),
            &[
                None,
                Some("requested_by_customer"),
                Some("duplicate"),
                Some("fraudulent"),
            ],
        );
        self.push_refund(at, serial, amount, reason, status, Some(line));
        if status == "pending" {
            self.plan(at + 2 * DAY, Deed::RefundOutcome(refund));
        }
        let previous = json!({ "amount_refunded": before, "refunded": false });
        self.emit(at, "charge.refunded", (Resource::Charge, serial), Some(previous));
        Some(refund)
    }

    fn push_refund(
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
        let Refund {
            charge,
            amount,
            balance_transaction,
            ..
        } = self.refunds[serial as usize];
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
        self.emit(
            at,
            "charge.updated",
            (Resource::Charge, charge),
            Some(json!({ "refunded": true })),
        );
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
        let status = if inquiry {
            "warning_needs_response"
        } else {
            "needs_response"
        };
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
            self.emit(
                at,
                "charge.dispute.funds_withdrawn",
                (Resource::Dispute, serial),
                None,
            );
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
        let Dispute {
            charge,
            amount,
            status,
            withdrawn,
            ..
        } = self.disputes[serial as usize];
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
        let kind = if outcome == "arbitration_review" {
            "charge.dispute.updated"
        } else {
            "charge.dispute.closed"
        };
        self.emit(at, kind, (Resource::Dispute, serial), previous);
        if outcome == "won" {
            self.emit(
                at,
                "charge.dispute.funds_reinstated",
                (Resource::Dispute, serial),
                None,
            );
        }
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
        self.emit(
            at,
            "payout.paid",
            (Resource::Payout, serial),
            Some(json!({ "status": "in_transit" })),
        );
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

    /// Stripe's side re-scores a payment or support edits a note: nothing tells.
    pub(super) fn silent_edit(&mut self, charge: Serial) {
        let note = json!({ "description": "Campaign budget (reviewed)", "outcome": { "risk_score": 41 } });
        self.lay_patch((Resource::Charge, charge), &note);
    }

    /// Lays changed fields over a rendered object; objects merge, everything else replaces.
    pub(super) fn lay_patch(&mut self, subject: (Resource, Serial), patch: &Value) {
        merge(self.patches.entry(subject).or_insert_with(|| json!({})), patch);
    }
}

/// Merges a patch into a value, object by object.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    match (target.as_object_mut(), patch.as_object()) {
        (Some(fields), Some(changes)) => {
            for (name, change) in changes {
                merge(fields.entry(name.as_str()).or_insert(Value::Null), change);
            }
        }
        _ => *target = patch.clone(),
    }
}
