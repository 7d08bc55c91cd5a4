//! The kinds of objects, their names and the form of their ids.

/// What the API calls a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// One attempt to take money.
    Charge,
    /// Money given back.
    Refund,
    /// A cardholder's objection.
    Dispute,
    /// A bill.
    Invoice,
    /// The join of an invoice and a payment.
    InvoicePayment,
    /// A recurring order.
    Subscription,
    /// One price of a subscription.
    SubscriptionItem,
    /// A line of the account's balance.
    BalanceTransaction,
    /// Who pays.
    Customer,
    /// What is sold.
    Product,
    /// What it costs.
    Price,
    /// What happened.
    Event,
    /// A transfer to the bank.
    Payout,
    /// Not a table: one per customer, under the customer's serial number.
    PaymentMethod,
    /// A coupon at work.
    Discount,
    /// Not a table: one per charge.
    PaymentIntent,
}

impl Resource {
    pub(super) const ALL: [Self; 16] = [
        Self::Charge,
        Self::Refund,
        Self::Dispute,
        Self::Invoice,
        Self::InvoicePayment,
        Self::Subscription,
        Self::SubscriptionItem,
        Self::BalanceTransaction,
        Self::Customer,
        Self::Product,
        Self::Price,
        Self::Event,
        Self::Payout,
        Self::PaymentMethod,
        Self::Discount,
        Self::PaymentIntent,
    ];

    /// The value of `object`; also the noun in `rak_<noun>_read`.
    pub(super) fn object(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Invoice => "invoice",
            Self::InvoicePayment => "invoice_payment",
            Self::Subscription => "subscription",
            Self::SubscriptionItem => "subscription_item",
            Self::BalanceTransaction => "balance_transaction",
            Self::Customer => "customer",
            Self::Product => "product",
            Self::Price => "price",
            Self::Event => "event",
            Self::Payout => "payout",
            Self::PaymentMethod => "payment_method",
            Self::Discount => "discount",
            Self::PaymentIntent => "payment_intent",
        }
    }

    /// By the name in a path (`charges`) or in `object` (`charge`).
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| {
            let object = resource.object();
            name == object || name.strip_suffix('s') == Some(object)
        })
    }

    /// Prefix of the ids, and the digit that long ids begin with.
    pub(super) fn id_form(self) -> (&'static str, Option<char>) {
        match self {
            Self::Charge => ("ch_", Some('3')),
            Self::Refund => ("re_", Some('3')),
            Self::Dispute => ("dp_", Some('1')),
            Self::Invoice => ("in_", Some('1')),
            Self::InvoicePayment => ("inpay_", Some('1')),
            Self::Subscription => ("sub_", Some('1')),
            Self::SubscriptionItem => ("si_", None),
            Self::BalanceTransaction => ("txn_", Some('3')),
            Self::Customer => ("cus_", None),
            Self::Product => ("prod_", None),
            Self::Price => ("price_", Some('1')),
            Self::Event => ("evt_", Some('1')),
            Self::Payout => ("po_", Some('1')),
            Self::PaymentMethod => ("pm_", Some('1')),
            Self::Discount => ("di_", Some('1')),
            Self::PaymentIntent => ("pi_", Some('3')),
        }
    }

    /// Retrieved after deletion, these answer with a stub, all others with 404.
    pub(super) fn leaves_stub(self) -> bool {
        matches!(self, Self::Customer | Self::Product | Self::Price)
    }
}
