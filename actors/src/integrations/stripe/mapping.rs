//! From Stripe's objects to rows. Pure: what needs further requests was fetched before.

use jiff::Timestamp;
use rows::{
    Currency, Micros,
    instant::said,
    payments::{
        Customer, Dispute, Invoice, InvoicePayment, LedgerEntry, Minor, Payment, Price, Product, Refund,
        Subscription,
    },
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    currency::Currencies,
    wire::{self, Expandable, Link},
};
use crate::reading::elements::Unreadable;

/// Makes rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mapper {
    /// How amounts are read.
    pub currencies: Currencies,
}

type Mapped<T> = Result<T, Unreadable>;

/// Reads one object.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Mapped<T> {
    serde_json::from_str(raw.get()).map_err(|error| explained(&error))
}

/// Tells what was expected, never what was found: that could be anything. All types are our own, so that the parser's words
/// are known.
pub fn explained(error: &serde_json::Error) -> Unreadable {
    let text = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    if let Some(field) = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return Unreadable::Other { reason: "missing_field", detail: format!("{field} at {place}") };
    }
    // A quoted value may hold the word itself: what was expected stands last.
    let expected = text
        .rsplit_once(", expected ")
        .map(|(_, rest)| rest.split(" at line").next().unwrap_or_default())
        .map_or_else(String::new, |expected| format!(", expected {expected}"));
    Unreadable::Shape(format!("{:?} error{expected} at {place}", error.classify()))
}

fn at(seconds: i64) -> Mapped<Timestamp> {
    Timestamp::from_second(seconds)
        .map_err(|_| Unreadable::Other { reason: "date", detail: format!("{seconds} is no Unix time") })
}

fn maybe_at(seconds: Option<i64>) -> Mapped<Option<Timestamp>> {
    Ok(seconds.map(at).transpose()?.and_then(said))
}

fn id(link: Option<Link>) -> Option<String> {
    link.map(String::from)
}

// === impl Mapper ===

impl Mapper {
    fn minor(self, amount: i64, currency: &str) -> Mapped<Minor> {
        Ok(self.currencies.minor(amount, currency)?)
    }

    fn currency(self, code: &str) -> Mapped<(Currency, u8)> {
        let currency = Currency::parse(code)?;
        Ok((currency, self.currencies.exponent(currency)))
    }

    /// A charge, settled when its balance transaction is there and expanded.
    pub fn payment(self, charge: wire::Charge) -> Mapped<Payment> {
        let status = payment_status(&charge);
        let failed = charge.status == "failed";
        let amount = if charge.captured { charge.amount_captured } else { charge.amount };
        let (ledger_entry_id, settlement) = match charge.balance_transaction {
            None => (None, None),
            Some(Expandable::Id(id)) => (Some(id), None),
            Some(Expandable::Object(entry)) => (Some(entry.id.clone()), Some(entry)),
        };
        let settled =
            settlement.as_ref().map(|entry| self.minor(entry.amount, &entry.currency)).transpose()?;
        let reason = charge.outcome.and_then(|outcome| outcome.reason).filter(|_| failed);
        Ok(Payment {
            amount: self.minor(amount, &charge.currency)?,
            status,
            created_at: at(charge.created)?,
            ledger_entry_id,
            settled,
            fee_minor: settlement.as_ref().map(|entry| entry.fee),
            net_minor: settlement.as_ref().map(|entry| entry.net),
            refunded_minor: charge.amount_refunded,
            disputed: charge.disputed,
            failure_code: charge.failure_code.or(reason),
            payment_method_type: charge.payment_method_details.and_then(|details| details.kind),
            livemode: charge.livemode,
            payment_intent_id: id(charge.payment_intent),
            customer_id: id(charge.customer),
            id: charge.id,
        })
    }

    /// A refund.
    pub fn refund(self, refund: wire::Refund) -> Mapped<Refund> {
        Ok(Refund {
            amount: self.minor(refund.amount, &refund.currency)?,
            status: refund.status,
            reason: refund.reason,
            failure_reason: refund.failure_reason,
            created_at: at(refund.created)?,
            payment_id: id(refund.charge),
            payment_intent_id: id(refund.payment_intent),
            ledger_entry_id: id(refund.balance_transaction),
            id: refund.id,
        })
    }

    /// A dispute.
    pub fn dispute(self, dispute: wire::Dispute) -> Mapped<Dispute> {
        let due_by = dispute.evidence_details.and_then(|details| details.due_by);
        Ok(Dispute {
            amount: self.minor(dispute.amount, &dispute.currency)?,
            status: dispute.status,
            reason: dispute.reason,
            evidence_due_at: maybe_at(due_by)?,
            created_at: at(dispute.created)?,
            livemode: dispute.livemode,
            payment_id: id(dispute.charge),
            payment_intent_id: id(dispute.payment_intent),
            id: dispute.id,
        })
    }

    /// An invoice.
    pub fn invoice(self, invoice: wire::Invoice) -> Mapped<Invoice> {
        let subscription = invoice
            .parent
            .and_then(|parent| parent.subscription_details)
            .and_then(|details| details.subscription);
        let (finalized_at, paid_at) =
            invoice.status_transitions.map_or((None, None), |times| (times.finalized_at, times.paid_at));
        Ok(Invoice {
            total: self.minor(invoice.total, &invoice.currency)?,
            number: invoice.number,
            customer_id: id(invoice.customer),
            subscription_id: id(subscription),
            status: invoice.status,
            billing_reason: invoice.billing_reason,
            subtotal_minor: invoice.subtotal,
            amount_due_minor: invoice.amount_due,
            amount_paid_minor: invoice.amount_paid,
            amount_remaining_minor: invoice.amount_remaining,
            attempt_count: invoice.attempt_count,
            period_start_at: maybe_at(invoice.period_start)?,
            period_end_at: maybe_at(invoice.period_end)?,
            due_at: maybe_at(invoice.due_date)?,
            finalized_at: maybe_at(finalized_at)?,
            paid_at: maybe_at(paid_at)?,
            created_at: at(invoice.created)?,
            livemode: invoice.livemode,
            id: invoice.id,
        })
    }

    /// What joins a payment and an invoice.
    pub fn invoice_payment(self, payment: wire::InvoicePayment) -> Mapped<InvoicePayment> {
        let (intent, charge) =
            payment.payment.map_or((None, None), |paid| (paid.payment_intent, paid.charge));
        let paid_at = payment.status_transitions.and_then(|times| times.paid_at);
        Ok(InvoicePayment {
            amount_requested: self.minor(payment.amount_requested, &payment.currency)?,
            invoice_id: id(payment.invoice),
            payment_intent_id: id(intent),
            payment_id: id(charge),
            amount_paid_minor: payment.amount_paid,
            status: payment.status,
            is_default: payment.is_default,
            paid_at: maybe_at(paid_at)?,
            created_at: maybe_at(payment.created)?,
            id: payment.id,
        })
    }

    /// A balance transaction.
    pub fn ledger_entry(self, entry: wire::BalanceTransaction) -> Mapped<LedgerEntry> {
        Ok(LedgerEntry {
            amount: self.minor(entry.amount, &entry.currency)?,
            kind: entry.kind,
            reporting_category: entry.reporting_category,
            fee_minor: entry.fee,
            net_minor: entry.net,
            source_id: id(entry.source),
            status: entry.status,
            created_at: at(entry.created)?,
            available_at: maybe_at(entry.available_on)?,
            exchange_rate: entry.exchange_rate.map(|rate| rate.0.to_string()),
            id: entry.id,
        })
    }

    /// A customer.
    pub fn customer(customer: wire::Customer) -> Mapped<Customer> {
        Ok(Customer {
            currency: customer.currency.as_deref().map(Currency::parse).transpose()?,
            delinquent: customer.delinquent,
            balance_minor: customer.balance,
            created_at: at(customer.created)?,
            livemode: customer.livemode,
            id: customer.id,
        })
    }

    /// A product.
    pub fn product(product: wire::Product) -> Mapped<Product> {
        Ok(Product {
            name: product.name,
            active: product.active,
            default_price_id: id(product.default_price),
            created_at: at(product.created)?,
            updated_at: maybe_at(product.updated)?,
            livemode: product.livemode,
            id: product.id,
        })
    }

    /// A price.
    pub fn price(self, price: wire::Price) -> Mapped<Price> {
        let (currency, exponent) = self.currency(&price.currency)?;
        let (interval, interval_count, usage_type) =
            price.recurring.map_or((None, None, None), |recurring| {
                (Some(recurring.interval), Some(recurring.interval_count), recurring.usage_type)
            });
        Ok(Price {
            product_id: id(price.product),
            active: price.active,
            currency: Some(currency),
            exponent: Some(exponent),
            unit_amount_decimal: price
                .unit_amount_decimal
                .map(|amount| amount.0.to_string())
                .or_else(|| price.unit_amount.map(|amount| amount.to_string())),
            billing_scheme: price.billing_scheme,
            kind: price.kind,
            recurring_interval: interval,
            recurring_interval_count: interval_count,
            usage_type,
            nickname: price.nickname,
            created_at: at(price.created)?,
            livemode: price.livemode,
            id: price.id,
        })
    }

    /// A subscription with all its items, and its monthly recurring revenue as computed.
    pub fn subscription(self, subscription: wire::Subscription, mrr: Option<Micros>) -> Mapped<Subscription> {
        let (currency, exponent) = self.currency(&subscription.currency)?;
        let items = &subscription.items.data;
        let quantities: Vec<i64> = items.iter().filter_map(|item| item.quantity).collect();
        let period_end = items.iter().filter_map(|item| item.current_period_end).min();
        let products = items.iter().filter_map(|item| item.price.product.as_ref().map(|link| link.0.clone()));
        Ok(Subscription {
            customer_id: id(subscription.customer),
            status: subscription.status,
            currency: Some(currency),
            exponent: Some(exponent),
            started_at: maybe_at(subscription.start_date)?,
            created_at: at(subscription.created)?,
            canceled_at: maybe_at(subscription.canceled_at)?,
            cancel_at: maybe_at(subscription.cancel_at)?,
            cancel_at_period_end: subscription.cancel_at_period_end,
            ended_at: maybe_at(subscription.ended_at)?,
            trial_end_at: maybe_at(subscription.trial_end)?,
            current_period_end_at: maybe_at(period_end)?,
            pause_behavior: subscription.pause_collection.map(|pause| pause.behavior),
            quantity: (!quantities.is_empty())
                .then(|| quantities.iter().fold(0_i64, |sum, quantity| sum.saturating_add(*quantity))),
            product_ids: sorted_once(products),
            price_ids: sorted_once(items.iter().map(|item| item.price.id.clone())),
            mrr,
            livemode: subscription.livemode,
            id: subscription.id,
        })
    }
}

/// One word for what became of a charge. Words that Stripe adds later stay as they are.
fn payment_status(charge: &wire::Charge) -> String {
    let status = match charge.status.as_str() {
        "succeeded" if charge.refunded => "refunded",
        "succeeded" if charge.amount_refunded.is_some_and(|refunded| refunded > 0) => "partially_refunded",
        "succeeded" if charge.captured => "paid",
        "succeeded" => "authorized",
        word => word, // `pending`, `failed`
    };
    status.to_owned()
}

fn sorted_once(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
