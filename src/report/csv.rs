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
    use super::*;

    #[test]
    fn a_name_is_never_a_formula() {
        assert_eq!(text("=HYPERLINK(\"http://example.com\")"), "'=HYPERLINK(\"http://example.com\")");
        assert_eq!(text("Night Drive = 1"), "Night Drive = 1");
    }
}
