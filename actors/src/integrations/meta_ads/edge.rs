//! Edges: the paged lists of the Graph API, such as `act_<id>/campaigns`.
//!
//! `limit` and `after` go in, `paging.cursors.after` comes out, and `paging.next` tells whether there is more. Its
//! address is never followed: it may carry the token, and it could lead anywhere.

use serde_json::value::RawValue;

use super::wire::Listing;
use crate::{
    failure::Failure,
    session::{Call, Session},
};

/// Below this, asking for less does not help any more.
const LIMIT_MIN: u32 = 10;

/// One page of an edge.
#[derive(Debug)]
pub struct EdgePage {
    /// Its elements.
    pub data: Vec<Box<RawValue>>,
    /// The cursor of the next page, if there is one.
    pub after: Option<String>,
}

/// Reads one page.
pub async fn page(
    session: &Session,
    call: Call,
    limit: u32,
    after: Option<&str>,
) -> Result<EdgePage, Failure> {
    let place = call.path.clone();
    let mut call = call.query("limit", limit.to_string());
    if let Some(after) = after {
        call = call.query("after", after);
    }
    end(session.json(call).await?, after, &place)
}

/// Reads one page; when Meta says to "reduce the amount of data", halves the limit. The next page starts with the
/// full limit again, so that one heavy page does not slow all others.
pub async fn page_halving(
    session: &Session,
    call: &Call,
    mut limit: u32,
    after: Option<&str>,
) -> Result<EdgePage, Failure> {
    loop {
        match page(session, call.clone(), limit, after).await {
            Err(Failure::TooMuch { .. }) if limit / 2 >= LIMIT_MIN => limit /= 2,
            answer => return answer,
        }
    }
}

/// Reads the whole edge. For short lists only.
pub async fn all(session: &Session, call: &Call, limit: u32) -> Result<Vec<Box<RawValue>>, Failure> {
    let mut data = Vec::new();
    let mut after = None;
    loop {
        let page = page_halving(session, call, limit, after.as_deref()).await?;
        data.extend(page.data);
        match page.after {
            Some(next) => after = Some(next),
            None => return Ok(data),
        }
    }
}

/// Where a page ends. A page that says there is more but leads nowhere is refused: what follows would be lost, or read
/// for ever.
fn end(listing: Listing, asked_after: Option<&str>, place: &str) -> Result<EdgePage, Failure> {
    let more = listing.paging.as_ref().is_some_and(|paging| paging.next);
    let after = listing.paging.and_then(|paging| paging.cursors?.after).filter(|after| !after.is_empty());
    match (more, after) {
        (false, _) => Ok(EdgePage { data: listing.data, after: None }),
        (true, Some(after)) if asked_after != Some(after.as_str()) => {
            Ok(EdgePage { data: listing.data, after: Some(after) })
        }
        (true, _) => Err(Failure::Transient {
            reason: format!("{place}: there is a next page, but paging.cursors.after does not lead to it"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(json: &str, asked_after: Option<&str>) -> Result<Option<String>, Failure> {
        end(serde_json::from_str(json).unwrap(), asked_after, "edge").map(|page| page.after)
    }

    #[test]
    fn the_last_page_has_a_cursor_but_no_next() {
        let last = r#"{"data":[],"paging":{"cursors":{"before":"MAZDZD","after":"MjQZD"}}}"#;
        assert_eq!(end_of(last, None), Ok(None));
        assert_eq!(end_of(r#"{"data":[]}"#, None), Ok(None));
    }

    #[test]
    fn another_page_follows_its_cursor() {
        let page = r#"{"data":[],"paging":{"cursors":{"after":"QVFIUn"},"next":"https://graph.facebook.com/x?access_token=t"}}"#;
        assert_eq!(end_of(page, None), Ok(Some("QVFIUn".to_owned())));
    }

    #[test]
    fn a_page_that_leads_nowhere_is_refused() {
        let page = r#"{"data":[],"paging":{"next":"https://x"}}"#;
        assert_eq!(end_of(page, None).unwrap_err().outcome(), "transient");
        let circle = r#"{"data":[],"paging":{"cursors":{"after":"A"},"next":"https://x"}}"#;
        assert_eq!(end_of(circle, Some("A")).unwrap_err().outcome(), "transient");
    }

    #[test]
    fn a_page_without_data_is_malformed() {
        assert!(serde_json::from_str::<Listing>(r#"{"paging":{}}"#).is_err());
    }
}
