//! One row of any table that an integration fills.

use crate::{ads, key::Fingerprint, music, payments, personal, web};

/// A normalised row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is named after its row type, documented there")]
pub enum Row {
    AdAccount(ads::AdAccount),
    AdCampaign(ads::AdCampaign),
    AdSet(ads::AdSet),
    Ad(ads::Ad),
    AdPerformance(ads::AdPerformance),
    AdCountry(ads::AdCountry),
    Payment(payments::Payment),
    Refund(payments::Refund),
    Dispute(payments::Dispute),
    Invoice(payments::Invoice),
    InvoicePayment(payments::InvoicePayment),
    Subscription(payments::Subscription),
    SubscriptionMrr(payments::SubscriptionMrr),
    LedgerEntry(payments::LedgerEntry),
    Customer(payments::Customer),
    BillingProfile(personal::BillingProfile),
    Product(payments::Product),
    Price(payments::Price),
    WebAnalytics(web::WebAnalytics),
    WebConversions(web::WebConversions),
    Track(music::Track),
    Album(music::Album),
    Artist(music::Artist),
    Playlist(music::Playlist),
    TrackPerformance(music::TrackPerformance),
    ArtistAudience(music::ArtistAudience),
    CounterReading(music::CounterReading),
    PlaylistPlacement(music::PlaylistPlacement),
}

/// A table that readers see, by its contract name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is named after its table")]
pub enum Table {
    AdAccounts,
    AdCampaigns,
    AdSets,
    Ads,
    AdPerformanceDaily,
    AdCountryDaily,
    Payments,
    Refunds,
    Disputes,
    Invoices,
    InvoicePayments,
    Subscriptions,
    SubscriptionMrrDaily,
    LedgerEntries,
    Customers,
    BillingProfiles,
    Products,
    Prices,
    WebAnalyticsDaily,
    WebConversionsDaily,
    Tracks,
    Albums,
    Artists,
    Playlists,
    TrackPerformanceDaily,
    ArtistAudienceDaily,
    CounterReadingsDaily,
    PlaylistPlacements,
}

// === impl Table ===

impl Table {
    /// The table's name in SQL and in metric labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdAccounts => "ad_accounts",
            Self::AdCampaigns => "ad_campaigns",
            Self::AdSets => "ad_sets",
            Self::Ads => "ads",
            Self::AdPerformanceDaily => "ad_performance_daily",
            Self::AdCountryDaily => "ad_country_daily",
            Self::Payments => "payments",
            Self::Refunds => "refunds",
            Self::Disputes => "disputes",
            Self::Invoices => "invoices",
            Self::InvoicePayments => "invoice_payments",
            Self::Subscriptions => "subscriptions",
            Self::SubscriptionMrrDaily => "subscription_mrr_daily",
            Self::LedgerEntries => "ledger_entries",
            Self::Customers => "customers",
            Self::BillingProfiles => "billing_profiles",
            Self::Products => "products",
            Self::Prices => "prices",
            Self::WebAnalyticsDaily => "web_analytics_daily",
            Self::WebConversionsDaily => "web_conversions_daily",
            Self::Tracks => "tracks",
            Self::Albums => "albums",
            Self::Artists => "artists",
            Self::Playlists => "playlists",
            Self::TrackPerformanceDaily => "track_performance_daily",
            Self::ArtistAudienceDaily => "artist_audience_daily",
            Self::CounterReadingsDaily => "counter_readings_daily",
            Self::PlaylistPlacements => "playlist_placements",
        }
    }

    /// Whether its rows are of a day.
    pub const fn is_daily(self) -> bool {
        matches!(
            self,
            Self::AdPerformanceDaily
                | Self::AdCountryDaily
                | Self::SubscriptionMrrDaily
                | Self::WebAnalyticsDaily
                | Self::WebConversionsDaily
                | Self::TrackPerformanceDaily
                | Self::ArtistAudienceDaily
                | Self::CounterReadingsDaily
                | Self::PlaylistPlacements
        )
    }
}

// === impl Row ===

impl Row {
    /// Where the row goes.
    pub const fn table(&self) -> Table {
        match self {
            Self::AdAccount(_) => Table::AdAccounts,
            Self::AdCampaign(_) => Table::AdCampaigns,
            Self::AdSet(_) => Table::AdSets,
            Self::Ad(_) => Table::Ads,
            Self::AdPerformance(_) => Table::AdPerformanceDaily,
            Self::AdCountry(_) => Table::AdCountryDaily,
            Self::Payment(_) => Table::Payments,
            Self::Refund(_) => Table::Refunds,
            Self::Dispute(_) => Table::Disputes,
            Self::Invoice(_) => Table::Invoices,
            Self::InvoicePayment(_) => Table::InvoicePayments,
            Self::Subscription(_) => Table::Subscriptions,
            Self::SubscriptionMrr(_) => Table::SubscriptionMrrDaily,
            Self::LedgerEntry(_) => Table::LedgerEntries,
            Self::Customer(_) => Table::Customers,
            Self::BillingProfile(_) => Table::BillingProfiles,
            Self::Product(_) => Table::Products,
            Self::Price(_) => Table::Prices,
            Self::WebAnalytics(_) => Table::WebAnalyticsDaily,
            Self::WebConversions(_) => Table::WebConversionsDaily,
            Self::Track(_) => Table::Tracks,
            Self::Album(_) => Table::Albums,
            Self::Artist(_) => Table::Artists,
            Self::Playlist(_) => Table::Playlists,
            Self::TrackPerformance(_) => Table::TrackPerformanceDaily,
            Self::ArtistAudience(_) => Table::ArtistAudienceDaily,
            Self::CounterReading(_) => Table::CounterReadingsDaily,
            Self::PlaylistPlacement(_) => Table::PlaylistPlacements,
        }
    }

    /// The row's identity within its connection and table, without the day for daily rows.
    pub fn entity(&self) -> Fingerprint {
        match self {
            Self::AdPerformance(row) => row.entity(),
            Self::AdCountry(row) => row.entity(),
            Self::AdAccount(row) => Fingerprint::of(&[&row.account_id]),
            Self::AdCampaign(row) => Fingerprint::of(&[&row.account_id, &row.campaign_id]),
            Self::AdSet(row) => Fingerprint::of(&[&row.account_id, &row.ad_set_id]),
            Self::Ad(row) => Fingerprint::of(&[&row.account_id, &row.ad_id]),
            Self::SubscriptionMrr(row) => Fingerprint::of(&[&row.subscription_id]),
            Self::WebAnalytics(row) => row.entity(),
            Self::WebConversions(row) => row.entity(),
            Self::Track(row) => Fingerprint::of(&[&row.service, &row.track_id]),
            Self::Album(row) => Fingerprint::of(&[&row.service, &row.album_id]),
            Self::Artist(row) => Fingerprint::of(&[&row.service, &row.artist_id]),
            Self::Playlist(row) => Fingerprint::of(&[&row.service, &row.playlist_id]),
            Self::TrackPerformance(row) => row.entity(),
            Self::ArtistAudience(row) => row.entity(),
            Self::CounterReading(row) => row.entity(),
            Self::PlaylistPlacement(row) => row.entity(),
            // One object of a source each: which of them counts is decided where they are stored.
            Self::BillingProfile(row) => {
                Fingerprint::of(&[&row.customer_id, row.source.as_str(), &row.source_id])
            }
            Self::Payment(payments::Payment { id, .. })
            | Self::Refund(payments::Refund { id, .. })
            | Self::Dispute(payments::Dispute { id, .. })
            | Self::Invoice(payments::Invoice { id, .. })
            | Self::InvoicePayment(payments::InvoicePayment { id, .. })
            | Self::Subscription(payments::Subscription { id, .. })
            | Self::LedgerEntry(payments::LedgerEntry { id, .. })
            | Self::Customer(payments::Customer { id, .. })
            | Self::Product(payments::Product { id, .. })
            | Self::Price(payments::Price { id, .. }) => Fingerprint::of(&[id]),
        }
    }

    /// The day of a daily row.
    pub const fn day(&self) -> Option<crate::Day> {
        match self {
            Self::AdPerformance(row) => Some(row.date),
            Self::AdCountry(row) => Some(row.date),
            Self::SubscriptionMrr(row) => Some(row.date),
            Self::WebAnalytics(row) => Some(row.date),
            Self::WebConversions(row) => Some(row.date),
            Self::TrackPerformance(row) => Some(row.date),
            Self::ArtistAudience(row) => Some(row.date),
            Self::CounterReading(row) => Some(row.date),
            Self::PlaylistPlacement(row) => Some(row.date),
            _ => None,
        }
    }
}
