//! What a provider told before and never changes: remembered, so that it is asked for once.

use std::{collections::HashMap, hash::Hash};

use parking_lot::Mutex;

use crate::failure::Failure;

/// Answers by what was asked for. At most so many are remembered: beyond these all are forgotten, and those that are needed are asked
/// for again.
#[derive(Debug)]
pub struct Memo<K, V, const MAX: usize> {
    told: Mutex<HashMap<K, V>>,
    /// Held by whoever asks, so that nothing is asked twice.
    asking: tokio::sync::Mutex<()>,
}

// === impl Memo ===

impl<K: Clone + Eq + Hash, V: Clone, const MAX: usize> Memo<K, V, MAX> {
    /// What was told of it.
    pub fn get(&self, key: &K) -> Option<V> {
        self.told.lock().get(key).cloned()
    }

    /// Remembers what was told of it.
    pub fn insert(&self, key: K, value: V) {
        let mut told = self.told.lock();
        if told.len() >= MAX {
            told.clear();
        }
        told.insert(key, value);
    }

    /// Forgets what was told of it: it is not so any more.
    pub fn forget(&self, key: &K) {
        self.told.lock().remove(key);
    }

    /// What was told of it, else what `ask` tells now.
    pub async fn get_or_ask(
        &self,
        key: &K,
        ask: impl Future<Output = Result<V, Failure>>,
    ) -> Result<V, Failure> {
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let _alone = self.asking.lock().await;
        if let Some(value) = self.get(key) {
            return Ok(value); // whoever asked before has learnt it
        }
        let value = ask.await?;
        self.insert(key.clone(), value.clone());
        Ok(value)
    }
}

impl<K, V, const MAX: usize> Default for Memo<K, V, MAX> {
    fn default() -> Self {
        Self { told: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn it_is_asked_once_however_many_want_it_and_a_failure_is_not_remembered() {
        let memo: Memo<&str, u32, 10> = Memo::default();
        let asked = AtomicU32::new(0);
        let ask = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(7)
        };
        let down = Failure::Transient { reason: "down".to_owned() };
        let failure = down.clone();
        assert_eq!(memo.get_or_ask(&"a", async { Err(failure) }).await, Err(down));
        let both = tokio::join!(memo.get_or_ask(&"a", ask()), memo.get_or_ask(&"a", ask()));
        assert_eq!((both, asked.load(Ordering::Relaxed)), ((Ok(7), Ok(7)), 1));
    }

    #[test]
    fn beyond_so_many_all_are_forgotten() {
        let memo: Memo<u32, u32, 2> = Memo::default();
        for key in 0..3 {
            memo.insert(key, key);
        }
        assert_eq!([0, 1, 2].map(|key| memo.get(&key)), [None, None, Some(2)]);
    }
}
