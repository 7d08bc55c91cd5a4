//! One row of any table that an integration fills.

use std::any::Any;

use crate::{Day, Table, ads, content, key::Fingerprint, links, music, payments, personal, royalties, web};

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
    ContentPerformance(content::ContentPerformance),
    RoyaltyStatement(royalties::RoyaltyStatement),
    SmartLink(links::SmartLink),
    SmartLinkActivity(links::SmartLinkActivity),
}

/// A type of rows: where they go, and what they are known by.
pub trait TableRow: Any + Send + Sync {
    /// Where the row goes.
    fn table(&self) -> Table;

    /// The row's identity within its connection and table, without the day for daily rows: the fingerprint of what stands
    /// in the columns of the stored key, in their order.
    fn entity(&self) -> Fingerprint;

    /// The day of a daily row.
    fn day(&self) -> Option<Day> {
        None
    }
}

// === impl Row ===

impl Row {
    /// What all types of rows have in common.
    fn inner(&self) -> &dyn TableRow {
        match self {
            Self::AdAccount(row) => row,
            Self::AdCampaign(row) => row,
            Self::AdSet(row) => row,
            Self::Ad(row) => row,
            Self::AdPerformance(row) => row,
            Self::AdCountry(row) => row,
            Self::Payment(row) => row,
            Self::Refund(row) => row,
            Self::Dispute(row) => row,
            Self::Invoice(row) => row,
            Self::InvoicePayment(row) => row,
            Self::Subscription(row) => row,
            Self::SubscriptionMrr(row) => row,
            Self::LedgerEntry(row) => row,
            Self::Customer(row) => row,
            Self::BillingProfile(row) => row,
            Self::Product(row) => row,
            Self::Price(row) => row,
            Self::WebAnalytics(row) => row,
            Self::WebConversions(row) => row,
            Self::Track(row) => row,
            Self::Album(row) => row,
            Self::Artist(row) => row,
            Self::Playlist(row) => row,
            Self::TrackPerformance(row) => row,
            Self::ArtistAudience(row) => row,
            Self::CounterReading(row) => row,
            Self::PlaylistPlacement(row) => row,
            Self::ContentPerformance(row) => row,
            Self::RoyaltyStatement(row) => row,
            Self::SmartLink(row) => row,
            Self::SmartLinkActivity(row) => row,
        }
    }

    /// Where the row goes.
    pub fn table(&self) -> Table {
        self.inner().table()
    }

    /// The row's identity within its connection and table, without the day for daily rows.
    pub fn entity(&self) -> Fingerprint {
        self.inner().entity()
    }

    /// The day of a daily row.
    pub fn day(&self) -> Option<Day> {
        self.inner().day()
    }

    /// The row, if it is of this type.
    pub fn only<T: TableRow>(&self) -> Option<&T> {
        (self.inner() as &dyn Any).downcast_ref()
    }
}
