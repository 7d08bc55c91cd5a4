//! The daily reading of revenue: Stripe keeps no history of it.

use rows::{Day, day::day_at};

use crate::{
    failure::Failure,
    page::{Next, Page, SnapshotReply, SnapshotRequest},
    session::Session,
};

use super::{StripeSource, api::Range, reader::Reading, resource::Resource};

/// Reads one page of all subscriptions, dated on the day at which the first page was asked for.
pub async fn read(
    source: &StripeSource,
    session: &Session,
    request: SnapshotRequest<'_>,
) -> Result<SnapshotReply, Failure> {
    let StripeSource { reader, zone, .. } = source;
    let Some(resource) = Resource::subscriptions() else { return Ok(Page::default().into()) };
    let (day, after) = match request.cursor.and_then(parse_cursor) {
        Some((day, after)) => (day, Some(after)),
        None => (day_at(request.now, zone), None),
    };
    let reading = Reading { day, zone: zone.clone() };
    let mut page = Page::default();
    let range = Range { from: None, after };
    let more_after = reader.list(session, resource, range, Some(&reading), &mut page).await?;
    page.next = match more_after {
        Some(after) => Next::More(format!("{day}/{after}")),
        None => Next::End(None),
    };
    Ok(page.into())
}

fn parse_cursor(cursor: &str) -> Option<(Day, &str)> {
    let (day, after) = cursor.split_once('/')?;
    Some((day.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_cursor_keeps_the_day() {
        assert_eq!(parse_cursor("2026-11-24/sub_1"), Some((date(2026, 11, 24), "sub_1")));
        assert_eq!(parse_cursor("sub_1"), None);
    }
}
