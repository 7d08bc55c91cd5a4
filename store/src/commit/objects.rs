//! Objects: each row overwrites the one with its id.

use rows::{Row, Table};
use sea_orm::DbErr;

use super::Scope;
use crate::{
    entity,
    transaction::Transaction,
    upsert::{Outcome, upsert},
};

/// Writes the rows of one table of objects.
pub async fn write(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    table: Table,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    /// Rows of one variant through one entity.
    macro_rules! through {
        ($variant:ident, $entity:ident) => {{
            let models: Vec<_> = rows
                .iter()
                .filter_map(|row| match row {
                    Row::$variant(row) => {
                        Some(entity::$entity::Model::from_row(scope.connection_id, row, scope.observed_at))
                    }
                    _ => None,
                })
                .collect();
            upsert::<entity::$entity::Entity>(tx, models, scope.expect).await
        }};
    }
    match table {
        Table::AdAccounts => through!(AdAccount, ad_account),
        Table::AdCampaigns => through!(AdCampaign, ad_campaign),
        Table::AdSets => through!(AdSet, ad_set),
        Table::Ads => through!(Ad, ad),
        Table::Payments => through!(Payment, payment),
        Table::Refunds => through!(Refund, refund),
        Table::Disputes => through!(Dispute, dispute),
        Table::Invoices => through!(Invoice, invoice),
        Table::InvoicePayments => through!(InvoicePayment, invoice_payment),
        Table::Subscriptions => through!(Subscription, subscription),
        Table::LedgerEntries => through!(LedgerEntry, ledger_entry),
        Table::Customers => through!(Customer, customer),
        Table::Products => through!(Product, product),
        Table::Prices => through!(Price, price),
        Table::Tracks => through!(Track, track),
        Table::Albums => through!(Album, album),
        Table::Artists => through!(Artist, artist),
        Table::Playlists => through!(Playlist, playlist),
        Table::AdPerformanceDaily
        | Table::AdCountryDaily
        | Table::SubscriptionMrrDaily
        | Table::WebAnalyticsDaily
        | Table::WebConversionsDaily
        | Table::TrackPerformanceDaily
        | Table::ArtistAudienceDaily
        | Table::CounterReadingsDaily
        | Table::PlaylistPlacements
        | Table::BillingProfiles => Err(DbErr::Custom(format!("{} is not a table of objects", table.name()))),
    }
}
