//! What the world remembers of each object: the facts only, small enough for a million charges. Names, cards,
//! texts are derived from the seed and the serial number when an object is shown.

use serde_json::Value;

pub use super::resource::Resource;

/// Seconds since 1970, as all of Stripe's times.
pub(super) type Seconds = i64;
/// Place of a record in its table, which is the order of creation.
pub(super) type Serial = u32;

/// Currencies of the world: two, zero and three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Currency {
    Usd,
    Eur,
    Gbp,
    Jpy,
    Kwd,
}

impl Currency {
    pub(super) fn parse(code: &str) -> Option<Self> {
        [Self::Usd, Self::Eur, Self::Gbp, Self::Jpy, Self::Kwd].into_iter().find(|known| known.code() == code)
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Eur => "eur",
            Self::Gbp => "gbp",
            Self::Jpy => "jpy",
            Self::Kwd => "kwd",
        }
    }

    /// Minor units per major unit.
    pub(super) fn minor_units(self) -> i64 {
        match self {
            Self::Jpy => 1,
            Self::Kwd => 1_000,
            _ => 100,
        }
    }

    /// The account has bank accounts in dollars and euros; everything else is converted to dollars.
    pub(super) fn settlement(self) -> Self {
        if self == Self::Eur { Self::Eur } else { Self::Usd }
    }

    /// Dollars for one unit, in millionths, on an average day.
    pub(super) fn dollars_e6(self) -> i64 {
        match self {
            Self::Usd | Self::Eur => 1_000_000,
            Self::Gbp => 1_304_000,
            Self::Jpy => 6_570,
            Self::Kwd => 3_255_000,
        }
    }
}

/// How a charge was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    ApplePay,
    LinkWallet,
    Link,
    SepaDebit,
    /// A kind of payment method that no published list names.
    Unheard,
}

impl Method {
    /// Charges of cards have ids that start with `ch_`, of other methods `py_`.
    pub(super) fn is_card(self) -> bool {
        matches!(self, Self::Card | Self::ApplePay | Self::LinkWallet)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChargeStatus {
    Succeeded,
    Pending,
    Failed,
}

#[derive(Debug, Clone)]
pub(super) struct Charge {
    pub created: Seconds,
    pub amount: i64,
    pub amount_captured: i64,
    pub amount_refunded: i64,
    pub currency: Currency,
    pub status: ChargeStatus,
    pub method: Method,
    pub captured: bool,
    pub disputed: bool,
    pub customer: Option<Serial>,
    /// The first attempt's serial number: attempts at one payment share their payment intent.
    pub payment_intent: Serial,
    pub balance_transaction: Option<Serial>,
    pub failure_balance_transaction: Option<Serial>,
    pub failure_code: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct Refund {
    pub created: Seconds,
    pub charge: Serial,
    pub amount: i64,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub balance_transaction: Option<Serial>,
    pub failure_balance_transaction: Option<Serial>,
}

#[derive(Debug, Clone)]
pub(super) struct Dispute {
    pub created: Seconds,
    pub charge: Serial,
    pub amount: i64,
    pub status: &'static str,
    pub reason: &'static str,
    pub withdrawn: Option<Serial>,
    pub reinstated: Option<Serial>,
}

#[derive(Debug, Clone)]
pub(super) struct BalanceTransaction {
    pub created: Seconds,
    pub kind: &'static str,
    pub reporting_category: &'static str,
    pub amount: i64,
    pub fee: i64,
    pub currency: Currency,
    /// Millionths; absent where nothing was converted.
    pub exchange_rate_e6: Option<u32>,
    pub source: Option<(Resource, Serial)>,
}

#[derive(Debug, Clone)]
pub(super) struct Payout {
    pub created: Seconds,
    pub amount: i64,
    pub currency: Currency,
    pub status: &'static str,
    pub balance_transaction: Serial,
}

#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub created: Seconds,
    pub deleted: bool,
    pub delinquent: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Product {
    pub created: Seconds,
    pub updated: Seconds,
    pub name: &'static str,
    pub default_price: Option<Serial>,
    pub deleted: bool,
}

/// One step of a tiered price; `None` is "and above".
#[derive(Debug, Clone, Copy)]
pub(super) struct Tier {
    pub up_to: Option<i64>,
    pub unit_e4: i64,
    pub flat: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) enum Scheme {
    /// Ten-thousandths of a minor unit, so that a price can be below one cent.
    PerUnit {
        unit_e4: i64,
    },
    Graduated(Vec<Tier>),
    Volume(Vec<Tier>),
}

#[derive(Debug, Clone)]
pub(super) struct Price {
    pub created: Seconds,
    pub product: Serial,
    pub nickname: &'static str,
    pub currency: Currency,
    pub scheme: Scheme,
    /// Interval and count; one-time prices have none.
    pub recurring: Option<(&'static str, i64)>,
    pub metered: bool,
    /// Units per package, rounded up.
    pub divide_by: Option<i64>,
    pub active: bool,
    pub deleted: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Coupon {
    pub id: &'static str,
    pub percent_off: Option<u32>,
    pub amount_off: Option<i64>,
    pub duration: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Discount {
    pub created: Seconds,
    pub coupon: usize,
    pub subscription: Serial,
    pub item: Option<Serial>,
}

#[derive(Debug, Clone)]
pub(super) struct SubscriptionItem {
    pub created: Seconds,
    pub subscription: Serial,
    pub price: Serial,
    pub quantity: Option<i64>,
    pub discount: Option<Serial>,
}

#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub created: Seconds,
    pub customer: Serial,
    pub currency: Currency,
    /// Open enum: one subscription has a status that no published list names.
    pub status: &'static str,
    pub items: Vec<Serial>,
    pub discount: Option<Serial>,
    pub billing_cycle_anchor: Seconds,
    /// Whole intervals from the anchor to the end of the current period.
    pub cycles: i64,
    pub interval: (&'static str, i64),
    pub current_period: (Seconds, Seconds),
    pub trial: Option<(Seconds, Seconds)>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<Seconds>,
    pub ended_at: Option<Seconds>,
    pub pause_collection: Option<&'static str>,
    /// When the status became `paused`, and why.
    pub paused: Option<(Seconds, &'static str)>,
    pub latest_invoice: Option<Serial>,
    /// From then on the customer's card is declined.
    pub declines_from: Option<Seconds>,
    /// What Stripe does after the last attempt.
    pub after_last_attempt: &'static str,
    /// Its trial ends without a payment method.
    pub pauses_after_trial: bool,
}

#[derive(Debug, Clone)]
pub(super) struct InvoiceLine {
    pub item: Option<Serial>,
    pub price: Option<Serial>,
    pub quantity: i64,
    pub amount: i64,
    pub proration: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Invoice {
    pub created: Seconds,
    pub customer: Serial,
    pub subscription: Option<Serial>,
    pub currency: Currency,
    pub status: &'static str,
    pub billing_reason: &'static str,
    pub lines: Vec<InvoiceLine>,
    pub subtotal: i64,
    pub discount: i64,
    pub amount_paid: i64,
    pub period: (Seconds, Seconds),
    pub attempt_count: i64,
    pub next_payment_attempt: Option<Seconds>,
    pub finalized_at: Option<Seconds>,
    pub paid_at: Option<Seconds>,
    pub voided_at: Option<Seconds>,
    pub uncollectible_at: Option<Seconds>,
    pub payments: Vec<Serial>,
    pub deleted: bool,
}

impl Invoice {
    pub(super) fn total(&self) -> i64 {
        self.subtotal - self.discount
    }
}

#[derive(Debug, Clone)]
pub(super) struct InvoicePayment {
    pub created: Seconds,
    pub invoice: Serial,
    /// None: paid outside Stripe, kept as a payment record.
    pub charge: Option<Serial>,
    pub amount_requested: i64,
    pub amount_paid: Option<i64>,
    pub status: &'static str,
    pub is_default: bool,
    pub paid_at: Option<Seconds>,
    pub canceled_at: Option<Seconds>,
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub created: Seconds,
    pub kind: &'static str,
    pub subject: (Resource, Serial),
    /// The object as it was, in JSON. Events of the first build, and all but the latest thousands, have none and
    /// show the object as it is: a snapshot each would cost a big world gigabytes.
    pub snapshot: Option<Box<str>>,
    pub previous_attributes: Option<Box<Value>>,
}
