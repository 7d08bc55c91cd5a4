//! Insights: numbers by day, in the ad account's zone.
//!
//! A window is asked for at once. When Meta finds it too much, several days become fewer; a single day is prepared by
//! Meta as a report (`report.rs`), and when even that is too much, it is cut into parts (`parts.rs`).

use super::{
    accounts,
    mapping::InsightsMapping,
    paged_list,
    reading::{Part, Position, Query, Reading, Report},
    report::{self, ReportRun},
    source::MetaAdsSource,
};
use crate::{
    failure::Failure,
    page::{DaysReply, DaysRequest},
    reading::cursor,
    session::Session,
};

/// One page of a report.
pub async fn page(
    source: &MetaAdsSource,
    session: &Session,
    report: Report,
    request: DaysRequest<'_>,
) -> Result<DaysReply, Failure> {
    let part = request.part.map(Part::parse).transpose()?;
    let settings = &source.settings;
    let mapping = InsightsMapping {
        owner: accounts::owner(request.account)?,
        shape: report.shape(),
        reach: report.has_reach(settings),
        conversion: source.conversion.clone(),
        view: source.view.clone(),
    };
    let query = Query { report, days: request.days, part, settings };
    let reading = Reading { source, session, query, mapping, now: session.agreed_now() };
    match cursor::read(request.cursor)? {
        Some(Position::AtOnce { after }) => at_once(&reading, Some(&after)).await,
        Some(Position::Report { run_id, after }) => report::read(&reading, &run_id, Some(&after)).await,
        None => match request.resume.and_then(|resume| ReportRun::resumed(resume, &reading)) {
            Some(run) => report::poll(&reading, run).await,
            None => at_once(&reading, None).await,
        },
    }
}

/// Asks for the window at once.
async fn at_once(reading: &Reading<'_>, after: Option<&str>) -> Result<DaysReply, Failure> {
    let call = reading
        .query
        .parameters()
        .into_iter()
        .fold(reading.get(), |call, (name, value)| call.query(name, value));
    let place = call.path.clone();
    match paged_list::page(reading.session, call, reading.source.settings.page_size, after).await {
        Ok(page) => reading.reply(&place, &page, |after| Position::AtOnce { after }),
        Err(Failure::TooMuch { .. }) if reading.query.days.len_days() > 1 => {
            Ok(DaysReply::Split { parts: Vec::new() })
        }
        Err(Failure::TooMuch { .. }) => report::start(reading, 1).await,
        Err(failure) => Err(failure),
    }
}
