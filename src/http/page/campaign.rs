//! A campaign on the page: a card with its chart and its numbers.

use maud::{Markup, html};
use rows::{
    Currency, Day, Micros,
    figures::{CampaignFigures, Unread},
    money::{Basis, RawSpend, Spend},
    status,
};
use store::read::CampaignDays;

use super::{
    super::{WindowStatus, WindowStatuses},
    filter::words,
};
use crate::{
    audience::said,
    display::{chart::chart, text},
    insight::{figures::Figures, pacing::overspent, unread},
    telemetry::shown::ShownCampaign,
};

/// Below it a campaign spends too slowly, in words.
const PACING_LOW: f64 = 0.8;
/// Above it, too fast.
const PACING_HIGH: f64 = 1.2;

/// The card. `id` is unique on the page.
pub fn card<M: Spend>(
    campaign: &ShownCampaign<M>,
    days: Option<&CampaignDays<M>>,
    start_date: Option<Day>,
    id: &str,
) -> Markup {
    let ShownCampaign { snapshot, today, .. } = campaign;
    let settled_through = days.and_then(|days| days.settled_through);
    let windows = WindowStatuses::new(&snapshot.windows, *today, settled_through);
    let name = snapshot.name.as_deref().unwrap_or(&snapshot.campaign_id);
    html! {
        article.card aria-labelledby=(format!("{id}-h")) {
            header {
                h3 id=(format!("{id}-h")) { (text::cut(name)) }
                (state(snapshot))
                p.fine {
                    (words(&snapshot.provider)) " · " (text::cut(&snapshot.tenant)) " · account " (text::cut(&snapshot.account_id))
                    @for marketing in &campaign.marketing_campaigns { " · " span.tag { (text::cut(marketing)) } }
                }
            }
            @match days {
                Some(days) => (chart(days, snapshot.currency, id)),
                None => p.empty { "No chart: nothing of this account has been read by days." },
            }
            @if M::BASIS == Basis::Raw { (plan(campaign)) }
            (figures(&windows, snapshot, start_date, name))
            @if let Some(unread) = snapshot.unread.last_28_days {
                p.fine.read { "28 days are not whole: " (unread::why(unread, start_date)) "." }
            }
            p.fine.read {
                @match snapshot.read_at {
                    Some(at) => { "Read " (text::in_zone(at, &snapshot.time_zone, *today)) },
                    None => { "Today has not been read yet; days of " (snapshot.time_zone) },
                }
            }
        }
    }
}

fn state<M>(snapshot: &CampaignFigures<M>) -> Markup {
    let CampaignFigures { status: configured, effective_status, .. } = snapshot;
    let shown = effective_status.as_deref().or(configured.as_deref());
    let delivers = is_delivering(snapshot);
    let drifts = status::drift(configured.as_deref(), effective_status.as_deref()) == Some(true);
    let class = match (delivers, drifts) {
        (true, _) => "badge good",
        (false, true) => "badge bad",
        (false, false) => "badge quiet",
    };
    html! {
        p.badges {
            @match shown {
                Some(shown) => span class=(class) { (words(&shown.to_lowercase())) },
                None => span.badge.quiet { "status unknown" },
            }
            @if drifts { span.fine { "should run, and does not" } }
            @if snapshot.learning == Some(true) { span.badge.wait { "learning" } }
        }
    }
}

/// What does not run is not behind its plan.
fn is_delivering<M>(snapshot: &CampaignFigures<M>) -> bool {
    let CampaignFigures { status: configured, effective_status, .. } = snapshot;
    effective_status.as_deref().or(configured.as_deref()).is_some_and(status::is_delivering)
}

/// Budget and pacing: for operators, since both are of what the network takes.
fn plan<M: Spend>(campaign: &ShownCampaign<M>) -> Markup {
    let ShownCampaign { snapshot, pacing, .. } = campaign;
    let budget = match (snapshot.daily_budget, snapshot.lifetime_budget) {
        (Some(budget), _) => Some((budget, "a day")),
        (None, Some(budget)) => Some((budget, "in all")),
        (None, None) => None,
    };
    html! {
        p.plan {
            @match budget {
                Some((budget, period)) => span { "Budget " strong { (text::money(said(RawSpend(budget)), snapshot.currency)) } " " (period) },
                None => span { "No budget of its own" },
            }
            @match (budget, pacing) {
                (_, Some(pacing)) => {
                    span {
                        "Pacing " strong { (text::percent(*pacing, 0)) }
                        @if is_delivering(snapshot) { " " (judged(*pacing)) }
                    }
                },
                (Some(_), None) => span { "Pacing " (text::unknown()) },
                (None, None) => {},
            }
            (excess(snapshot))
        }
    }
}

/// What is spent beyond the budget. Networks may spend more than a daily budget on one day and less on another: a sign there,
/// a fault of a budget for all of its life.
fn excess<M: Spend>(snapshot: &CampaignFigures<M>) -> Markup {
    let CampaignFigures { windows, daily_budget, lifetime_budget, lifetime_spend, currency, .. } = snapshot;
    let spent = |spend: Option<M>| spend.map(Spend::micros);
    let today = spent(windows.today.and_then(|today| today.spend));
    let money = |over: Micros| text::money(said(RawSpend(over)), *currency);
    html! {
        @if let Some(over) = overspent(spent(*lifetime_spend), *lifetime_budget) {
            span.badge.bad { "over budget by " (money(over)) }
        }
        @if let Some(over) = overspent(today, *daily_budget) {
            span.badge.wait { "over today's budget by " (money(over)) }
        }
    }
}

fn judged(pacing: f64) -> Markup {
    match pacing {
        low if low < PACING_LOW => html! { span.badge.wait { "behind plan" } },
        high if high > PACING_HIGH => html! { span.badge.wait { "ahead of plan" } },
        _ => html! { span.badge.good { "on plan" } },
    }
}

fn figures<M: Spend>(
    windows: &WindowStatuses<M>,
    snapshot: &CampaignFigures<M>,
    start_date: Option<Day>,
    name: &str,
) -> Markup {
    let currency: Option<Currency> = snapshot.currency;
    let WindowStatuses { today, yesterday, last_7_days, last_28_days } = windows;
    let unread = &snapshot.unread;
    let why = |unread: Option<Unread>| unread.map(|unread| unread::why(unread, start_date));
    let heads = [
        ("Today", "so far", today, why(unread.today)),
        ("Yesterday", "provisional", yesterday, why(unread.yesterday)),
        ("7 days", "provisional", last_7_days, why(unread.last_7_days)),
        ("28 days", "provisional", last_28_days, why(unread.last_28_days)),
    ];
    let columns = [today, yesterday, last_7_days, last_28_days];
    html! {
        table.figures {
            caption.hidden { "Numbers of " (text::short(name)) }
            thead {
                tr {
                    th scope="col" { span.hidden { "Figure" } }
                    @for (label, provisional, window, why) in &heads {
                        th scope="col" title=[why.as_deref()] {
                            (label)
                            span.fine { (certainty(window.as_ref(), provisional)) }
                        }
                    }
                }
            }
            tbody {
                @for figure in &Figures::<M>::SHOWN {
                    tr {
                        th scope="row" {
                            (figure.label)
                            @if figure.in_currency && let Some(currency) = currency { " " span.unit { (currency) } }
                        }
                        @for window in &columns {
                            td.soft[window.as_ref().is_some_and(|window| window.provisional)] {
                                (text::or_unknown(window.as_ref().and_then(|window| (figure.of)(&window.figures, currency))))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a window's numbers may change.
fn certainty<M>(window: Option<&WindowStatus<M>>, provisional: &'static str) -> &'static str {
    match window {
        None => "not read",
        Some(window) if window.provisional => provisional,
        Some(_) => "final",
    }
}
