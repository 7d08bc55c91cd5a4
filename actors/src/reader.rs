//! A stream with the reader that reads it. A reader is a function over the source: what it is asked, and what it may answer,
//! follow from the kind of its stream, so that no other pair can be written down.

use std::{fmt, ops, sync::Arc};

use futures::future::BoxFuture;
use rows::Table;

use crate::{
    failure::Failure,
    files::{FilesOf, FilesReader},
    page::{DaysReply, DaysRequest, FeedRequest, Page, SnapshotReply, SnapshotRequest},
    session::Session,
    stream::{Days, Feed, Files, Kind, Snapshot, Stream},
};

/// A stream as an integration declares it, read from a source of type `S`.
pub struct StreamOf<S> {
    stream: Stream,
    bind: Box<dyn FnOnce(Arc<S>) -> Reader>,
}

/// A stream of one connection.
pub struct BoundStream {
    stream: Stream,
    reader: Reader,
}

/// What reads the pages of a stream, by its kind.
pub enum Reader {
    /// Of [`Kind::Days`].
    Days(Box<dyn ReadPage<Days>>),
    /// Of [`Kind::Feed`].
    Feed(Box<dyn ReadPage<Feed>>),
    /// Of [`Kind::Snapshot`].
    Snapshot(Box<dyn ReadPage<Snapshot>>),
    /// Of [`Kind::Files`].
    Files(FilesReader),
}

/// What is asked and answered, page by page, of the streams with this policy.
pub trait Paged {
    /// What to read.
    type Request<'a>;
    /// What was read.
    type Reply;
}

/// Reads one page. May send several requests.
pub trait ReadPage<K: Paged>: Send + Sync {
    /// Reads it.
    fn read<'a>(
        &'a self,
        session: &'a Session,
        request: K::Request<'a>,
    ) -> BoxFuture<'a, Result<K::Reply, Failure>>;
}

/// A function, and the source that it reads from.
struct Bound<S, F> {
    source: Arc<S>,
    read: F,
}

impl Paged for Days {
    type Request<'a> = DaysRequest<'a>;
    type Reply = DaysReply;
}

impl Paged for Feed {
    type Request<'a> = FeedRequest<'a>;
    type Reply = Page;
}

impl Paged for Snapshot {
    type Request<'a> = SnapshotRequest<'a>;
    type Reply = SnapshotReply;
}

// === impl StreamOf ===

impl<S: Send + Sync + 'static> StreamOf<S> {
    /// Reports by account-local day, read by `read`. Switched on; the rows go to `tables`.
    pub fn days<F>(name: &'static str, tables: &'static [Table], policy: Days, read: F) -> Self
    where
        F: for<'a> Fn(&'a S, &'a Session, DaysRequest<'a>) -> BoxFuture<'a, Result<DaysReply, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let bind = |source| Reader::Days(Box::new(Bound { source, read }));
        Self::new(name, tables, Kind::Days(policy), bind)
    }

    /// A feed, followed by `read` from one durable token to the next. Switched on; the rows go to `tables`.
    pub fn feed<F>(name: &'static str, tables: &'static [Table], policy: Feed, read: F) -> Self
    where
        F: for<'a> Fn(&'a S, &'a Session, FeedRequest<'a>) -> BoxFuture<'a, Result<Page, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let bind = |source| Reader::Feed(Box::new(Bound { source, read }));
        Self::new(name, tables, Kind::Feed(policy), bind)
    }

    /// A whole set, read by `read`. Switched on; the rows go to `tables`.
    pub fn snapshot<F>(name: &'static str, tables: &'static [Table], policy: Snapshot, read: F) -> Self
    where
        F: for<'a> Fn(
                &'a S,
                &'a Session,
                SnapshotRequest<'a>,
            ) -> BoxFuture<'a, Result<SnapshotReply, Failure>>
            + Send
            + Sync
            + 'static,
    {
        let bind = |source| Reader::Snapshot(Box::new(Bound { source, read }));
        Self::new(name, tables, Kind::Snapshot(policy), bind)
    }

    /// Files, which lie where `files` says. Switched on; their rows go to `tables`.
    pub fn files(name: &'static str, tables: &'static [Table], policy: Files, files: FilesOf<S>) -> Self {
        let bind = move |source| Reader::Files(FilesReader::new(source, files));
        Self::new(name, tables, Kind::Files(policy), bind)
    }

    fn new(
        name: &'static str,
        tables: &'static [Table],
        kind: Kind,
        bind: impl FnOnce(Arc<S>) -> Reader + 'static,
    ) -> Self {
        Self { stream: Stream { name, tables, enabled: true, kind }, bind: Box::new(bind) }
    }

    /// The same, switched on or off unless the configuration says otherwise.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.stream.enabled = enabled;
        self
    }

    /// What it is, without its reader.
    pub fn described(self) -> Stream {
        self.stream
    }

    /// The same, reading from this source.
    pub fn bind(self, source: Arc<S>) -> BoundStream {
        BoundStream { stream: self.stream, reader: (self.bind)(source) }
    }
}

// === impl BoundStream ===

impl BoundStream {
    /// What reads it.
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The same under a policy that is changed; its kind stays what it is.
    #[must_use]
    pub(crate) fn changed(mut self, change: impl FnOnce(&mut Stream)) -> Self {
        change(&mut self.stream);
        self
    }
}

/// Whatever is told of a stream is told of a bound one.
impl ops::Deref for BoundStream {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}

impl fmt::Debug for BoundStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}

// === impl Bound ===

impl<K, S, F> ReadPage<K> for Bound<S, F>
where
    K: Paged,
    S: Send + Sync,
    F: for<'a> Fn(&'a S, &'a Session, K::Request<'a>) -> BoxFuture<'a, Result<K::Reply, Failure>>
        + Send
        + Sync,
{
    fn read<'a>(
        &'a self,
        session: &'a Session,
        request: K::Request<'a>,
    ) -> BoxFuture<'a, Result<K::Reply, Failure>> {
        (self.read)(&self.source, session, request)
    }
}
