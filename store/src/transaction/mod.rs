//! The writer's transactions, on a connection of its own.
//!
//! SeaORM's own transaction copies every value of a statement once more, and takes its connection from the pool anew each
//! time, which the pool tests each time. A commit is small and there are many, so that this was a fifth of its cost. Entities
//! and statements work through this one as through SeaORM's: it is a [`ConnectionTrait`].

mod arguments;
mod bulk;

use std::{sync::Arc, time::Duration};

use rows::Clock;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sqlx::{self, AssertSqlSafe, Executor, PgConnection, Postgres, Sqlite, pool::PoolConnection},
};
use tokio::sync::Mutex;

use self::arguments::Arguments;
pub use self::bulk::Bulk;
use crate::{connect::Pools, limits};

/// The writer's way into the database.
pub struct Line {
    pools: Pools,
    clock: Arc<dyn Clock>,
    /// On PostgreSQL a connection is kept between transactions, with when it was last used by the clock's `elapsed`. On
    /// SQLite there is only one to write through: others wait for it.
    kept: Option<(PoolConnection<Postgres>, Duration)>,
}

/// A transaction; rolled back when dropped.
pub struct Transaction<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(Mutex<sqlx::Transaction<'static, Sqlite>>),
    Postgres(Mutex<sqlx::Transaction<'a, Postgres>>),
}

// === impl Line ===

impl Line {
    /// Not connected yet.
    pub fn new(pools: Pools, clock: Arc<dyn Clock>) -> Self {
        Self { pools, clock, kept: None }
    }

    /// Begins a transaction that writes. On SQLite it takes the write lock at once: a transaction that began by reading
    /// could not get it later. After an error, call [`release`](Self::release).
    pub async fn begin(&mut self) -> Result<Transaction<'_>, DbErr> {
        if self.backend() != DbBackend::Postgres {
            let pool = self.pools.write.get_sqlite_connection_pool();
            let transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(begun)?;
            return Ok(Transaction(Inner::Sqlite(Mutex::new(transaction))));
        }
        let connection = self.connection().await?;
        let transaction = sqlx::Connection::begin(connection).await.map_err(begun)?;
        Ok(Transaction(Inner::Postgres(Mutex::new(transaction))))
    }

    /// Runs a statement that is a transaction by itself (PostgreSQL); answers what it answers. After an error, call
    /// [`release`](Self::release).
    pub async fn query_alone(&mut self, bulk: Bulk) -> Result<Vec<QueryResult>, DbErr> {
        let (text, Arguments::Postgres(arguments)) = bulk.done() else {
            return Err(other_engine());
        };
        let query = sqlx::query_with(AssertSqlSafe(text), arguments);
        let rows = query.fetch_all(self.connection().await?).await.map_err(queried)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// What is spoken here.
    pub fn backend(&self) -> DbBackend {
        self.pools.write.get_database_backend()
    }

    /// Gives the connection back to the pool, which tests it.
    pub fn release(&mut self) {
        self.kept = None;
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, DbErr> {
        let now = self.clock.elapsed();
        // The pool tests what has rested.
        if self.kept.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) >= limits::REST_UNTESTED_MAX) {
            self.release();
        }
        let connection = match self.kept.take() {
            Some((connection, _)) => connection,
            None => self.pools.write.get_postgres_connection_pool().acquire().await.map_err(begun)?,
        };
        let (connection, _) = self.kept.insert((connection, now));
        Ok(connection)
    }
}

// === impl Transaction ===

impl Transaction<'_> {
    /// Stores for good what was done.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Inner::Sqlite(transaction) => transaction.into_inner().commit().await,
            Inner::Postgres(transaction) => transaction.into_inner().commit().await,
        }
        .map_err(executed)
    }

    /// Takes back what was done. Dropping does it too, but later: before the connection is used again.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Inner::Sqlite(transaction) => transaction.into_inner().rollback().await,
            Inner::Postgres(transaction) => transaction.into_inner().rollback().await,
        }
        .map_err(executed)
    }

    /// From here on, [`rollback_to_savepoint`](Self::rollback_to_savepoint) takes back, and nothing before.
    pub async fn savepoint(&self) -> Result<(), DbErr> {
        self.execute_unprepared("SAVEPOINT piece").await.map(drop)
    }

    /// Takes back what was done since [`savepoint`](Self::savepoint), which holds on.
    pub async fn rollback_to_savepoint(&self) -> Result<(), DbErr> {
        self.execute_unprepared("ROLLBACK TO SAVEPOINT piece").await.map(drop)
    }

    /// What was done since [`savepoint`](Self::savepoint) stays, if the transaction does.
    pub async fn release_savepoint(&self) -> Result<(), DbErr> {
        self.execute_unprepared("RELEASE SAVEPOINT piece").await.map(drop)
    }

    /// Runs a statement of many rows; answers how many it changed.
    pub async fn execute_bulk(&self, bulk: Bulk) -> Result<u64, DbErr> {
        let (text, arguments) = bulk.done();
        Ok(self.run(text, arguments).await?.rows_affected())
    }

    /// Runs a statement of many rows; answers what it answers.
    pub async fn query_bulk(&self, bulk: Bulk) -> Result<Vec<QueryResult>, DbErr> {
        let (text, arguments) = bulk.done();
        self.rows(text, arguments).await
    }

    async fn run(&self, text: String, arguments: Arguments) -> Result<ExecResult, DbErr> {
        match (&self.0, arguments) {
            (Inner::Sqlite(transaction), Arguments::Sqlite(arguments)) => {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments);
                query.execute(&mut **transaction.lock().await).await.map(Into::into).map_err(executed)
            }
            (Inner::Postgres(transaction), Arguments::Postgres(arguments)) => {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments);
                query.execute(&mut **transaction.lock().await).await.map(Into::into).map_err(executed)
            }
            _ => Err(other_engine()),
        }
    }

    async fn rows(&self, text: String, arguments: Arguments) -> Result<Vec<QueryResult>, DbErr> {
        match (&self.0, arguments) {
            (Inner::Sqlite(transaction), Arguments::Sqlite(arguments)) => {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments);
                let rows = query.fetch_all(&mut **transaction.lock().await).await.map_err(queried)?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            (Inner::Postgres(transaction), Arguments::Postgres(arguments)) => {
                let query = sqlx::query_with(AssertSqlSafe(text), arguments);
                let rows = query.fetch_all(&mut **transaction.lock().await).await.map_err(queried)?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            _ => Err(other_engine()),
        }
    }

    fn arguments(&self, statement: &Statement) -> Result<Arguments, DbErr> {
        let mut arguments = Arguments::new(self.get_database_backend());
        for value in statement.values.iter().flat_map(|values| &values.0) {
            arguments.bind(value)?;
        }
        Ok(arguments)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self.0 {
            Inner::Sqlite(_) => DbBackend::Sqlite,
            Inner::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let arguments = self.arguments(&statement)?;
        self.run(statement.sql, arguments).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = AssertSqlSafe(sql);
        match &self.0 {
            Inner::Sqlite(transaction) => {
                transaction.lock().await.execute(sql).await.map(Into::into).map_err(executed)
            }
            Inner::Postgres(transaction) => {
                transaction.lock().await.execute(sql).await.map(Into::into).map_err(executed)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let arguments = self.arguments(&statement)?;
        self.rows(statement.sql, arguments).await
    }
}

fn begun(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn executed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn queried(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn other_engine() -> DbErr {
    DbErr::Custom("a statement for another database engine".to_owned())
}
