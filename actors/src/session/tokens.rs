//! Access tokens that expire: one refresh for all who need one, in this process and in others.
//!
//! A token is kept in this process and, sealed, in the cache. Whoever finds it missing takes a lock there and fetches a
//! new one; the others wait and read again. A winner that dies leaves a lock that expires. Without the cache there is
//! still one refresh at a time in this process.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rows::{Cache, Clock, RefreshTokens, Seal, cache::Lock};
use secrecy::{ExposeSecret, SecretString};

use super::oauth::Replaced;

/// A token is not used in the last part of its life, because it could expire on its way: a tenth of it, a minute at most.
const MARGIN_MAX: Duration = Duration::from_mins(1);
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

/// A token that is valid for a while.
#[derive(Debug, Clone)]
pub struct Access {
    /// The access token.
    pub token: SecretString,
    /// Until when it is valid, by our clock.
    pub expires_at: Timestamp,
}

/// Access tokens by name, and the refresh tokens that providers have replaced.
pub struct Tokens {
    /// None: this process is alone.
    shared: Option<Shared>,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>,
    replaced: Replaced,
}

/// What several processes see.
struct Shared {
    cache: Arc<dyn Cache>,
    seal: Arc<dyn Seal>,
}

/// One token in this process; locked while it is refreshed.
#[derive(Debug, Default)]
struct Slot {
    held: Option<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    access: Access,
    /// By elapsed time, until when it is used.
    until: Duration,
}

// === impl Tokens ===

impl Tokens {
    /// None yet. Others see them in the cache, as far as they can open what is sealed.
    pub fn new(cache: Arc<dyn Cache>, seal: Arc<dyn Seal>, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Some(Shared { cache, seal }), ..Self::alone(clock) }
    }

    /// None yet, and for this process alone.
    pub fn alone(clock: Arc<dyn Clock>) -> Self {
        Self { shared: None, clock, slots: Mutex::default(), replaced: Replaced::default() }
    }

    /// Refresh tokens that providers replace are kept there; else they are remembered while this process lives.
    #[must_use]
    pub fn kept_by(self, keeper: Arc<dyn RefreshTokens>) -> Self {
        Self { replaced: Replaced::kept_by(keeper), ..self }
    }

    /// What stands in place of configured refresh tokens.
    pub(super) const fn replaced(&self) -> &Replaced {
        &self.replaced
    }

    /// The token of this name, if it is at hand and valid for a while. Never waits.
    pub fn held(&self, name: &str) -> Option<Access> {
        let slot = self.slots.lock().get(name).map(Arc::clone)?;
        slot.try_lock().ok()?.valid(self.clock.elapsed())
    }

    /// The token of this name (a digest of what it is had for), refreshed if there is none that is valid for a while.
    /// `refresh` runs at most once; its error goes to this caller alone.
    pub async fn get<E>(
        &self,
        name: &str,
        refresh: impl AsyncFnOnce() -> Result<Grant, E>,
    ) -> Result<Access, E> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        if let Some(access) = slot.valid(self.clock.elapsed()) {
            return Ok(access);
        }
        let Some(shared) = &self.shared else { return Ok(slot.hold(self.held_from(refresh().await?))) };
        let lock = lock_key(name);
        let owner = format!("{:032x}", rand::random::<u128>());
        loop {
            if let Some(held) = shared.get(name, self.clock.as_ref()).await {
                return Ok(slot.hold(held));
            }
            match shared.cache.lock(&lock, &owner, LOCK_TTL).await {
                Lock::Busy => self.clock.sleep(LOOK_AGAIN).await,
                Lock::Unknown => break,
                Lock::Taken => {
                    // Between our look and our lock, another may have come to its end.
                    if let Some(held) = shared.get(name, self.clock.as_ref()).await {
                        shared.cache.unlock(&lock, &owner).await;
                        return Ok(slot.hold(held));
                    }
                    break;
                }
            }
        }
        let granted = refresh().await.map(|grant| self.held_from(grant));
        if let Ok(held) = &granted {
            shared.put(name, held, self.clock.as_ref()).await;
        }
        shared.cache.unlock(&lock, &owner).await;
        Ok(slot.hold(granted?))
    }

    /// The provider refused this token: if it is the one that is kept, the next one who asks fetches another. One that has
    /// come since stays.
    pub async fn forget(&self, name: &str, refused: &SecretString) {
        let is_refused = |held: &Held| held.access.token.expose_secret() == refused.expose_secret();
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        slot.held.take_if(|held| is_refused(held));
        let Some(shared) = &self.shared else { return };
        if shared.get(name, self.clock.as_ref()).await.is_some_and(|held| is_refused(&held)) {
            shared.cache.put(&token_key(name), Vec::new(), Duration::from_millis(1)).await;
        }
    }

    fn slot(&self, name: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        Arc::clone(self.slots.lock().entry(name.to_owned()).or_default())
    }

    fn held_from(&self, Grant { token, valid_for }: Grant) -> Held {
        let valid = SignedDuration::try_from(valid_for).unwrap_or(SignedDuration::MAX);
        let expires_at = self.clock.now().checked_add(valid).unwrap_or(Timestamp::MAX);
        let used_for = valid_for.saturating_sub(MARGIN_MAX.min(valid_for / 10));
        Held { access: Access { token, expires_at }, until: self.clock.elapsed().saturating_add(used_for) }
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("names", &self.slots.lock().len()).finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// What another process has fetched.
    async fn get(&self, name: &str, clock: &dyn Clock) -> Option<Held> {
        let key = token_key(name);
        let opened = self.seal.open(&key, &self.cache.get(&key).await?)?;
        let text = String::from_utf8(opened).ok()?;
        let mut parts = text.splitn(3, ' ');
        let (used_until, expires, token) = (parts.next()?, parts.next()?, parts.next()?);
        let left = used_until.parse::<i64>().ok()?.checked_sub(clock.now().as_millisecond())?;
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        let expires_at = Timestamp::from_millisecond(expires.parse().ok()?).ok()?;
        let until = clock.elapsed().saturating_add(left);
        Some(Held { access: Access { token: SecretString::from(token), expires_at }, until })
    }

    async fn put(&self, name: &str, held: &Held, clock: &dyn Clock) {
        let left = held.until.saturating_sub(clock.elapsed());
        let millis = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        let used_until = clock.now().as_millisecond().saturating_add(millis);
        let Access { token, expires_at } = &held.access;
        let key = token_key(name);
        let text = format!("{used_until} {} {}", expires_at.as_millisecond(), token.expose_secret());
        let sealed = self.seal.seal(&key, text.as_bytes());
        // Who has no key keeps it for itself.
        if !sealed.is_empty() && !left.is_zero() {
            self.cache.put(&key, sealed, left).await;
        }
    }
}

// === impl Slot ===

impl Slot {
    fn valid(&self, elapsed: Duration) -> Option<Access> {
        self.held.as_ref().filter(|held| elapsed < held.until).map(|held| held.access.clone())
    }

    fn hold(&mut self, held: Held) -> Access {
        let access = held.access.clone();
        self.held = Some(held);
        access
    }
}

fn token_key(name: &str) -> String {
    format!("token:{name}")
}

fn lock_key(name: &str) -> String {
    format!("token-lock:{name}")
}
