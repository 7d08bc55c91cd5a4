//! What is known of each table of objects: where it is stored, and by what its objects are known.

use rows::Table;

/// A table of objects.
#[derive(Debug, Clone, Copy)]
pub struct ObjectTable {
    /// The table behind the view.
    pub table: &'static str,
    /// The column with the object's own id.
    pub id: &'static str,
    /// Whether its objects belong to an account.
    pub has_account: bool,
    /// What marks an object that is gone; nothing where the table has no such column.
    pub gone: Option<Gone>,
}

/// How an object is marked that its provider no longer returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// `status` becomes `removed`.
    Status,
    /// `status` and `effective_status` become `removed`.
    BothStatuses,
    /// `active` becomes false.
    Active,
}

/// Where the objects of a table are; nothing for daily tables.
pub fn object_table(table: Table) -> Option<ObjectTable> {
    let (name, id, has_account, gone) = match table {
        Table::AdAccounts => ("ad_account_rows", "account_id", true, Some(Gone::Status)),
        Table::AdCampaigns => ("ad_campaign_rows", "campaign_id", true, Some(Gone::BothStatuses)),
        Table::AdSets => ("ad_set_rows", "ad_set_id", true, Some(Gone::BothStatuses)),
        Table::Ads => ("ad_rows", "ad_id", true, Some(Gone::BothStatuses)),
        Table::Payments => ("payment_rows", "id", false, None),
        Table::Refunds => ("refund_rows", "id", false, None),
        Table::Disputes => ("dispute_rows", "id", false, None),
        Table::Invoices => ("invoice_rows", "id", false, None),
        Table::InvoicePayments => ("invoice_payment_rows", "id", false, None),
        Table::Subscriptions => ("subscription_rows", "id", false, Some(Gone::Status)),
        Table::LedgerEntries => ("ledger_entry_rows", "id", false, None),
        Table::Customers => ("customer_rows", "id", false, None),
        Table::BillingProfiles => ("billing_profile_rows", "customer_id", false, None),
        Table::Products => ("product_rows", "id", false, Some(Gone::Active)),
        Table::Prices => ("price_rows", "id", false, Some(Gone::Active)),
        Table::AdPerformanceDaily | Table::AdCountryDaily | Table::SubscriptionMrrDaily => return None,
    };
    Some(ObjectTable { table: name, id, has_account, gone })
}
