//! Products, prices, plans, coupons, discounts.

use serde_json::{Value, json};

use crate::stripe::catalogue::COUPONS;
use crate::stripe::records::{Price, Resource, Scheme, Serial, Tier};
use crate::stripe::world::World;

/// Ten-thousandths as the decimal text that the API uses: `0.125`, `2500`.
fn decimal(unit_e4: i64) -> String {
    let (whole, part) = (unit_e4 / 10_000, unit_e4 % 10_000);
    if part == 0 {
        return whole.to_string();
    }
    format!("{whole}.{part:04}").trim_end_matches('0').to_owned()
}

/// Whole minor units, or nothing where the price is finer.
fn whole(unit_e4: i64) -> Option<i64> {
    (unit_e4 % 10_000 == 0).then_some(unit_e4 / 10_000)
}

impl World {
    pub(super) fn render_product(&self, serial: Serial) -> Value {
        let product = &self.products[serial as usize];
        json!({
            "id": self.id(Resource::Product, serial),
            "object": "product",
            "active": !product.deleted,
            "created": product.created,
            "default_price": product.default_price.map(|price| self.id(Resource::Price, price)),
            "description": null,
            "images": [],
            "livemode": self.livemode,
            "marketing_features": [],
            "metadata": { "line": "platform" },
            "name": product.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": null,
            "tax_code": null,
            "type": "service",
            "unit_label": null,
            "updated": product.updated,
            "url": null,
        })
    }

    pub(super) fn render_price(&self, serial: Serial) -> Value {
        let price = &self.prices[serial as usize];
        let (unit, mode) = match &price.scheme {
            Scheme::PerUnit { unit_e4 } => (Some(*unit_e4), None),
            Scheme::Graduated(_) => (None, Some("graduated")),
            Scheme::Volume(_) => (None, Some("volume")),
        };
        let recurring = price.recurring.map(|(interval, interval_count)| {
            json!({
                "interval": interval,
                "interval_count": interval_count,
                "meter": price.metered.then_some("mtr_61SandboxApiCalls"),
                "trial_period_days": null,
                "usage_type": usage_type(price),
            })
        });
        json!({
            "id": self.id(Resource::Price, serial),
            "object": "price",
            "active": price.active,
            "billing_scheme": if unit.is_some() { "per_unit" } else { "tiered" },
            "created": price.created,
            "currency": price.currency.code(),
            "custom_unit_amount": null,
            "livemode": self.livemode,
            "lookup_key": null,
            "metadata": {},
            "nickname": price.nickname,
            "product": self.id(Resource::Product, price.product),
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "tiers_mode": mode,
            "transform_quantity": price.divide_by.map(|size| json!({ "divide_by": size, "round": "up" })),
            "type": if price.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": unit.and_then(whole),
            "unit_amount_decimal": unit.map(decimal),
        })
    }

    /// The tiers that `expand` includes; nothing for prices without.
    pub(in crate::stripe) fn render_tiers(&self, serial: Serial) -> Value {
        match &self.prices[serial as usize].scheme {
            Scheme::PerUnit { .. } => Value::Null,
            Scheme::Graduated(tiers) | Scheme::Volume(tiers) => tiers.iter().map(render_tier).collect(),
        }
    }

    /// The same price in the older shape that items still carry as `plan`.
    pub(in crate::stripe) fn render_plan(&self, serial: Serial) -> Value {
        let price = &self.prices[serial as usize];
        let rendered = self.render_price(serial);
        let (interval, interval_count) = price.recurring.unwrap_or(("month", 1));
        json!({
            "id": rendered["id"],
            "object": "plan",
            "active": price.active,
            "amount": rendered["unit_amount"],
            "amount_decimal": rendered["unit_amount_decimal"],
            "billing_scheme": rendered["billing_scheme"],
            "created": price.created,
            "currency": price.currency.code(),
            "interval": interval,
            "interval_count": interval_count,
            "livemode": self.livemode,
            "metadata": {},
            "meter": rendered["recurring"]["meter"],
            "nickname": price.nickname,
            "product": rendered["product"],
            "tiers_mode": rendered["tiers_mode"],
            "transform_usage": rendered["transform_quantity"],
            "trial_period_days": null,
            "usage_type": usage_type(price),
        })
    }

    pub(super) fn render_discount(&self, serial: Serial) -> Value {
        let discount = &self.discounts[serial as usize];
        let subscription = discount.subscription;
        let customer = self.subscriptions[subscription as usize].customer;
        json!({
            "id": self.id(Resource::Discount, serial),
            "object": "discount",
            "checkout_session": null,
            "customer": self.id(Resource::Customer, customer),
            "end": null,
            "invoice": null,
            "invoice_item": null,
            "promotion_code": null,
            "source": { "coupon": COUPONS[discount.coupon].id, "type": "coupon" },
            "start": discount.created,
            "subscription": self.id(Resource::Subscription, subscription),
            "subscription_item": discount.item.map(|item| self.id(Resource::SubscriptionItem, item)),
        })
    }

    pub(in crate::stripe) fn render_coupon(&self, id: &str) -> Option<Value> {
        let coupon = COUPONS.iter().find(|coupon| coupon.id == id)?;
        Some(json!({
            "id": coupon.id,
            "object": "coupon",
            "amount_off": coupon.amount_off,
            "created": self.began,
            "currency": coupon.amount_off.map(|_| "usd"),
            "duration": coupon.duration,
            "duration_in_months": null,
            "livemode": self.livemode,
            "max_redemptions": null,
            "metadata": {},
            "name": coupon.id,
            // A JSON number with a fraction, as the API sends it.
            "percent_off": coupon.percent_off.map(f64::from),
            "redeem_by": null,
            "times_redeemed": 1,
            "valid": true,
        }))
    }
}

fn usage_type(price: &Price) -> &'static str {
    if price.metered { "metered" } else { "licensed" }
}

fn render_tier(tier: &Tier) -> Value {
    json!({
        "flat_amount": tier.flat,
        "flat_amount_decimal": tier.flat.map(|flat| flat.to_string()),
        "unit_amount": whole(tier.unit_e4),
        "unit_amount_decimal": decimal(tier.unit_e4),
        "up_to": tier.up_to,
    })
}
