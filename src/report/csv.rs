//! A report for spreadsheets: a line for each campaign and day.

use csv::{Error, Writer};
use rows::Micros;

use super::{CampaignReport, DayReport, Report};

/// Columns, as `docs/report.md` describes them.
const HEADER: [&str; 18] = [
    "date",
    "provider",
    "connection",
    "tenant",
    "account_id",
    "campaign_id",
    "campaign_name",
    "marketing_campaigns",
    "time_zone",
    "read",
    "provisional",
    "currency",
    "spend",
    "impressions",
    "clicks",
    "conversions",
    "conversion_value",
    "video_views",
];

/// The whole report.
pub fn print(report: &Report) -> Result<String, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for campaign in &report.campaigns {
        for day in &campaign.daily {
            writer.write_record(record(campaign, day))?;
        }
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(campaign: &CampaignReport, day: &DayReport) -> [String; 18] {
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let decimal = |micros: Option<i64>| micros.map_or_else(String::new, |micros| Micros(micros).to_string());
    let figures = day.counts;
    [
        day.date.to_string(),
        text(&campaign.provider),
        text(&campaign.connection),
        text(&campaign.tenant),
        text(&campaign.account_id),
        text(&campaign.campaign_id),
        text(campaign.name.as_deref().unwrap_or_default()),
        text(&campaign.marketing_campaigns.join("; ")),
        text(&campaign.time_zone),
        day.read.to_string(),
        day.provisional.to_string(),
        campaign.currency.map_or_else(String::new, |currency| currency.to_string()),
        decimal(figures.spend_micros),
        number(figures.impressions),
        number(figures.clicks),
        decimal(figures.conversions_micros),
        decimal(figures.conversion_value_micros),
        number(figures.video_views),
    ]
}

/// Spreadsheets take a text that begins like a formula for one, and names come from outside: a quote before it makes it a text
/// (OWASP, "CSV Injection").
fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::insight::figures::{Counts, Figures};

    #[test]
    fn a_name_is_never_a_formula_and_the_unknown_is_empty() {
        let hostile = "=HYPERLINK(\"http://example.com\"), \"x\"\n@now";
        let day = |read, spend_micros| DayReport {
            date: date(2026, 11, 24),
            read,
            provisional: true,
            counts: Counts { spend_micros, ..Counts::default() },
        };
        let campaign = CampaignReport {
            provider: "meta_ads".to_owned(),
            account_id: "1".to_owned(),
            campaign_id: "-7".to_owned(),
            name: Some(hostile.to_owned()),
            connection: "meta".to_owned(),
            tenant: "label-a".to_owned(),
            marketing_campaigns: vec!["a".to_owned(), "b".to_owned()],
            currency: None,
            time_zone: "UTC".to_owned(),
            days: 2,
            days_read: 1,
            provisional: true,
            figures: Figures::default(),
            daily: vec![day(true, Some(-1_500_000)), day(false, None)],
            settled_through: None,
        };
        let report = Report {
            at: Timestamp::UNIX_EPOCH,
            from: date(2026, 11, 24),
            to: date(2026, 11, 24),
            spend_basis: "raw",
            totals: Vec::new(),
            marketing_campaigns: Vec::new(),
            campaigns: vec![campaign],
        };
        let text = print(&report).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0][5], &lines[0][6]), ("'-7", format!("'{hostile}").as_str()));
        assert_eq!(
            (&lines[0][7], &lines[0][9], &lines[0][12]),
            ("a; b", "true", "-1.5"),
            "a number is no text"
        );
        assert_eq!((&lines[1][9], &lines[1][12], &lines[1][13]), ("false", "", ""));
    }
}
