//! What happens to invoices: drafted, finalised, attempted, paid, voided, each with its events.

use serde_json::json;

use super::agenda::Deed;
use super::catalogue::{CAMPAIGN_BUDGET, COUPONS};
use super::payments::Order;
use super::records::{
    ChargeStatus, Currency, Invoice, InvoiceLine, InvoicePayment, Method, Resource, Seconds, Serial,
};
use super::world::{DAY, World, divide_rounded, next_serial};

/// Attempts at one invoice, three days apart.
const ATTEMPTS: i64 = 4;

impl World {
    /// Drafts the invoice of a subscription's current period.
    pub(super) fn draft(
        &mut self,
        at: Seconds,
        subscription: Serial,
        billing_reason: &'static str,
    ) -> Serial {
        let record = &self.subscriptions[subscription as usize];
        let (customer, currency, period) = (record.customer, record.currency, record.current_period);
        let in_trial = record.status == "trialing";
        let cycles = record.cycles;
        let mut lines = Vec::new();
        for item in &record.items {
            let row = &self.items[*item as usize];
            // Usage is known only after a period, so the first invoice has none.
            let usage = if cycles > 1 {
                400 + self.below("usage", u64::from(*item) ^ period.0.unsigned_abs(), 90_000)
            } else {
                0
            };
            let quantity = row.quantity.unwrap_or(usage);
            let amount = if in_trial { 0 } else { self.cost(row.price, quantity) };
            lines.push(InvoiceLine {
                item: Some(*item),
                price: Some(row.price),
                quantity,
                amount,
                proration: false,
            });
        }
        if billing_reason == "subscription_cycle" && cycles % 6 == 4 && lines.len() == 1 {
            // A change of plan in the middle of a period: credit for the rest of the old, charge for the new.
            let InvoiceLine { item, price, quantity, amount, .. } = lines[0];
            for amount in [-(amount / 3), amount / 2] {
                lines.push(InvoiceLine { item, price, quantity, amount, proration: true });
            }
        }
        let subtotal: i64 = lines.iter().map(|line| line.amount).sum();
        let discount = self.discount(subscription, &lines, billing_reason);
        let serial = self.push_invoice(at, customer, Some(subscription), currency, billing_reason, lines);
        let invoice = &mut self.invoices[serial as usize];
        invoice.subtotal = subtotal;
        invoice.discount = discount.clamp(0, subtotal.max(0));
        invoice.period = period;
        self.subscriptions[subscription as usize].latest_invoice = Some(serial);
        self.emit(at, "invoice.created", (Resource::Invoice, serial), None);
        serial
    }

    /// Discounts of items first, of the subscription after; `once` counts on the first invoice only.
    fn discount(&self, subscription: Serial, lines: &[InvoiceLine], billing_reason: &str) -> i64 {
        let take = |amount: i64, discount: Serial| {
            let coupon = &COUPONS[self.discounts[discount as usize].coupon];
            if coupon.duration == "once" && billing_reason != "subscription_create" {
                return 0;
            }
            let percent = coupon
                .percent_off
                .map_or(0, |percent| divide_rounded(i128::from(amount) * i128::from(percent), 100));
            (percent + coupon.amount_off.unwrap_or(0)).min(amount)
        };
        let (mut left, mut taken) = (0, 0);
        for line in lines {
            let own = line.item.and_then(|item| self.items[item as usize].discount);
            let off = own.map_or(0, |discount| take(line.amount.max(0), discount));
            left += line.amount - off;
            taken += off;
        }
        let whole = self.subscriptions[subscription as usize].discount;
        taken + whole.map_or(0, |discount| take(left.max(0), discount))
    }

    fn push_invoice(
        &mut self,
        at: Seconds,
        customer: Serial,
        subscription: Option<Serial>,
        currency: Currency,
        billing_reason: &'static str,
        lines: Vec<InvoiceLine>,
    ) -> Serial {
        let serial = next_serial(&self.invoices);
        self.invoices.push(Invoice {
            created: at,
            customer,
            subscription,
            currency,
            status: "draft",
            billing_reason,
            lines,
            subtotal: 0,
            discount: 0,
            amount_paid: 0,
            period: (at, at),
            attempt_count: 0,
            next_payment_attempt: None,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            payments: Vec::new(),
            deleted: false,
        });
        serial
    }

    /// A draft becomes final and is attempted at once; a paused collection voids it instead.
    pub(super) fn finalize(&mut self, at: Seconds, serial: Serial) {
        let invoice = &mut self.invoices[serial as usize];
        if invoice.status != "draft" || invoice.deleted {
            return;
        }
        invoice.status = "open";
        invoice.finalized_at = Some(at);
        let (subscription, total) = (invoice.subscription, invoice.total());
        self.emit(at, "invoice.finalized", (Resource::Invoice, serial), Some(json!({ "status": "draft" })));
        let paused =
            subscription.and_then(|subscription| self.subscriptions[subscription as usize].pause_collection);
        if paused == Some("void") {
            self.void(at, serial);
        } else if total <= 0 {
            self.mark_paid(at, serial);
        } else if subscription.is_some() {
            self.push_payment(at, serial, None, total, true);
            self.attempt(at, serial);
        }
    }

    fn push_payment(
        &mut self,
        at: Seconds,
        invoice: Serial,
        charge: Option<Serial>,
        amount: i64,
        is_default: bool,
    ) -> Serial {
        let serial = next_serial(&self.invoice_payments);
        self.invoice_payments.push(InvoicePayment {
            created: at,
            invoice,
            charge,
            amount_requested: amount,
            amount_paid: None,
            status: "open",
            is_default,
            paid_at: None,
            canceled_at: None,
        });
        self.invoices[invoice as usize].payments.push(serial);
        serial
    }

    /// Charges the customer for an open invoice of a subscription.
    pub(super) fn attempt(&mut self, at: Seconds, serial: Serial) {
        let invoice = &self.invoices[serial as usize];
        let (Some(subscription), Some(payment)) = (invoice.subscription, invoice.payments.first().copied())
        else {
            return;
        };
        if invoice.status != "open" || self.subscriptions[subscription as usize].status == "canceled" {
            return;
        }
        let record = &self.subscriptions[subscription as usize];
        let declined = record.declines_from.is_some_and(|from| from <= at);
        let method = if subscription % 9 == 5 { Method::LinkWallet } else { Method::Card };
        let earlier = self.invoice_payments[payment as usize].charge;
        let status = if declined { ChargeStatus::Failed } else { ChargeStatus::Succeeded };
        let order = Order {
            method,
            status,
            payment_intent: earlier,
            ..Order::paid(invoice.total(), invoice.currency, Some(invoice.customer))
        };
        let charge = self.charge(at, order);
        // The first attempt's number is also the payment intent's, which all attempts share.
        let intent = self.charges[charge as usize].payment_intent;
        self.invoices[serial as usize].attempt_count += 1;
        if declined {
            self.invoice_payments[payment as usize].charge = Some(intent);
            self.payment_declined(at, serial, subscription);
        } else {
            self.invoice_payments[payment as usize].charge = Some(charge);
            self.receive(at, payment);
            self.mark_paid(at, serial);
            self.plan_aftermath(at, charge);
        }
    }

    fn payment_declined(&mut self, at: Seconds, serial: Serial, subscription: Serial) {
        let customer = self.invoices[serial as usize].customer;
        // `customer.delinquent` changes, and no `customer.updated` says so.
        self.customers[customer as usize].delinquent = true;
        let last = self.invoices[serial as usize].attempt_count >= ATTEMPTS;
        self.invoices[serial as usize].next_payment_attempt = (!last).then_some(at + 3 * DAY);
        self.emit(at, "invoice.payment_failed", (Resource::Invoice, serial), None);
        let record = &self.subscriptions[subscription as usize];
        let (status, end) = (record.status, record.after_last_attempt);
        if status == "incomplete" {
            return;
        }
        if last && end == "canceled" {
            self.cancel(at, subscription);
        } else {
            self.set_status(at, subscription, if last { end } else { "past_due" });
        }
        if !last {
            self.plan(at + 3 * DAY, Deed::Retry(serial));
        }
    }

    fn receive(&mut self, at: Seconds, payment: Serial) {
        let record = &mut self.invoice_payments[payment as usize];
        record.status = "paid";
        record.amount_paid = Some(record.amount_requested);
        record.paid_at = Some(at);
        let (invoice, amount) = (record.invoice, record.amount_requested);
        self.invoices[invoice as usize].amount_paid += amount;
        self.emit(at, "invoice_payment.paid", (Resource::InvoicePayment, payment), None);
    }

    fn mark_paid(&mut self, at: Seconds, serial: Serial) {
        let invoice = &mut self.invoices[serial as usize];
        invoice.status = "paid";
        invoice.paid_at = Some(at);
        invoice.next_payment_attempt = None;
        let previous = json!({ "status": "open" });
        self.emit(at, "invoice.updated", (Resource::Invoice, serial), Some(previous));
        self.emit(at, "invoice.paid", (Resource::Invoice, serial), None);
        self.emit(at, "invoice.payment_succeeded", (Resource::Invoice, serial), None);
    }

    pub(super) fn void(&mut self, at: Seconds, serial: Serial) {
        let invoice = &mut self.invoices[serial as usize];
        invoice.status = "void";
        invoice.voided_at = Some(at);
        invoice.next_payment_attempt = None;
        for payment in invoice.payments.clone() {
            let payment = &mut self.invoice_payments[payment as usize];
            payment.status = "canceled";
            payment.canceled_at = Some(at);
        }
        self.emit(at, "invoice.voided", (Resource::Invoice, serial), Some(json!({ "status": "open" })));
    }

    /// Invoices written by hand: two partial payments, a draft that stays, and so on by number.
    pub(super) fn manual_invoice(&mut self, at: Seconds, number: u32) {
        let Some(customer) = self.any_customer(u64::from(number) + 2_000_000) else {
            return;
        };
        let quantity = 3 + i64::from(number % 4);
        let amount = self.cost(CAMPAIGN_BUDGET, quantity);
        let line =
            InvoiceLine { item: None, price: Some(CAMPAIGN_BUDGET), quantity, amount, proration: false };
        let serial = self.push_invoice(at, customer, None, Currency::Usd, "manual", vec![line]);
        self.invoices[serial as usize].subtotal = amount;
        self.emit(at, "invoice.created", (Resource::Invoice, serial), None);
        if number % 5 != 1 {
            self.plan(at + 3_600, Deed::Finalize(serial));
            self.plan(at + 2 * DAY, Deed::CloseManualInvoice(serial, number));
        }
    }

    pub(super) fn close_manual_invoice(&mut self, at: Seconds, serial: Serial, number: u32) {
        let Invoice { customer, subtotal: total, .. } = self.invoices[serial as usize];
        match number % 5 {
            0 => {
                for amount in [total / 3, total - total / 3] {
                    let charge = self.charge(at, Order::paid(amount, Currency::Usd, Some(customer)));
                    let payment = self.push_payment(at, serial, Some(charge), amount, false);
                    self.receive(at, payment);
                }
                self.mark_paid(at, serial);
            }
            2 => self.void(at, serial),
            3 => {
                let invoice = &mut self.invoices[serial as usize];
                invoice.status = "uncollectible";
                invoice.uncollectible_at = Some(at);
                let previous = Some(json!({ "status": "open" }));
                self.emit(at, "invoice.marked_uncollectible", (Resource::Invoice, serial), previous);
            }
            _ => {
                // Paid by bank transfer outside Stripe.
                let payment = self.push_payment(at, serial, None, total, true);
                self.receive(at, payment);
                self.mark_paid(at, serial);
            }
        }
    }
}
