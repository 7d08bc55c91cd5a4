//! A tenant's own series: made when they are asked for, from what the publisher knows, without asking the database.

use actix_web::web::Bytes;
use jiff::Timestamp;

use super::{
    Publisher,
    body::{self, Body},
    render::render_of,
};
use crate::audience::{Written, written};

/// Where a tenant's series come from.
pub trait SeriesSource: Send + Sync {
    /// What a scrape by this tenant gets, as text or as one gzip file, in pieces to be sent one after the other: what is its own,
    /// spend as it is shown it, nothing of the process.
    fn series_of(&self, tenant: &str, gzip: bool, now: Timestamp) -> Written<Vec<Bytes>>;
}

impl SeriesSource for Publisher {
    fn series_of(&self, tenant: &str, gzip: bool, now: Timestamp) -> Written<Vec<Bytes>> {
        let texts = written(|| render_of(&self.board().lock(), tenant, now));
        texts.map(|texts| {
            let body = Body::default().renewed(texts).unwrap_or_default();
            if gzip {
                body::gzip(body.parts())
            } else {
                body.parts().map(|part| part.identity.clone()).collect()
            }
        })
    }
}
