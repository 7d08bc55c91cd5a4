//! Taking the database for a worker, keeping it, and giving it back.

use std::collections::HashMap;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};

use super::{Ending, WorkerIdentity, WorkerStatus, life::Life, now, running};
use crate::{
    Store, StoreError,
    hold::{self, Lock, Seen, Tried},
    limits,
    sql::Sql,
};

/// A database that may be entered: its lock where there is one, and who was seen there.
#[derive(Debug)]
pub struct Secured {
    lock: Option<Lock>,
    /// Those whose place is taken, dead or (told to) alive.
    before: Vec<WorkerStatus>,
    /// One of them lives.
    pub from_the_living: bool,
}

/// The claim of this process.
#[derive(Debug)]
pub struct Claim {
    pub identity: WorkerIdentity,
    lock: Option<Lock>,
}

/// What came of a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// The database is this worker's.
    Held,
    /// It is another's.
    Displaced(Option<Box<WorkerStatus>>),
    /// It was another's (who ended last), and is this worker's again: what is known of connections may be outdated.
    Back(Option<Box<WorkerStatus>>),
}

/// One look at a database.
enum Look {
    Free(Secured),
    Alive(Box<WorkerStatus>),
    Unknown(Option<Box<WorkerStatus>>),
}

impl Store {
    /// Waits until no living worker has the database; told to, does not wait. A living one is an error: at once where a
    /// lock tells, else when it is heard of again.
    pub async fn secure(&self, take_over: bool) -> Result<Secured, StoreError> {
        let began = self.clock.0.elapsed();
        let mut seen: HashMap<String, Timestamp> = HashMap::new();
        let mut is_said = false;
        loop {
            let look = self.look(&mut seen, take_over).await?;
            let waited = self.clock.0.elapsed().saturating_sub(began);
            match look {
                Look::Free(secured) => return Ok(secured),
                // A moment for the server to notice that the one who had the lock was killed.
                Look::Alive(worker) if waited >= limits::HOLD_PATIENCE => {
                    return Err(StoreError::Held(worker));
                }
                Look::Unknown(worker) if waited >= limits::HEARTBEAT_EXPIRES => {
                    return self.give_up(worker).await;
                }
                Look::Unknown(worker) if !is_said && waited >= limits::HOLD_PATIENCE => {
                    is_said = true;
                    say_waiting(worker.as_deref());
                }
                Look::Alive(_) | Look::Unknown(_) => {}
            }
            self.clock.0.sleep(limits::HOLD_LOOK_EVERY).await;
        }
    }

    /// Enters: from here on the database is this worker's. Gives whose place it took.
    pub async fn enter(
        &self,
        identity: WorkerIdentity,
        secured: Secured,
    ) -> Result<Vec<WorkerStatus>, StoreError> {
        let Secured { lock, before, from_the_living } = secured;
        let tx = self.pools.begin().await?;
        if self.backend() == DbBackend::Postgres {
            tx.execute_unprepared("LOCK TABLE workers IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        let known = |worker: &&WorkerStatus| before.iter().any(|seen| seen.instance == worker.instance);
        let others = running(&tx).await?;
        let others = others.into_iter().filter(|worker| worker.instance != identity.instance);
        let others: Vec<WorkerStatus> = others.collect();
        if let Some(other) = others.iter().find(|worker| !known(worker)) {
            return Err(StoreError::Held(Box::new(other.clone())));
        }
        let ending = if from_the_living { Ending::TakenOver } else { Ending::Lost };
        write_entry(&tx, &identity, lock.is_some(), ending).await?;
        tx.commit().await?;
        *self.claim.lock().await = Some(Claim { identity, lock });
        Ok(others)
    }

    /// Gives a sign of life, and looks whether the database is still there and still this worker's. One that lost it takes
    /// it back when it is free.
    pub async fn beat(&self) -> Result<Beat, StoreError> {
        self.pools.location.check()?;
        let mut claim = self.claim.lock().await;
        let Some(Claim { identity, lock }) = &mut *claim else { return Ok(Beat::Displaced(None)) };
        if let Some(held) = lock
            && !held.is_held().await
        {
            *lock = None;
        }
        if lock.is_none()
            && let Ok(Tried::Taken(taken)) = hold::take(&self.pools.location).await
        {
            *lock = Some(taken);
        }
        let backend = self.backend();
        let beat = Sql::new(backend, "UPDATE workers SET locked = ")
            .bind(lock.is_some())
            .text(&format!(", heartbeat_at = {} WHERE ended_at IS NULL AND instance = ", now(backend)))
            .bind(identity.instance.as_str())
            .done();
        if self.pools.write.execute_raw(beat).await?.rows_affected() > 0 {
            return Ok(Beat::Held);
        }
        // Whoever came instead may need it.
        if let Some(lock) = lock.take() {
            lock.release().await;
        }
        let identity = identity.clone();
        drop(claim);
        match self.look(&mut HashMap::new(), false).await? {
            Look::Free(secured) => {
                let by = self.last_worker().await.ok().flatten();
                let by = by.filter(|worker| worker.instance != identity.instance);
                match self.enter(identity, secured).await {
                    Ok(_) => Ok(Beat::Back(by.map(Box::new))),
                    Err(StoreError::Held(worker)) => Ok(Beat::Displaced(Some(worker))),
                    Err(error) => Err(error),
                }
            }
            Look::Alive(worker) => Ok(Beat::Displaced(Some(worker))),
            Look::Unknown(worker) => Ok(Beat::Displaced(worker)),
        }
    }

    /// Whether the database is still that of the worker in this process; where there is none, nobody can take it away.
    pub async fn expect_mine(&self) -> Result<(), StoreError> {
        let instance = self.claim.lock().await.as_ref().map(|claim| claim.identity.instance.clone());
        let Some(instance) = instance else { return Ok(()) };
        is_mine(&self.pools.read, &instance).await?.map_err(StoreError::TakenOver)
    }

    /// Gives the database back.
    pub async fn leave(&self, ending: Ending) -> Result<(), StoreError> {
        let Some(Claim { identity, lock }) = self.claim.lock().await.take() else { return Ok(()) };
        let backend = self.backend();
        let end = Sql::new(backend, "UPDATE workers SET ending = ")
            .bind(ending.as_str())
            .text(&format!(", ended_at = {} WHERE ended_at IS NULL AND instance = ", now(backend)))
            .bind(identity.instance)
            .done();
        let left = self.pools.write.execute_raw(end).await;
        if let Some(lock) = lock {
            lock.release().await;
        }
        left?;
        Ok(())
    }

    async fn look(&self, seen: &mut HashMap<String, Timestamp>, take_over: bool) -> Result<Look, StoreError> {
        let tried = hold::take(&self.pools.location).await?;
        let sight = if matches!(tried, Tried::Busy) { Seen::Taken } else { Seen::Free };
        let lock = match tried {
            Tried::Taken(lock) => Some(lock),
            Tried::Unkept | Tried::Busy => None,
        };
        let before = running(&self.pools.write).await?;
        let is_server = self.backend() == DbBackend::Postgres;
        let life = |worker: &WorkerStatus| worker.life(sight, is_server, seen.get(&worker.instance).copied());
        let worst = before.iter().map(|worker| (life(worker), worker)).max_by_key(|(life, _)| *life);
        let blocked = match worst {
            Some((Life::Alive, worker)) => Some(Look::Alive(Box::new(worker.clone()))),
            Some((Life::Unknown, worker)) => Some(Look::Unknown(Some(Box::new(worker.clone())))),
            // Somebody starts, or migrates.
            None if sight == Seen::Taken => Some(Look::Unknown(None)),
            Some((Life::Dead, _)) | None => None,
        };
        let Some(blocked) = blocked.filter(|_| !take_over) else {
            let from_the_living = worst.is_some_and(|(life, _)| life > Life::Dead);
            return Ok(Look::Free(Secured { lock, before, from_the_living }));
        };
        for worker in before {
            seen.entry(worker.instance).or_insert(worker.heartbeat_at);
        }
        if let Some(lock) = lock {
            lock.release().await;
        }
        Ok(blocked)
    }

    /// Nothing was heard for as long as a living worker can be silent.
    async fn give_up(&self, worker: Option<Box<WorkerStatus>>) -> Result<Secured, StoreError> {
        let is_server = self.backend() == DbBackend::Postgres;
        if worker.is_none() && !is_server {
            return Err(StoreError::Starting(self.location()));
        }
        let before = running(&self.pools.write).await?;
        let lock = match hold::take(&self.pools.location).await? {
            Tried::Taken(lock) => Some(lock),
            Tried::Unkept | Tried::Busy => None,
        };
        Ok(Secured { lock, before, from_the_living: false })
    }
}

fn say_waiting(worker: Option<&WorkerStatus>) {
    let seconds = limits::HEARTBEAT_EXPIRES.as_secs();
    if let Some(worker) = worker {
        tracing::warn!(
            "{worker} may still have this database: waiting until it is heard of, or was not for {seconds} s"
        );
    } else {
        tracing::warn!("another process starts on this database: waiting for it, for {seconds} s");
    }
}

async fn write_entry(
    tx: &DatabaseTransaction,
    identity: &WorkerIdentity,
    locked: bool,
    others: Ending,
) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let now = now(backend);
    let end = Sql::new(backend, "UPDATE workers SET ending = ")
        .bind(others.as_str())
        .text(&format!(", ended_at = {now} WHERE ended_at IS NULL AND instance <> "))
        .bind(identity.instance.as_str())
        .done();
    tx.execute_raw(end).await?;
    let WorkerIdentity { instance, name, kind, host, process_id, version } = identity;
    let mut enter = Sql::new(
        backend,
        "INSERT INTO workers (instance, name, kind, host, version, process_id, locked, started_at, heartbeat_at) VALUES (",
    );
    for text in [instance, name, kind.as_str(), host, version] {
        enter = enter.bind(text).text(", ");
    }
    let enter = enter
        .bind(i64::from(*process_id))
        .text(", ")
        .bind(locked)
        .text(&format!(
            ", {now}, {now}) ON CONFLICT (instance) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, \
             locked = excluded.locked, ended_at = NULL, ending = NULL"
        ))
        .done();
    tx.execute_raw(enter).await?;
    Ok(())
}

/// Whether this worker may take a connection: none without the database. Who else has it, if not.
pub async fn is_mine(tx: &impl ConnectionTrait, instance: &str) -> Result<Result<(), String>, DbErr> {
    let running = running(tx).await?;
    if running.iter().any(|worker| worker.instance == instance) {
        return Ok(Ok(()));
    }
    Ok(Err(running.first().map_or_else(|| "another worker".to_owned(), ToString::to_string)))
}

// === impl Secured ===

impl Secured {
    /// Who was here before.
    pub fn before(&self) -> &[WorkerStatus] {
        &self.before
    }

    /// Gives the database back without having entered it.
    pub async fn release(self) {
        if let Some(lock) = self.lock {
            lock.release().await;
        }
    }
}

// === impl Claim ===

impl Claim {
    /// Lets the lock go, as when the process ends.
    pub async fn drop_lock(self) {
        if let Some(lock) = self.lock {
            lock.release().await;
        }
    }
}
