//! The cache: in this process, or in Redis, shared with other workers and with readers. See `docs/cache.md`.

mod breaker;
mod campaign_value;
mod memory;
pub mod read_model;
mod redis;

use std::{sync::Arc, time::Duration};

use rows::{Cache, Clock};
use secrecy::ExposeSecret;

pub use self::{memory::MemoryCache, read_model::ReadModel, redis::RedisCache};
use crate::settings;

/// Hears what came of every request: the operation, and `hit`, `miss`, `ok`, `error`, or `skipped` while the cache is
/// thought to be away.
pub type Listener = Arc<dyn Fn(&'static str, &'static str) + Send + Sync>;

/// The cache cannot be set up; nothing that passes by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cache: {0}")]
pub struct CacheError(String);

/// The configured cache. Connects in the background: a Redis that is away is a miss, not an error.
pub fn open(
    settings: &settings::Cache,
    clock: Arc<dyn Clock>,
    listener: Listener,
) -> Result<Arc<dyn Cache>, CacheError> {
    if settings.url.expose_secret() == "memory://" {
        return Ok(Arc::new(MemoryCache::new(clock, listener)));
    }
    Ok(Arc::new(RedisCache::new(settings, &clock, listener)?))
}

/// Whether the configured cache can be used now, in words; the error says why not.
pub async fn check(settings: &settings::Cache, clock: Arc<dyn Clock>) -> Result<String, CacheError> {
    if settings.url.expose_secret() == "memory://" {
        return Ok("in this process".to_owned());
    }
    RedisCache::new(settings, &clock, Arc::new(|_, _| {}))?.check().await
}

/// Milliseconds, for commands and JSON.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
