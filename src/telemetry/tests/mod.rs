//! What is rendered and when, from samples.

mod publishing;
mod rendering;

use std::sync::Arc;

use actors::engine::status::{ConnectionStatus, StreamStatus};
use jiff::{Timestamp, civil::date};
use rows::{Currency, Micros, money::RawSpend, music::MusicEntity, state::State};

use super::{
    board::Board,
    figures::{
        ArtistFigures, CampaignFigures, CampaignWindow, CounterFigures, GoalFigures, GoalWindow,
        MusicFigures, PaymentFigures, PaymentWindow, PlaylistFigures, RoyaltyFigures, RoyaltyRevenue,
        Touched, TrackFigures, WebFigures, WebWindow, Windows,
    },
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon in UTC.
fn noon() -> Timestamp {
    at("2026-11-24T12:00:00Z")
}

fn campaign(account_id: &str, campaign_id: &str) -> CampaignFigures {
    CampaignFigures {
        connection: "label-a-meta".to_owned(),
        provider: "meta_ads".to_owned(),
        tenant: "label-a".to_owned(),
        account_id: account_id.to_owned(),
        campaign_id: campaign_id.to_owned(),
        name: Some("Night Drive / US".to_owned()),
        objective: Some("OUTCOME_TRAFFIC".to_owned()),
        status: Some("ACTIVE".to_owned()),
        effective_status: Some("ACTIVE".to_owned()),
        currency: Some(Currency::parse("USD").unwrap()),
        time_zone: "UTC".to_owned(),
        daily_budget: Some(Micros(50_000_000)),
        lifetime_budget: None,
        lifetime_spend: None,
        display_spend: Windows::default(),
        learning: Some(false),
        start_at: None,
        end_at: None,
        read_at: None,
        windows: Windows {
            today: Some(CampaignWindow {
                impressions: Some(12_345),
                clicks: Some(0),
                conversions: Some(Micros(1_500_000)),
                video_views: None,
                spend: Some(RawSpend(Micros(24_870_000))),
                conversion_value: Some(Micros(99_990_001)),
            }),
            yesterday: Some(CampaignWindow { impressions: Some(7), ..CampaignWindow::default() }),
            last_7_days: None,
            last_28_days: Some(CampaignWindow {
                spend: Some(RawSpend(Micros(9_007_199_254_740_993))), // 2^53 + 1 millionths: no float holds it
                ..CampaignWindow::default()
            }),
        },
        unread: Windows::default(),
    }
}

fn payment(connection: &str, currency: &str, exponent: u8) -> PaymentFigures {
    PaymentFigures {
        connection: connection.to_owned(),
        currency: Currency::parse(currency).unwrap(),
        exponent,
        time_zone: "Europe/Berlin".to_owned(),
        windows: Windows {
            last_7_days: Some(PaymentWindow {
                gross_minor: 123_456,
                fees_minor: 3_599,
                refunds_minor: 0,
                other_minor: -119_862,
                net_minor: -5,
            }),
            ..Windows::default()
        },
        mrr: Some(Micros(4_990_000)),
    }
}

fn web(connection: &str) -> WebFigures {
    WebFigures {
        connection: connection.to_owned(),
        provider: "posthog".to_owned(),
        time_zone: "UTC".to_owned(),
        windows: Windows {
            yesterday: Some(WebWindow {
                page_views: Some(300),
                sessions: Some(80),
                session_seconds: Some(5_000),
            }),
            last_7_days: Some(WebWindow { page_views: None, sessions: Some(0), session_seconds: Some(0) }),
            ..Windows::default()
        },
        goals: vec![GoalFigures {
            goal: "signed \"up\"".to_owned(),
            windows: Windows {
                yesterday: Some(GoalWindow {
                    conversions: Some(Micros(2_500_000)),
                    converting_sessions: Some(2),
                }),
                last_7_days: Some(GoalWindow { conversions: Some(Micros(0)), converting_sessions: Some(0) }),
                last_28_days: Some(GoalWindow {
                    conversions: Some(Micros(3_000_000)),
                    converting_sessions: None,
                }),
                ..Windows::default()
            },
        }],
    }
}

fn music(connection: &str) -> MusicFigures {
    let deezer = || "deezer".to_owned();
    let read_on = date(2026, 11, 24);
    MusicFigures {
        connection: connection.to_owned(),
        provider: deezer(),
        tracks: vec![TrackFigures {
            service: deezer(),
            track_id: "3135556".to_owned(),
            read_on,
            title: Some("Night Drive".to_owned()),
            artist_name: Some("A \"Band\"".to_owned()),
            isrc: None,
            popularity: Some(Micros(87_654_321)),
            time_zone: "UTC".to_owned(),
            streams: Windows { last_7_days: Some(1_234), ..Windows::default() },
        }],
        artists: vec![ArtistFigures {
            service: deezer(),
            artist_id: "27".to_owned(),
            read_on,
            name: Some("Band".to_owned()),
            followers: Some(0),
            monthly_listeners: None,
        }],
        playlists: vec![PlaylistFigures {
            service: deezer(),
            playlist_id: "908622995".to_owned(),
            read_on,
            name: Some("Hits".to_owned()),
            owner_name: None,
        }],
        counters: vec![CounterFigures {
            service: deezer(),
            entity: MusicEntity::Playlist,
            id: "908622995".to_owned(),
            counter: "fans".to_owned(),
            read_on,
            value: 9_007_199_254_740_993,
        }],
        placements: [(deezer(), [("3135556".to_owned(), "908622995".to_owned())].into())].into(),
        partly_placed: std::collections::BTreeSet::new(),
    }
}

fn royalties(connection: &str) -> RoyaltyFigures {
    let paid = |service: &str, currency: &str, micros| RoyaltyRevenue {
        service: service.to_owned(),
        currency: Currency::parse(currency).unwrap(),
        revenue: Micros(micros),
    };
    RoyaltyFigures {
        connection: connection.to_owned(),
        month: date(2026, 10, 1),
        revenue: vec![
            paid("apple_music", "EUR", 9_007_199_254_740_993),
            paid("spotify", "EUR", -1_500_000),
            paid("spotify", "USD", 0),
        ],
    }
}

fn stream(account_id: &str, state: State, data_through: Option<&str>) -> StreamStatus {
    StreamStatus {
        account_id: account_id.to_owned(),
        stream: "insights",
        state,
        data_through: data_through.map(at),
        settled_through: None,
        settled_through_at: data_through.map(at),
        last_file_at: None,
        error: None,
    }
}

fn status(connection: &str, integration: &'static str) -> ConnectionStatus {
    ConnectionStatus {
        connection: connection.to_owned(),
        integration,
        tenant: "label-a".to_owned(),
        start_date: date(2026, 1, 1),
        paused: false,
        state: State::Idle,
        last_success_at: Some(at("2026-11-24T11:59:00Z")),
        next_poll_at: None,
        error: None,
        streams: vec![
            stream("1", State::Idle, Some("2026-11-24T00:00:00Z")),
            stream("2", State::Polling, Some("2026-11-23T00:00:00Z")),
        ],
    }
}

/// A board with these campaigns, read at noon.
fn board(campaigns: Vec<CampaignFigures>) -> Board {
    let mut board = Board::default();
    board.statuses = vec![Arc::new(status("label-a-meta", "meta_ads"))];
    board.replace_campaigns(&Touched::All, campaigns, noon());
    board
}
