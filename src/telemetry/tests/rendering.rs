use std::collections::BTreeSet;

use jiff::{Timestamp, civil::date};
use rows::Micros;

use actors::engine::status::StreamStatus;

use super::{at, board, campaign, music, noon, payment, royalties, status, stream, web};
use crate::{
    insight::NamePattern,
    telemetry::{
        body::{Body, tests::identity},
        figures::{CounterFigures, MarketingCampaign, Member, MemberRule, MusicFigures, Touched, Windows},
        limits::{CAMPAIGNS_MAX, COUNTERS_MAX, LABEL_CHARS_MAX, ROYALTIES_MAX},
        render::{render, render_of},
    },
};
use rows::state::State;

fn text(board: &crate::telemetry::board::Board, now: Timestamp) -> String {
    render(board, now).0.into_iter().map(|(_, text)| text).collect()
}

/// Everything at once: several connections, currencies, an escaped name, unknowns.
fn rich_board() -> crate::telemetry::board::Board {
    let mut odd = campaign("2", "9");
    odd.name = Some("\"Night\" \\ Drive\nEU".to_owned());
    odd.effective_status = Some("CAMPAIGN_PAUSED".to_owned());
    odd.objective = None;
    odd.currency = None;
    odd.learning = None;
    let mut lifetime = campaign("1", "8");
    lifetime.daily_budget = None;
    lifetime.lifetime_budget = Some(Micros(1_500_000_000));
    lifetime.lifetime_spend = Some(rows::money::RawSpend(Micros(750_000_000)));
    lifetime.start_at = Some(at("2026-11-14T12:00:00Z"));
    lifetime.end_at = Some(at("2026-12-04T12:00:00Z"));
    lifetime.windows = Windows::default();
    let mut board = board(vec![odd, lifetime, campaign("1", "120210000000000001")]);
    board.statuses =
        vec![status("label-a-meta", "meta_ads").into(), status("label-a-stripe", "stripe").into()];
    board.token_expiries.insert("label-a-meta".to_owned(), at("2027-01-01T00:00:00Z"));
    board.replace_payments(
        vec![
            payment("label-a-stripe", "USD", 2),
            payment("label-a-stripe", "JPY", 0),
            payment("gone", "USD", 2),
        ],
        noon(),
    );
    board.marketing_campaigns = vec![
        MarketingCampaign {
            campaign: "night-drive".to_owned(),
            tenant: "label-a".to_owned(),
            members: vec![
                Member {
                    provider: "meta_ads".to_owned(),
                    which: MemberRule::NameMatches(NamePattern::new("Night Drive*")),
                },
                Member { provider: "meta_ads".to_owned(), which: MemberRule::Id("8".to_owned()) },
                Member { provider: "google_ads".to_owned(), which: MemberRule::Id("9".to_owned()) },
            ],
        },
        MarketingCampaign {
            campaign: "of-another-tenant".to_owned(),
            tenant: "label-b".to_owned(),
            members: vec![Member {
                provider: "meta_ads".to_owned(),
                which: MemberRule::NameMatches(NamePattern::new("*")),
            }],
        },
    ];
    board
}

#[test]
fn the_latest_file_of_a_connection_is_told() {
    let mut board = board(Vec::new());
    let mut files = status("label-a-files", "report_files");
    let at_noon = |day: u8| Some(at(&format!("2026-11-{day}T12:00:00Z")));
    files.streams = [at_noon(20), at_noon(22), None]
        .map(|last_file_at| StreamStatus { last_file_at, ..stream("", State::Idle, None) })
        .into();
    board.statuses = vec![files.into(), status("label-a-meta", "meta_ads").into()];
    let text = text(&board, noon());
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("dynamoi_report_file_last_seen_timestamp_seconds"))
        .collect();
    assert_eq!(
        lines,
        ["dynamoi_report_file_last_seen_timestamp_seconds{connection=\"label-a-files\"} 1795348800"]
    );
}

fn lines_of(text: &str, family: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with(family)).map(str::to_owned).collect()
}

#[test]
fn royalties_are_of_a_month_and_go_with_their_connection() {
    let mut board = board(Vec::new());
    board.set_statuses(vec![status("label-a-files", "report_files").into()]);
    board.replace_royalties(vec![royalties("label-b-files"), royalties("label-a-files")]);
    let shown = text(&board, noon());
    assert_eq!(
        lines_of(&shown, "dynamoi_royalties"),
        [
            "dynamoi_royalties{connection=\"label-a-files\",service=\"apple_music\",currency=\"EUR\"} 9007199254.740993",
            "dynamoi_royalties{connection=\"label-a-files\",service=\"spotify\",currency=\"EUR\"} -1.5",
            "dynamoi_royalties{connection=\"label-a-files\",service=\"spotify\",currency=\"USD\"} 0",
            "dynamoi_royalties_month_timestamp_seconds{connection=\"label-a-files\"} 1790812800",
        ]
    );
    assert_eq!(board.next_rollover(noon()), Some(at("2026-11-25T00:00:00Z")), "months end by UTC");
    board.set_statuses(Vec::new());
    assert_eq!(lines_of(&text(&board, noon()), "dynamoi_royalties"), [""; 0]);
}

#[test]
fn royalties_beyond_the_limit_are_counted() {
    let mut many = royalties("label-a-files");
    let paid = many.revenue[0].clone();
    many.revenue = vec![paid; ROYALTIES_MAX];
    for (number, paid) in many.revenue.iter_mut().enumerate() {
        paid.service = format!("store_{number:06}");
    }
    let mut board = board(Vec::new());
    board.set_statuses(
        ["label-a-files", "label-b-files"].map(|name| status(name, "report_files").into()).into(),
    );
    board.replace_royalties(vec![many, royalties("label-b-files")]);
    let shown = text(&board, noon());
    assert_eq!(lines_of(&shown, "dynamoi_royalties{").len(), ROYALTIES_MAX);
    assert_eq!(lines_of(&shown, "dynamoi_royalties{connection=\"label-b-files\"").len(), 3);
    let left_out = "dynamoi_connection_series_dropped{connection=\"label-a-files\",kind=\"royalty\"} 3\n";
    assert!(shown.contains(left_out), "{:?}", lines_of(&shown, "dynamoi_connection_series_dropped"));
}

#[test]
fn the_whole_text() {
    assert_eq!(text(&rich_board(), noon()), include_str!("golden.prom"));
}

/// A board of web analytics and streaming services, the latter read by two connections.
fn web_and_music_board() -> crate::telemetry::board::Board {
    let mut board = crate::telemetry::board::Board::default();
    board.set_statuses(
        ["label-a-posthog", "label-a-deezer", "label-b-deezer"]
            .map(|connection| status(connection, "deezer").into())
            .into(),
    );
    board.replace_web(vec![web("label-a-posthog"), web("gone")], noon());
    let mut newer = music("label-b-deezer");
    for track in &mut newer.tracks {
        track.read_on = date(2026, 11, 25);
        track.popularity = Some(Micros(99_000_000));
    }
    let of_b = [("3135556", "chart:0"), ("3135556", "908622995"), ("unknown", "chart:0")];
    let of_b = of_b.map(|(track, playlist)| (track.to_owned(), playlist.to_owned()));
    newer.placements.insert("deezer".to_owned(), of_b.into());
    let mut gone = music("gone");
    gone.tracks[0].track_id = "of a connection that is gone".to_owned();
    board.replace_music(vec![newer, gone, music("label-a-deezer")], noon());
    board
}

#[test]
fn the_whole_text_of_web_and_music() {
    let board = web_and_music_board();
    let text = text(&board, noon());
    let (_, shown) = text.split_once("# HELP dynamoi_web_sessions").unwrap();
    assert_eq!(format!("# HELP dynamoi_web_sessions{shown}"), include_str!("web_and_music.prom"));
}

#[test]
fn web_windows_of_yesterday_go_and_what_was_read_of_music_stays() {
    let text = text(&web_and_music_board(), at("2026-11-25T00:00:00Z"));
    assert!(!text.contains("dynamoi_web_") && !text.contains("dynamoi_track_streams"), "{text}");
    assert!(text.contains("dynamoi_reading{") && text.contains("dynamoi_track_popularity{"));
}

#[test]
fn music_of_a_connection_that_is_gone_goes_along() {
    let mut board = web_and_music_board();
    board.set_statuses(vec![status("label-a-deezer", "deezer").into()]);
    let text = text(&board, noon());
    let popularity: Vec<&str> =
        text.lines().filter(|line| line.starts_with("dynamoi_track_popularity")).collect();
    assert_eq!(
        popularity,
        ["dynamoi_track_popularity{provider=\"deezer\",service=\"deezer\",track_id=\"3135556\"} 87.654321"]
    );
    assert!(text.contains(
        "dynamoi_playlist_placements{provider=\"deezer\",service=\"deezer\",track_id=\"3135556\"} 1\n"
    ));
}

#[test]
fn no_place_is_unknown_where_some_list_could_not_be_read() {
    let placements = |change: fn(&mut MusicFigures)| {
        let mut music = music("label-a-deezer");
        change(&mut music);
        let mut board = web_and_music_board();
        board.replace_music(vec![music], noon());
        let text = text(&board, noon());
        let line =
            text.lines().find(|line| line.starts_with("dynamoi_playlist_placements{")).map(str::to_owned);
        line.map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
    };
    let nowhere: fn(&mut MusicFigures) = |music| music.placements.values_mut().for_each(BTreeSet::clear);
    assert_eq!(placements(nowhere).as_deref(), Some("0"), "every list was read");
    let partly: fn(&mut MusicFigures) = |music| {
        music.placements.values_mut().for_each(BTreeSet::clear);
        music.partly_placed.insert("deezer".to_owned());
    };
    assert_eq!(placements(partly), None);
    let somewhere: fn(&mut MusicFigures) = |music| {
        music.partly_placed.insert("deezer".to_owned());
    };
    assert_eq!(placements(somewhere).as_deref(), Some("1"), "at least there");
}

#[test]
fn beyond_their_limit_counters_are_counted() {
    let mut many = music("label-a-deezer");
    let one = many.counters.remove(0);
    many.counters =
        (0..=COUNTERS_MAX).map(|number| CounterFigures { id: number.to_string(), ..one.clone() }).collect();
    let mut board = web_and_music_board();
    board.replace_music(vec![many], noon());
    let (texts, left_out) = render(&board, noon());
    let of_deezer = std::collections::BTreeMap::from([("label-a-deezer".to_owned(), 1)]);
    assert!(left_out.contains(&("counter", of_deezer)), "{left_out:?}");
    assert!(left_out.contains(&("track", std::collections::BTreeMap::default())), "{left_out:?}");
    let (_, counters) = texts.iter().find(|(name, _)| *name == "dynamoi_reading").unwrap();
    assert_eq!(counters.lines().filter(|line| !line.starts_with('#')).count(), COUNTERS_MAX);
}

#[test]
fn each_series_is_there_once_and_each_family_in_one_piece() {
    let text = text(&rich_board(), noon());
    let mut series = BTreeSet::new();
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("# HELP ") {
            families.push(header.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let (name, _) = line.rsplit_once(' ').unwrap();
            assert!(series.insert(name), "{name} twice");
            assert!(name.starts_with(families.last().unwrap()), "{name} outside its family");
        }
    }
    assert_eq!(families.iter().collect::<BTreeSet<_>>().len(), families.len());
}

#[test]
fn an_unknown_is_absent_and_a_zero_is_zero() {
    let text = text(&board(vec![campaign("1", "2")]), noon());
    let has = |series: &str| text.lines().any(|line| line.starts_with(series));
    let labels = "provider=\"meta_ads\",account_id=\"1\",campaign_id=\"2\"";
    assert!(text.contains(&format!("dynamoi_campaign_clicks{{{labels},window=\"today\"}} 0\n")));
    assert!(!has("dynamoi_campaign_video_views"));
    assert!(!has(&format!("dynamoi_campaign_impressions{{{labels},window=\"7d\"}}")));
    assert!(!has(&format!("dynamoi_campaign_clicks{{{labels},window=\"yesterday\"}}")));
}

#[test]
fn yesterdays_windows_are_not_shown_under_todays_name() {
    let board = board(vec![campaign("1", "2")]);
    let text = text(&board, at("2026-11-25T00:00:00Z"));
    assert!(text.contains("dynamoi_campaign_info{"));
    for gone in ["dynamoi_campaign_impressions", "dynamoi_campaign_spend", "dynamoi_campaign_pacing_ratio"] {
        assert!(!text.contains(gone), "{gone}");
    }
}

#[test]
fn the_next_rollover_is_the_earliest_zones() {
    let mut tokyo = campaign("1", "2");
    tokyo.time_zone = "Asia/Tokyo".to_owned();
    let board = board(vec![campaign("2", "2"), tokyo]);
    assert_eq!(board.next_rollover(noon()), Some(at("2026-11-24T15:00:00Z")));
    assert_eq!(board.next_rollover(at("2026-11-24T15:00:00Z")), Some(at("2026-11-25T00:00:00Z")));
}

#[test]
fn pacing_compares_with_the_time_of_reading() {
    let mut half = campaign("1", "2");
    half.read_at = Some(at("2026-11-24T06:00:00Z"));
    let mut stale = campaign("1", "3");
    stale.read_at = Some(at("2026-11-23T23:59:00Z"));
    let text = text(&board(vec![half, stale]), noon());
    let ratios: Vec<&str> =
        text.lines().filter(|line| line.starts_with("dynamoi_campaign_pacing_ratio")).collect();
    assert_eq!(ratios.len(), 1, "{ratios:?}");
    assert!(ratios[0].ends_with("campaign_id=\"2\"} 1.9896"), "24.87 / (50 × ¼): {ratios:?}");
}

#[test]
fn several_accounts_show_the_worst_state_and_the_earliest_day() {
    let mut unread = status("label-a-meta", "meta_ads");
    unread.streams.push(stream("3", State::NeedsReauth, None));
    let mut board = board(vec![]);
    let both = text(&board, noon());
    assert!(both.contains(
        "dynamoi_stream_state{connection=\"label-a-meta\",stream=\"insights\",state=\"polling\"} 1\n"
    ));
    assert!(both.contains(
        "dynamoi_data_through_timestamp_seconds{connection=\"label-a-meta\",stream=\"insights\"} 1795392000\n"
    ));
    board.statuses = vec![unread.into()];
    let with_unread = text(&board, noon());
    assert!(with_unread.contains("state=\"needs_reauth\"} 1\n"));
    assert!(!with_unread.contains("dynamoi_data_through_timestamp_seconds"));
}

#[test]
fn a_connection_that_is_gone_takes_its_series_along() {
    let mut board = board(vec![campaign("1", "2")]);
    board.statuses.clear();
    assert_eq!(text(&board, noon()), "");
}

#[test]
fn replacing_an_account_leaves_the_others() {
    let mut board = board(vec![campaign("1", "2"), campaign("1", "3"), campaign("2", "4")]);
    let mut touched = Touched::default();
    touched.add("label-a-meta", "1");
    board.replace_campaigns(&touched, vec![campaign("1", "3")], noon());
    let text = text(&board, noon());
    let infos: Vec<&str> = text.lines().filter(|line| line.starts_with("dynamoi_campaign_info")).collect();
    assert_eq!(infos.len(), 2, "{infos:?}");
    assert!(infos[0].contains("campaign_id=\"3\"") && infos[1].contains("campaign_id=\"4\""));
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let mut long = campaign("1", "2");
    long.name = Some("é".repeat(LABEL_CHARS_MAX + 1));
    let text = text(&board(vec![long]), noon());
    assert!(text.contains(&format!("campaign_name=\"{}…\"", "é".repeat(LABEL_CHARS_MAX))));
}

#[test]
fn beyond_the_limit_active_campaigns_stay_and_the_rest_is_counted() {
    let mut campaigns: Vec<_> =
        (0..=CAMPAIGNS_MAX).map(|number| campaign("1", &format!("{number:06}"))).collect();
    for paused in &mut campaigns[..2] {
        paused.status = Some("PAUSED".to_owned());
        paused.effective_status = Some("PAUSED".to_owned());
    }
    let board = board(campaigns);
    let (texts, left_out) = render(&board, noon());
    let left_out: Vec<(&str, usize)> =
        left_out.iter().map(|(kind, of)| (*kind, of.values().sum())).take(3).collect();
    assert_eq!(left_out, [("campaign", 1), ("campaign_member", 0), ("payment", 0)]);
    let (_, info) = texts.iter().find(|(name, _)| *name == "dynamoi_campaign_info").unwrap();
    assert!(info.contains("campaign_id=\"000000\"") && !info.contains("campaign_id=\"000001\""));
    assert!(info.contains(&format!("campaign_id=\"{CAMPAIGNS_MAX:06}\"")));
}

/// One tenant's thousands, none of them paused, and another's three.
#[test]
fn the_limit_is_shared_by_connection_and_what_falls_out_is_named() {
    let many = (0..CAMPAIGNS_MAX + 4_000).map(|number| campaign("1", &format!("{number:06}")));
    let few = (0..3).map(|number| {
        let mut one = campaign("2", &format!("z{number}"));
        one.connection = "label-b-meta".to_owned();
        one
    });
    let mut board = board(many.chain(few).collect());
    let connections = ["label-a-meta", "label-b-meta"];
    board.statuses = connections.map(|name| status(name, "meta_ads").into()).into();
    let shown = text(&board, noon());
    let infos = shown.lines().filter(|line| line.starts_with("dynamoi_campaign_info{"));
    assert_eq!(infos.clone().count(), CAMPAIGNS_MAX);
    assert_eq!(infos.filter(|line| line.contains("account_id=\"2\"")).count(), 3);
    assert!(
        shown.contains(
            "dynamoi_connection_series_dropped{connection=\"label-a-meta\",kind=\"campaign\"} 4003\n"
        )
    );
    assert!(!shown.contains("dynamoi_connection_series_dropped{connection=\"label-b-meta\""));
}

/// As many series as a large worker shows, rendered and compressed.
#[test]
fn a_hundred_thousand_series() {
    let campaigns: Vec<_> = (0..10_000).map(|number| campaign("1", &number.to_string())).collect();
    let board = board(campaigns);
    let body = Body::default().renewed(render(&board, noon()).0).unwrap();
    let series = identity(&body).lines().filter(|line| !line.starts_with('#')).count();
    assert!(series > 100_000, "{series}");
    assert!(body.renewed(render(&board, noon()).0).is_none(), "rendering is deterministic");
}

#[test]
fn a_tenant_is_shown_its_own_and_what_its_markup_makes_of_spend() {
    use rows::{
        markup::{Markup, Percent},
        money::RawSpend,
    };
    let mut board = rich_board();
    let markup = Markup::new(vec![(date(2026, 1, 1), Percent::parse("10").unwrap())]).unwrap();
    let mut own = campaign("1", "120210000000000001");
    let shown = markup.shown(RawSpend(Micros(24_870_000)), date(2026, 11, 24));
    own.display_spend = Windows { today: shown, ..Windows::default() };
    let mut others = campaign("7", "77");
    (others.connection, others.tenant) = ("label-b-meta".to_owned(), "label-b".to_owned());
    board.replace_campaigns(&Touched::All, vec![own, others], noon());
    let mut of_others = status("label-b-meta", "meta_ads");
    of_others.tenant = "label-b".to_owned();
    let mut statuses = board.statuses.clone();
    statuses.push(of_others.into());
    board.set_statuses(statuses);

    let all = text(&board, noon());
    assert!(all.contains("campaign_id=\"77\"") && all.contains("} 24.87\n"), "{all}");
    let of = |tenant: &str| -> String {
        render_of(&board, tenant, noon()).into_iter().map(|(_, text)| text).collect()
    };
    let own = of("label-a");
    let spend = "window=\"today\",currency=\"USD\",basis=\"display\"} 27.357\n";
    assert!(own.contains(spend) && !own.contains("24.87"), "{own}");
    assert!(!own.contains("9007199254.740993"), "what was not marked up is not shown");
    assert!(
        own.contains("dynamoi_campaign_impressions{") && own.contains("dynamoi_payments_gross{"),
        "{own}"
    );
    for hidden in ["label-b", "campaign_id=\"77\"", "basis=\"raw\"", "_budget", "_pacing"] {
        assert!(!own.contains(hidden), "{hidden}: {own}");
    }
    let others = of("label-b");
    assert!(others.contains("campaign_id=\"77\"") && !others.contains("label-a"), "{others}");
    assert!(!others.contains("dynamoi_campaign_spend") && !others.contains("dynamoi_payments"), "{others}");
    assert_eq!(of("nobody"), "");
}
