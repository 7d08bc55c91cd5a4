//! Subscriptions and what they are made of.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Expandable, Inline, Link, maybe_word, word};
use crate::reading::wire::Exact;

/// A subscription. Since version `2025-03-31.basil` its periods stand on its items.
#[derive(Debug, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub cancel_at: Option<i64>,
    #[serde(default)]
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<i64>,
    pub created: i64,
    pub currency: String,
    pub customer: Option<Link>,
    /// Ids unless expanded.
    #[serde(default)]
    pub discounts: Vec<Expandable<Discount>>,
    pub ended_at: Option<i64>,
    /// The first 20 items.
    pub items: Inline<SubscriptionItem>,
    pub livemode: bool,
    pub pause_collection: Option<PauseCollection>,
    pub start_date: Option<i64>,
    /// `active`, `past_due`, `trialing`, `paused`, `unpaid`, `incomplete`, `incomplete_expired`, `canceled`.
    #[serde(deserialize_with = "word")]
    pub status: String,
    pub trial_end: Option<i64>,
}

/// How collection is paused. The subscription's status does not show it.
#[derive(Debug, Deserialize)]
pub struct PauseCollection {
    /// `keep_as_draft`, `mark_uncollectible`, `void`.
    #[serde(deserialize_with = "word")]
    pub behavior: String,
}

/// One price of a subscription.
#[derive(Debug, Deserialize)]
pub struct SubscriptionItem {
    pub id: String,
    pub current_period_end: Option<i64>,
    /// Ids unless expanded.
    #[serde(default)]
    pub discounts: Vec<Expandable<Discount>>,
    pub price: Price,
    /// Absent on metered prices.
    pub quantity: Option<i64>,
}

/// What a product costs.
#[derive(Debug, Clone, Deserialize)]
pub struct Price {
    pub id: String,
    pub active: Option<bool>,
    /// `per_unit` or `tiered`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub billing_scheme: Option<String>,
    pub created: i64,
    pub currency: String,
    /// The same price in other currencies; only when expanded.
    #[serde(default)]
    pub currency_options: Option<HashMap<String, PriceCurrency>>,
    pub livemode: bool,
    pub nickname: Option<String>,
    pub product: Option<Link>,
    pub recurring: Option<Recurring>,
    /// Only when expanded.
    pub tiers: Option<Vec<Tier>>,
    /// `graduated` or `volume`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub tiers_mode: Option<String>,
    pub transform_quantity: Option<TransformQuantity>,
    /// `one_time` or `recurring`.
    #[serde(rename = "type", default, deserialize_with = "maybe_word")]
    pub kind: Option<String>,
    pub unit_amount: Option<i64>,
    /// Up to 12 decimals.
    pub unit_amount_decimal: Option<Exact>,
}

/// A price in another currency.
#[derive(Debug, Clone, Deserialize)]
pub struct PriceCurrency {
    pub tiers: Option<Vec<Tier>>,
    pub unit_amount: Option<i64>,
    pub unit_amount_decimal: Option<Exact>,
}

/// How often a price is billed.
#[derive(Debug, Clone, Deserialize)]
pub struct Recurring {
    /// `day`, `week`, `month`, `year`.
    #[serde(deserialize_with = "word")]
    pub interval: String,
    pub interval_count: i64,
    /// `licensed` or `metered`.
    #[serde(default, deserialize_with = "maybe_word")]
    pub usage_type: Option<String>,
}

/// A tier of a tiered price.
#[derive(Debug, Clone, Deserialize)]
pub struct Tier {
    pub flat_amount: Option<i64>,
    pub flat_amount_decimal: Option<Exact>,
    pub unit_amount: Option<i64>,
    pub unit_amount_decimal: Option<Exact>,
    /// Nothing for the last tier.
    pub up_to: Option<u64>,
}

/// Units sold in packages.
#[derive(Debug, Clone, Deserialize)]
pub struct TransformQuantity {
    pub divide_by: u64,
    /// `up` or `down`.
    #[serde(deserialize_with = "word")]
    pub round: String,
}

/// A coupon at work.
#[derive(Debug, Deserialize)]
pub struct Discount {
    pub source: DiscountSource,
}

/// Where a discount comes from.
#[derive(Debug, Deserialize)]
pub struct DiscountSource {
    pub coupon: Option<Expandable<Coupon>>,
}

/// What a discount takes off.
#[derive(Debug, Clone, Deserialize)]
pub struct Coupon {
    pub id: String,
    pub amount_off: Option<i64>,
    /// Only when expanded.
    pub applies_to: Option<AppliesTo>,
    pub currency: Option<String>,
    /// `amount_off` in other currencies; only when expanded.
    pub currency_options: Option<HashMap<String, CouponCurrency>>,
    /// `forever`, `once`, `repeating`.
    #[serde(deserialize_with = "word")]
    pub duration: String,
    pub percent_off: Option<Exact>,
}

/// The products that a coupon holds for.
#[derive(Debug, Clone, Deserialize)]
pub struct AppliesTo {
    pub products: Vec<String>,
}

/// A coupon's amount in another currency.
#[derive(Debug, Clone, Deserialize)]
pub struct CouponCurrency {
    pub amount_off: Option<i64>,
}

/// A customer, without anything personal.
#[derive(Debug, Deserialize)]
pub struct Customer {
    pub id: String,
    pub balance: Option<i64>,
    pub created: i64,
    pub currency: Option<String>,
    pub delinquent: Option<bool>,
    pub livemode: bool,
}

/// What is sold.
#[derive(Debug, Deserialize)]
pub struct Product {
    pub id: String,
    pub active: Option<bool>,
    pub created: i64,
    pub default_price: Option<Link>,
    pub livemode: bool,
    pub name: Option<String>,
    pub updated: Option<i64>,
}
