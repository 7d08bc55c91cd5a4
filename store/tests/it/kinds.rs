//! One row of every kind, with something in every field.

use rows::{
    Micros, Row,
    ads::{Ad, AdAccount, AdCountry, AdLevel, AdMetrics, AdPerformance, AdSet},
    content::{ContentDimension, ContentPerformance, ContentType},
    links::{LinkDimension, SmartLink, SmartLinkActivity},
    music::{
        Album, Artist, ArtistAudience, CounterReading, Granularity, MeasureClass, MusicEntity, Playlist,
        PlaylistPlacement, Track, TrackPerformance,
    },
    payments::{
        Customer, Dispute, Invoice, InvoicePayment, LedgerEntry, Payment, Price, Product, Refund,
        Subscription, SubscriptionMrr,
    },
    personal::{Address, BillingProfile, Card, Personal, ProfileSource},
    royalties::{RoyaltyKind, RoyaltyStatement},
    web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
};

use crate::{
    samples::{ACCOUNT, campaign, day, ledger_entry, minor, payment, performance, subscription, usd},
    support::at,
};

/// Rows of every kind, each known by `id`.
pub fn every_kind(id: &str) -> Vec<Row> {
    let mut rows = ads(id);
    rows.extend(payments(id));
    rows.extend(billing(id));
    rows.extend(web(id));
    rows.extend(music(id));
    rows.extend(reports(id));
    rows.extend(links(id));
    rows
}

fn ads(id: &str) -> Vec<Row> {
    let performance = performance(id, day(20), 1);
    let AdPerformance { metrics, .. } = performance.clone();
    vec![
        Row::AdAccount(AdAccount {
            account_id: id.to_owned(),
            name: Some("Account".into()),
            status: Some("1".into()),
            currency: Some(usd()),
            time_zone: Some("UTC".into()),
        }),
        Row::AdCampaign(campaign(id)),
        Row::AdSet(AdSet {
            account_id: ACCOUNT.to_owned(),
            campaign_id: "1".to_owned(),
            ad_set_id: id.to_owned(),
            name: Some("Set".into()),
            status: Some("ACTIVE".into()),
            effective_status: Some("ACTIVE".into()),
            optimization_goal: Some("REACH".into()),
            billing_event: Some("IMPRESSIONS".into()),
            daily_budget: None,
            lifetime_budget: Some(Micros(1)),
            currency: Some(usd()),
            start_at: None,
            end_at: None,
            created_at: None,
            updated_at: None,
            learning: None,
        }),
        Row::Ad(Ad {
            account_id: ACCOUNT.to_owned(),
            campaign_id: "1".to_owned(),
            ad_set_id: "11".to_owned(),
            ad_id: id.to_owned(),
            name: Some("Ad".into()),
            status: Some("ACTIVE".into()),
            effective_status: Some("ACTIVE".into()),
            creative_id: Some("9".into()),
            created_at: None,
            updated_at: None,
        }),
        Row::AdPerformance(AdPerformance {
            level: AdLevel::Ad,
            ad_set_id: "11".to_owned(),
            ad_id: "111".to_owned(),
            view_definition: Some("2 s".into()),
            ..performance
        }),
        Row::AdCountry(AdCountry {
            account_id: ACCOUNT.to_owned(),
            campaign_id: id.to_owned(),
            country: "DE".to_owned(),
            date: day(20),
            currency: usd(),
            metrics: AdMetrics { reach: None, ..metrics },
            conversion_definition: Some("purchase".into()),
            view_definition: Some("2 s".into()),
        }),
    ]
}

fn profile(id: &str) -> Row {
    let created_at = at("2026-11-20T08:30:00Z");
    let mut profile =
        BillingProfile::blank(id.to_owned(), ProfileSource::Customer, id.to_owned(), created_at);
    let personal = |text: &str| Personal::of(text);
    profile.name = personal("Ada");
    profile.email = personal("ada@example.com");
    profile.address = Address {
        line1: personal("1 Road"),
        line2: personal("Floor 2"),
        city: personal("Berlin"),
        state: personal("BE"),
        postal_code: personal("10115"),
        country: personal("DE"),
    };
    profile.card = Card {
        brand: personal("visa"),
        last4: personal("4242"),
        exp_month: personal("12"),
        exp_year: personal("2030"),
    };
    Row::BillingProfile(profile)
}

fn payments(id: &str) -> Vec<Row> {
    let created_at = at("2026-11-20T08:30:00Z");
    vec![
        Row::Payment(Payment {
            customer_id: Some("cus_1".into()),
            failure_code: Some("card_declined".into()),
            ..payment(id)
        }),
        Row::Refund(Refund {
            id: id.to_owned(),
            payment_id: Some("ch_1".into()),
            payment_intent_id: Some("pi_1".into()),
            amount: minor(5),
            status: Some("succeeded".into()),
            reason: Some("duplicate".into()),
            failure_reason: Some("lost".into()),
            ledger_entry_id: Some("txn_1".into()),
            created_at,
        }),
        Row::Dispute(Dispute {
            id: id.to_owned(),
            payment_id: Some("ch_1".into()),
            payment_intent_id: Some("pi_1".into()),
            amount: minor(5),
            status: "lost".to_owned(),
            reason: Some("fraudulent".into()),
            evidence_due_at: None,
            created_at,
            livemode: true,
        }),
        Row::Invoice(Invoice {
            id: id.to_owned(),
            number: Some("A-1".into()),
            customer_id: Some("cus_1".into()),
            subscription_id: Some("sub_1".into()),
            status: Some("paid".into()),
            billing_reason: Some("subscription_cycle".into()),
            total: minor(5),
            subtotal_minor: None,
            amount_due_minor: None,
            amount_paid_minor: None,
            amount_remaining_minor: None,
            attempt_count: None,
            period_start_at: None,
            period_end_at: None,
            due_at: None,
            finalized_at: None,
            paid_at: None,
            created_at,
            livemode: true,
        }),
        Row::InvoicePayment(InvoicePayment {
            id: id.to_owned(),
            invoice_id: Some("in_1".into()),
            payment_intent_id: Some("pi_1".into()),
            payment_id: Some("ch_1".into()),
            amount_requested: minor(5),
            amount_paid_minor: None,
            status: Some("paid".into()),
            is_default: None,
            paid_at: None,
            created_at: None,
        }),
    ]
}

fn billing(id: &str) -> Vec<Row> {
    let created_at = at("2026-11-20T08:30:00Z");
    vec![
        Row::Subscription(Subscription { pause_behavior: Some("void".into()), ..subscription(id) }),
        Row::SubscriptionMrr(SubscriptionMrr {
            subscription_id: id.to_owned(),
            date: day(20),
            status: "active".to_owned(),
            currency: usd(),
            mrr: Micros(1),
        }),
        Row::LedgerEntry(LedgerEntry {
            source_id: Some("ch_1".into()),
            exchange_rate: Some("1.1".into()),
            ..ledger_entry(id, "charge", 5, 1, "2026-11-20T08:30:00Z")
        }),
        Row::Customer(Customer {
            id: id.to_owned(),
            currency: None,
            delinquent: None,
            balance_minor: None,
            created_at,
            livemode: true,
        }),
        profile(id),
        Row::Product(Product {
            id: id.to_owned(),
            name: Some("Album".into()),
            active: None,
            default_price_id: Some("price_1".into()),
            created_at,
            updated_at: None,
            livemode: true,
        }),
        Row::Price(Price {
            id: id.to_owned(),
            product_id: Some("prod_1".into()),
            active: None,
            currency: None,
            exponent: None,
            unit_amount_decimal: Some("1.5".into()),
            billing_scheme: Some("per_unit".into()),
            kind: Some("recurring".into()),
            recurring_interval: Some("month".into()),
            recurring_interval_count: None,
            usage_type: Some("licensed".into()),
            nickname: Some("Monthly".into()),
            created_at,
            livemode: true,
        }),
    ]
}

fn web(id: &str) -> Vec<Row> {
    let origin = WebOrigin {
        scope: WebScope::Campaign,
        campaign: id.to_owned(),
        source: "google".to_owned(),
        medium: "cpc".to_owned(),
    };
    vec![
        Row::WebAnalytics(WebAnalytics {
            account_id: ACCOUNT.to_owned(),
            origin: origin.clone(),
            date: day(20),
            page_views: Some(9),
            sessions: Some(3),
            session_seconds: Some(90),
            users: Some(2),
            revenue: None,
            currency: None,
        }),
        Row::WebConversions(WebConversions {
            account_id: ACCOUNT.to_owned(),
            goal: "signed_up".to_owned(),
            origin,
            date: day(20),
            conversions: Some(Micros(1_000_000)),
            converting_sessions: Some(1),
        }),
    ]
}

fn music(id: &str) -> Vec<Row> {
    let (service, measure_class) = ("deezer".to_owned(), MeasureClass::PublicCounter);
    vec![
        Row::Track(Track {
            service: service.clone(),
            track_id: id.to_owned(),
            title: Some("Night Drive".into()),
            isrc: Some("USUM71703861".into()),
            artist_id: Some("27".into()),
            artist_name: Some("Band".into()),
            album_id: Some("1".into()),
            duration_seconds: None,
            released_on: None,
        }),
        Row::Album(Album {
            service: service.clone(),
            album_id: id.to_owned(),
            title: Some("Nights".into()),
            upc: Some("1".into()),
            artist_id: Some("27".into()),
            artist_name: Some("Band".into()),
            label: Some("Label".into()),
            record_type: Some("single".into()),
            track_count: None,
            released_on: None,
            followers: None,
        }),
        Row::Artist(Artist {
            service: service.clone(),
            artist_id: id.to_owned(),
            name: Some("Band".into()),
            album_count: None,
            followers: None,
        }),
        Row::Playlist(Playlist {
            service: service.clone(),
            playlist_id: id.to_owned(),
            name: Some("Hits".into()),
            owner_id: Some("1".into()),
            owner_name: Some("Deezer".into()),
            track_count: None,
            followers: None,
            public: None,
            created_at: None,
        }),
        Row::TrackPerformance(TrackPerformance {
            service: service.clone(),
            track_id: id.to_owned(),
            date: day(20),
            granularity: Granularity::Day,
            country: "DE".to_owned(),
            segment: "all".to_owned(),
            measure_class,
            streams: Some(1),
            listeners: None,
            saves: None,
            skips: None,
            playlist_adds: None,
            popularity: None,
            period_end: None,
        }),
        Row::ArtistAudience(ArtistAudience {
            service: service.clone(),
            artist_id: id.to_owned(),
            date: day(20),
            measure_class,
            followers: Some(1),
            monthly_listeners: None,
            popularity: None,
            streams: None,
            listeners: None,
            monthly_active_listeners: None,
            super_listeners: None,
            saves: None,
            playlist_adds: None,
        }),
        Row::CounterReading(CounterReading {
            service: service.clone(),
            entity: MusicEntity::Track,
            id: id.to_owned(),
            counter: "rank".to_owned(),
            date: day(20),
            value: 1,
            measure_class,
        }),
        Row::PlaylistPlacement(PlaylistPlacement {
            service,
            playlist_id: "1".to_owned(),
            track_id: id.to_owned(),
            date: day(20),
            position: Some(1),
            followers: None,
            added_at: None,
            title: Some("Night Drive".into()),
            artist_name: Some("Band".into()),
            streams: None,
            listeners: None,
        }),
    ]
}

fn reports(id: &str) -> Vec<Row> {
    vec![
        Row::ContentPerformance(ContentPerformance {
            service: "youtube".to_owned(),
            content_type: ContentType::Video,
            content_id: id.to_owned(),
            dimension: ContentDimension::Country,
            dimension_value: "DE".to_owned(),
            granularity: Granularity::Day,
            date: day(20),
            measure_class: MeasureClass::Measured,
            views: Some(1),
            watch_seconds: Some(60),
            likes: None,
            comments: None,
            shares: None,
            subscribers_gained: None,
            subscribers_lost: None,
            revenue: Some(Micros(1)),
            currency: Some(usd()),
        }),
        Row::RoyaltyStatement(RoyaltyStatement {
            statement: id.to_owned(),
            service: "spotify".to_owned(),
            store: "Spotify".to_owned(),
            track_id: "isrc:USUM71703861".to_owned(),
            country: "DE".to_owned(),
            period_start: day(1),
            period_end: day(30),
            kind: RoyaltyKind::Stream,
            currency: Some(usd()),
            quantity: Some(Micros(1_000_000)),
            revenue: Some(Micros(3)),
            revenue_exact: Some("0.00000345".into()),
            gross: None,
            isrc: Some("USUM71703861".into()),
            upc: Some("1".into()),
            title: Some("Night Drive".into()),
            artist_name: Some("Band".into()),
            statement_period: Some("2026-12".into()),
            layout: "distrokid".to_owned(),
            lines: 2,
        }),
    ]
}

fn links(id: &str) -> Vec<Row> {
    vec![
        Row::SmartLink(SmartLink {
            link_id: id.to_owned(),
            title: Some("Night Drive".into()),
            url: Some("https://ffm.to/night".into()),
            status: Some("published".into()),
            kind: Some("release".into()),
            artist_id: Some("27".into()),
            artist_name: Some("Band".into()),
            stores: Some("[]".into()),
            isrc: Some("USUM71703861".into()),
            upc: Some("1".into()),
            created_at: Some(at("2026-11-20T08:30:00Z")),
            released_on: Some(day(27)),
        }),
        Row::SmartLinkActivity(SmartLinkActivity {
            link_id: id.to_owned(),
            dimension: LinkDimension::Referrer,
            dimension_value: "example.com".to_owned(),
            date: day(20),
            visits: Some(3),
            unique_visitors: None,
            clicks: Some(0),
            engagements: None,
            pre_saves: None,
            follows: None,
            conversions: None,
            earnings: Some(Micros(1)),
            currency: Some(usd()),
        }),
    ]
}
