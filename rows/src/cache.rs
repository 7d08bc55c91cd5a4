//! The cache as a port: hot state that may be lost at any time.
//!
//! No operation fails: whatever goes wrong is a miss, and every answer comes within the implementation's timeouts. So
//! nothing may be kept here that cannot be had again, and nothing may wait for it.

use std::{collections::BTreeSet, time::Duration};

use futures::future::BoxFuture;

/// Bytes under keys, locks, notifications, and the workers' shares of what providers allow. Keys are given without the
/// implementation's prefix.
pub trait Cache: Send + Sync {
    /// The value, unless it is missing, expired, or cannot be had now.
    fn get(&self, key: &str) -> BoxFuture<'_, Option<Vec<u8>>>;

    /// Keeps a value for `ttl`. Gives whether it is kept.
    fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'_, bool>;

    /// Takes the lock `key` for `token`, for at most `ttl`.
    fn lock(&self, key: &str, token: &str, ttl: Duration) -> BoxFuture<'_, Lock>;

    /// Gives the lock back, if `token` still holds it.
    fn unlock(&self, key: &str, token: &str) -> BoxFuture<'_, ()>;

    /// Members of the set `key`; nothing when that cannot be known now.
    fn members(&self, key: &str) -> BoxFuture<'_, Option<BTreeSet<String>>>;

    /// Stores and removes as one, then tells the listeners of a channel. Gives whether it is done.
    fn announce(&self, announcement: Announcement) -> BoxFuture<'_, bool>;

    /// Renews this worker's shares of what providers allow; nothing when the other workers cannot be reached.
    fn share(&self, claims: Claims) -> BoxFuture<'_, Option<Shares>>;

    /// Gives every share back: the worker ends.
    fn leave(&self, worker: &str) -> BoxFuture<'_, ()>;

    /// Whether other processes see what is kept here.
    fn is_shared(&self) -> bool;
}

/// What came of trying to take a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// It is ours until it is given back or expires.
    Taken,
    /// Somebody else holds it.
    Busy,
    /// The cache does not answer: nobody knows.
    Unknown,
}

/// New and removed values of one set, and what listeners are told.
#[derive(Debug, Clone, Default)]
pub struct Announcement {
    /// The set that holds the keys of these values.
    pub index: String,
    /// Key and value.
    pub values: Vec<(String, Vec<u8>)>,
    /// Keys of values to remove.
    pub removed: Vec<String>,
    /// How long the values and the set are kept.
    pub ttl: Duration,
    /// Where listeners listen.
    pub channel: String,
    /// One message each.
    pub messages: Vec<Vec<u8>>,
}

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Claims {
    /// This process; no other one has the same.
    pub worker: String,
    /// Workers that there are at least, 1 or more: the share of one that is not seen is left alone.
    pub workers_min: u32,
    /// Most of a scope that this worker may take, above 0 up to 1.
    pub share_max: f64,
    /// How long the shares hold.
    pub ttl: Duration,
    /// How long the share of a worker that has fallen silent is left alone.
    pub silence: Duration,
    /// No hold lasts longer, whoever told it.
    pub hold_max: Duration,
    /// The scopes.
    pub scopes: Vec<Claim>,
}

/// One scope that a worker uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its name, the same in every worker.
    pub scope: String,
    /// What the provider told this worker; none = nothing.
    pub hold: Option<Hold>,
    /// How long ago a person had this worker ask again in spite of holds: those that were told before are over.
    pub lifted: Option<Duration>,
    /// Requests a second for all workers together, as this worker has just learned; nothing = no news.
    pub learned: Option<f64>,
}

/// A provider's word to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// How long nobody may send.
    pub left: Duration,
    /// How long ago it was told.
    pub age: Duration,
}

/// What a worker gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Workers seen lately, this one included.
    pub workers: u32,
    /// In the order of the claims.
    pub scopes: Vec<Share>,
}

/// One scope's share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Part of what the provider allows, from 0 to 1. All workers' parts together are at most 1.
    pub part: f64,
    /// What the provider told some worker; none = no hold.
    pub hold: Option<Hold>,
    /// How long ago holds were last lifted, by whichever worker.
    pub lifted: Option<Duration>,
    /// What some worker learned last: requests a second for all together, and the number of this news.
    pub learned: Option<(f64, u64)>,
}
