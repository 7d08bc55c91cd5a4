//! Monthly recurring revenue of a subscription, as Stripe's Billing analytics define it: what its licensed prices
//! bring a month while it is `active` or `past_due`, without taxes, usage and discounts that end.
//!
//! All arithmetic is exact; the sum is rounded once, to millionths of the currency's major unit.

use rows::Micros;

use super::ratio::Ratio;

/// What a subscription bills, in minor units of one currency.
#[derive(Debug, Clone)]
pub struct Billing {
    /// Whether its state earns revenue: `active` or `past_due`, and its invoices are not voided.
    pub earns: bool,
    /// Decimals of the currency's minor unit.
    pub exponent: u8,
    /// Its licensed items. Metered ones earn nothing recurring and are left out.
    pub items: Vec<Item>,
    /// Discounts on the whole, in order; they come after those on items.
    pub discounts: Vec<Discount>,
}

/// One item.
#[derive(Debug, Clone)]
pub struct Item {
    /// The product, for discounts on some products only.
    pub product: Option<String>,
    /// What a period costs.
    pub pricing: Pricing,
    /// How many.
    pub quantity: u64,
    /// What a period is.
    pub interval: Interval,
    /// How many intervals a period has, at least 1.
    pub interval_count: u32,
    /// Discounts on this item, in order.
    pub discounts: Vec<Discount>,
}

/// How an item's amount follows from its quantity.
#[derive(Debug, Clone)]
pub enum Pricing {
    /// So much a unit.
    PerUnit {
        /// Minor units.
        unit: Ratio,
        /// Units sold in packages.
        transform: Option<Transform>,
    },
    /// Each unit at the price of the tier that it falls into.
    Graduated(Vec<Tier>),
    /// All units at the price of the tier that the quantity falls into.
    Volume(Vec<Tier>),
}

/// A package: the quantity is divided before it is multiplied by the price.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// Units in a package.
    pub divide_by: u64,
    /// A begun package counts as a whole one.
    pub up: bool,
}

/// A tier, in the order of its bounds.
#[derive(Debug, Clone, Copy)]
pub struct Tier {
    /// The last quantity inside; nothing for the last tier.
    pub up_to: Option<u64>,
    /// Minor units a unit.
    pub unit: Ratio,
    /// Minor units for entering the tier.
    pub flat: Ratio,
}

/// A billing interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

/// A discount that lasts for ever.
#[derive(Debug, Clone)]
pub struct Discount {
    /// What it takes off.
    pub reduction: Reduction,
    /// The products that it holds for; nothing = all.
    pub products: Option<Vec<String>>,
}

/// What a discount takes off.
#[derive(Debug, Clone, Copy)]
pub enum Reduction {
    /// This many per cent.
    Percent(Ratio),
    /// This many minor units a period, from items in proportion to their amounts.
    Amount(Ratio),
}

// === impl Billing ===

impl Billing {
    /// Revenue a month, 0 where its state earns none; nothing when the arithmetic does not fit 128 bits.
    pub fn mrr(&self) -> Option<Micros> {
        if !self.earns {
            return Some(Micros::ZERO);
        }
        let mut amounts = self.items.iter().map(Item::amount_a_period).collect::<Option<Vec<Ratio>>>()?;
        for (item, amount) in self.items.iter().zip(&mut amounts) {
            for discount in &item.discounts {
                discount.apply(&[item.product.as_deref()], std::slice::from_mut(amount))?;
            }
        }
        let products: Vec<Option<&str>> = self.items.iter().map(|item| item.product.as_deref()).collect();
        for discount in &self.discounts {
            discount.apply(&products, &mut amounts)?;
        }
        let mut month = Ratio::ZERO;
        for (item, amount) in self.items.iter().zip(amounts) {
            month = month.plus(amount.times(item.periods_a_month()?)?)?;
        }
        let micros_a_minor = 10_i64.checked_pow(6_u32.checked_sub(u32::from(self.exponent))?)?;
        month.times(Ratio::whole(micros_a_minor))?.round().map(Micros)
    }
}

// === impl Item ===

impl Item {
    /// Minor units a period, before discounts.
    fn amount_a_period(&self) -> Option<Ratio> {
        match &self.pricing {
            Pricing::PerUnit { unit, transform } => {
                let quantity = transform.map_or(Some(self.quantity), |by| by.packages(self.quantity))?;
                unit.times(count(quantity)?)
            }
            Pricing::Graduated(tiers) => graduated(tiers, self.quantity),
            Pricing::Volume(tiers) => volume(tiers, self.quantity),
        }
    }

    /// Periods in an average month: a year has 365 days, 52 weeks and 12 months.
    fn periods_a_month(&self) -> Option<Ratio> {
        let (intervals, months) = match self.interval {
            Interval::Day => (365, 12),
            Interval::Week => (52, 12),
            Interval::Month => (1, 1),
            Interval::Year => (1, 12),
        };
        Ratio::new(intervals, months * i128::from(self.interval_count))
    }
}

/// Each unit at its own tier's price. A quantity of 0 enters no tier.
fn graduated(tiers: &[Tier], quantity: u64) -> Option<Ratio> {
    let mut amount = Ratio::ZERO;
    let mut below = 0;
    for tier in tiers {
        let top = tier.up_to.map_or(quantity, |up_to| up_to.min(quantity));
        if top > below {
            amount = amount.plus(tier.flat)?.plus(tier.unit.times(count(top - below)?)?)?;
            below = top;
        }
    }
    (below == quantity).then_some(amount)
}

/// All units at one tier's price. A quantity of 0 enters no tier.
fn volume(tiers: &[Tier], quantity: u64) -> Option<Ratio> {
    if quantity == 0 {
        return Some(Ratio::ZERO);
    }
    let tier = tiers.iter().find(|tier| tier.up_to.is_none_or(|up_to| quantity <= up_to))?;
    tier.flat.plus(tier.unit.times(count(quantity)?)?)
}

fn count(quantity: u64) -> Option<Ratio> {
    i64::try_from(quantity).ok().map(Ratio::whole)
}

// === impl Transform ===

impl Transform {
    fn packages(self, quantity: u64) -> Option<u64> {
        if self.up {
            return (self.divide_by > 0).then(|| quantity.div_ceil(self.divide_by));
        }
        quantity.checked_div(self.divide_by)
    }
}

// === impl Interval ===

impl Interval {
    /// Reads the provider's word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            "year" => Some(Self::Year),
            _ => None,
        }
    }
}

// === impl Discount ===

impl Discount {
    /// Takes it off the amounts of the products that it holds for. No amount falls below 0.
    fn apply(&self, products: &[Option<&str>], amounts: &mut [Ratio]) -> Option<()> {
        let holds = |product: Option<&str>| match (&self.products, product) {
            (None, _) => true,
            (Some(products), Some(product)) => products.iter().any(|held| held == product),
            (Some(_), None) => false,
        };
        let mut discounted: Vec<&mut Ratio> = products
            .iter()
            .zip(amounts)
            .filter(|(product, _)| holds(**product))
            .map(|(_, amount)| amount)
            .collect();
        match self.reduction {
            Reduction::Percent(percent) => {
                let left = Ratio::ONE.minus(percent.over(Ratio::whole(100))?)?.at_least_zero();
                for amount in discounted {
                    *amount = amount.times(left)?;
                }
            }
            Reduction::Amount(off) => {
                let mut whole = Ratio::ZERO;
                for amount in &discounted {
                    whole = whole.plus(**amount)?;
                }
                if whole.is_zero() {
                    return Some(());
                }
                let left = Ratio::ONE.minus(off.over(whole)?)?.at_least_zero();
                for amount in &mut discounted {
                    **amount = amount.times(left)?;
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minor(text: &str) -> Ratio {
        Ratio::of(rows::Decimal::parse(text).unwrap()).unwrap()
    }

    fn item(unit: &str, quantity: u64, interval: Interval, interval_count: u32) -> Item {
        Item {
            product: Some("prod_1".to_owned()),
            pricing: Pricing::PerUnit { unit: minor(unit), transform: None },
            quantity,
            interval,
            interval_count,
            discounts: Vec::new(),
        }
    }

    fn monthly(unit: &str, quantity: u64) -> Item {
        item(unit, quantity, Interval::Month, 1)
    }

    fn mrr(items: Vec<Item>, discounts: Vec<Discount>) -> Micros {
        Billing { earns: true, exponent: 2, items, discounts }.mrr().unwrap()
    }

    fn percent(text: &str) -> Discount {
        Discount { reduction: Reduction::Percent(minor(text)), products: None }
    }

    fn off(text: &str) -> Discount {
        Discount { reduction: Reduction::Amount(minor(text)), products: None }
    }

    fn tiers() -> Vec<Tier> {
        let tier = |up_to, unit, flat| Tier { up_to, unit: minor(unit), flat: minor(flat) };
        vec![tier(Some(5), "700", "0"), tier(Some(10), "650", "1000"), tier(None, "600", "2000")]
    }

    #[test]
    fn a_monthly_price_is_taken_as_it_is() {
        assert_eq!(mrr(vec![monthly("999", 3)], vec![]), Micros(29_970_000));
    }

    #[test]
    fn other_intervals_are_spread_over_months() {
        for (interval, interval_count, micros) in [
            (Interval::Year, 1, 10_000_000),
            (Interval::Year, 2, 5_000_000),
            (Interval::Month, 3, 40_000_000),
            (Interval::Week, 1, 520_000_000),
            (Interval::Week, 2, 260_000_000),
            (Interval::Day, 1, 3_650_000_000),
            (Interval::Day, 30, 121_666_667),
        ] {
            let amount = mrr(vec![item("12000", 1, interval, interval_count)], vec![]);
            assert_eq!(amount, Micros(micros), "{interval_count} {interval:?}");
        }
    }

    #[test]
    fn what_does_not_earn_is_zero_not_unknown() {
        let billing =
            Billing { earns: false, exponent: 2, items: vec![monthly("999", 1)], discounts: vec![] };
        assert_eq!(billing.mrr(), Some(Micros::ZERO));
        assert_eq!(mrr(vec![monthly("0", 1)], vec![]), Micros::ZERO);
        assert_eq!(mrr(vec![], vec![]), Micros::ZERO);
    }

    #[test]
    fn a_graduated_price_sums_its_tiers() {
        for (quantity, minor) in
            [(0, 0), (5, 3_500), (6, 3_500 + 1_000 + 650), (12, 3_500 + 4_250 + 2_000 + 1_200)]
        {
            let mut item = monthly("0", quantity);
            item.pricing = Pricing::Graduated(tiers());
            assert_eq!(mrr(vec![item], vec![]), Micros(minor * 10_000), "{quantity}");
        }
    }

    #[test]
    fn a_volume_price_takes_one_tier() {
        for (quantity, minor) in [(0, 0), (5, 3_500), (6, 6 * 650 + 1_000), (12, 12 * 600 + 2_000)] {
            let mut item = monthly("0", quantity);
            item.pricing = Pricing::Volume(tiers());
            assert_eq!(mrr(vec![item], vec![]), Micros(minor * 10_000), "{quantity}");
        }
    }

    #[test]
    fn tiers_that_do_not_reach_the_quantity_are_unknown() {
        let mut item = monthly("0", 9);
        item.pricing = Pricing::Graduated(tiers()[..1].to_vec());
        let billing = Billing { earns: true, exponent: 2, items: vec![item], discounts: vec![] };
        assert_eq!(billing.mrr(), None);
    }

    #[test]
    fn packages_are_counted_up_or_down() {
        for (up, packages) in [(true, 3), (false, 2)] {
            let mut item = monthly("0", 25);
            item.pricing =
                Pricing::PerUnit { unit: minor("500"), transform: Some(Transform { divide_by: 10, up }) };
            assert_eq!(mrr(vec![item], vec![]), Micros(packages * 5_000_000));
        }
    }

    #[test]
    fn a_package_of_nothing_is_unknown() {
        let mut item = monthly("0", 25);
        item.pricing =
            Pricing::PerUnit { unit: minor("500"), transform: Some(Transform { divide_by: 0, up: true }) };
        assert_eq!(Billing { earns: true, exponent: 2, items: vec![item], discounts: vec![] }.mrr(), None);
    }

    #[test]
    fn item_discounts_come_before_those_on_the_whole() {
        let mut first = monthly("1000", 1);
        first.discounts = vec![off("200")];
        // (1000 − 200 + 2000) × 90 %
        assert_eq!(mrr(vec![first, monthly("2000", 1)], vec![percent("10")]), Micros(25_200_000));
    }

    #[test]
    fn an_amount_off_is_spread_in_proportion() {
        // 300 off 3000: a tenth of each item. The yearly one counts a twelfth.
        let items = vec![monthly("1000", 1), item("2000", 1, Interval::Year, 1)];
        assert_eq!(mrr(items, vec![off("300")]), Micros(9_000_000 + 1_500_000));
    }

    #[test]
    fn a_discount_never_takes_more_than_there_is() {
        assert_eq!(mrr(vec![monthly("1000", 1)], vec![off("1500")]), Micros::ZERO);
        assert_eq!(mrr(vec![monthly("1000", 1)], vec![percent("100"), off("1")]), Micros::ZERO);
    }

    #[test]
    fn a_discount_on_some_products_leaves_the_others() {
        let mut other = monthly("1000", 1);
        other.product = Some("prod_2".to_owned());
        let discount = Discount { products: Some(vec!["prod_2".to_owned()]), ..percent("50") };
        assert_eq!(mrr(vec![monthly("1000", 1), other], vec![discount]), Micros(15_000_000));
    }

    #[test]
    fn nothing_is_rounded_before_the_end() {
        // Three thirds of a cent a month are a cent.
        let third = || item("4", 1, Interval::Year, 1);
        assert_eq!(mrr(vec![third(), third(), third()], vec![]), Micros(10_000));
        assert_eq!(mrr(vec![monthly("0.000000000001", 1_000_000)], vec![]), Micros(0));
        assert_eq!(mrr(vec![monthly("0.0123", 1)], vec![]), Micros(123));
    }

    #[test]
    fn currencies_without_minor_units_count_whole_ones() {
        let billing = Billing { earns: true, exponent: 0, items: vec![monthly("500", 2)], discounts: vec![] };
        assert_eq!(billing.mrr(), Some(Micros(1_000_000_000)));
    }

    proptest! {
        #[test]
        fn discounts_never_raise_nor_turn_negative(
            unit in 0_i64..10_000_000, quantity in 0_u64..10_000, percent_off in 0_i64..=100, amount_off in 0_i64..10_000_000,
        ) {
            let items = || vec![monthly(&unit.to_string(), quantity), item("777", 3, Interval::Week, 2)];
            let full = mrr(items(), vec![]);
            let reduced = mrr(items(), vec![percent(&percent_off.to_string()), off(&amount_off.to_string())]);
            prop_assert!(reduced <= full);
            prop_assert!(reduced >= Micros::ZERO);
        }

        #[test]
        fn any_size_is_answered(unit in any::<i64>(), quantity in any::<u64>(), interval_count in any::<u32>()) {
            let items = vec![item(&unit.to_string(), quantity, Interval::Day, interval_count)];
            let _ = Billing { earns: true, exponent: 3, items, discounts: vec![off("1")] }.mrr();
        }
    }
}
