//! Connections on the page.

use jiff::Timestamp;
use maud::{Markup, html};
use rows::state::State;

use super::{
    super::{Action, ConnectionAnswer, Quarantine, QuotaUsed, StreamAnswer, actions::Tokens},
    anchor,
    filter::words,
    meaning,
};
use crate::display::text;

/// Streams that are listed of one connection; the API has them all.
const STREAMS_MAX: usize = 24;

/// How a connection stands, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Somebody has to do something.
    Troubled,
    /// It goes on by itself, or when somebody wants it to.
    Waiting,
    /// It works.
    Well,
}

// === impl Standing ===

impl Standing {
    /// What the state asks of people.
    pub const fn of(state: State) -> Self {
        match state {
            State::Stopped | State::Parked | State::NeedsReauth => Self::Troubled,
            State::Paused | State::WaitingQuota | State::BackingOff | State::Starting => Self::Waiting,
            State::Polling | State::Idle => Self::Well,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Troubled => "badge bad",
            Self::Waiting => "badge wait",
            Self::Well => "badge good",
        }
    }
}

/// All of this page, with buttons for who has tokens for them. Roles are spelled out, because narrow screens show rows as cards.
pub fn table(
    connections: &[ConnectionAnswer],
    tokens: Option<&Tokens>,
    query: &str,
    now: Timestamp,
) -> Markup {
    html! {
        table.connections role="table" aria-labelledby="connections-h" {
            thead role="rowgroup" {
                tr role="row" {
                    th role="columnheader" scope="col" { "Connection" }
                    th role="columnheader" scope="col" { "State" }
                    th role="columnheader" scope="col" { "Last success" }
                    th role="columnheader" scope="col" { "Data through" }
                    th role="columnheader" scope="col" { "Next poll" }
                    th role="columnheader" scope="col" { "Quota used" }
                    @if tokens.is_some() { th role="columnheader" scope="col" { "Actions" } }
                }
            }
            tbody role="rowgroup" {
                @for connection in connections { (row(connection, tokens, query, now)) }
            }
        }
    }
}

fn row(connection: &ConnectionAnswer, tokens: Option<&Tokens>, query: &str, now: Timestamp) -> Markup {
    let name = connection.connection.as_str();
    html! {
        tr #(anchor(name)) role="row" {
            th role="rowheader" scope="row" {
                span.name { (name) }
                span.fine { (words(&connection.integration)) " · " (connection.tenant) }
            }
            td role="cell" {
                span class=(Standing::of(connection.state).class()) { (words(connection.state.as_str())) }
                span.fine { (meaning(connection.state)) }
                @if let Some(error) = &connection.error { p.error { (error) } }
                @if let Some(quarantine) = &connection.quarantine { (set_aside(quarantine)) }
                (streams(&connection.streams))
            }
            td role="cell" data-label="Last success" { (text::instant(connection.last_success_at, now)) }
            td role="cell" data-label="Data through" { (text::instant(connection.data_through, now)) }
            td role="cell" data-label="Next poll" { (text::instant(connection.next_poll_at, now)) }
            td role="cell" data-label="Quota used" { (quota(connection.quota.as_ref())) }
            @if let Some(tokens) = tokens {
                td.actions role="cell" data-label="Actions" {
                    div {
                        @for (action, label) in actions(connection.state, connection.paused) {
                            form method="post" action=(format!("/connections/{name}/{}?{query}", action.as_str())) {
                                input type="hidden" name="token" value=(tokens.of(name, *action));
                                button type="submit" aria-label=(format!("{label} {name}")) { (label) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Rows whose numbers are missing: not an error that stops anything, and not to be overlooked.
fn set_aside(quarantine: &Quarantine) -> Markup {
    let Quarantine { rows, last_seen_at, reason, detail } = quarantine;
    html! {
        p.fine.aside {
            span.badge.wait { (rows) @if *rows == 1 { " row set aside" } @else { " rows set aside" } }
            " the latest " (last_seen_at.strftime("%-d %b %H:%M UTC")) ", " (reason) ": " (text::cut(detail))
        }
    }
}

/// A state of trouble does not tell whether the connection is paused as well; a paused one polls nothing.
const fn actions(state: State, paused: bool) -> &'static [(Action, &'static str)] {
    match state {
        State::Paused => &[(Action::Resume, "Resume")],
        _ if paused => &[(Action::Poll, "Poll now"), (Action::Resume, "Resume")],
        _ => &[(Action::Poll, "Poll now"), (Action::Pause, "Pause")],
    }
}

fn quota(quota: Option<&QuotaUsed>) -> Markup {
    let Some(QuotaUsed { scope, ratio }) = quota else {
        return html! { (text::unknown()) };
    };
    html! {
        div {
        meter min="0" max="1" low="0.6" high="0.85" optimum="0" value=(ratio.clamp(0.0, 1.0))
            aria-label=(format!("Quota used: {}", text::percent(*ratio, 0))) {}
        " " span.main { (text::percent(*ratio, 0)) }
        " " span.fine { "of the " (scope) "'s allowance" }
        }
    }
}

fn streams(streams: &[StreamAnswer]) -> Markup {
    let mut listed: Vec<&StreamAnswer> = streams.iter().collect();
    listed.sort_by_key(|stream| Standing::of(stream.state));
    let more = listed.len().saturating_sub(STREAMS_MAX);
    html! {
        @if !streams.is_empty() {
            details {
                summary { (streams.len()) @if streams.len() == 1 { " stream" } @else { " streams" } }
                ul.streams {
                    @for stream in listed.into_iter().take(STREAMS_MAX) {
                        li {
                            strong { (words(&stream.stream)) }
                            @if !stream.account_id.is_empty() { " " span.fine { (stream.account_id) } }
                            " " span class=(Standing::of(stream.state).class()) { (words(stream.state.as_str())) }
                            div.fine {
                                "data through " (text::or_unknown(stream.data_through.map(|at| at.strftime("%-d %b %H:%M UTC").to_string())))
                                @if let Some(lag) = stream.lag_seconds { " (" (lag / 3_600) " h)" }
                                @if let Some(day) = stream.settled_through { ", final through " (text::day(day)) }
                            }
                            @if let Some(error) = &stream.error { p.error { (error) } }
                            @if let Some(quarantine) = &stream.quarantine { (set_aside(quarantine)) }
                        }
                    }
                    @if more > 0 { li { "and " (more) " more: see " a href="/api/v1/connections" { "the API" } } }
                }
            }
        }
    }
}
