//! A report for a terminal.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use rows::{Currency, Micros};

use super::{CampaignReport, MarketingReport, Report, Total};
use crate::{
    display::{figures::FIGURES, text},
    insight::figures::Figures,
};

/// What is not known.
const UNKNOWN: &str = "–";
/// Columns of the terminal that a name takes at most.
const NAME_MAX: usize = 48;
/// Columns that a name keeps, however narrow the terminal is.
const NAME_MIN: usize = 12;
/// What the frame adds to each column, and to the table.
const PADDING: usize = 3;
const BORDERS: usize = 1;
/// What leaves a table that does not fit, first to last: what can be made from the others, then detail.
const DISPENSABLE: [&str; 12] = [
    "CPM",
    "CPC",
    "Cost / conv.",
    "Video views",
    "CTR",
    "Account",
    "ROAS",
    "Network",
    "Days read",
    "Conversions",
    "Impressions",
    "Clicks",
];

/// The whole report, in tables not wider than `width`.
pub fn print(report: &Report, width: Option<usize>) -> String {
    let Report { from, to, totals, marketing_campaigns, campaigns, .. } = report;
    let mut out = format!(
        "Campaigns from {from} to {to}, on each account's own days. Spend is what the networks charged; {UNKNOWN} is not \
         known; * may still change.\n\n"
    );
    if campaigns.is_empty() {
        out.push_str("No campaign has data on these days, as far as has been read, and none runs.\n");
    } else {
        let mut grid = Grid::of(campaigns, totals);
        let left_out = width.map(|width| grid.fit(width)).unwrap_or_default();
        let _ = writeln!(out, "{}", grid.table(width));
        if !left_out.is_empty() {
            let _ = writeln!(
                out,
                "Too narrow for {}: a wider terminal and the other formats show them.",
                left_out.join(", ")
            );
        }
    }
    for marketing in marketing_campaigns {
        out.push('\n');
        out.push_str(&marketing_text(marketing));
    }
    out
}

/// Texts in rows and columns, the heads first and the first column names.
struct Grid {
    rows: Vec<Vec<String>>,
}

// === impl Grid ===

impl Grid {
    fn of(campaigns: &[CampaignReport], totals: &[Total]) -> Self {
        let heads = ["Campaign", "Network", "Account", "Days read", "Currency"].into_iter();
        let heads = heads.chain(FIGURES.iter().map(|figure| figure.label)).map(ToOwned::to_owned);
        let mut rows = vec![heads.collect()];
        for campaign in campaigns {
            let CampaignReport { provider, account_id, days, days_read, currency, provisional, .. } =
                campaign;
            let mark = if *provisional { "*" } else { "" };
            let heads = [
                printable(campaign.title()),
                provider.clone(),
                printable(account_id),
                format!("{days_read}/{days}{mark}"),
            ];
            rows.push(row(heads, *currency, &campaign.figures));
        }
        for total in totals {
            let mut name = format!("Total of {}", total.campaigns);
            for (number, what) in [(total.spend_unknown, "not known"), (total.incomplete, "in part")] {
                if number > 0 {
                    let _ = write!(name, ", {number} {what}");
                }
            }
            let heads = [name, String::new(), String::new(), String::new()];
            rows.push(row(heads, total.currency, &total.figures));
        }
        Self { rows }
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|text| measured(text)).max()
        };
        (0..columns).map(|column| width(column).unwrap_or(0)).collect()
    }

    /// Takes away columns, then ends of names, until it is not wider; tells which columns.
    fn fit(&mut self, width: usize) -> Vec<&'static str> {
        let needed = |grid: &Self, names: usize| {
            let widths = grid.widths();
            let rest: usize = widths.iter().skip(1).sum();
            names.min(widths.first().copied().unwrap_or(0)) + rest + widths.len() * PADDING + BORDERS
        };
        let mut left_out = Vec::new();
        for head in DISPENSABLE {
            if needed(self, NAME_MIN) <= width {
                break;
            }
            let place = self.rows.first().and_then(|heads| heads.iter().position(|one| one == head));
            if let Some(place) = place {
                self.rows.iter_mut().for_each(|row| drop(row.remove(place)));
                left_out.push(head);
            }
        }
        let rest = needed(self, 0);
        let names = width.saturating_sub(rest).max(NAME_MIN);
        for row in &mut self.rows {
            if let Some(name) = row.first_mut() {
                *name = cut(name, names);
            }
        }
        left_out
    }

    fn table(&self, width: Option<usize>) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_BORDERS_ONLY);
        // Only where not even the least fits are cells broken into lines.
        match width.and_then(|width| u16::try_from(width).ok()) {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        let texts = |row: &[String]| -> Vec<Cell> {
            let cells = row.iter().enumerate().map(|(column, text)| {
                let words = column == 0 || matches!(self.rows[0][column].as_str(), "Network" | "Account");
                Cell::new(text).set_alignment(if words { CellAlignment::Left } else { CellAlignment::Right })
            });
            cells.collect()
        };
        if let Some((heads, rows)) = self.rows.split_first() {
            table.set_header(texts(heads));
            for row in rows {
                table.add_row(texts(row));
            }
        }
        table
    }
}

fn row(heads: [String; 4], currency: Option<Currency>, figures: &Figures) -> Vec<String> {
    let code = currency.map_or_else(|| UNKNOWN.to_owned(), |currency| currency.to_string());
    let figures =
        FIGURES.iter().map(|figure| (figure.of)(figures, currency).unwrap_or_else(|| UNKNOWN.to_owned()));
    heads.into_iter().chain([code]).chain(figures).collect()
}

fn marketing_text(marketing: &MarketingReport) -> String {
    let MarketingReport { name, tenant, totals, budget, visits, members_without_data } = marketing;
    let mut out = format!("{name} ({tenant})\n");
    for total in totals {
        let spend = total.figures.counts.spend_micros;
        let spend =
            spend.map_or_else(|| UNKNOWN.to_owned(), |spend| text::money(Micros(spend), total.currency));
        let mut without = String::new();
        if total.spend_unknown > 0 {
            let _ = write!(without, ", without {} of which it is not known", total.spend_unknown);
        }
        if total.incomplete > 0 {
            let _ = write!(without, ", of {} without days that have not been read", total.incomplete);
        }
        let _ = writeln!(out, "  {} on the networks: {spend}{without}", plural(total.campaigns, "campaign"));
    }
    if let Some(budget) = budget {
        let money = |micros: i64| text::money(Micros(micros), Some(budget.currency));
        let spent = budget
            .spend_micros
            .map_or_else(|| "spend not known".to_owned(), |spend| format!("spent {}", money(spend)));
        let pacing =
            budget.pacing.map_or_else(String::new, |pacing| format!(", pacing {}", text::percent(pacing, 0)));
        let over = budget
            .overspent_micros
            .map_or_else(String::new, |over| format!(", OVER BUDGET BY {}", money(over)));
        let _ = writeln!(
            out,
            "  budget {} from {} to {}: {spent}{pacing}{over}",
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

/// Names come from providers and visitors: what would move a terminal's cursor is left out, and novels are cut.
fn printable(text: &str) -> String {
    let shown: String = text.chars().filter(|character| !character.is_control()).take(NAME_MAX + 1).collect();
    cut(&shown, NAME_MAX)
}

/// Not wider than so many columns of a terminal.
fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

/// How many columns of a terminal it takes.
fn measured(text: &str) -> usize {
    console::measure_text_width(text)
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::report::BudgetReport;

    fn report(names: &[&str]) -> Report {
        let usd = Currency::parse("USD").ok();
        let figures = crate::insight::figures::Figures::from(rows::figures::CampaignWindow {
            impressions: Some(1_234_567),
            clicks: Some(98_765),
            conversions: Some(Micros(432_500_000)),
            video_views: Some(345_678),
            spend: Some(rows::money::RawSpend(Micros(12_345_678_900))),
            conversion_value: Some(Micros(98_765_432_100)),
        });
        let campaign = |name: &&str| CampaignReport {
            provider: "meta_ads".to_owned(),
            account_id: "1234567890123456".to_owned(),
            campaign_id: "1".to_owned(),
            name: Some((*name).to_owned()),
            connection: "meta".to_owned(),
            tenant: "label-a".to_owned(),
            marketing_campaigns: Vec::new(),
            currency: usd,
            time_zone: "UTC".to_owned(),
            days: 28,
            days_read: 28,
            incomplete: false,
            provisional: true,
            figures,
            daily: Vec::new(),
            settled_through: None,
            quiet: false,
        };
        let budget = BudgetReport {
            amount_micros: 100_000_000,
            currency: usd.unwrap(),
            from: date(2026, 11, 1),
            to: date(2026, 11, 30),
            spend_micros: Some(107_500_000),
            pacing: Some(1.4),
            overspent_micros: Some(7_500_000),
        };
        Report {
            at: Timestamp::UNIX_EPOCH,
            from: date(2026, 11, 1),
            to: date(2026, 11, 28),
            spend_basis: "raw",
            totals: vec![Total {
                currency: usd,
                campaigns: names.len(),
                spend_unknown: 1,
                incomplete: 0,
                figures,
            }],
            marketing_campaigns: vec![MarketingReport {
                name: "night-drive".to_owned(),
                tenant: "label-a".to_owned(),
                totals: Vec::new(),
                budget: Some(budget),
                visits: Vec::new(),
                members_without_data: Vec::new(),
            }],
            campaigns: names.iter().map(campaign).collect(),
        }
    }

    fn table_lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| line.starts_with(['┌', '│', '╞', '├', '└'])).collect()
    }

    #[test]
    fn it_fits_the_terminal() {
        let names =
            ["Night Drive / US", "夜のドライブ 夜のドライブ 夜のドライブ 夜のドライブ", &"x".repeat(18_000)];
        for width in [60, 80, 100, 120, 160, 200] {
            let text = print(&report(&names), Some(width));
            let lines = table_lines(&text);
            assert_eq!(lines.len(), 4 + names.len() + 1, "a row is a line: {text}");
            for line in lines {
                assert!(measured(line) <= width, "{width}: {} in {text}", measured(line));
            }
            assert!(text.contains("12,345.68") && text.contains('…'), "{text}");
        }
        assert!(print(&report(&names), Some(80)).contains("Too narrow for CPM, CPC, "));
        assert!(!print(&report(&names), Some(200)).contains("Too narrow"));
        let whole = print(&report(&names), None);
        assert!(table_lines(&whole).iter().all(|line| measured(line) < 240), "{whole}");
    }

    #[test]
    fn what_is_overspent_and_what_is_missing_stand_out() {
        let text = print(&report(&["a\u{1b}[31mb"]), None);
        assert!(text.contains("spent 107.50 USD, pacing 140 %, OVER BUDGET BY 7.50 USD"), "{text}");
        assert!(text.contains("Total of 1, 1 not known"), "{text}");
        assert!(text.contains("a[31mb") && !text.contains('\u{1b}'));
    }
}
