//! One connection to Redis that is made anew when it breaks, never makes anybody wait long, and is left alone while Redis does
//! not answer.

use std::{sync::Arc, time::Duration};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use redis::{AsyncCommands, AsyncConnectionConfig, RedisError, RedisResult, aio::MultiplexedConnection};
use rows::Clock;

use super::address::Address;
use crate::{
    cache::{CacheError, breaker::Breaker},
    settings,
};

/// A connection that is made when it is first needed.
pub struct Connection {
    address: Arc<Address>,
    /// None before the first request, and after what broke it.
    made: Mutex<Option<Made>>,
    connect_timeout: Duration,
    timeout: Duration,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

/// A connection, perhaps still being made; or in words why there is none.
type Made = Shared<BoxFuture<'static, Result<MultiplexedConnection, String>>>;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was not asked: it did not answer a moment ago.
    Skipped,
    /// It was asked, in vain.
    Failed,
}

/// What went wrong, and whether the connection is of no more use.
struct Failure {
    reason: String,
    is_broken: bool,
}

// === impl Connection ===

impl Connection {
    /// No answer takes longer than `timeout`.
    pub fn new(
        settings: &settings::Cache,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CacheError> {
        Ok(Self {
            address: Arc::new(Address::of(settings)?),
            made: Mutex::default(),
            connect_timeout: settings.connect_timeout,
            timeout,
            breaker: Breaker::default(),
            clock,
        })
    }

    /// Asks, unless it is thought to be away.
    pub async fn ask<T>(
        &self,
        request: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Refused> {
        if !self.breaker.may_ask(self.clock.elapsed()) {
            return Err(Refused::Skipped);
        }
        let made = self.made();
        let Failure { reason, is_broken } =
            match tokio::time::timeout(self.timeout, answer(made.clone(), request)).await {
                Ok(Ok(answer)) => {
                    if self.breaker.answered() {
                        tracing::info!("the cache answers again");
                    }
                    return Ok(answer);
                }
                Ok(Err(failure)) => failure,
                Err(_) => {
                    Failure { reason: format!("no answer within {:?}", self.timeout), is_broken: false }
                }
            };
        let (is_news, connect_anew) = self.breaker.failed(self.clock.elapsed());
        if is_news {
            tracing::warn!(reason, "the cache does not answer: the worker goes on without it");
        }
        if is_broken || connect_anew {
            self.give_up(&made);
        }
        Err(Refused::Failed)
    }

    /// Connects, writes, reads and deletes; waits as long as connecting may take. Gives the server's version.
    pub async fn check(&self, key: &str) -> Result<String, String> {
        let all = async {
            let mut redis = self.address.connect(AsyncConnectionConfig::new()).await?;
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

    fn made(&self) -> Made {
        let mut made = self.made.lock();
        if let Some(made) = &*made {
            return made.clone();
        }
        let (address, limit) = (self.address.clone(), self.connect_timeout);
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(self.timeout));
        let connecting = async move {
            match tokio::time::timeout(limit, address.connect(config)).await {
                Ok(connected) => connected.map_err(|error| reason(&error)),
                Err(_) => Err(format!("no connection within {limit:?}")),
            }
        };
        let new = connecting.boxed().shared();
        // Nobody waits for connecting as long as it may take: it goes on when they have gone.
        tokio::spawn(new.clone().map(drop));
        *made = Some(new.clone());
        new
    }

    /// The next request connects anew, unless another has seen to it already.
    fn give_up(&self, broken: &Made) {
        let mut made = self.made.lock();
        if made.as_ref().is_some_and(|made| made.ptr_eq(broken)) {
            *made = None;
        }
    }
}

async fn answer<T>(
    made: Made,
    request: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
) -> Result<T, Failure> {
    let redis = made.await.map_err(|reason| Failure { reason, is_broken: true })?;
    request(redis).await.map_err(|error| Failure {
        reason: reason(&error),
        is_broken: error.is_unrecoverable_error() && !error.is_timeout(),
    })
}

/// The error in words. What the server says of a command can repeat its arguments: that stays out.
fn reason(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{:?}: {code}", error.kind()),
        None if error.is_io_error() => error.to_string(),
        None => format!("{:?}", error.kind()),
    }
}
