//! What happens to payments: charges, captures, bank debits that settle or bounce, each with its events and its
//! line in the balance.

use serde_json::{Value, json};

use super::agenda::Deed;
use super::records::{BalanceTransaction, Charge, ChargeStatus, Currency, Method, Resource, Seconds, Serial};
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

/// Special payments, of which the first are disputed.
pub(super) const SHOWCASES: u32 = 14;
pub(super) const DISPUTES: u32 = 5;

impl World {
    /// A payment of a special kind, by number.
    pub(super) fn showcase(&mut self, at: Seconds, number: u32) {
        let customer = self.any_customer(u64::from(number) + 3_000_000);
        let paid = Order::paid(12_340, Currency::Usd, customer);
        let order = match number {
            5 => Order {
                currency: Currency::Eur,
                method: Method::SepaDebit,
                status: ChargeStatus::Pending,
                ..paid
            },
            6 => Order { captured: false, ..paid },
            7 => Order { status: ChargeStatus::Failed, ..paid },
            8 => Order { method: Method::Unheard, ..paid },
            9 => Order { currency: Currency::Kwd, ..paid },
            10 => Order { currency: Currency::Jpy, customer: None, ..paid },
            11 => Order { method: Method::Link, currency: Currency::Gbp, ..paid },
            _ => paid,
        };
        let charge = self.charge(at, order);
        match number {
            0..DISPUTES => self.plan(at + DAY, Deed::Dispute(charge)),
            5 => self.plan(at + 5 * DAY, Deed::Settle(charge)),
            6 => self.plan(at + 2 * DAY, Deed::Capture(charge)),
            12 => self.plan(at + 3_600, Deed::Refund(charge, 40)),
            13 => self.plan(at + 3_600, Deed::Refund(charge, 100)),
            _ => {}
        }
    }

    /// One-time payment number n of the simulation, and what will become of it.
    pub(super) fn payment(&mut self, at: Seconds, number: u32) {
        let order = self.order(u64::from(number));
        let charge = self.charge(at, order);
        let key = u64::from(charge);
        match (order.status, order.captured) {
            (ChargeStatus::Failed, _) => {}
            (ChargeStatus::Pending, _) => self.plan(at + 5 * DAY, Deed::Settle(charge)),
            (ChargeStatus::Succeeded, false) if number.is_multiple_of(3) => {
                self.plan(at + 7 * DAY, Deed::Expire(charge));
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
        let currency =
            self.choose("currency", number, &[Usd, Usd, Usd, Usd, Usd, Usd, Eur, Eur, Eur, Gbp, Jpy, Kwd]);
        let cents =
            self.choose("budget", number, &[2_500, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000, 100_000])
                + self.below("odd cents", number, 100);
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
        Order { amount, currency, customer, method, status, captured, payment_intent: None }
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
                self.plan(later, Deed::Dispute(charge));
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
        let kind = if charge.method.is_card() { "charge" } else { "payment" };
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

    pub(super) fn capture(&mut self, at: Seconds, serial: Serial) {
        let partly = self.once_in("capture", u64::from(serial), 3);
        let charge = &mut self.charges[serial as usize];
        // The rest of a partial capture goes back to the customer's limit and counts as refunded.
        charge.amount_captured = if partly { charge.amount / 20 * 10 } else { charge.amount };
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
        self.push_refund(at, serial, amount, Some("expired_uncaptured_charge"), "succeeded", None);
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
