//! Rows of payment providers: their objects, with amounts in integer minor units beside the currency and its
//! exponent. What links objects is joined by id, not copied.

use jiff::Timestamp;

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros},
    row::TableRow,
};

/// An amount in minor units: 2 500 with exponent 2 is 25.00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minor {
    /// Integer minor units, signed.
    pub amount: i64,
    /// Currency.
    pub currency: Currency,
    /// Decimals of the minor unit as the provider counts them (0, 2 or 3).
    pub exponent: u8,
}

/// One attempt to charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The provider's id.
    pub id: String,
    /// The intent that it belongs to.
    pub payment_intent_id: Option<String>,
    /// Who paid; nothing for a guest.
    pub customer_id: Option<String>,
    /// Captured amount when captured, else the asked one, in the currency presented to the payer.
    pub amount: Minor,
    /// `paid`, `authorized`, `pending`, `failed`, `refunded`, `partially_refunded`, or the provider's unknown word.
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The entry in the checkpoint that it settled into.
    pub ledger_entry_id: Option<String>,
    /// What reached the account, in the settlement currency; nothing until settled.
    pub settled: Option<Minor>,
    /// The provider's fee, in the settlement currency's minor units.
    pub fee_minor: Option<i64>,
    /// Settled less fee, in the settlement currency's minor units.
    pub net_minor: Option<i64>,
    /// Refunded so far, in the minor units of `amount`.
    pub refunded_minor: Option<i64>,
    /// Whether it was ever disputed.
    pub disputed: bool,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// Kind of payment method (`card`, `link`, `sepa_debit` …).
    pub payment_method_type: Option<String>,
    /// Live or test mode.
    pub livemode: bool,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The provider's id.
    pub id: String,
    /// The payment refunded.
    pub payment_id: Option<String>,
    /// The intent that it belongs to.
    pub payment_intent_id: Option<String>,
    /// Amount.
    pub amount: Minor,
    /// The provider's word.
    pub status: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Why it failed.
    pub failure_reason: Option<String>,
    /// The entry in the checkpoint.
    pub ledger_entry_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The provider's id.
    pub id: String,
    /// The payment disputed.
    pub payment_id: Option<String>,
    /// The intent that it belongs to.
    pub payment_intent_id: Option<String>,
    /// Amount.
    pub amount: Minor,
    /// The provider's word.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// Until when evidence is taken.
    pub evidence_due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Live or test mode.
    pub livemode: bool,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The provider's id.
    pub id: String,
    /// Its printed number.
    pub number: Option<String>,
    /// Whom it is for.
    pub customer_id: Option<String>,
    /// The subscription that it bills.
    pub subscription_id: Option<String>,
    /// The provider's word.
    pub status: Option<String>,
    /// Why it exists.
    pub billing_reason: Option<String>,
    /// Total with tax and discounts.
    pub total: Minor,
    /// Before tax and discounts, same unit as `total`.
    pub subtotal_minor: Option<i64>,
    /// Due, same unit.
    pub amount_due_minor: Option<i64>,
    /// Paid, same unit.
    pub amount_paid_minor: Option<i64>,
    /// Still open, same unit.
    pub amount_remaining_minor: Option<i64>,
    /// Attempts to collect.
    pub attempt_count: Option<i64>,
    /// Start of the period billed.
    pub period_start_at: Option<Timestamp>,
    /// End of the period billed.
    pub period_end_at: Option<Timestamp>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// When it was made final.
    pub finalized_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Live or test mode.
    pub livemode: bool,
}

/// What joins payments and invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePayment {
    /// The provider's id.
    pub id: String,
    /// The invoice.
    pub invoice_id: Option<String>,
    /// The intent that pays it.
    pub payment_intent_id: Option<String>,
    /// The payment that pays it, where there is no intent.
    pub payment_id: Option<String>,
    /// Amount asked.
    pub amount_requested: Minor,
    /// Amount paid, same unit.
    pub amount_paid_minor: Option<i64>,
    /// The provider's word.
    pub status: Option<String>,
    /// Whether it is the invoice's default payment.
    pub is_default: Option<bool>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The provider's id.
    pub id: String,
    /// Who subscribes.
    pub customer_id: Option<String>,
    /// The provider's word.
    pub status: String,
    /// Currency.
    pub currency: Option<Currency>,
    /// Decimals of the currency's minor unit.
    pub exponent: Option<u8>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When cancellation was asked for.
    pub canceled_at: Option<Timestamp>,
    /// When it will be cancelled.
    pub cancel_at: Option<Timestamp>,
    /// Whether it ends with the running period.
    pub cancel_at_period_end: bool,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the trial ends.
    pub trial_end_at: Option<Timestamp>,
    /// When the first of its items comes to the end of its period.
    pub current_period_end_at: Option<Timestamp>,
    /// How paused collection behaves, when paused.
    pub pause_behavior: Option<String>,
    /// Quantity over all items.
    pub quantity: Option<i64>,
    /// Products, sorted, without repetition.
    pub product_ids: Vec<String>,
    /// Prices, sorted, without repetition.
    pub price_ids: Vec<String>,
    /// Monthly recurring revenue now, in `currency` (micros of the major unit); 0 where its state earns none.
    pub mrr: Option<Micros>,
    /// Live or test mode.
    pub livemode: bool,
}

/// Monthly recurring revenue of one subscription on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionMrr {
    /// The subscription.
    pub subscription_id: String,
    /// Day in the connection's zone.
    pub date: Day,
    /// Its status that day.
    pub status: String,
    /// Currency.
    pub currency: Currency,
    /// Revenue a month, micros of the major unit.
    pub mrr: Micros,
}

/// One entry of the provider's own checkpoint: immutable, in settlement currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The provider's id.
    pub id: String,
    /// The provider's kind (open set).
    pub kind: String,
    /// The provider's reporting category (open set).
    pub reporting_category: Option<String>,
    /// Gross, signed.
    pub amount: Minor,
    /// Fee, same unit.
    pub fee_minor: i64,
    /// Gross less fee, same unit.
    pub net_minor: i64,
    /// What it is about (payment, refund, dispute, payout …).
    pub source_id: Option<String>,
    /// The provider's word.
    pub status: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the money can be used.
    pub available_at: Option<Timestamp>,
    /// The rate from presentment to settlement, decimal text.
    pub exchange_rate: Option<String>,
}

/// A customer, without anything personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The provider's id.
    pub id: String,
    /// Currency of its invoices.
    pub currency: Option<Currency>,
    /// Whether its latest invoice is unpaid.
    pub delinquent: Option<bool>,
    /// Balance carried to the next invoice, minor units of `currency`.
    pub balance_minor: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Live or test mode.
    pub livemode: bool,
}

/// What is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The provider's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether it is on sale.
    pub active: Option<bool>,
    /// The price used by default.
    pub default_price_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// Live or test mode.
    pub livemode: bool,
}

/// At what price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The provider's id.
    pub id: String,
    /// The product.
    pub product_id: Option<String>,
    /// Whether it is on sale.
    pub active: Option<bool>,
    /// Currency.
    pub currency: Option<Currency>,
    /// Decimals of the minor unit.
    pub exponent: Option<u8>,
    /// Amount a unit in minor units as decimal text (up to 12 decimals); nothing when tiered.
    pub unit_amount_decimal: Option<String>,
    /// `per_unit` or `tiered`.
    pub billing_scheme: Option<String>,
    /// `one_time` or `recurring`.
    pub kind: Option<String>,
    /// `day`, `week`, `month`, `year`.
    pub recurring_interval: Option<String>,
    /// How many intervals a period has.
    pub recurring_interval_count: Option<i64>,
    /// `licensed` or `metered`.
    pub usage_type: Option<String>,
    /// The operator's own name for it.
    pub nickname: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Live or test mode.
    pub livemode: bool,
}

// === rows ===

/// Objects that are known by the provider's id.
macro_rules! by_id {
    ($($row:ident $table:ident),+) => {
        $(impl TableRow for $row {
            fn table(&self) -> Table {
                Table::$table
            }

            fn entity(&self) -> Fingerprint {
                Fingerprint::of(&[&self.id])
            }
        })+
    };
}

by_id!(
    Payment Payments,
    Refund Refunds,
    Dispute Disputes,
    Invoice Invoices,
    InvoicePayment InvoicePayments,
    Subscription Subscriptions,
    LedgerEntry LedgerEntries,
    Customer Customers,
    Product Products,
    Price Prices
);

impl TableRow for SubscriptionMrr {
    fn table(&self) -> Table {
        Table::SubscriptionMrrDaily
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.subscription_id])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}
