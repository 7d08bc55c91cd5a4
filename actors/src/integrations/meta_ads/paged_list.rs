//! Edges: the paged lists of the Graph API, such as `act_<id>/campaigns`.
//!
//! `limit` and `after` go in, `paging.cursors.after` comes out, and `paging.next` tells whether there is more. Its
//! address is never followed: it may carry the token, and it could lead anywhere.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Listing, Paging};
use crate::{
    failure::Failure,
    page::Next,
    reading::elements::{self, Elements, Named, Unreadable},
    session::{Call, Session},
};

/// Below this, asking for less does not help any more.
const LIMIT_MIN: u32 = 10;

/// One page of an edge, as it came.
#[derive(Debug)]
pub struct ListPage {
    body: Bytes,
    place: String,
    asked_after: Option<String>,
}

/// Asks for one page.
pub async fn page(
    session: &Session,
    call: Call,
    limit: u32,
    after: Option<&str>,
) -> Result<ListPage, Failure> {
    let place = call.path.clone();
    let mut call = call.query("limit", limit.to_string());
    if let Some(after) = after {
        call = call.query("after", after);
    }
    let body = session.send(call).await?.body;
    Ok(ListPage { body, place, asked_after: after.map(str::to_owned) })
}

/// Reads one page; when Meta says to "reduce the amount of data", halves the limit. The next page starts with the
/// full limit again, so that one heavy page does not slow all others.
pub async fn page_halving(
    session: &Session,
    call: &Call,
    mut limit: u32,
    after: Option<&str>,
) -> Result<ListPage, Failure> {
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
        let listing = page.elements()?;
        data.extend(listing.data.into_iter().map(RawValue::to_owned));
        match page.after(listing.paging)? {
            Some(next) => after = Some(next),
            None => return Ok(data),
        }
    }
}

// === impl ListPage ===

impl ListPage {
    /// A first page with this body.
    #[cfg(test)]
    pub fn of(json: &str) -> Self {
        let body = Bytes::copy_from_slice(json.as_bytes());
        Self { body, place: "edge".to_owned(), asked_after: None }
    }

    /// Its rows, each element that cannot be read set aside alone, and the cursor of the next page, if there is one. `place`
    /// names the page.
    pub fn read<'a, T: Deserialize<'a>, R>(
        &'a self,
        place: &str,
        named: impl Fn(&RawValue) -> Named,
        map: impl Fn(T) -> Result<R, Unreadable>,
    ) -> Result<(Elements<R>, Option<String>), Failure> {
        let (elements, paging) = elements::read::<Listing<T>, _>(&self.body, place, named, map)?;
        Ok((elements, self.after(paging)?))
    }

    /// Its elements, not read yet.
    fn elements(&self) -> Result<Listing<&RawValue>, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::undocumented(&self.place, &self.body, &error))
    }

    /// The cursor of the next page, if there is one: `paging.next` says whether.
    fn after(&self, paging: Option<Paging>) -> Result<Option<String>, Failure> {
        let more = paging.as_ref().is_some_and(|paging| paging.next);
        let after = paging.and_then(|paging| paging.cursors?.after);
        Ok(Next::after(more, after, self.asked_after.as_deref(), &self.place)?.into_cursor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(json: &str, asked_after: Option<&str>) -> Result<Option<String>, Failure> {
        let page = ListPage { asked_after: asked_after.map(str::to_owned), ..ListPage::of(json) };
        page.after(page.elements()?.paging)
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
        assert!(serde_json::from_str::<Listing<&RawValue>>(r#"{"paging":{}}"#).is_err());
    }
}
