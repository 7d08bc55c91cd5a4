//! Objects: each row overwrites the one with its id.

use rows::{Row, Table};
use sea_orm::DbErr;

use super::Scope;
use crate::{
    entity,
    transaction::{Bulk, Transaction},
    upsert::{Outcome, Steps, steps, upsert},
};

/// Evaluates an expression over one table's entity and its models, made of the rows.
macro_rules! with_models {
    ($scope:expr, $table:expr, $rows:expr, |$entity:ident, $models:ident| $result:expr) => {
        with_models!(
            @ $scope, $table, $rows, $entity, $models, $result,
            AdAccounts: AdAccount ad_account, AdCampaigns: AdCampaign ad_campaign, AdSets: AdSet ad_set, Ads: Ad ad,
            Payments: Payment payment, Refunds: Refund refund, Disputes: Dispute dispute, Invoices: Invoice invoice,
            InvoicePayments: InvoicePayment invoice_payment, Subscriptions: Subscription subscription,
            LedgerEntries: LedgerEntry ledger_entry, Customers: Customer customer, Products: Product product,
            Prices: Price price, Tracks: Track track, Albums: Album album, Artists: Artist artist,
            Playlists: Playlist playlist
        )
    };
    (@ $scope:expr, $table:expr, $rows:expr, $entity:ident, $models:ident, $result:expr,
        $($of:ident: $variant:ident $module:ident),+) => {
        match $table {
            $(Table::$of => {
                type $entity = entity::$module::Entity;
                let $models: Vec<entity::$module::Model> = $rows
                    .iter()
                    .filter_map(|row| match row {
                        Row::$variant(row) => Some(entity::$module::Model::from_row(
                            $scope.connection_id,
                            row,
                            $scope.observed_at,
                        )),
                        _ => None,
                    })
                    .collect();
                $result
            })+
            Table::AdPerformanceDaily
            | Table::AdCountryDaily
            | Table::SubscriptionMrrDaily
            | Table::WebAnalyticsDaily
            | Table::WebConversionsDaily
            | Table::TrackPerformanceDaily
            | Table::ArtistAudienceDaily
            | Table::CounterReadingsDaily
            | Table::PlaylistPlacements
            | Table::BillingProfiles => {
                Err(DbErr::Custom(format!("{} is not a table of objects", $table.name())))
            }
        }
    };
}

/// Writes the rows of one table of objects.
pub async fn write(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    table: Table,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    with_models!(scope, table, rows, |Entity, models| upsert::<Entity>(tx, models, scope.expect).await)
}

/// The same as steps of a statement that does more than that (PostgreSQL), behind the query `gate`.
pub fn steps_of(
    bulk: Bulk,
    gate: &str,
    scope: &Scope<'_>,
    table: Table,
    rows: &[&Row],
) -> Result<Steps, DbErr> {
    with_models!(scope, table, rows, |Entity, models| steps::<Entity>(bulk, gate, models, scope.expect))
}
