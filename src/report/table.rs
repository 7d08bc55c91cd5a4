//! A report for a terminal.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use rows::{Currency, Micros};

use super::{CampaignReport, MarketingReport, Report, Total};
use crate::{
    http::page::{figures::FIGURES, text},
    insight::figures::Figures,
};

/// What is not known.
const UNKNOWN: &str = "–";

/// The whole report.
pub fn print(report: &Report) -> String {
    let Report { from, to, totals, marketing_campaigns, campaigns, .. } = report;
    let mut out = format!(
        "Campaigns from {from} to {to}, on each account's own days. Spend is what the networks charged; {UNKNOWN} is not \
         known; * may still change.\n\n"
    );
    if campaigns.is_empty() {
        out.push_str("No campaign has data on these days, as far as has been read, and none runs.\n");
    } else {
        let _ = writeln!(out, "{}", table(campaigns, totals));
    }
    for marketing in marketing_campaigns {
        out.push('\n');
        out.push_str(&marketing_text(marketing));
    }
    out
}

fn table(campaigns: &[CampaignReport], totals: &[Total]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let heads = ["Campaign", "Network", "Account", "Days read", "Currency"].into_iter();
    table.set_header(heads.chain(FIGURES.iter().map(|figure| figure.label)));
    for campaign in campaigns {
        let CampaignReport { provider, account_id, days, days_read, currency, provisional, .. } = campaign;
        let mark = if *provisional { "*" } else { "" };
        let heads = [
            printable(campaign.title()),
            provider.clone(),
            account_id.clone(),
            format!("{days_read}/{days}{mark}"),
        ];
        table.add_row(row(heads.into_iter().map(Cell::new), *currency, &campaign.figures));
    }
    for total in totals {
        let heads = [format!("Total of {}", total.campaigns), String::new(), String::new(), String::new()];
        table.add_row(row(heads.into_iter().map(Cell::new), total.currency, &total.figures));
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(heads: impl Iterator<Item = Cell>, currency: Option<Currency>, figures: &Figures) -> Vec<Cell> {
    let code = currency.map_or_else(|| UNKNOWN.to_owned(), |currency| currency.to_string());
    let figures = FIGURES
        .iter()
        .map(|figure| Cell::new((figure.of)(figures, currency).unwrap_or_else(|| UNKNOWN.to_owned())));
    heads.chain([Cell::new(code)]).chain(figures).collect()
}

fn marketing_text(marketing: &MarketingReport) -> String {
    let MarketingReport { name, tenant, totals, budget, visits, members_without_data } = marketing;
    let mut out = format!("{name} ({tenant})\n");
    for total in totals {
        let spend = total.figures.counts.spend_micros;
        let spend =
            spend.map_or_else(|| UNKNOWN.to_owned(), |spend| text::money(Micros(spend), total.currency));
        let _ = writeln!(out, "  {} on the networks: {spend}", plural(total.campaigns, "campaign"));
    }
    if let Some(budget) = budget {
        let money = |micros: i64| text::money(Micros(micros), Some(budget.currency));
        let spent = budget
            .spend_micros
            .map_or_else(|| "spend not known".to_owned(), |spend| format!("spent {}", money(spend)));
        let pacing =
            budget.pacing.map_or_else(String::new, |pacing| format!(", pacing {}", text::percent(pacing, 0)));
        let _ = writeln!(
            out,
            "  budget {} from {} to {}: {spent}{pacing}",
            money(budget.amount_micros),
            budget.from,
            budget.to
        );
    }
    for visit in visits {
        let count = |number: Option<i64>| number.map_or_else(|| UNKNOWN.to_owned(), text::count);
        let _ = writeln!(
            out,
            "  utm_campaign {} ({}, {}/{} days read): {} sessions, {} page views",
            printable(&visit.utm_campaign),
            visit.connection,
            visit.days_read,
            visit.days,
            count(visit.sessions),
            count(visit.page_views),
        );
        for goal in &visit.goals {
            let times = goal
                .conversions_micros
                .map_or_else(|| UNKNOWN.to_owned(), |micros| text::quantity(Micros(micros)));
            let ratio = goal
                .conversion_ratio
                .map_or_else(String::new, |ratio| format!(", {} of sessions", text::percent(ratio, 2)));
            let _ = writeln!(out, "    {}: {times}{ratio}", printable(&goal.goal));
        }
    }
    if !members_without_data.is_empty() {
        let _ =
            writeln!(out, "  nothing read on these days: {}", printable(&members_without_data.join(", ")));
    }
    out
}

fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Names come from providers: what would move a terminal's cursor is left out.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
