//! One connection to Redis that reconnects, never makes anybody wait long, and is left alone while it does not answer.

use std::{fs, sync::Arc, time::Duration};

use parking_lot::Mutex;
use redis::{
    AsyncCommands, Client, RedisError, RedisResult, TlsCertificates,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use rows::Clock;
use secrecy::ExposeSecret;

use crate::{
    cache::{CacheError, breaker::Breaker},
    settings,
};

/// First wait between two attempts to connect; doubles.
const RECONNECT_MIN: Duration = Duration::from_millis(100);
/// Longest such wait.
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// Attempts before those who wait are told. The next request tries anew.
const RECONNECT_ATTEMPTS: usize = 3;

/// A connection that is made when it is first needed.
pub struct Connection {
    client: Client,
    config: ConnectionManagerConfig,
    /// None before the first request: it needs a runtime.
    manager: Mutex<Option<ConnectionManager>>,
    timeout: Duration,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was not asked: it did not answer a moment ago.
    Skipped,
    /// It was asked, in vain.
    Failed,
}

// === impl Connection ===

impl Connection {
    /// No answer takes longer than `timeout`.
    pub fn new(
        settings: &settings::Cache,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CacheError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(timeout))
            .set_min_delay(RECONNECT_MIN)
            .set_max_delay(RECONNECT_MAX)
            .set_number_of_retries(RECONNECT_ATTEMPTS);
        let client = client(settings)?;
        Ok(Self { client, config, manager: Mutex::default(), timeout, breaker: Breaker::default(), clock })
    }

    /// Asks, unless it is thought to be away.
    pub async fn ask<T>(
        &self,
        request: impl AsyncFnOnce(ConnectionManager) -> RedisResult<T>,
    ) -> Result<T, Refused> {
        if !self.breaker.may_ask(self.clock.elapsed()) {
            return Err(Refused::Skipped);
        }
        let failure = match self.manager() {
            Ok(manager) => match tokio::time::timeout(self.timeout, request(manager)).await {
                Ok(Ok(answer)) => {
                    if self.breaker.answered() {
                        tracing::info!("the cache answers again");
                    }
                    return Ok(answer);
                }
                Ok(Err(error)) => reason(&error),
                Err(_) => format!("no answer within {:?}", self.timeout),
            },
            Err(error) => reason(&error),
        };
        let (is_news, connect_anew) = self.breaker.failed(self.clock.elapsed());
        if is_news {
            tracing::warn!(reason = failure, "the cache does not answer: the worker goes on without it");
        }
        if connect_anew {
            *self.manager.lock() = None;
        }
        Err(Refused::Failed)
    }

    /// Connects, writes, reads and deletes; waits as long as connecting may take. Gives the server's version.
    pub async fn check(&self, key: &str) -> Result<String, String> {
        let all = async {
            let mut redis = self.client.get_multiplexed_async_connection().await?;
            redis.pset_ex::<_, _, ()>(key, "1", 1_000).await?;
            redis.del::<_, ()>(key).await?;
            redis::cmd("INFO").arg("server").query_async::<String>(&mut redis).await
        };
        let limit = Duration::from_secs(5);
        let info = match tokio::time::timeout(limit, all).await {
            Ok(Ok(info)) => info,
            Ok(Err(error)) => return Err(reason(&error)),
            Err(_) => return Err(format!("no answer within {limit:?}")),
        };
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        Ok(format!("Redis {} answers", version.unwrap_or_default().trim()))
    }

    fn manager(&self) -> RedisResult<ConnectionManager> {
        let mut manager = self.manager.lock();
        if let Some(manager) = &*manager {
            return Ok(manager.clone());
        }
        let made = ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone())?;
        *manager = Some(made.clone());
        // Nobody waits for connecting as long as it may take: it goes on when they have gone.
        let mut driven = made.clone();
        tokio::spawn(async move { redis::cmd("PING").query_async::<()>(&mut driven).await });
        Ok(made)
    }
}

/// The error in words. What the server says of a command can repeat its arguments: that stays out.
fn reason(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{:?}: {code}", error.kind()),
        None if error.is_io_error() => error.to_string(),
        None => format!("{:?}", error.kind()),
    }
}

fn client(settings: &settings::Cache) -> Result<Client, CacheError> {
    // The parser's error may repeat the URL, which may hold a password.
    let malformed =
        |_| CacheError("url: not a Redis URL such as redis://USER:PASSWORD@HOST:6379/0".to_owned());
    let url = settings.url.expose_secret();
    let Some(path) = &settings.ca_file else { return Client::open(url).map_err(malformed) };
    let unreadable = |error: std::io::Error| CacheError(format!("ca_file: {}: {error}", path.display()));
    let root_cert = Some(fs::read(path).map_err(unreadable)?);
    Client::open(url).map_err(malformed)?;
    Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert }).map_err(|_| {
        CacheError(format!(
            "ca_file: {}: no certificates in PEM form, or the url is not rediss://",
            path.display()
        ))
    })
}
