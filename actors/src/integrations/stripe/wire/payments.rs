//! Charges and what follows from them.

use serde::Deserialize;

use super::{Expandable, Link, maybe_word, word};
use crate::reading::wire::Exact;

/// One attempt to move money into the account.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Stripe's own fields")]
pub struct Charge {
    pub id: String,
    pub amount: i64,
    #[serde(default)]
    pub amount_captured: i64,
    pub amount_refunded: Option<i64>,
    pub balance_transaction: Option<Expandable<BalanceTransaction>>,
    pub captured: bool,
    pub created: i64,
    pub currency: String,
    pub customer: Option<Link>,
    #[serde(default)]
    pub disputed: bool,
    #[serde(default, deserialize_with = "maybe_word")]
    pub failure_code: Option<String>,
    pub livemode: bool,
    pub outcome: Option<Outcome>,
    pub payment_intent: Option<Link>,
    pub payment_method_details: Option<PaymentMethodDetails>,
    /// Only when fully refunded.
    #[serde(default)]
    pub refunded: bool,
    /// `succeeded`, `pending`, `failed`.
    #[serde(deserialize_with = "word")]
    pub status: String,
}

/// Why a charge was accepted or not.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    #[serde(default, deserialize_with = "maybe_word")]
    pub reason: Option<String>,
}

/// How it was paid. The kind only: everything else in it belongs to a person.
#[derive(Debug, Deserialize)]
pub struct PaymentMethodDetails {
    #[serde(rename = "type", default, deserialize_with = "maybe_word")]
    pub kind: Option<String>,
}

/// A movement of the account's balance, in the settlement currency.
#[derive(Debug, Deserialize)]
pub struct BalanceTransaction {
    pub id: String,
    /// Gross, signed.
    pub amount: i64,
    pub available_on: Option<i64>,
    pub created: i64,
    pub currency: String,
    /// Presentment amount × rate = amount.
    pub exchange_rate: Option<Exact>,
    pub fee: i64,
    pub net: i64,
    #[serde(default, deserialize_with = "maybe_word")]
    pub reporting_category: Option<String>,
    pub source: Option<Link>,
    /// `available` or `pending`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub status: Option<String>,
    #[serde(rename = "type", deserialize_with = "word")]
    pub kind: String,
}

/// Money given back.
#[derive(Debug, Deserialize)]
pub struct Refund {
    pub id: String,
    pub amount: i64,
    pub balance_transaction: Option<Link>,
    pub charge: Option<Link>,
    pub created: i64,
    pub currency: String,
    #[serde(default, deserialize_with = "maybe_word")]
    pub failure_reason: Option<String>,
    pub payment_intent: Option<Link>,
    #[serde(default, deserialize_with = "maybe_word")]
    pub reason: Option<String>,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub status: Option<String>,
}

/// A charge that its payer disputes.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    pub id: String,
    pub amount: i64,
    pub charge: Option<Link>,
    pub created: i64,
    pub currency: String,
    pub evidence_details: Option<EvidenceDetails>,
    pub livemode: bool,
    pub payment_intent: Option<Link>,
    #[serde(default, deserialize_with = "maybe_word")]
    pub reason: Option<String>,
    #[serde(deserialize_with = "word")]
    pub status: String,
}

/// Until when evidence is taken.
#[derive(Debug, Deserialize)]
pub struct EvidenceDetails {
    pub due_by: Option<i64>,
}

/// An invoice. Since version `2025-03-31.basil` its subscription stands in `parent`, and its payments are
/// [`InvoicePayment`]s.
#[derive(Debug, Deserialize)]
pub struct Invoice {
    pub id: String,
    pub amount_due: Option<i64>,
    pub amount_paid: Option<i64>,
    pub amount_remaining: Option<i64>,
    pub attempt_count: Option<i64>,
    #[serde(default, deserialize_with = "maybe_word")]
    pub billing_reason: Option<String>,
    pub created: i64,
    pub currency: String,
    pub customer: Option<Link>,
    pub due_date: Option<i64>,
    pub livemode: bool,
    pub number: Option<String>,
    pub parent: Option<InvoiceParent>,
    pub period_end: Option<i64>,
    pub period_start: Option<i64>,
    /// `draft`, `open`, `paid`, `uncollectible`, `void`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub status: Option<String>,
    pub status_transitions: Option<InvoiceTransitions>,
    pub subtotal: Option<i64>,
    pub total: i64,
}

/// What an invoice was made from.
#[derive(Debug, Deserialize)]
pub struct InvoiceParent {
    pub subscription_details: Option<SubscriptionDetails>,
}

/// The subscription that an invoice bills.
#[derive(Debug, Deserialize)]
pub struct SubscriptionDetails {
    pub subscription: Option<Link>,
}

/// When an invoice changed its status.
#[derive(Debug, Deserialize)]
pub struct InvoiceTransitions {
    pub finalized_at: Option<i64>,
    pub paid_at: Option<i64>,
}

/// What joins a payment and an invoice.
#[derive(Debug, Deserialize)]
pub struct InvoicePayment {
    pub id: String,
    pub amount_paid: Option<i64>,
    pub amount_requested: i64,
    pub created: Option<i64>,
    pub currency: String,
    pub invoice: Option<Link>,
    pub is_default: Option<bool>,
    #[serde(default)]
    pub livemode: Option<bool>,
    pub payment: Option<PaymentOfInvoice>,
    /// `open`, `paid`, `canceled`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub status: Option<String>,
    pub status_transitions: Option<PaymentTransitions>,
}

/// What pays an invoice.
#[derive(Debug, Deserialize)]
pub struct PaymentOfInvoice {
    pub charge: Option<Link>,
    pub payment_intent: Option<Link>,
}

/// When a payment of an invoice changed its status.
#[derive(Debug, Deserialize)]
pub struct PaymentTransitions {
    pub paid_at: Option<i64>,
}
