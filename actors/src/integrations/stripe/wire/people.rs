//! What becomes a billing profile, by allow-list. Nothing of it is read unless profiles are switched on, and nothing else
//! of a person ever: no phone, no tax id, no fingerprint, issuer or checks of a card, no client secret.

use rows::personal::Personal;
use serde::Deserialize;

use super::{Expandable, Link};

/// A customer's person.
#[derive(Debug, Deserialize)]
pub struct CustomerPerson {
    pub id: String,
    pub address: Option<Address>,
    pub created: i64,
    pub email: Option<Personal>,
    pub invoice_settings: Option<InvoiceSettings>,
    pub name: Option<Personal>,
}

/// What tells that Stripe took away what it knew of a customer. The hash is newer than the placeholders.
#[derive(Debug, Deserialize)]
pub struct CustomerRedaction {
    pub id: String,
    pub email: Option<Personal>,
    pub name: Option<Personal>,
    pub redaction: Option<Redaction>,
}

/// How far a redaction has come.
#[derive(Debug, Deserialize)]
pub struct Redaction {
    /// `processing`, `redacted`: either way it is wanted.
    pub status: Option<String>,
}

/// How a customer's invoices are paid.
#[derive(Debug, Deserialize)]
pub struct InvoiceSettings {
    /// An id unless expanded.
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
}

/// How a subscription is paid.
#[derive(Debug, Deserialize)]
pub struct SubscriptionPerson {
    pub id: String,
    pub created: i64,
    pub customer: Option<Link>,
    /// An id unless expanded.
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
}

/// A way to pay.
#[derive(Debug, Deserialize)]
pub struct PaymentMethod {
    /// Only when it is one.
    pub card: Option<Card>,
}

/// Whom an invoice is made out to.
#[derive(Debug, Deserialize)]
pub struct InvoicePerson {
    pub id: String,
    pub created: i64,
    pub customer: Option<Link>,
    pub customer_address: Option<Address>,
    pub customer_email: Option<Personal>,
    pub customer_name: Option<Personal>,
}

/// Who paid a charge.
#[derive(Debug, Deserialize)]
pub struct ChargePerson {
    pub id: String,
    pub billing_details: Option<BillingDetails>,
    pub created: i64,
    pub customer: Option<Link>,
    pub payment_method_details: Option<MethodOfCharge>,
    /// `succeeded`, `pending`, `failed`.
    pub status: String,
}

/// What the payer typed in.
#[derive(Debug, Default, Deserialize)]
pub struct BillingDetails {
    pub address: Option<Address>,
    pub email: Option<Personal>,
    pub name: Option<Personal>,
}

/// How a charge was paid.
#[derive(Debug, Deserialize)]
pub struct MethodOfCharge {
    /// Only when it was one.
    pub card: Option<Card>,
}

/// A postal address.
#[derive(Debug, Deserialize)]
pub struct Address {
    pub city: Option<Personal>,
    pub country: Option<Personal>,
    pub line1: Option<Personal>,
    pub line2: Option<Personal>,
    pub postal_code: Option<Personal>,
    pub state: Option<Personal>,
}

/// What may be kept of a card.
#[derive(Debug, Deserialize)]
pub struct Card {
    pub brand: Option<Personal>,
    pub exp_month: Option<i16>,
    pub exp_year: Option<i16>,
    pub last4: Option<Personal>,
}
