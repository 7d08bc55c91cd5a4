//! From a subscription to what it bills: looks up what the subscription itself does not tell.
//!
//! Expansion ends at four levels, so that tiers of prices and the reach of coupons have to be asked for apart. Both
//! never change once made: they are asked for once in the life of the worker.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{
    failure::Failure,
    reading::{elements::Unreadable, memo, wire::Exact},
    session::{Response, Session},
};

use super::{
    api::Api,
    currency::Currencies,
    mrr::{Billing, Discount, Interval, Item, Pricing, Reduction, Tier, Transform},
    ratio::Ratio,
    wire::{self, Coupon, Expandable, Inline, Price, Subscription, SubscriptionItem},
};

/// Most prices, and most coupons, that are remembered; then memory begins anew.
const MEMO_MAX: usize = 10_000;

/// Most items of one subscription, far above what Stripe lets one have.
const ITEMS_MAX: usize = 1_000;

/// Prices and coupons looked up before.
#[derive(Debug, Default)]
pub struct Memo {
    /// By id and the subscription's currency.
    prices: memo::Memo<(String, String), Arc<Price>, MEMO_MAX>,
    /// By id. Nothing: deleted.
    coupons: memo::Memo<String, Option<Arc<Coupon>>, MEMO_MAX>,
}

/// Where prices and coupons are found.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    /// At the provider.
    pub api: &'a Api,
    /// Among those looked up before.
    pub memo: &'a Memo,
    /// How amounts are written.
    pub currencies: &'a Currencies,
}

type Told<T> = Result<T, Unreadable>;

fn unknown<T>(detail: impl Into<String>) -> Told<T> {
    Err(Unreadable::Other { reason: "mrr", detail: detail.into() })
}

/// A subscription carries 20 items. One that has more is listed from the beginning: in which order it carries them is
/// not documented, so the list cannot go on after the last one.
pub async fn load_items(
    api: &Api,
    session: &Session,
    subscription: &mut Subscription,
) -> Result<(), Failure> {
    if !subscription.items.has_more {
        return Ok(());
    }
    let mut items: Inline<SubscriptionItem> = Inline { has_more: true, data: Vec::new() };
    while items.has_more && items.data.len() < ITEMS_MAX {
        let after = items.data.last().map(|item| item.id.clone());
        let response = api.subscription_items(session, &subscription.id, after.as_deref()).await?;
        let next: Inline<SubscriptionItem> = response.json(response.endpoint)?;
        items.has_more = next.has_more && !next.data.is_empty();
        items.data.extend(next.data);
    }
    subscription.items = items;
    Ok(())
}

/// What the subscription bills.
pub async fn of(
    prices: Prices<'_>,
    session: &Session,
    subscription: &Subscription,
) -> Result<Told<Billing>, Failure> {
    let voided = subscription.pause_collection.as_ref().is_some_and(|pause| pause.behavior == "void");
    let earns = matches!(subscription.status.as_str(), "active" | "past_due") && !voided;
    let mut billing = Billing { earns, exponent: 0, items: Vec::new(), discounts: Vec::new() };
    if !earns {
        return Ok(Ok(billing));
    }
    let lookup = Lookup { prices, session, currency: &subscription.currency };
    match prices.currencies.minor(0, &subscription.currency) {
        Ok(zero) => billing.exponent = zero.exponent,
        Err(error) => return Ok(Err(error.into())),
    }
    for item in &subscription.items.data {
        match lookup.item(item).await? {
            Ok(item) => billing.items.extend(item),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    Ok(lookup.discounts(&subscription.discounts).await?.map(|discounts| Billing { discounts, ..billing }))
}

/// Looks up for one subscription.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    prices: Prices<'a>,
    session: &'a Session,
    currency: &'a str,
}

// === impl Lookup ===

impl Lookup<'_> {
    /// One item; nothing when it is metered: usage is not recurring.
    async fn item(&self, item: &SubscriptionItem) -> Result<Told<Option<Item>>, Failure> {
        let Some(recurring) = &item.price.recurring else { return Ok(Ok(None)) };
        if recurring.usage_type.as_deref() == Some("metered") {
            return Ok(Ok(None));
        }
        let Some(interval) = Interval::parse(&recurring.interval) else {
            return Ok(unknown(format!("interval {:?}", recurring.interval)));
        };
        let Some(interval_count) = u32::try_from(recurring.interval_count).ok().filter(|count| *count > 0)
        else {
            return Ok(unknown(format!("interval_count {}", recurring.interval_count)));
        };
        let Ok(quantity) = u64::try_from(item.quantity.unwrap_or(1)) else {
            return Ok(unknown("a negative quantity"));
        };
        let needs_more = item.price.currency != self.currency
            || (item.price.billing_scheme.as_deref() == Some("tiered") && item.price.tiers.is_none());
        let pricing = if needs_more {
            pricing(&*self.price(&item.price).await?, self.currency)
        } else {
            pricing(&item.price, self.currency)
        };
        let pricing = match pricing {
            Ok(pricing) => pricing,
            Err(problem) => return Ok(Err(problem)),
        };
        let product = item.price.product.as_ref().map(|link| link.0.clone());
        Ok(self
            .discounts(&item.discounts)
            .await?
            .map(|discounts| Some(Item { product, pricing, quantity, interval, interval_count, discounts })))
    }

    /// The discounts that last for ever.
    async fn discounts(
        &self,
        discounts: &[Expandable<wire::Discount>],
    ) -> Result<Told<Vec<Discount>>, Failure> {
        let mut lasting = Vec::new();
        for discount in discounts {
            let coupon = match discount {
                Expandable::Object(wire::Discount { source }) => source.coupon.as_ref(),
                Expandable::Id(_) => None,
            };
            let coupon = match coupon {
                None => return Ok(unknown("a discount without its coupon")),
                Some(Expandable::Object(coupon)) if coupon.duration != "forever" => continue,
                Some(Expandable::Object(coupon)) => {
                    // A deleted coupon cannot be asked for, but goes on where it was applied.
                    self.coupon(&coupon.id).await?.unwrap_or_else(|| Arc::new(coupon.clone()))
                }
                Some(Expandable::Id(id)) => match self.coupon(id).await? {
                    Some(coupon) => coupon,
                    None => return Ok(unknown("a discount whose coupon was deleted")),
                },
            };
            if coupon.duration != "forever" {
                continue;
            }
            match reduction(&coupon, self.currency) {
                Ok(reduction) => lasting.push(Discount {
                    reduction,
                    products: coupon.applies_to.as_ref().map(|applies| applies.products.clone()),
                }),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        Ok(Ok(lasting))
    }

    async fn price(&self, known: &Price) -> Result<Arc<Price>, Failure> {
        let key = (known.id.clone(), self.currency.to_owned());
        if let Some(price) = self.prices.memo.prices.get(&key) {
            return Ok(price);
        }
        let other_currency = (known.currency != self.currency).then_some(self.currency);
        let response = self.prices.api.price(self.session, &known.id, other_currency).await?;
        let price = Arc::new(object(&response)?);
        self.prices.memo.prices.insert(key, Arc::clone(&price));
        Ok(price)
    }

    async fn coupon(&self, id: &str) -> Result<Option<Arc<Coupon>>, Failure> {
        let key = id.to_owned();
        if let Some(coupon) = self.prices.memo.coupons.get(&key) {
            return Ok(coupon);
        }
        let coupon = match self.prices.api.coupon(self.session, id).await {
            Ok(response) => Some(Arc::new(object(&response)?)),
            Err(Failure::Gone { .. }) => None,
            Err(failure) => return Err(failure),
        };
        self.prices.memo.coupons.insert(key, coupon.clone());
        Ok(coupon)
    }
}

fn object<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    response.json(response.endpoint)
}

/// How a price makes amounts in a currency.
fn pricing(price: &Price, currency: &str) -> Told<Pricing> {
    let option = if price.currency == currency {
        None
    } else {
        match price.currency_options.as_ref().and_then(|options| options.get(currency)) {
            Some(option) => Some(option),
            None => return unknown(format!("price {} has no amount in {currency:?}", price.id)),
        }
    };
    if price.billing_scheme.as_deref() == Some("tiered") {
        let tiers = option.map_or(&price.tiers, |option| &option.tiers);
        let Some(tiers) = tiers else { return unknown(format!("price {} without its tiers", price.id)) };
        let tiers = tiers.iter().map(tier).collect::<Option<Vec<Tier>>>();
        return match (tiers, price.tiers_mode.as_deref()) {
            (Some(tiers), Some("graduated")) => Ok(Pricing::Graduated(tiers)),
            (Some(tiers), Some("volume")) => Ok(Pricing::Volume(tiers)),
            _ => unknown(format!("tiers of price {}", price.id)),
        };
    }
    let unit = match option {
        None => amount(price.unit_amount_decimal.as_ref(), price.unit_amount),
        Some(option) => amount(option.unit_amount_decimal.as_ref(), option.unit_amount),
    };
    let Some(unit) = unit else { return unknown(format!("price {} has no unit amount", price.id)) };
    let transform = price
        .transform_quantity
        .as_ref()
        .map(|transform| Transform { divide_by: transform.divide_by, up: transform.round != "down" });
    Ok(Pricing::PerUnit { unit, transform })
}

fn tier(tier: &wire::Tier) -> Option<Tier> {
    let or_zero = |decimal: &Option<Exact>, whole: Option<i64>| match (decimal, whole) {
        (None, None) => Some(Ratio::ZERO),
        (decimal, whole) => amount(decimal.as_ref(), whole),
    };
    Some(Tier {
        up_to: tier.up_to,
        unit: or_zero(&tier.unit_amount_decimal, tier.unit_amount)?,
        flat: or_zero(&tier.flat_amount_decimal, tier.flat_amount)?,
    })
}

/// The decimal form where there is one: it is the exact one.
fn amount(decimal: Option<&Exact>, whole: Option<i64>) -> Option<Ratio> {
    match decimal {
        Some(decimal) => Ratio::of(decimal.0),
        None => whole.map(Ratio::whole),
    }
}

/// What a coupon takes off in a currency.
fn reduction(coupon: &Coupon, currency: &str) -> Told<Reduction> {
    if let Some(percent) = &coupon.percent_off {
        return match Ratio::of(percent.0) {
            Some(percent) => Ok(Reduction::Percent(percent)),
            None => unknown(format!("percent_off of coupon {}", coupon.id)),
        };
    }
    let off = if coupon.currency.as_deref() == Some(currency) {
        coupon.amount_off
    } else {
        coupon.currency_options.as_ref().and_then(|options| options.get(currency)?.amount_off)
    };
    match off {
        Some(off) => Ok(Reduction::Amount(Ratio::whole(off))),
        None => unknown(format!("coupon {} has no amount in {currency:?}", coupon.id)),
    }
}
