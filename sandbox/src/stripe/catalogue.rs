//! Products, prices and coupons of the platform, and what an item of an invoice costs.

use super::records::{Coupon, Currency, Price, Product, Scheme, Seconds, Serial, Tier};
use super::world::{World, divide_rounded, next_serial};

pub(super) const STARTER: Serial = 0;
pub(super) const PLUS: Serial = 1;
pub(super) const STARTER_JPY: Serial = 2;
pub(super) const PLUS_KWD: Serial = 3;
pub(super) const PLUS_YEARLY_EUR: Serial = 4;
pub(super) const WEEKLY_REPORT: Serial = 5;
pub(super) const DAILY_MONITOR: Serial = 6;
pub(super) const API_CALLS_METERED: Serial = 7;
pub(super) const SEATS_GRADUATED: Serial = 8;
pub(super) const LINKS_VOLUME: Serial = 9;
pub(super) const PLAYLISTS_PACKAGE: Serial = 10;
pub(super) const QUARTERLY_REVIEW: Serial = 11;
pub(super) const FREE: Serial = 12;
pub(super) const TRACK_SLOT: Serial = 13;
pub(super) const CAMPAIGN_BUDGET: Serial = 14;
pub(super) const LEGACY: Serial = 15;

/// Index in [`COUPONS`].
pub(super) const LABEL_PARTNER: usize = 0;
pub(super) const FIRST_MONTH: usize = 1;
pub(super) const TEN_DOLLARS: usize = 2;
pub(super) const SEAT_DEAL: usize = 3;

pub(super) const COUPONS: [Coupon; 4] = [
    Coupon { id: "LABEL20", percent_off: Some(20), amount_off: None, duration: "forever" },
    Coupon { id: "FIRSTMONTH", percent_off: Some(50), amount_off: None, duration: "once" },
    Coupon { id: "mR8tQ2Lx", percent_off: None, amount_off: Some(1_000), duration: "forever" },
    Coupon { id: "SEATS10", percent_off: Some(10), amount_off: None, duration: "forever" },
];

const PRODUCTS: [&str; 9] = [
    "Starter",
    "Plus",
    "Reports",
    "API access",
    "Seats",
    "Smart links",
    "Playlists",
    "Campaign budget",
    "Legacy promotion",
];

fn per_unit(product: Serial, nickname: &'static str, currency: Currency, unit_minor: i64) -> Price {
    Price {
        created: 0,
        product,
        nickname,
        currency,
        scheme: Scheme::PerUnit { unit_e4: unit_minor * 10_000 },
        recurring: Some(("month", 1)),
        metered: false,
        divide_by: None,
        active: true,
        deleted: false,
    }
}

fn prices() -> Vec<Price> {
    let tier = |up_to, unit_minor: i64, flat| Tier { up_to, unit_e4: unit_minor * 10_000, flat };
    let graduated = Scheme::Graduated(vec![
        tier(Some(5), 1_000, None),
        tier(Some(20), 800, Some(500)),
        tier(None, 600, None),
    ]);
    let volume = Scheme::Volume(vec![
        tier(Some(100), 50, None),
        tier(Some(500), 35, Some(1_000)),
        tier(None, 20, None),
    ]);
    vec![
        per_unit(0, "Starter monthly", Currency::Usd, 2_500),
        per_unit(1, "Plus monthly", Currency::Usd, 30_000),
        per_unit(0, "Starter monthly", Currency::Jpy, 3_800),
        per_unit(1, "Plus monthly", Currency::Kwd, 92_500),
        Price { recurring: Some(("year", 1)), ..per_unit(1, "Plus yearly", Currency::Eur, 288_000) },
        Price { recurring: Some(("week", 1)), ..per_unit(2, "Weekly report", Currency::Usd, 700) },
        Price { recurring: Some(("day", 1)), ..per_unit(2, "Daily monitor", Currency::Usd, 99) },
        Price {
            metered: true,
            scheme: Scheme::PerUnit { unit_e4: 1_250 },
            ..per_unit(3, "API calls", Currency::Usd, 0)
        },
        Price { scheme: graduated, ..per_unit(4, "Seats", Currency::Usd, 0) },
        Price { scheme: volume, ..per_unit(5, "Smart links", Currency::Usd, 0) },
        Price { divide_by: Some(10), ..per_unit(6, "Ten playlists", Currency::Usd, 4_500) },
        Price { recurring: Some(("month", 3)), ..per_unit(2, "Quarterly review", Currency::Usd, 45_000) },
        per_unit(0, "Free", Currency::Usd, 0),
        Price {
            scheme: Scheme::PerUnit { unit_e4: 3_335_000 },
            ..per_unit(6, "Track slot", Currency::Usd, 0)
        },
        Price { recurring: None, ..per_unit(7, "Campaign budget", Currency::Usd, 10_000) },
        Price { active: false, ..per_unit(8, "Legacy promotion", Currency::Usd, 1_900) },
    ]
}

impl World {
    /// Fills the catalogue; called once, at the beginning of the world.
    pub(super) fn stock_catalogue(&mut self, at: Seconds) {
        for (product, name) in (0..).zip(PRODUCTS) {
            let default_price = prices().iter().position(|price| price.product == product);
            let default_price = default_price.and_then(|place| Serial::try_from(place).ok());
            self.products.push(Product { created: at, updated: at, name, default_price, deleted: false });
        }
        for price in prices() {
            debug_assert!(price.product < next_serial(&self.products));
            self.prices.push(Price { created: at, ..price });
        }
    }

    /// What this quantity costs for one period, in minor units.
    pub(super) fn cost(&self, price: Serial, quantity: i64) -> i64 {
        let price = &self.prices[price as usize];
        let packages = price.divide_by.map_or(quantity, |size| (quantity + size - 1) / size);
        match &price.scheme {
            Scheme::PerUnit { unit_e4 } => {
                divide_rounded(i128::from(*unit_e4) * i128::from(packages), 10_000)
            }
            Scheme::Volume(tiers) => tiers
                .iter()
                .find(|tier| tier.up_to.is_none_or(|end| packages <= end))
                .map_or(0, |tier| tier.flat.unwrap_or(0) + tier.unit_e4 * packages / 10_000),
            Scheme::Graduated(tiers) => {
                let (mut sum, mut begin) = (0, 0);
                for tier in tiers {
                    let end = tier.up_to.unwrap_or(i64::MAX).min(packages);
                    if end > begin {
                        sum += tier.flat.unwrap_or(0) + tier.unit_e4 * (end - begin) / 10_000;
                    }
                    begin = end.max(begin);
                }
                sum
            }
        }
    }
}
