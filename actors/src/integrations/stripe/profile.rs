//! Billing profiles: what customers, subscriptions, invoices and charges each say about whom bills go to. Which of them is
//! believed is decided by who reads them.

use jiff::Timestamp;
use rows::personal::{Address, BillingProfile, Card, Personal, ProfileSource};
use serde_json::value::RawValue;

use super::{
    mapping::parse,
    resource::Kind,
    wire::{self, Expandable, Link},
};
use crate::reading::elements::Unreadable;

/// What stands in the place of what Stripe took away.
const REDACTED: &str = "[redacted]";

/// What an object says; nothing when it is of another kind, has no customer, or is a charge that failed.
pub fn of(kind: Kind, raw: &RawValue) -> Result<Option<BillingProfile>, Unreadable> {
    match kind {
        Kind::Customer => of_customer(parse(raw)?).map(Some),
        Kind::Subscription => of_subscription(parse(raw)?),
        Kind::Invoice => of_invoice(parse(raw)?),
        Kind::Charge => of_charge(parse(raw)?),
        _ => Ok(None),
    }
}

/// The customer of whom Stripe was asked to take away everything personal: what is stored of it goes, as if it were deleted.
pub fn redacted(kind: Kind, raw: &RawValue) -> Option<String> {
    let customer: wire::CustomerRedaction = (kind == Kind::Customer).then(|| parse(raw).ok())??;
    let is_told = customer.redaction.is_some_and(|redaction| redaction.status.is_some());
    let is_seen =
        [customer.name, customer.email].iter().flatten().any(|value| value.reveal().trim() == REDACTED);
    (is_told || is_seen).then_some(customer.id)
}

/// What must be expanded for it.
pub const fn expansion(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Customer => Some("invoice_settings.default_payment_method"),
        Kind::Subscription => Some("default_payment_method"),
        _ => None,
    }
}

fn of_customer(customer: wire::CustomerPerson) -> Result<BillingProfile, Unreadable> {
    let method = customer.invoice_settings.and_then(|settings| settings.default_payment_method);
    Ok(BillingProfile {
        name: tidy(customer.name),
        email: tidy(customer.email),
        address: address(customer.address),
        card: card_of(method),
        ..blank(customer.id.clone(), ProfileSource::Customer, customer.id, customer.created)?
    })
}

fn of_subscription(subscription: wire::SubscriptionPerson) -> Result<Option<BillingProfile>, Unreadable> {
    let Some(Link(customer)) = subscription.customer else { return Ok(None) };
    let card = card_of(subscription.default_payment_method);
    let profile = blank(customer, ProfileSource::Subscription, subscription.id, subscription.created)?;
    Ok(Some(BillingProfile { card, ..profile }))
}

fn of_invoice(invoice: wire::InvoicePerson) -> Result<Option<BillingProfile>, Unreadable> {
    let Some(Link(customer)) = invoice.customer else { return Ok(None) };
    Ok(Some(BillingProfile {
        name: tidy(invoice.customer_name),
        email: tidy(invoice.customer_email),
        address: address(invoice.customer_address),
        ..blank(customer, ProfileSource::Invoice, invoice.id, invoice.created)?
    }))
}

fn of_charge(charge: wire::ChargePerson) -> Result<Option<BillingProfile>, Unreadable> {
    let Some(Link(customer)) = charge.customer.filter(|_| charge.status == "succeeded") else {
        return Ok(None);
    };
    let payer = charge.billing_details.unwrap_or_default();
    Ok(Some(BillingProfile {
        name: tidy(payer.name),
        email: tidy(payer.email),
        address: address(payer.address),
        card: card(charge.payment_method_details.and_then(|method| method.card)),
        ..blank(customer, ProfileSource::Charge, charge.id, charge.created)?
    }))
}

fn blank(
    customer: String,
    source: ProfileSource,
    source_id: String,
    created: i64,
) -> Result<BillingProfile, Unreadable> {
    let as_of = Timestamp::from_second(created)
        .map_err(|_| Unreadable::Other { reason: "date", detail: format!("{created} is no Unix time") })?;
    Ok(BillingProfile::blank(customer, source, source_id, as_of))
}

/// The card of an expanded payment method.
fn card_of(method: Option<Expandable<wire::PaymentMethod>>) -> Card {
    match method {
        Some(Expandable::Object(method)) => card(method.card),
        _ => Card::default(),
    }
}

fn address(address: Option<wire::Address>) -> Address {
    address.map_or_else(Address::default, |address| Address {
        line1: tidy(address.line1),
        line2: tidy(address.line2),
        city: tidy(address.city),
        state: tidy(address.state),
        postal_code: tidy(address.postal_code),
        country: tidy(address.country),
    })
}

fn card(card: Option<wire::Card>) -> Card {
    let number = |number: Option<i16>| number.and_then(|number| Personal::of(&number.to_string()));
    card.map_or_else(Card::default, |card| Card {
        brand: tidy(card.brand),
        last4: tidy(card.last4),
        exp_month: number(card.exp_month),
        exp_year: number(card.exp_year),
    })
}

/// Without white space around it; nothing when that is all there is, or when Stripe took it away.
fn tidy(value: Option<Personal>) -> Option<Personal> {
    value.and_then(|value| Personal::of(value.reveal())).filter(|value| value.reveal() != REDACTED)
}
