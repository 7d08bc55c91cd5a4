//! A report for a terminal.

use std::fmt::Write;

use rows::{
    Currency, Micros,
    money::{RawSpend, Spend},
};

use super::{
    CampaignReport, MarketingReport, Report, Total,
    grid::{Grid, UNKNOWN, plural, printable},
};
use crate::{
    audience::{Amount, said},
    display::text,
    insight::figures::Figures,
};

/// Columns of words: they stand to the left.
const WORDS: &[&str] = &["Campaign", "Network", "Account"];
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
pub fn print<M: Spend>(report: &Report<M>, width: Option<usize>) -> String {
    let Report { from, to, totals, marketing_campaigns, campaigns, .. } = report;
    let mut out = format!(
        "Campaigns from {from} to {to}, on each account's own days. {}; {UNKNOWN} is not known; * may still change.\n\n",
        Report::<M>::spend_is()
    );
    if campaigns.is_empty() {
        out.push_str("No campaign has data on these days, as far as has been read, and none runs.\n");
    } else {
        grid(campaigns, totals).write_to(&mut out, width);
    }
    for marketing in marketing_campaigns {
        out.push('\n');
        out.push_str(&marketing_text(marketing));
    }
    out
}

fn grid<M: Spend>(campaigns: &[CampaignReport<M>], totals: &[Total<M>]) -> Grid {
    let heads = ["Campaign", "Network", "Account", "Days read", "Currency"].into_iter();
    let heads = heads.chain(Figures::<M>::SHOWN.iter().map(|figure| figure.label)).map(ToOwned::to_owned);
    let mut rows = vec![heads.collect()];
    for campaign in campaigns {
        let CampaignReport { provider, account_id, days, days_read, currency, provisional, .. } = campaign;
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
    Grid { rows, words: WORDS, dispensable: &DISPENSABLE }
}

fn row<M: Spend>(heads: [String; 4], currency: Option<Currency>, figures: &Figures<M>) -> Vec<String> {
    let code = currency.map_or_else(|| UNKNOWN.to_owned(), |currency| currency.to_string());
    let shown = Figures::<M>::SHOWN;
    let figures =
        shown.iter().map(|figure| (figure.of)(figures, currency).unwrap_or_else(|| UNKNOWN.to_owned()));
    heads.into_iter().chain([code]).chain(figures).collect()
}

fn marketing_text<M: Spend>(marketing: &MarketingReport<M>) -> String {
    let MarketingReport { name, tenant, totals, budget, visits, members_without_data } = marketing;
    let mut out = format!("{name} ({tenant})\n");
    for total in totals {
        let money = |Amount(spend)| text::money(said(spend), total.currency);
        let spend = total.figures.counts.spend.map_or_else(|| UNKNOWN.to_owned(), money);
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
        let money = |Amount(spend): Amount<RawSpend>| text::money(said(spend), Some(budget.currency));
        let spent = budget
            .spend
            .map_or_else(|| "spend not known".to_owned(), |spend| format!("spent {}", money(spend)));
        let pacing =
            budget.pacing.map_or_else(String::new, |pacing| format!(", pacing {}", text::percent(pacing, 0)));
        let over =
            budget.overspent.map_or_else(String::new, |over| format!(", OVER BUDGET BY {}", money(over)));
        let _ = writeln!(
            out,
            "  budget {} from {} to {}: {spent}{pacing}{over}",
            money(budget.amount),
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

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::report::{BudgetReport, grid::measured};

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
            amount: Amount(RawSpend(Micros(100_000_000))),
            currency: usd.unwrap(),
            from: date(2026, 11, 1),
            to: date(2026, 11, 30),
            spend: Some(Amount(RawSpend(Micros(107_500_000)))),
            pacing: Some(1.4),
            overspent: Some(Amount(RawSpend(Micros(7_500_000)))),
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
