//! The pages of a feed: first a listing, then what is new.

use futures::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use jiff::{Timestamp, tz::TimeZone};
use rows::{Day, day::start_of};
use serde_json::value::RawValue;

use crate::{
    failure::Failure,
    page::{Lane, Next, Page},
    session::{Response, Session},
};

use super::{
    api::Range,
    feed::{EVENTS_AGE_MAX_SECONDS, Following, Listing, Phase, REFUSED_SECONDS},
    mapping::explained,
    reader::{Reader, goes_on, parse_list},
    resource::Resource,
    wire::{Event, Head},
};

/// Objects that are fetched at once after a page of events.
const FETCHES_MAX: usize = 8;

/// What a reading of a feed is about.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// What is read.
    pub resource: &'static Resource,
    /// Tail or re-listing.
    pub lane: Lane,
    /// The first day (UTC) of interest.
    pub start: Day,
    /// Where the feed stands.
    pub token: Option<&'a str>,
    /// When the cycle asks.
    pub now: Timestamp,
    /// How far back is listed where events are refused, days.
    pub relist_days: u32,
}

// === impl Feed ===

impl Feed<'_> {
    /// Reads one page.
    pub async fn read(&self, reader: &Reader, session: &Session) -> Result<Page, Failure> {
        let phase = self.token.and_then(Phase::parse).unwrap_or_else(|| Phase::List(self.beginning()));
        match phase {
            Phase::List(listing) => self.list(reader, session, listing).await,
            Phase::Follow(following) => self.follow(reader, session, following).await,
        }
    }

    fn now(&self) -> i64 {
        self.now.as_second()
    }

    fn beginning(&self) -> Listing {
        let from = (!self.resource.whole).then(|| start_of(self.start, &TimeZone::UTC).as_second());
        Listing::begin(from, self.now())
    }

    /// One page of a listing.
    async fn list(&self, reader: &Reader, session: &Session, listing: Listing) -> Result<Page, Failure> {
        let mut page = Page::default();
        let range = Range { from: listing.from, after: listing.after.as_deref() };
        let next = match reader.list(session, self.resource, range, None, &mut page).await {
            Ok(Some(after)) => Next::More(Phase::List(Listing { after: Some(after), ..listing }).to_token()),
            Ok(None) => self.after_listing(&listing),
            // The object that the page before ended with was deleted: its place in the list is lost.
            Err(Failure::Gone { .. }) if listing.after.is_some() => {
                Next::More(Phase::List(Listing { after: None, ..listing }).to_token())
            }
            Err(failure) => return Err(failure),
        };
        page.next = next;
        Ok(page)
    }

    /// The tail goes on with the events since the listing began; a re-listing is done.
    fn after_listing(&self, listing: &Listing) -> Next {
        if self.lane == Lane::Relist {
            return Next::End(None);
        }
        let following = Following { refused_at: listing.refused_at, ..Following::from(listing.tail_from) };
        let follows_events = !self.resource.events.is_empty() && listing.refused_at.is_none();
        let token = Phase::Follow(following).to_token();
        if follows_events { Next::More(token) } else { Next::End(Some(token)) }
    }

    /// What is new: by events where there are any and the key may read them, else by listing what was made since.
    async fn follow(
        &self,
        reader: &Reader,
        session: &Session,
        following: Following,
    ) -> Result<Page, Failure> {
        let refused = following.refused_at.is_some_and(|at| self.now() - at < REFUSED_SECONDS);
        if self.resource.events.is_empty() || refused {
            let listing = Listing {
                refused_at: following.refused_at,
                ..Listing::begin(Some(following.since), self.now())
            };
            return self.list(reader, session, listing).await;
        }
        let age = self.now() - following.since;
        if following.walk.is_none() && age > EVENTS_AGE_MAX_SECONDS {
            tracing::info!(
                connection = session.spec().name,
                stream = self.resource.stream,
                days = age / 86_400,
                "not read for longer than Stripe keeps events: listing again from the start"
            );
            return self.list(reader, session, self.beginning()).await;
        }
        self.events(reader, session, following).await
    }

    /// One page of events, and the objects that they tell of as they are now.
    async fn events(
        &self,
        reader: &Reader,
        session: &Session,
        following: Following,
    ) -> Result<Page, Failure> {
        let after = following.walk.as_ref().map(|walk| walk.after.as_str());
        let range = Range { from: Some(following.since), after };
        let response = match reader.api.events(session, self.resource, range).await {
            Ok(response) => response,
            Err(Failure::Forbidden { advice }) => {
                return self.without_events(reader, session, &following, &advice).await;
            }
            Err(Failure::Gone { .. }) if following.walk.is_some() => {
                let again = Phase::Follow(Following { walk: None, ..following });
                return Ok(Page { next: Next::More(again.to_token()), ..Page::default() });
            }
            Err(failure) => return Err(failure),
        };
        let mut page = Page::default();
        let list = parse_list(&response)?;
        let changes = self.changes(&list.data, &following, &mut page);
        self.fetch(reader, session, changes.ids, &mut page).await?;
        let more_after = goes_on(&list, after, response.endpoint)?;
        let is_last = more_after.is_none();
        let began = following.walk.as_ref().map_or_else(|| self.now(), |walk| walk.began);
        let token = Phase::Follow(following.advance(began, changes.handled, more_after)).to_token();
        page.next = if is_last { Next::End(Some(token)) } else { Next::More(token) };
        Ok(page)
    }

    /// Reads which objects changed. Deletions need no further request.
    fn changes(&self, data: &[&RawValue], following: &Following, page: &mut Page) -> Changes {
        let mut changes = Changes::default();
        for (index, raw) in data.iter().enumerate() {
            let event: Event = match serde_json::from_str(raw.get()) {
                Ok(event) => event,
                Err(error) => {
                    let head: Head = serde_json::from_str(raw.get()).unwrap_or_default();
                    if head.id.as_deref().is_some_and(|id| following.has_seen(id)) {
                        continue;
                    }
                    let place = format!("events.list[{index}]");
                    page.quarantined.push(explained(&error).set_aside(
                        raw.get().as_bytes(),
                        place,
                        head.named(),
                    ));
                    changes.handled.extend(head.created.zip(head.id));
                    continue;
                }
            };
            if following.has_seen(&event.id) {
                continue;
            }
            if let Some(id) = event.data.object.id_of(self.resource.object) {
                if self.resource.deletion == Some(event.kind.as_str()) {
                    page.tombstones.extend(self.resource.tombstones(&id));
                } else if !changes.ids.contains(&id) {
                    changes.ids.push(id);
                }
            }
            changes.handled.push((event.created, event.id));
        }
        changes.ids.retain(|id| !page.tombstones.iter().any(|(_, gone)| gone == id));
        changes
    }

    /// Fetches objects as they are now; those that are gone become tombstones.
    async fn fetch(
        &self,
        reader: &Reader,
        session: &Session,
        ids: Vec<String>,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let resource = self.resource;
        let fetches = ids.into_iter().map(|id| retrieve(reader, session, resource, id));
        let fetches: Vec<BoxFuture<'_, Result<Fetched, Failure>>> = fetches.collect();
        let objects: Vec<Fetched> = stream::iter(fetches).buffered(FETCHES_MAX).try_collect().await?;
        for Fetched { id, response } in objects {
            let Some(response) = response else {
                page.tombstones.extend(resource.tombstones(&id));
                continue;
            };
            let raw: &RawValue = serde_json::from_slice(&response.body)
                .map_err(|error| Failure::malformed(resource.retrieve_endpoint, &error))?;
            let place = resource.retrieve_endpoint.to_owned();
            reader.take(session, resource, raw, place, None, page).await?;
        }
        Ok(())
    }

    /// The key may not read events: lists the recent past instead, and for an hour only what was made since.
    async fn without_events(
        &self,
        reader: &Reader,
        session: &Session,
        following: &Following,
        advice: &str,
    ) -> Result<Page, Failure> {
        if following.refused_at.is_none() {
            tracing::warn!(
                connection = session.spec().name,
                stream = self.resource.stream,
                advice,
                "the API key may not read events: changes are found by listing the last days again once an hour, later \
                 and at a higher cost"
            );
        }
        let window = self.now() - i64::from(self.relist_days) * 86_400;
        let from = window.min(following.since);
        let listing = Listing { refused_at: Some(self.now()), ..Listing::begin(Some(from), self.now()) };
        self.list(reader, session, listing).await
    }
}

/// What a page of events tells.
#[derive(Debug, Default)]
struct Changes {
    /// Objects to fetch, each once.
    ids: Vec<String>,
    /// Events: (created, id).
    handled: Vec<(i64, String)>,
}

/// An object as it is now.
struct Fetched {
    id: String,
    /// Nothing: gone.
    response: Option<Response>,
}

fn retrieve<'a>(
    reader: &'a Reader,
    session: &'a Session,
    resource: &'static Resource,
    id: String,
) -> BoxFuture<'a, Result<Fetched, Failure>> {
    Box::pin(async move {
        match reader.api.retrieve(session, resource, reader.expansion(resource.kind), &id).await {
            Ok(response) => Ok(Fetched { id, response: Some(response) }),
            Err(Failure::Gone { .. }) => Ok(Fetched { id, response: None }),
            Err(failure) => Err(failure),
        }
    })
}
