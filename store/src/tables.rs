//! How the rows of each table are stored: the one place where a table meets its entities.

use futures::future::BoxFuture;
use rows::{Row, Table};
use sea_orm::{DbErr, EntityName, IdenStatic};

use crate::{
    commit::{
        Scope,
        ads::{self, AdFact},
        daily::{self, Daily},
        objects::{self, Object},
        profiles,
    },
    dimension::{Dimension, EntityIds},
    entity as of,
    transaction::{Bulk, Transaction},
    upsert::{Outcome, Steps},
};

/// Where the rows of a table are, and how they get there.
#[derive(Clone, Copy)]
pub struct Storage {
    /// The table behind the view.
    pub rows: &'static str,
    /// What facts and lines speak of; `None` for objects.
    pub entities: Option<Entities>,
    /// Writes rows of this table.
    pub write: Write,
    /// The same as steps of a statement that does more than that (PostgreSQL); `None` where rows need more than a statement.
    pub steps: Option<StepsOf>,
}

/// The table of what facts speak of.
#[derive(Clone, Copy)]
pub struct Entities {
    /// Its name.
    pub table: &'static str,
    /// Its natural key, `connection_id` first: what follows is what `TableRow::entity` is made of.
    pub keys: fn() -> Vec<&'static str>,
}

type Write = for<'a> fn(
    &'a Transaction<'_>,
    &'a mut EntityIds,
    &'a Scope<'_>,
    &'a [&'a Row],
) -> BoxFuture<'a, Result<Outcome, DbErr>>;

type StepsOf = fn(Bulk, &str, &Scope<'_>, &[&Row]) -> Result<Steps, DbErr>;

/// How the rows of this table are stored.
pub fn storage(table: Table) -> Storage {
    match table {
        Table::AdAccounts => objects::<of::ad_account::Entity>(),
        Table::AdCampaigns => objects::<of::ad_campaign::Entity>(),
        Table::AdSets => objects::<of::ad_set::Entity>(),
        Table::Ads => objects::<of::ad::Entity>(),
        Table::AdPerformanceDaily => ad_facts::<of::ad_performance::Entity>(),
        Table::AdCountryDaily => ad_facts::<of::ad_country::Entity>(),
        Table::Payments => objects::<of::payment::Entity>(),
        Table::Refunds => objects::<of::refund::Entity>(),
        Table::Disputes => objects::<of::dispute::Entity>(),
        Table::Invoices => objects::<of::invoice::Entity>(),
        Table::InvoicePayments => objects::<of::invoice_payment::Entity>(),
        Table::Subscriptions => objects::<of::subscription::Entity>(),
        Table::SubscriptionMrrDaily => facts::<of::subscription_mrr::Entity>(),
        Table::LedgerEntries => objects::<of::ledger_entry::Entity>(),
        Table::Customers => objects::<of::customer::Entity>(),
        Table::BillingProfiles => billing_profiles(),
        Table::Products => objects::<of::product::Entity>(),
        Table::Prices => objects::<of::price::Entity>(),
        Table::WebAnalyticsDaily => facts::<of::web_analytics::Entity>(),
        Table::WebConversionsDaily => facts::<of::web_conversion::Entity>(),
        Table::Tracks => objects::<of::track::Entity>(),
        Table::Albums => objects::<of::album::Entity>(),
        Table::Artists => objects::<of::artist::Entity>(),
        Table::Playlists => objects::<of::playlist::Entity>(),
        Table::TrackPerformanceDaily => facts::<of::track_performance::Entity>(),
        Table::ArtistAudienceDaily => facts::<of::artist_audience::Entity>(),
        Table::CounterReadingsDaily => facts::<of::counter_reading::Entity>(),
        Table::PlaylistPlacements => facts::<of::playlist_placement::Entity>(),
        Table::ContentPerformanceDaily => facts::<of::content_performance::Entity>(),
        Table::RoyaltyStatements => facts::<of::royalty_statement::Entity>(),
        Table::SmartLinks => objects::<of::smart_link::Entity>(),
        Table::SmartLinkActivityDaily => facts::<of::smart_link_activity::Entity>(),
    }
}

fn objects<O: Object>() -> Storage {
    Storage {
        rows: O::default().table_name(),
        entities: None,
        write: |tx, _, scope, rows| Box::pin(objects::write::<O>(tx, scope, rows)),
        steps: Some(objects::steps_of::<O>),
    }
}

fn facts<F: Daily>() -> Storage {
    Storage {
        rows: F::default().table_name(),
        entities: Some(entities::<F::Entity>()),
        write: |tx, ids, scope, rows| Box::pin(daily::write::<F>(tx, ids, scope, rows)),
        steps: None,
    }
}

fn ad_facts<F: AdFact>() -> Storage {
    Storage {
        rows: F::default().table_name(),
        entities: Some(entities::<F::Entity>()),
        write: |tx, ids, scope, rows| Box::pin(ads::write::<F>(tx, ids, scope, rows)),
        steps: None,
    }
}

fn billing_profiles() -> Storage {
    Storage {
        rows: of::billing_profile::Entity.table_name(),
        entities: None,
        write: |tx, _, scope, rows| Box::pin(profiles::write(tx, scope, rows)),
        steps: None,
    }
}

fn entities<D: Dimension>() -> Entities {
    Entities { table: D::default().table_name(), keys: || D::keys().iter().map(IdenStatic::as_str).collect() }
}
