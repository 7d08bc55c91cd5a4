//! The registry of tables: what holds of each is stated here, once, and derived everywhere else.

/// What holds of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name in SQL and in metric labels.
    pub name: &'static str,
    /// Which figures are made from it.
    pub family: Family,
    /// What its rows are.
    pub kind: Kind,
    /// The columns by which readers tell its rows apart, beside `connection` and, in a daily table, `date`.
    pub key: &'static [&'static str],
}

/// Which figures are made from a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Advertising.
    Ads,
    /// Money that moved, and what recurs of it.
    Payments,
    /// What payments are about: customers, invoices, subscriptions, prices.
    Billing,
    /// Web analytics.
    Web,
    /// Streaming services.
    Streaming,
    /// Statements of royalties.
    Royalties,
    /// Smart links.
    Links,
}

/// What the rows of a table are, and how they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Objects: a row overwrites the one with its key. The last column of the key is the object's id.
    Objects {
        /// How an object is marked that a complete reading did not see; `None` where no reading is complete.
        unseen: Option<Mark>,
        /// What becomes of an object that its provider calls gone.
        told_gone: Gone,
    },
    /// Facts of a day: what a complete window of days did not see is deleted.
    Daily,
    /// Lines of a statement: they come and go with it.
    Lines,
}

/// How an object is marked that is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// `status` becomes `removed`.
    Status,
    /// `status` and `effective_status` become `removed`.
    BothStatuses,
    /// `active` becomes false.
    Active,
}

/// What becomes of an object that its provider calls gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gone {
    /// Its row is deleted.
    Deleted,
    /// Its `status` becomes `removed`: its numbers of the past stay, so what they speak of does.
    Removed,
    /// Everything personal is deleted, and a mark stays, so that older answers cannot fill the row again.
    Blanked,
}

/// Objects that are deleted when their provider says so, and never otherwise.
const fn kept() -> Kind {
    Kind::Objects { unseen: None, told_gone: Gone::Deleted }
}

/// Objects of which complete sets are read.
const fn in_sets(unseen: Mark) -> Kind {
    Kind::Objects { unseen: Some(unseen), told_gone: Gone::Deleted }
}

/// Objects of which complete sets are read, and which daily facts speak of.
const fn spoken_of() -> Kind {
    Kind::Objects { unseen: Some(Mark::Status), told_gone: Gone::Removed }
}

/// Personal columns about a customer.
const fn personal() -> Kind {
    Kind::Objects { unseen: None, told_gone: Gone::Blanked }
}

/// The registry's form: one line a table.
macro_rules! tables {
    ($($table:ident $name:literal $family:ident $kind:expr, [$($key:literal)+];)+) => {
        /// A table that readers see, by its contract name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is named after its table")]
        pub enum Table {
            $($table,)+
        }

        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$table,)+];

            /// What holds of it.
            pub const fn description(self) -> Description {
                match self {
                    $(Self::$table => Description {
                        name: $name,
                        family: Family::$family,
                        kind: $kind,
                        key: &[$($key,)+],
                    },)+
                }
            }
        }
    };
}

use Kind::{Daily, Lines};

tables! {
    AdAccounts "ad_accounts" Ads in_sets(Mark::Status), ["account_id"];
    AdCampaigns "ad_campaigns" Ads in_sets(Mark::BothStatuses), ["account_id" "campaign_id"];
    AdSets "ad_sets" Ads in_sets(Mark::BothStatuses), ["account_id" "ad_set_id"];
    Ads "ads" Ads in_sets(Mark::BothStatuses), ["account_id" "ad_id"];
    AdPerformanceDaily "ad_performance_daily" Ads Daily, ["account_id" "level" "campaign_id" "ad_set_id" "ad_id"];
    AdCountryDaily "ad_country_daily" Ads Daily, ["account_id" "campaign_id" "country"];
    Payments "payments" Payments kept(), ["id"];
    Refunds "refunds" Payments kept(), ["id"];
    Disputes "disputes" Payments kept(), ["id"];
    Invoices "invoices" Billing kept(), ["id"];
    InvoicePayments "invoice_payments" Billing kept(), ["id"];
    Subscriptions "subscriptions" Billing in_sets(Mark::Status), ["id"];
    SubscriptionMrrDaily "subscription_mrr_daily" Payments Daily, ["subscription_id"];
    LedgerEntries "ledger_entries" Payments kept(), ["id"];
    Customers "customers" Billing kept(), ["id"];
    BillingProfiles "billing_profiles" Billing personal(), ["customer_id"];
    Products "products" Billing in_sets(Mark::Active), ["id"];
    Prices "prices" Billing in_sets(Mark::Active), ["id"];
    WebAnalyticsDaily "web_analytics_daily" Web Daily, ["account_id" "scope" "campaign" "source" "medium"];
    WebConversionsDaily "web_conversions_daily" Web Daily,
        ["account_id" "goal" "scope" "campaign" "source" "medium"];
    Tracks "tracks" Streaming spoken_of(), ["service" "track_id"];
    Albums "albums" Streaming spoken_of(), ["service" "album_id"];
    Artists "artists" Streaming spoken_of(), ["service" "artist_id"];
    Playlists "playlists" Streaming spoken_of(), ["service" "playlist_id"];
    TrackPerformanceDaily "track_performance_daily" Streaming Daily,
        ["service" "track_id" "granularity" "country" "segment"];
    ArtistAudienceDaily "artist_audience_daily" Streaming Daily, ["service" "artist_id"];
    CounterReadingsDaily "counter_readings_daily" Streaming Daily, ["service" "entity" "id" "counter"];
    PlaylistPlacements "playlist_placements" Streaming Daily, ["service" "playlist_id" "track_id"];
    ContentPerformanceDaily "content_performance_daily" Streaming Daily,
        ["service" "content_type" "content_id" "dimension" "dimension_value" "granularity"];
    RoyaltyStatements "royalty_statements" Royalties Lines,
        ["statement" "service" "store" "track_id" "country" "period_start" "period_end" "kind" "currency"];
    SmartLinks "smart_links" Links spoken_of(), ["link_id"];
    SmartLinkActivityDaily "smart_link_activity_daily" Links Daily, ["link_id" "dimension" "dimension_value"];
}

// === impl Table ===

impl Table {
    /// The table's name in SQL and in metric labels.
    pub const fn name(self) -> &'static str {
        self.description().name
    }

    /// Which figures are made from it.
    pub const fn family(self) -> Family {
        self.description().family
    }

    /// Whether its rows are of a day.
    pub const fn is_daily(self) -> bool {
        matches!(self.description().kind, Kind::Daily)
    }

    /// Whether report files fill it: then each of its rows carries the file that it came from.
    pub const fn is_filled_by_files(self) -> bool {
        matches!(
            self,
            Self::TrackPerformanceDaily
                | Self::ArtistAudienceDaily
                | Self::PlaylistPlacements
                | Self::ContentPerformanceDaily
                | Self::SmartLinkActivityDaily
        )
    }

    /// Whether this column is a part of its key.
    pub fn is_keyed_by(self, column: &str) -> bool {
        self.description().key.contains(&column)
    }

    /// The column with an object's own id; `None` for tables of other rows.
    pub const fn object_id(self) -> Option<&'static str> {
        match self.description() {
            Description { kind: Kind::Objects { .. }, key: [.., id], .. } => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_are_told_apart_by_their_names() {
        let names: BTreeSet<&str> = Table::ALL.iter().map(|table| table.name()).collect();
        assert_eq!(names.len(), Table::ALL.len());
        for table in Table::ALL {
            let Description { key, .. } = table.description();
            let columns: BTreeSet<&&str> = key.iter().collect();
            assert_eq!(columns.len(), key.len(), "{table:?}");
        }
    }
}
