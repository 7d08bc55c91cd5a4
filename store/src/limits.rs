//! Every limit of this crate, with its reason.

use std::time::Duration;

/// Commits that may wait for the writer; a further one waits to be queued, which slows its connection down.
pub const QUEUE_COMMITS_MAX: usize = 64;

/// Commits in one transaction: enough that the cost of COMMIT (about 0.5 ms) disappears.
pub const GROUP_COMMITS_MAX: usize = 64;

/// Rows in one transaction. At the slowest measured rate (30 000 rows a second) this takes a third of a second, which is
/// how long the first member of a group may wait for the last one.
pub const GROUP_ROWS_MAX: usize = 10_000;

/// Memory of one transaction's rows, roughly: the group is held in memory until it is acknowledged.
pub const GROUP_BYTES_MAX: usize = 32 << 20;

/// A group that has worked this long is committed; its remaining members go into the next one.
pub const GROUP_DURATION_MAX: Duration = Duration::from_millis(500);

/// How long a commit is tried again while the database is away. Longer than any restart or failover; after it the
/// cycle fails visibly, and the next one begins anew.
pub const AWAY_DURATION_MAX: Duration = Duration::from_mins(15);

/// First pause after a lost connection.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);

/// Longest pause between two tries while the database is away.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Rows in one statement on PostgreSQL: measured best between 3 000 and 10 000.
pub const POSTGRES_STATEMENT_ROWS_MAX: usize = 10_000;

/// Rows in one statement on SQLite: each statement crosses to the driver's thread and back.
pub const SQLITE_STATEMENT_ROWS_MAX: usize = 240;

/// Statements have a multiple of so many rows, and the remainder is written in powers of two: few different statements
/// are prepared, and a page of 100 is one.
pub const SQLITE_STATEMENT_ROWS_STEP: usize = 20;

/// Prepared statements that a connection to SQLite keeps: one with thousands of values takes half a megabyte, and they
/// differ by table and by number of rows.
pub const SQLITE_STATEMENTS_KEPT: usize = 32;

/// SQLite's page cache of the connection that writes, in its own notation: 4 MiB.
pub const SQLITE_CACHE: &str = "-4096";

/// The same of each one that reads: 1 MiB. Behind it is the system's own cache.
pub const SQLITE_READER_CACHE: &str = "-1024";

/// Pages in SQLite's write-ahead log (16 MiB) before they are copied into the file.
pub const SQLITE_LOG_PAGES: &str = "4000";

/// Values bound to one statement on SQLite (its own limit is 32 766).
pub const SQLITE_BINDS_MAX: usize = 32_000;

/// Rows that one transaction of a rotation seals again: short enough that a worker's commits hardly wait.
pub const ROTATION_ROWS_MAX: u64 = 100;

/// How often a transaction of an erasure, a purge or a rotation is tried that somebody else was in the way of.
pub const TRIES_MAX: u32 = 20;

/// Keys in one lookup or delete.
pub const KEYS_STATEMENT_MAX: usize = 1_000;

/// Lines of a statement that nobody sees, deleted in one transaction: as many as an ordinary one writes.
pub const SWEPT_LINES_MAX: usize = 10_000;

/// Rows that one transaction of a purge deletes, roughly: a few milliseconds, for which a commit waits.
pub const PURGE_ROWS_MAX: u64 = 1_000;

/// A deletion that is so late is told: the one of the day before did not happen either.
pub const PURGE_LATE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 2);

/// An erasure takes minutes. One that was not finished after so long was interrupted, and waits to be run again.
pub const ERASURE_LATE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Characters of what is kept as it is beside a person: the number of a case, the name of a form, not a story.
pub const UNSEALED_CHARS_MAX: usize = 200;

/// Ids of entities kept in memory (48 bytes each): all campaigns, ad sets and ads of some thousand accounts. When full
/// it is emptied and fills again from the database.
pub const ENTITY_IDS_MAX: usize = 500_000;

/// Connections that may write on PostgreSQL: the writer, the small notes beside it, and the lock while migrating.
pub const POSTGRES_WRITERS_MAX: u32 = 3;

/// Connections for reading.
pub const READERS_MAX: u32 = 4;

/// A connection that writes and was not used for so long is tried before it is used.
pub const REST_UNTESTED_MAX: Duration = Duration::from_secs(1);

/// Waiting for a free connection longer than this means that something is stuck.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// A statement that runs longer than this is given up (PostgreSQL).
pub const STATEMENT_TIMEOUT: Duration = Duration::from_mins(2);

/// How long SQLite waits for another process that holds the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A worker gives a sign of life so often.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

/// A worker that was not heard of for so long is taken for dead: it missed two signs of life.
pub const HEARTBEAT_EXPIRES: Duration = Duration::from_secs(30);

/// A worker on PostgreSQL that was not heard of for so long missed a sign of life: its network may be cut.
pub const HEARTBEAT_SUSPECT: Duration = Duration::from_secs(15);

/// How long a server may take to notice that a worker was killed, and to let its lock go.
pub const HOLD_PATIENCE: Duration = Duration::from_secs(3);

/// How often it is looked whether a database is free.
pub const HOLD_LOOK_EVERY: Duration = Duration::from_millis(200);

/// Characters of an error or a quarantined row's detail that are kept.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// Bytes of a text that stands in an indexed key as it is (PostgreSQL). An entry of its indexes has room for 2 704 bytes, and
/// no key has more than five texts of others. Schema step 7 has the same number.
pub const KEY_PLAIN_BYTES_MAX: usize = 512;

/// Characters of a longer one that stand in the key before its digest, for who looks into the table: with four bytes each
/// and the digest, they stay below what stands there as it is. Schema step 7 has the same number.
pub const KEY_HEAD_CHARS: usize = 64;

/// Whole texts in one statement: up to 8 KiB each.
pub const LONG_KEYS_STATEMENT_MAX: usize = 1_000;

/// Refusals in one commit while its bad rows are looked for: enough to find 5 000 rows that are all bad, in some seconds, for
/// which others wait. A database that refuses more is not refusing rows.
pub const NARROWING_TRIES_MAX: usize = 10_000;

/// What was used of a budget is kept so long: the longest that any budget counts is a month of 31 days, an hour and a clock
/// change.
pub const BUDGET_SLOTS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 33);

/// Bytes of one personal value of a user, or of an id at the tenant: names and addresses are far shorter.
pub const PERSON_BYTES_MAX: usize = 1_024;

/// Bytes of a user's record as it is handed over: all its values at their longest, as JSON escapes them.
pub const PERSON_RECORD_BYTES_MAX: usize = 64 << 10;
