//! The status page: readable without scripts, and of bounded size whatever there is to show.

mod campaign;
mod connection;
mod filter;

use std::{collections::HashMap, sync::Arc, time::Duration};

use actors::engine::status::ConnectionStatus;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use rows::{Day, money::Basis, state::State};
use serde::Deserialize;
use store::read::CampaignKey;

use self::{connection::Standing, filter::Choices};
use super::{
    ConnectionAnswer, DaysByCampaign, Shared,
    kind::Kind,
    query::{Filter, in_state},
};
use crate::{
    audience::{Audience, Written, said, written},
    display::text,
    telemetry::shown::{Shown, ShownCampaign, Slice, Wanted},
};

/// Its sign in a browser's tab.
pub(super) const ICON: &str = include_str!("icon.svg");

/// Connections of a page.
const CONNECTIONS: usize = 50;
/// Campaigns of a page.
const CAMPAIGNS: usize = 24;
/// A page without charts is better than none.
const DAYS_TIMEOUT: Duration = Duration::from_secs(3);

/// Which pages of the lists are shown, from 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default)]
pub(super) struct Pages {
    connections_page: usize,
    campaigns_page: usize,
}

/// A list's part on this page.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// From 1.
    number: usize,
    of: usize,
    /// Items of all parts.
    total: usize,
    size: usize,
}

/// How many connections stand how.
#[derive(Debug, Clone, Copy, Default)]
struct Health {
    well: usize,
    waiting: usize,
    troubled: usize,
}

/// The page. An error says what is wrong with the question.
pub(super) async fn page<M: Kind>(
    shared: &Shared,
    audience: &Audience,
    filter: &Filter,
    pages: &Pages,
) -> Result<Written<String>, String> {
    let state = filter.state()?;
    let now = shared.clock.now();
    let mut all = shared.statuses.statuses();
    all.retain(|status| audience.sees(&status.tenant));
    let choices = Choices::of(&all);
    let connections = in_state(all.iter().map(AsRef::as_ref), state);
    let is_configured = !all.is_empty();
    let mut statuses = all.clone();
    statuses.retain(|status| filter.holds(status, state));
    let health = Health::of(&statuses);
    // Those that need somebody first; polling and idle ones stay where they are.
    statuses
        .sort_by(|a, b| (Standing::of(a.state), &a.connection).cmp(&(Standing::of(b.state), &b.connection)));
    let connections_part = Part::new(pages.connections_page, statuses.len(), CONNECTIONS);
    let statuses: Vec<_> = statuses
        .iter()
        .skip(connections_part.offset())
        .take(CONNECTIONS)
        .map(|status| ConnectionAnswer::new(status, shared, audience, now))
        .collect();

    let wanted = |number: usize| Wanted {
        tenant: filter.tenant().map(str::to_owned),
        provider: filter.provider().map(str::to_owned),
        connections: connections.clone(),
        name: filter.name().map(str::to_owned),
        slice: Slice::Page { offset: number.saturating_sub(1).saturating_mul(CAMPAIGNS), limit: CAMPAIGNS },
    };
    let mut shown = M::campaigns(shared, audience, &wanted(pages.campaigns_page), now);
    let campaigns_part = Part::new(pages.campaigns_page, shown.total, CAMPAIGNS);
    if campaigns_part.number != pages.campaigns_page {
        shown = M::campaigns(shared, audience, &wanted(campaigns_part.number), now);
    }
    let days = days(shared, audience, &shown, now).await;

    let links = Links { filter, connections: connections_part.number, campaigns: campaigns_part.number };
    // The worker's name is its operators'.
    let name = audience.tenant().unwrap_or(&shared.name);
    let may_act = shared.may_act && audience.tenant().is_none();
    Ok(written(|| {
        document(
            &format!("{name} · dynamoi"),
            &html! {
                (top(name))
                main {
                    h1.hidden { "Status of " (name) }
                    p.asof { "As of " (text::utc(now)) }
                    (tiles(health, &shown))
                    (filter::form(filter, &choices))
                    section #connections aria-labelledby="connections-h" {
                        h2 #connections-h { "Connections " span.count { (connections_part.total) } }
                        @if statuses.is_empty() {
                            @if is_configured {
                                (nothing("No connection fits this filter.", "/", "Show all"))
                            } @else {
                                p.empty { "No connection runs yet. Add a " code { "[connections.…]" } " table to the configuration and reload it." }
                            }
                        } @else {
                            @if !shared.may_act && audience.tenant().is_none() {
                                p.note { "To pause, resume or poll from here, set " code { "http.authentication" } "; "
                                    "on the worker's machine there are " code { "dynamoi pause" } ", " code { "resume" } " and " code { "poll" } "." }
                            }
                            (connection::table(&statuses, may_act.then_some(&shared.tokens), &links.query(), now))
                            (pager(connections_part, "connections", |number| links.to(number, links.campaigns)))
                        }
                    }
                    section #campaigns aria-labelledby="campaigns-h" {
                        h2 #campaigns-h { "Campaigns " span.count { (campaigns_part.total) } }
                        @if shown.campaigns.is_empty() {
                            @if filter.is_empty() {
                                p.empty { "No campaign is active or has spent within 28 days, as far as has been read." }
                            } @else {
                                (nothing("No campaign fits this filter.", "/", "Show all"))
                            }
                        } @else {
                            @if let Err(error) = &days {
                                p.warning role="status" { "The charts cannot be shown: " (error) }
                            }
                            p.note {
                                @match M::BASIS {
                                    Basis::Raw => "What the networks charged and report, on each account's own days.",
                                    Basis::Display => "Spend, and what the networks report, on each account's own days.",
                                }
                                " A column marked "
                                em { "provisional" } " may still change; a gap in a chart is a day that has not been read; "
                                "paler bars are provisional."
                            }
                            (cards(&shown, days.as_ref().ok(), &all))
                            (pager(campaigns_part, "campaigns", |number| links.to(links.connections, number)))
                        }
                    }
                }
                footer { p { "dynamoi " (env!("CARGO_PKG_VERSION")) " · what is not known is a dash, never a zero" } }
            },
        )
    }))
}

fn top(name: &str) -> Markup {
    html! {
        header.top {
            p.brand { img src="/icon.svg" alt="" width="28" height="28"; a href="/" { "dynamoi" } span.worker { (name) } }
            nav aria-label="Page" {
                a href="#connections" { "Connections" }
                a href="#campaigns" { "Campaigns" }
                a href="/api/v1/openapi.json" { "API" }
                a href="/metrics" { "Metrics" }
            }
        }
    }
}

fn cards<M: Kind>(
    shown: &Shown<M>,
    days: Option<&DaysByCampaign<M>>,
    statuses: &[Arc<ConnectionStatus>],
) -> Markup {
    let starts: HashMap<&str, Day> =
        statuses.iter().map(|status| (status.connection.as_str(), status.start_date)).collect();
    html! {
        div.cards {
            @for (place, campaign) in shown.campaigns.iter().enumerate() {
                @let series = days.and_then(|days| days.get(&key(campaign)));
                @let start_date = starts.get(campaign.snapshot.connection.as_str()).copied();
                (campaign::card(campaign, series, start_date, &format!("c{place}")))
            }
        }
    }
}

/// A page with one sentence.
pub(super) fn message(why: &str) -> String {
    document(
        "dynamoi",
        &html! {
            main.message { h1 { "That did not work" } p { (why) } p { a.button href="/" { "Back to the status page" } } }
        },
    )
}

/// Where on the page a connection is.
pub(super) fn anchor(connection: &str) -> String {
    format!("connection-{connection}")
}

fn document(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(concat!("/style.css?", env!("CARGO_PKG_VERSION")));
            }
            body { (body) }
        }
    }
    .into_string()
}

fn key<M>(campaign: &ShownCampaign<M>) -> CampaignKey {
    let snapshot = &campaign.snapshot;
    CampaignKey {
        connection: snapshot.connection.clone(),
        account_id: snapshot.account_id.clone(),
        campaign_id: snapshot.campaign_id.clone(),
    }
}

async fn days<M: Kind>(
    shared: &Shared,
    audience: &Audience,
    shown: &Shown<M>,
    now: Timestamp,
) -> Result<DaysByCampaign<M>, String> {
    if shown.campaigns.is_empty() {
        return Ok(DaysByCampaign::new());
    }
    let keys = shown.campaigns.iter().map(key).collect();
    let read = tokio::select! {
        read = M::days(shared, audience, keys, now) => read,
        () = shared.clock.sleep(DAYS_TIMEOUT) => {
            Err(format!("the database did not answer within {} seconds", DAYS_TIMEOUT.as_secs()))
        }
    };
    read.inspect_err(|error| tracing::warn!(error, "the page's charts cannot be read"))
}

fn tiles<M: Kind>(health: Health, shown: &Shown<M>) -> Markup {
    let Health { well, waiting, troubled } = health;
    html! {
        dl.tiles {
            div.tile.bad[troubled > 0] { dt { "Need attention" } dd { (troubled) } }
            div.tile { dt { "Waiting" } dd { (waiting) } }
            div.tile { dt { "Working" } dd { (well) } }
            div.tile { dt { "Campaigns" } dd { (text::count(i64::try_from(shown.total).unwrap_or(i64::MAX))) } }
            @if shown.total > 0 {
                div.tile.wide {
                    dt { "Spend, 28 days" }
                    @for (currency, spend) in &shown.spend {
                        dd { (text::amount(said(*spend), Some(*currency))) " " span.unit { (currency) } }
                    }
                    @if shown.spend.is_empty() { dd { (text::unknown()) } }
                    @if shown.spend_unknown > 0 { dd.fine { "without " (shown.spend_unknown) " of which it is not known" } }
                }
            }
        }
    }
}

fn nothing(what: &str, link: &str, label: &str) -> Markup {
    html! { p.empty { (what) " " a href=(link) { (label) } } }
}

fn pager(part: Part, what: &str, link: impl Fn(usize) -> String) -> Markup {
    let Part { number, of, total, .. } = part;
    let first = part.offset() + 1;
    let last = (part.offset() + part.size).min(total);
    html! {
        @if of > 1 {
            nav.pager aria-label=(format!("Pages of {what}")) {
                @if number > 1 { a.button rel="prev" href={ (link(number - 1)) "#" (what) } { "Previous" } }
                span { (first) "–" (last) " of " (total) }
                @if number < of { a.button rel="next" href={ (link(number + 1)) "#" (what) } { "Next" } }
            }
        }
    }
}

/// Makes links that keep the filter.
struct Links<'a> {
    filter: &'a Filter,
    connections: usize,
    campaigns: usize,
}

// === impl Links ===

impl Links<'_> {
    fn to(&self, connections: usize, campaigns: usize) -> String {
        format!("/?{}", self.pairs(connections, campaigns))
    }

    /// This page's own.
    fn query(&self) -> String {
        self.pairs(self.connections, self.campaigns)
    }

    fn pairs(&self, connections: usize, campaigns: usize) -> String {
        let Filter { tenant, provider, state, name } = self.filter;
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("tenant", tenant), ("provider", provider), ("state", state), ("name", name)] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        for (name, number) in [("connections_page", connections), ("campaigns_page", campaigns)] {
            if number > 1 {
                pairs.append_pair(name, &number.to_string());
            }
        }
        pairs.finish()
    }
}

// === impl Pages ===

impl Default for Pages {
    fn default() -> Self {
        Self { connections_page: 1, campaigns_page: 1 }
    }
}

// === impl Part ===

impl Part {
    /// The part of that number, or the nearest that there is.
    fn new(number: usize, total: usize, size: usize) -> Self {
        let of = total.div_ceil(size).max(1);
        Self { number: number.clamp(1, of), of, total, size }
    }

    const fn offset(self) -> usize {
        (self.number - 1) * self.size
    }
}

// === impl Health ===

impl Health {
    fn of(statuses: &[Arc<ConnectionStatus>]) -> Self {
        let mut health = Self::default();
        for status in statuses {
            match Standing::of(status.state) {
                Standing::Troubled => health.troubled += 1,
                Standing::Waiting => health.waiting += 1,
                Standing::Well => health.well += 1,
            }
        }
        health
    }
}

/// A state, in words.
const fn meaning(state: State) -> &'static str {
    match state {
        State::Stopped => "Not running: the reason stands beside it",
        State::Parked => "Crashed too often; tried again every hour",
        State::NeedsReauth => "Access was refused; tried again every hour, and at once with new credentials",
        State::Paused => "Held by an operator until it is resumed",
        State::WaitingQuota => "The provider's quota is used up for now; goes on by itself",
        State::BackingOff => "The provider is down, slow or answers nonsense; tried again by itself",
        State::Polling => "Reading now",
        State::Idle => "Everything that was due has been read",
        State::Starting => "Not yet connected",
    }
}
