//! Access tokens that expire: one refresh for all who need one, in this process and in others.
//!
//! A token is kept in this process and, sealed, in the cache. Whoever finds it missing takes a lock there and fetches a
//! new one; the others wait and read again. A winner that dies leaves a lock that expires. Without the cache there is
//! still one refresh at a time in this process.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rows::{Cache, Clock, Seal, cache::Lock};
use secrecy::{ExposeSecret, SecretString};

/// A token is not used in the last part of its life: it could expire on its way.
const MARGIN: Duration = Duration::from_mins(1);
/// A lock lives so long: longer than a refresh takes.
const LOCK_TTL: Duration = Duration::from_secs(30);
/// Those who wait for another's refresh look again so often.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What a refresh gives.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The access token.
    pub token: SecretString,
    /// How long it is valid from now.
    pub valid_for: Duration,
}

/// Access tokens by name.
pub struct Tokens {
    cache: Arc<dyn Cache>,
    seal: Arc<dyn Seal>,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>,
}

/// One token in this process; locked while it is refreshed.
#[derive(Debug, Default)]
struct Slot {
    /// The token, and until when by elapsed time it is used.
    held: Option<(SecretString, Duration)>,
}

// === impl Tokens ===

impl Tokens {
    /// None yet.
    pub fn new(cache: Arc<dyn Cache>, seal: Arc<dyn Seal>, clock: Arc<dyn Clock>) -> Self {
        Self { cache, seal, clock, slots: Mutex::default() }
    }

    /// The token of this name (a connection's, say), refreshed if there is none that is valid for a while. `refresh`
    /// runs at most once; its error goes to this caller alone.
    pub async fn get<E>(
        &self,
        name: &str,
        refresh: impl AsyncFnOnce() -> Result<Grant, E>,
    ) -> Result<SecretString, E> {
        let slot = Arc::clone(self.slots.lock().entry(name.to_owned()).or_default());
        let mut slot = slot.lock().await;
        if let Some((token, until)) = &slot.held
            && self.clock.elapsed() < *until
        {
            return Ok(token.clone());
        }
        let lock = lock_key(name);
        let owner = format!("{:032x}", rand::random::<u128>());
        loop {
            if let Some(held) = self.shared(name).await {
                return Ok(slot.hold(held));
            }
            match self.cache.lock(&lock, &owner, LOCK_TTL).await {
                Lock::Busy => self.clock.sleep(LOOK_AGAIN).await,
                Lock::Unknown => break,
                Lock::Taken => {
                    // Between our look and our lock, another may have come to its end.
                    if let Some(held) = self.shared(name).await {
                        self.cache.unlock(&lock, &owner).await;
                        return Ok(slot.hold(held));
                    }
                    break;
                }
            }
        }
        let granted = refresh().await;
        if let Ok(Grant { token, valid_for }) = &granted {
            self.publish(name, token, *valid_for).await;
        }
        self.cache.unlock(&lock, &owner).await;
        let Grant { token, valid_for } = granted?;
        let until = self.clock.elapsed() + valid_for.saturating_sub(MARGIN);
        Ok(slot.hold((token, until)))
    }

    /// The provider refused the token: the next one who asks fetches another.
    pub async fn forget(&self, name: &str) {
        let slot = Arc::clone(self.slots.lock().entry(name.to_owned()).or_default());
        slot.lock().await.held = None;
        let nothing = Vec::new();
        self.cache.put(&token_key(name), nothing, Duration::from_millis(1)).await;
    }

    /// What another process has fetched: the token, and until when it is used.
    async fn shared(&self, name: &str) -> Option<(SecretString, Duration)> {
        let key = token_key(name);
        let opened = self.seal.open(&key, &self.cache.get(&key).await?)?;
        let text = String::from_utf8(opened).ok()?;
        let (until, token) = text.split_once(' ')?;
        let left = until.parse::<i64>().ok()?.checked_sub(self.clock.now().as_millisecond())?;
        let left = Duration::from_millis(u64::try_from(left).ok()?).checked_sub(MARGIN)?;
        Some((SecretString::from(token), self.clock.elapsed() + left))
    }

    async fn publish(&self, name: &str, token: &SecretString, valid_for: Duration) {
        let Some(ttl) = valid_for.checked_sub(MARGIN).filter(|ttl| !ttl.is_zero()) else { return };
        let valid = i64::try_from(valid_for.as_millis()).unwrap_or(i64::MAX);
        let until = self.clock.now().as_millisecond().saturating_add(valid);
        let key = token_key(name);
        let sealed = self.seal.seal(&key, format!("{until} {}", token.expose_secret()).as_bytes());
        self.cache.put(&key, sealed, ttl).await;
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("names", &self.slots.lock().len()).finish_non_exhaustive()
    }
}

// === impl Slot ===

impl Slot {
    fn hold(&mut self, (token, until): (SecretString, Duration)) -> SecretString {
        self.held = Some((token.clone(), until));
        token
    }
}

fn token_key(name: &str) -> String {
    format!("token:{name}")
}

fn lock_key(name: &str) -> String {
    format!("token-lock:{name}")
}
