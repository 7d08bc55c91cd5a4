//! A report for reading and printing: one file that loads nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rows::{Currency, DayRange, money::Spend};
use store::read::CampaignDays;

use super::{BudgetReport, CampaignReport, MarketingReport, Report, Total, VisitReport};
use crate::{
    audience::{Amount, said},
    display::{STYLE, chart::chart, text},
    insight::figures::Figures,
};

/// The whole report.
pub fn print<M: Spend>(report: &Report<M>) -> String {
    let Report { at, from, to, totals, marketing_campaigns, campaigns, .. } = report;
    let range = format!("{} to {}", text::day_of_year(*from), text::day_of_year(*to));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Campaigns, " (range) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header.top { h1.brand { "Campaigns, " (range) } }
                    p.asof { "Made " (text::utc(*at)) }
                    p.note {
                        (Report::<M>::spend_is()) ". Days are those of each account. Paler bars and numbers marked "
                        em { "provisional" } " may still change; a gap in a chart is a day that has not been read; what is not "
                        "known is a dash, never a zero."
                    }
                    (tiles(totals))
                    @if !marketing_campaigns.is_empty() {
                        section aria-labelledby="marketing-h" {
                            h2 #marketing-h { "Marketing campaigns " span.count { (marketing_campaigns.len()) } }
                            div.cards { @for (place, of) in marketing_campaigns.iter().enumerate() { (marketing(of, place)) } }
                        }
                    }
                    section aria-labelledby="campaigns-h" {
                        h2 #campaigns-h { "Campaigns on the networks " span.count { (campaigns.len()) } }
                        @if campaigns.is_empty() {
                            p.empty { "No campaign has data on these days, as far as has been read, and none runs." }
                        }
                        div.cards { @for (place, of) in campaigns.iter().enumerate() { (campaign(of, *from, place)) } }
                    }
                }
                footer { p { "dynamoi " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    }
    .into_string()
}

fn tiles<M: Spend>(totals: &[Total<M>]) -> Markup {
    html! {
        dl.tiles {
            @for total in totals {
                div.tile.wide {
                    dt { "Spend of " (total.campaigns) @if total.campaigns == 1 { " campaign" } @else { " campaigns" } }
                    dd { (money(total.figures.counts.spend, total.currency)) }
                    @if total.spend_unknown > 0 { dd.fine { "without " (total.spend_unknown) " of which it is not known" } }
                    @if total.incomplete > 0 { dd.fine { "of " (total.incomplete) " without days that have not been read" } }
                }
            }
        }
    }
}

fn marketing<M: Spend>(marketing: &MarketingReport<M>, place: usize) -> Markup {
    let MarketingReport { name, tenant, totals, budget, visits, members_without_data } = marketing;
    let id = format!("m{place}");
    html! {
        article.card aria-labelledby=(format!("{id}-h")) {
            header { h3 id=(format!("{id}-h")) { (text::cut(name)) } p.fine { (text::cut(tenant)) } }
            @if let Some(budget) = budget { (plan(budget)) }
            @for total in totals { (figures(&total.figures, total.currency, name)) }
            @if !visits.is_empty() { (visited(visits, name)) }
            @if !members_without_data.is_empty() {
                p.fine { "Nothing read on these days: " (members_without_data.join(", ")) }
            }
        }
    }
}

fn plan(budget: &BudgetReport) -> Markup {
    let BudgetReport { amount, currency, from, to, spend, pacing, overspent } = budget;
    html! {
        p.plan {
            span {
                "Budget " strong { (money(Some(*amount), Some(*currency))) }
                ", " (text::day(*from)) " to " (text::day_of_year(*to))
            }
            span { "Spent " strong { (money(*spend, Some(*currency))) } }
            span { "Pacing " strong { (text::or_unknown(pacing.map(|pacing| text::percent(pacing, 0)))) } }
            @if overspent.is_some() { span.badge.bad { "over budget by " (money(*overspent, Some(*currency))) } }
        }
    }
}

fn visited(visits: &[VisitReport], name: &str) -> Markup {
    let goals = || visits.iter().flat_map(|visit| visit.goals.iter().map(move |goal| (visit, goal)));
    html! {
        table.figures.visits {
            caption.hidden { "Visits of " (text::short(name)) }
            thead { tr { th scope="col" { "Visits by link" } th scope="col" { "Sessions" } th scope="col" { "Page views" } } }
            tbody {
                @for visit in visits {
                    tr {
                        th scope="row" {
                            (text::cut(&visit.utm_campaign)) " · " (visit.connection) " · " (visit.days_read) "/" (visit.days) " days"
                        }
                        td { (text::or_unknown(visit.sessions.map(text::count))) }
                        td { (text::or_unknown(visit.page_views.map(text::count))) }
                    }
                }
            }
        }
        @if goals().next().is_some() {
            table.figures.visits {
                caption.hidden { "Goals reached by visits of " (text::short(name)) }
                thead { tr { th scope="col" { "Goal reached" } th scope="col" { "Sessions" } th scope="col" { "Share" } } }
                tbody {
                    @for (visit, goal) in goals() {
                        tr {
                            th scope="row" { (text::cut(&goal.goal)) @if visits.len() > 1 { " · " (text::cut(&visit.utm_campaign)) } }
                            td { (text::or_unknown(goal.converting_sessions.map(text::count))) }
                            td { (text::or_unknown(goal.conversion_ratio.map(|ratio| text::percent(ratio, 2)))) }
                        }
                    }
                }
            }
        }
    }
}

fn campaign<M: Spend>(campaign: &CampaignReport<M>, from: rows::Day, place: usize) -> Markup {
    let id = format!("c{place}");
    let days = CampaignDays {
        days: DayRange { first: from, last: campaign.daily.last().map_or(from, |day| day.date) },
        spend: campaign.daily.iter().map(|day| day.counts.spend.map(|Amount(spend)| spend)).collect(),
        settled_through: campaign.settled_through,
    };
    html! {
        article.card aria-labelledby=(format!("{id}-h")) {
            header {
                h3 id=(format!("{id}-h")) { (text::cut(campaign.title())) }
                p.fine {
                    (campaign.provider.replace('_', " ")) " · " (text::cut(&campaign.tenant)) " · account " (text::cut(&campaign.account_id))
                    @for marketing in &campaign.marketing_campaigns { " · " span.tag { (text::cut(marketing)) } }
                }
            }
            (chart(&days, campaign.currency, &id))
            (figures(&campaign.figures, campaign.currency, campaign.title()))
            p.fine.read {
                (campaign.days_read) " of " (campaign.days) " days read, " (campaign.time_zone)
                @if campaign.provisional { ", " em { "provisional" } }
            }
        }
    }
}

fn figures<M: Spend>(figures: &Figures<M>, currency: Option<Currency>, name: &str) -> Markup {
    html! {
        table.figures {
            caption.hidden { "Numbers of " (text::short(name)) }
            tbody {
                @for figure in &Figures::<M>::SHOWN {
                    tr {
                        th scope="row" {
                            (figure.label)
                            @if figure.in_currency && let Some(currency) = currency { " " span.unit { (currency) } }
                        }
                        td { (text::or_unknown((figure.of)(figures, currency))) }
                    }
                }
            }
        }
    }
}

fn money<M: Spend>(amount: Option<Amount<M>>, currency: Option<Currency>) -> Markup {
    text::or_unknown(amount.map(|Amount(spend)| text::money(said(spend), currency)))
}
