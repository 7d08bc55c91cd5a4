//! Erasures of other databases that share the journal reach this one while its worker runs.

use std::{sync::Arc, time::Duration};

use futures::FutureExt as _;
use parking_lot::RwLock;
use rows::Clock;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Store,
    people::{Journal, KeyStore, People, PeopleError, erasure::Settled},
};

use super::holding::Health;
use crate::settings::Settings;

/// How often it is looked whether the journal has become longer.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Where key store and journal are. It can change.
#[derive(Debug, Clone)]
pub struct Following(Arc<RwLock<Option<Places>>>);

#[derive(Debug, Clone)]
struct Places {
    /// How often the configuration was read anew: another journal may be as long as the one before.
    reloads: u64,
    keys: SecretString,
    journal: SecretString,
}

/// What one look tells the next.
#[derive(Debug, Default)]
struct Memory {
    /// How long the journal of which configuration was when all of it had been followed; nothing before the first time.
    known: Option<(u64, Option<u64>)>,
    /// Whether the last look failed: that is told once.
    has_failed: bool,
}

// === impl Following ===

impl Following {
    /// As configured.
    pub fn new(settings: &Settings) -> Self {
        Self(Arc::new(RwLock::new(Places::of(settings, 0))))
    }

    /// As configured now.
    pub fn renew(&self, settings: &Settings) {
        let mut places = self.0.write();
        let reloads = places.as_ref().map_or(0, |places| places.reloads);
        *places = Places::of(settings, reloads + 1);
    }

    /// Follows until it is aborted. A worker whose database another one has leaves that to it.
    pub async fn run(self, store: Store, health: Health, clock: Arc<dyn Clock>) {
        let mut memory = Memory::default();
        loop {
            clock.sleep(LOOK_EVERY).await;
            let places = self.0.read().clone();
            let Some(places) = places.filter(|_| !health.is_displaced()) else { continue };
            let followed = places.follow(&store, &mut memory.known).boxed().await;
            memory.note(followed);
        }
    }
}

// === impl Memory ===

impl Memory {
    /// Tells what came of a look.
    fn note(&mut self, followed: Result<Settled, PeopleError>) {
        match followed {
            Ok(settled) => {
                if std::mem::take(&mut self.has_failed) {
                    tracing::info!("the erasure journal is followed again");
                }
                if settled != Settled::default() {
                    tracing::warn!("{settled}");
                }
            }
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!(
                    %error,
                    "the erasure journal is not followed: erasures in other databases that share it do not reach this one. It is \
                     tried again, and said when it succeeds"
                );
            }
            Err(_) => {}
        }
    }
}

// === impl Places ===

impl Places {
    fn of(settings: &Settings, reloads: u64) -> Option<Self> {
        settings.encryption.keyring.as_ref()?;
        Some(Self { reloads, keys: settings.key_store()?, journal: settings.erasure_journal()? })
    }

    /// Follows the journal where it is not as long as it was.
    async fn follow(
        &self,
        store: &Store,
        known: &mut Option<(u64, Option<u64>)>,
    ) -> Result<Settled, PeopleError> {
        let (keys, journal) = (self.keys.expose_secret(), self.journal.expose_secret());
        // Where there are no people yet, nothing is made for them.
        if KeyStore::missing_file(keys).is_some() {
            return Ok(Settled::default());
        }
        // Before it is read: what comes meanwhile makes it longer than this.
        let extent = extent(journal).await?;
        if *known == Some((self.reloads, extent)) {
            return Ok(Settled::default());
        }
        let mut settled = Settled::default();
        if extent.is_some() || store.has_erased().await? {
            let people = People::open_at(store, keys, journal, Access::Write).await?;
            let followed = async {
                let settled = people.follow_journal().await?;
                people.guard_writer().await?;
                Ok::<_, PeopleError>(settled)
            };
            let followed = followed.await;
            people.close().await;
            settled = followed?;
        }
        *known = Some((self.reloads, extent));
        Ok(settled)
    }
}

/// How long the journal is; nothing where nobody was ever erased.
async fn extent(place: &str) -> Result<Option<u64>, PeopleError> {
    let journal = Journal::open(place, Access::Read).await?;
    let extent = journal.extent().await;
    journal.close().await;
    Ok(extent?.filter(|extent| *extent > 0))
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_fails_is_told_once_and_so_is_that_it_is_over() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let failed = || Err(PeopleError::Refused("not now".to_owned()));
        let done = || Ok(Settled { customers: 1, ..Settled::default() });
        tracing::subscriber::with_default(subscriber, || {
            let mut memory = Memory::default();
            for followed in [Ok(Settled::default()), failed(), failed(), failed(), Ok(Settled::default())] {
                memory.note(followed);
            }
            for followed in [done(), Ok(Settled::default()), failed()] {
                memory.note(followed);
            }
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let count = |said: &str| text.lines().filter(|line| line.contains(said)).count();
        assert_eq!(
            (count("is not followed"), count("not now"), count("followed again")),
            (2, 2, 1),
            "{text}"
        );
        assert_eq!((count("1 customers without a user"), text.lines().count()), (1, 4), "{text}");
    }
}
