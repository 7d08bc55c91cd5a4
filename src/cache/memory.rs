//! The cache of a process that is alone.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use rows::{
    Cache, Clock,
    cache::{Announcement, Claims, Lock, Share, Shares},
};

use super::Listener;

/// More keys than this worker ever has: expired ones go first, then nothing more is kept.
const KEYS_MAX: usize = 100_000;

/// Values and locks in memory. Nobody listens, and nobody shares.
pub struct MemoryCache {
    clock: Arc<dyn Clock>,
    listener: Listener,
    values: Mutex<HashMap<String, Value>>,
}

struct Value {
    bytes: Vec<u8>,
    expires_at: Duration,
}

// === impl MemoryCache ===

impl MemoryCache {
    /// Empty.
    pub fn new(clock: Arc<dyn Clock>, listener: Listener) -> Self {
        Self { clock, listener, values: Mutex::default() }
    }

    fn look(&self, key: &str) -> Option<Vec<u8>> {
        let now = self.clock.elapsed();
        let values = self.values.lock();
        values.get(key).filter(|value| value.expires_at > now).map(|value| value.bytes.clone())
    }

    fn keep(&self, key: &str, bytes: Vec<u8>, ttl: Duration) -> bool {
        let now = self.clock.elapsed();
        let mut values = self.values.lock();
        if values.len() >= KEYS_MAX {
            values.retain(|_, value| value.expires_at > now);
        }
        let fits = values.len() < KEYS_MAX;
        if fits {
            values.insert(key.to_owned(), Value { bytes, expires_at: now + ttl });
        }
        fits
    }
}

impl Cache for MemoryCache {
    fn get(&self, key: &str) -> BoxFuture<'_, Option<Vec<u8>>> {
        let found = self.look(key);
        (self.listener)("get", if found.is_some() { "hit" } else { "miss" });
        Box::pin(std::future::ready(found))
    }

    fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'_, bool> {
        let kept = self.keep(key, value, ttl);
        (self.listener)("put", if kept { "ok" } else { "error" });
        Box::pin(std::future::ready(kept))
    }

    fn lock(&self, key: &str, token: &str, ttl: Duration) -> BoxFuture<'_, Lock> {
        let lock = match self.look(key) {
            Some(_) => Lock::Busy,
            None if self.keep(key, token.into(), ttl) => Lock::Taken,
            None => Lock::Unknown,
        };
        (self.listener)("lock", if lock == Lock::Busy { "miss" } else { "ok" });
        Box::pin(std::future::ready(lock))
    }

    fn unlock(&self, key: &str, token: &str) -> BoxFuture<'_, ()> {
        let mut values = self.values.lock();
        if values.get(key).is_some_and(|value| value.bytes == token.as_bytes()) {
            values.remove(key);
        }
        (self.listener)("unlock", "ok");
        Box::pin(std::future::ready(()))
    }

    fn members(&self, _key: &str) -> BoxFuture<'_, Option<BTreeSet<String>>> {
        Box::pin(std::future::ready(Some(BTreeSet::new())))
    }

    fn announce(&self, _announcement: Announcement) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }

    fn share(&self, claims: Claims) -> BoxFuture<'_, Option<Shares>> {
        let whole = Share { part: claims.share_max, hold: None, lifted: None, learned: None };
        let shares = Shares { workers: 1, scopes: vec![whole; claims.scopes.len()] };
        Box::pin(std::future::ready(Some(shares)))
    }

    fn leave(&self, _worker: &str) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl std::fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCache").field("keys", &self.values.lock().len()).finish_non_exhaustive()
    }
}
