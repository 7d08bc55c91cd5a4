//! Redis as the cache.

mod address;
mod connection;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
    time::Duration,
};

use futures::future::BoxFuture;
use redis::{AsyncCommands, Pipeline, Script, SetExpiry, SetOptions};
use rows::{
    Cache, Clock,
    cache::{Announcement, Claims, Hold, Lock, Share, Shares},
};

use self::connection::{Connection, Refused};
use super::{CacheError, Listener, milliseconds};
use crate::settings;

/// Writing a campaign's worth of values may take so many times what a small request may.
const BODY_TIMEOUTS: u32 = 4;

static SHARE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("share.lua")));
static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
    )
});

/// Two connections: one for small requests, one for bodies, behind which nothing small waits.
pub struct RedisCache {
    small: Connection,
    bodies: Connection,
    prefix: String,
    listener: Listener,
}

// === impl RedisCache ===

impl RedisCache {
    /// Connects in the background. The error is about the settings.
    pub fn new(
        settings: &settings::Cache,
        clock: &Arc<dyn Clock>,
        listener: Listener,
    ) -> Result<Self, CacheError> {
        let connect = |timeout| Connection::new(settings, timeout, clock.clone());
        Ok(Self {
            small: connect(settings.timeout)?,
            bodies: connect(settings.timeout * BODY_TIMEOUTS)?,
            prefix: settings.prefix.clone(),
            listener,
        })
    }

    /// Whether it answers, and whether it lets us do what we need.
    pub async fn check(&self) -> Result<String, CacheError> {
        self.small.check(&self.key("check")).await.map_err(CacheError)
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    /// Tells what came of a request.
    fn told<T>(
        &self,
        operation: &'static str,
        answer: Result<T, Refused>,
        result: impl FnOnce(&T) -> &'static str,
    ) -> Option<T> {
        let word = match &answer {
            Ok(answer) => result(answer),
            Err(Refused::Skipped) => "skipped",
            Err(Refused::Failed) => "error",
        };
        (self.listener)(operation, word);
        answer.ok()
    }
}

const fn ok<T>(_: &T) -> &'static str {
    "ok"
}

impl Cache for RedisCache {
    fn get(&self, key: &str) -> BoxFuture<'_, Option<Vec<u8>>> {
        let key = self.key(key);
        Box::pin(async move {
            let answer = self.small.ask(async |mut redis| redis.get::<_, Option<Vec<u8>>>(&key).await).await;
            self.told("get", answer, |found| if found.is_some() { "hit" } else { "miss" }).flatten()
        })
    }

    fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'_, bool> {
        let key = self.key(key);
        Box::pin(async move {
            let ttl = milliseconds(ttl).max(1);
            let answer =
                self.small.ask(async |mut redis| redis.pset_ex::<_, _, ()>(&key, &value, ttl).await).await;
            self.told("put", answer, ok).is_some()
        })
    }

    fn lock(&self, key: &str, token: &str, ttl: Duration) -> BoxFuture<'_, Lock> {
        let (key, token) = (self.key(key), token.to_owned());
        Box::pin(async move {
            let options = SetOptions::default()
                .conditional_set(redis::ExistenceCheck::NX)
                .with_expiration(SetExpiry::PX(milliseconds(ttl).max(1)));
            let answer = self
                .small
                .ask(async |mut redis| redis.set_options::<_, _, Option<String>>(&key, &token, options).await)
                .await;
            match self.told("lock", answer, |set| if set.is_some() { "ok" } else { "miss" }) {
                Some(Some(_)) => Lock::Taken,
                Some(None) => Lock::Busy,
                None => Lock::Unknown,
            }
        })
    }

    fn unlock(&self, key: &str, token: &str) -> BoxFuture<'_, ()> {
        let (key, token) = (self.key(key), token.to_owned());
        Box::pin(async move {
            let answer = self
                .small
                .ask(async |mut redis| UNLOCK.key(&key).arg(&token).invoke_async::<i64>(&mut redis).await)
                .await;
            self.told("unlock", answer, ok);
        })
    }

    fn members(&self, key: &str) -> BoxFuture<'_, Option<BTreeSet<String>>> {
        let key = self.key(key);
        let prefix = self.key("");
        Box::pin(async move {
            let answer =
                self.bodies.ask(async |mut redis| redis.smembers::<_, BTreeSet<String>>(&key).await).await;
            let members = self.told("members", answer, ok)?;
            Some(members.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect())
        })
    }

    fn announce(&self, announcement: Announcement) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let Announcement { index, values, removed, ttl, channel, messages } = announcement;
            let (index, channel, ttl) = (self.key(&index), self.key(&channel), milliseconds(ttl).max(1));
            let mut together = Pipeline::new();
            together.atomic();
            for (key, value) in &values {
                let key = self.key(key);
                together.pset_ex(&key, value, ttl).ignore();
                together.sadd(&index, &key).ignore();
            }
            for key in &removed {
                let key = self.key(key);
                together.del(&key).ignore();
                together.srem(&index, &key).ignore();
            }
            together.pexpire(&index, i64::try_from(ttl).unwrap_or(i64::MAX)).ignore();
            for message in &messages {
                together.publish(&channel, message).ignore();
            }
            let answer =
                self.bodies.ask(async |mut redis| together.query_async::<()>(&mut redis).await).await;
            self.told("announce", answer, ok).is_some()
        })
    }

    fn share(&self, claims: Claims) -> BoxFuture<'_, Option<Shares>> {
        Box::pin(async move {
            let mut script = SHARE.key(self.key("{quota}:workers"));
            script
                .arg(&claims.worker)
                .arg(claims.workers_min)
                .arg(claims.share_max)
                .arg(milliseconds(claims.ttl))
                .arg(milliseconds(claims.silence))
                .arg(milliseconds(claims.hold_max));
            for claim in &claims.scopes {
                let learned = claim.learned.map(|pace| pace.to_string()).unwrap_or_default();
                script.key(self.key(&format!("{{quota}}:scope:{}", claim.scope)));
                let hold = claim.hold.unwrap_or(Hold { left: Duration::ZERO, age: Duration::ZERO });
                let lifted = claim.lifted.map(|age| milliseconds(age).to_string()).unwrap_or_default();
                script.arg(milliseconds(hold.left)).arg(milliseconds(hold.age)).arg(lifted).arg(learned);
            }
            let answer =
                self.small.ask(async |mut redis| script.invoke_async::<Vec<String>>(&mut redis).await).await;
            shares(&self.told("share", answer, ok)?)
        })
    }

    fn leave(&self, worker: &str) -> BoxFuture<'_, ()> {
        let worker = worker.to_owned();
        Box::pin(async move {
            let key = self.key("{quota}:workers");
            let answer = self.small.ask(async |mut redis| redis.zrem::<_, _, i64>(&key, &worker).await).await;
            self.told("leave", answer, ok);
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCache").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Reads the script's answer.
fn shares(answer: &[String]) -> Option<Shares> {
    let (workers, scopes) = answer.split_first()?;
    let scopes = scopes.chunks(6).map(|scope| {
        let [part, left, age, lifted, pace, number] = scope else { return None };
        let learned = pace.parse().ok().zip(number.parse().ok());
        let millis = |text: &String| text.parse().ok().map(Duration::from_millis);
        let hold = Hold { left: millis(left)?, age: millis(age)? };
        let hold = Some(hold).filter(|hold| !hold.left.is_zero());
        Some(Share { part: part.parse().ok()?, hold, lifted: millis(lifted), learned })
    });
    Some(Shares { workers: workers.parse().ok()?, scopes: scopes.collect::<Option<_>>()? })
}
