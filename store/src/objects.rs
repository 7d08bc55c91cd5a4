//! What is known of each table of objects: where it is stored, and by what its objects are known.

use rows::Table;

/// A table of objects.
#[derive(Debug, Clone, Copy)]
pub struct ObjectTable {
    /// The table behind the view.
    pub table: &'static str,
    /// The column with the object's own id.
    pub id: &'static str,
    /// What its ids are unique within.
    pub within: Within,
    /// What marks an object that is gone; nothing where the table has no such column.
    pub gone: Option<Gone>,
}

/// What an object's id is unique within, beside its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Nothing else.
    Connection,
    /// An account, in the column `account_id`.
    Account,
    /// A streaming service, in the column `service`.
    Service,
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
    use Within::{Account, Connection, Service};
    let (name, id, within, gone) = match table {
        Table::AdAccounts => ("ad_account_rows", "account_id", Account, Some(Gone::Status)),
        Table::AdCampaigns => ("ad_campaign_rows", "campaign_id", Account, Some(Gone::BothStatuses)),
        Table::AdSets => ("ad_set_rows", "ad_set_id", Account, Some(Gone::BothStatuses)),
        Table::Ads => ("ad_rows", "ad_id", Account, Some(Gone::BothStatuses)),
        Table::Payments => ("payment_rows", "id", Connection, None),
        Table::Refunds => ("refund_rows", "id", Connection, None),
        Table::Disputes => ("dispute_rows", "id", Connection, None),
        Table::Invoices => ("invoice_rows", "id", Connection, None),
        Table::InvoicePayments => ("invoice_payment_rows", "id", Connection, None),
        Table::Subscriptions => ("subscription_rows", "id", Connection, Some(Gone::Status)),
        Table::LedgerEntries => ("ledger_entry_rows", "id", Connection, None),
        Table::Customers => ("customer_rows", "id", Connection, None),
        Table::Products => ("product_rows", "id", Connection, Some(Gone::Active)),
        Table::Prices => ("price_rows", "id", Connection, Some(Gone::Active)),
        Table::Tracks => ("track_rows", "track_id", Service, Some(Gone::Status)),
        Table::Albums => ("album_rows", "album_id", Service, Some(Gone::Status)),
        Table::Artists => ("artist_rows", "artist_id", Service, Some(Gone::Status)),
        Table::Playlists => ("playlist_rows", "playlist_id", Service, Some(Gone::Status)),
        Table::AdPerformanceDaily
        | Table::AdCountryDaily
        | Table::SubscriptionMrrDaily
        | Table::WebAnalyticsDaily
        | Table::WebConversionsDaily
        | Table::TrackPerformanceDaily
        | Table::ArtistAudienceDaily
        | Table::CounterReadingsDaily
        | Table::PlaylistPlacements => return None,
    };
    Some(ObjectTable { table: name, id, within, gone })
}

// === impl ObjectTable ===

impl ObjectTable {
    /// What identifies an object within its connection, in the order of `Row::entity`.
    pub fn key(&self) -> Vec<&'static str> {
        match self.within {
            Within::Account if self.id == "account_id" => vec![self.id],
            Within::Connection => vec![self.id],
            Within::Account => vec!["account_id", self.id],
            Within::Service => vec!["service", self.id],
        }
    }
}
