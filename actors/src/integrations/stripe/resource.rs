//! The resources that are read: where they are listed, and which events tell of their changes.

use rows::Table;

/// One kind of object.
#[derive(Debug)]
pub struct Resource {
    /// What [`super::reader::Reader`] makes of its objects.
    pub kind: Kind,
    /// The stream's name.
    pub stream: &'static str,
    /// `object` of its objects.
    pub object: &'static str,
    /// Its name in paths, below `/v1`: `charges`.
    pub path: &'static str,
    /// The list operation's name: Stripe limits each operation apart.
    pub list_endpoint: &'static str,
    /// The retrieve operation's name.
    pub retrieve_endpoint: &'static str,
    /// Where its rows go.
    pub table: Table,
    /// All tables that its objects fill: its own first.
    pub tables: &'static [Table],
    /// Filters without which the list leaves something out.
    pub filters: &'static [(&'static str, &'static str)],
    /// What is expanded, seen from the object. On lists `data.` comes before it, and four levels are the most.
    pub expand: &'static [&'static str],
    /// Events that tell of a change, 20 at most. None: its objects are only ever added.
    pub events: &'static [&'static str],
    /// The event after which the object is gone for good.
    pub deletion: Option<&'static str>,
    /// Objects that facts of any age refer to are listed whole, facts from the start date on.
    pub whole: bool,
}

/// The kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Charge,
    Refund,
    Dispute,
    Invoice,
    InvoicePayment,
    Subscription,
    BalanceTransaction,
    Customer,
    Product,
    Price,
}

/// Every resource.
pub static RESOURCES: [Resource; 10] = [
    Resource {
        kind: Kind::Charge,
        stream: "charges",
        object: "charge",
        path: "charges",
        list_endpoint: "charges.list",
        retrieve_endpoint: "charges.retrieve",
        table: Table::Payments,
        tables: &[Table::Payments, Table::BillingProfiles],
        filters: &[],
        expand: &["balance_transaction"],
        events: &[
            "charge.captured",
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.expired",
            "charge.failed",
            "charge.pending",
            "charge.refund.updated",
            "charge.refunded",
            "charge.succeeded",
            "charge.updated",
            "refund.failed",
        ],
        deletion: None,
        whole: false,
    },
    Resource {
        kind: Kind::Refund,
        stream: "refunds",
        object: "refund",
        path: "refunds",
        list_endpoint: "refunds.list",
        retrieve_endpoint: "refunds.retrieve",
        table: Table::Refunds,
        tables: &[Table::Refunds],
        filters: &[],
        expand: &[],
        events: &["charge.refund.updated", "refund.created", "refund.failed", "refund.updated"],
        deletion: None,
        whole: false,
    },
    Resource {
        kind: Kind::Dispute,
        stream: "disputes",
        object: "dispute",
        path: "disputes",
        list_endpoint: "disputes.list",
        retrieve_endpoint: "disputes.retrieve",
        table: Table::Disputes,
        tables: &[Table::Disputes],
        filters: &[],
        expand: &[],
        events: &[
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
        ],
        deletion: None,
        whole: false,
    },
    Resource {
        kind: Kind::Invoice,
        stream: "invoices",
        object: "invoice",
        path: "invoices",
        list_endpoint: "invoices.list",
        retrieve_endpoint: "invoices.retrieve",
        table: Table::Invoices,
        tables: &[Table::Invoices, Table::BillingProfiles],
        filters: &[],
        expand: &[],
        events: &[
            "invoice.created",
            "invoice.deleted",
            "invoice.finalization_failed",
            "invoice.finalized",
            "invoice.marked_uncollectible",
            "invoice.overdue",
            "invoice.overpaid",
            "invoice.paid",
            "invoice.payment_action_required",
            "invoice.payment_failed",
            "invoice.payment_succeeded",
            "invoice.sent",
            "invoice.updated",
            "invoice.voided",
            "invoice_payment.paid",
        ],
        deletion: Some("invoice.deleted"),
        whole: false,
    },
    Resource {
        kind: Kind::InvoicePayment,
        stream: "invoice_payments",
        object: "invoice_payment",
        path: "invoice_payments",
        list_endpoint: "invoice_payments.list",
        retrieve_endpoint: "invoice_payments.retrieve",
        table: Table::InvoicePayments,
        tables: &[Table::InvoicePayments],
        filters: &[],
        expand: &[],
        events: &["invoice_payment.paid"],
        deletion: None,
        whole: false,
    },
    Resource {
        kind: Kind::Subscription,
        stream: "subscriptions",
        object: "subscription",
        path: "subscriptions",
        list_endpoint: "subscriptions.list",
        retrieve_endpoint: "subscriptions.retrieve",
        table: Table::Subscriptions,
        tables: &[Table::Subscriptions, Table::BillingProfiles],
        // Without it, the list leaves out what was cancelled.
        filters: &[("status", "all")],
        expand: &["discounts", "discounts.source.coupon", "items.data.discounts"],
        events: &[
            "customer.discount.created",
            "customer.discount.deleted",
            "customer.discount.updated",
            "customer.subscription.created",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.pending_update_applied",
            "customer.subscription.pending_update_expired",
            "customer.subscription.resumed",
            "customer.subscription.trial_will_end",
            "customer.subscription.updated",
        ],
        // `customer.subscription.deleted` means cancelled: the object stays.
        deletion: None,
        whole: true,
    },
    Resource {
        kind: Kind::BalanceTransaction,
        stream: "balance_transactions",
        object: "balance_transaction",
        path: "balance_transactions",
        list_endpoint: "balance_transactions.list",
        retrieve_endpoint: "balance_transactions.retrieve",
        table: Table::LedgerEntries,
        tables: &[Table::LedgerEntries],
        filters: &[],
        expand: &[],
        events: &[],
        deletion: None,
        whole: false,
    },
    Resource {
        kind: Kind::Customer,
        stream: "customers",
        object: "customer",
        path: "customers",
        list_endpoint: "customers.list",
        retrieve_endpoint: "customers.retrieve",
        table: Table::Customers,
        tables: &[Table::Customers, Table::BillingProfiles],
        filters: &[],
        expand: &[],
        events: &["customer.created", "customer.deleted", "customer.updated"],
        deletion: Some("customer.deleted"),
        whole: true,
    },
    Resource {
        kind: Kind::Product,
        stream: "products",
        object: "product",
        path: "products",
        list_endpoint: "products.list",
        retrieve_endpoint: "products.retrieve",
        table: Table::Products,
        tables: &[Table::Products],
        filters: &[],
        expand: &[],
        events: &["product.created", "product.deleted", "product.updated"],
        deletion: Some("product.deleted"),
        whole: true,
    },
    Resource {
        kind: Kind::Price,
        stream: "prices",
        object: "price",
        path: "prices",
        list_endpoint: "prices.list",
        retrieve_endpoint: "prices.retrieve",
        table: Table::Prices,
        tables: &[Table::Prices],
        filters: &[],
        expand: &[],
        events: &["price.created", "price.deleted", "price.updated"],
        deletion: Some("price.deleted"),
        whole: true,
    },
];

// === impl Resource ===

impl Resource {
    /// What goes when one of its objects is gone: a customer takes its billing profile along.
    pub fn tombstones(&self, id: &str) -> impl Iterator<Item = (Table, String)> {
        let profile = (self.kind == Kind::Customer).then_some(Table::BillingProfiles);
        std::iter::once(self.table).chain(profile).map(|table| (table, id.to_owned()))
    }

    /// Subscriptions: also what the daily snapshot reads.
    pub fn subscriptions() -> Option<&'static Self> {
        RESOURCES.iter().find(|resource| resource.kind == Kind::Subscription)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Most types that one call for events may name.
    const EVENT_TYPES_MAX: usize = 20;

    #[test]
    fn stripes_limits_are_kept() {
        for resource in &RESOURCES {
            assert!(resource.events.len() <= EVENT_TYPES_MAX, "{}", resource.stream);
            for path in resource.expand {
                // One level more on lists, for `data`.
                assert!(path.split('.').count() < 4, "{path}");
            }
            if let Some(deletion) = resource.deletion {
                assert!(resource.events.contains(&deletion), "{deletion}");
            }
        }
    }
}
