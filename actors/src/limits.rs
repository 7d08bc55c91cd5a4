//! Every bound of polling, with its reason.

use std::time::Duration;

/// One request, answer included, unless the call says otherwise. Lists of 100 objects with expansions take seconds;
/// half a minute of silence is a hang.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Reaching the provider's host at all.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A page, without the time that it waits on purpose: a page may send a hundred requests.
pub const PAGE_TIMEOUT: Duration = Duration::from_mins(5);
/// A check, without the time that it waits on purpose: thousands of accounts may be asked one by one.
pub const CHECK_TIMEOUT: Duration = Duration::from_hours(1);
/// One answer, decompressed. The largest documented pages are two or three megabytes; more is a fault or an attack.
pub const RESPONSE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The answer of a token endpoint: two tokens and a few words.
pub const TOKEN_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// One token: it goes into a header, and servers take 8 or 16 KiB of those.
pub const TOKEN_LENGTH_MAX: usize = 8 * 1024;
/// Requests for one token: attempts when failures are passing, and refusals for quota.
pub const TOKEN_REQUESTS_MAX: u64 = ATTEMPTS_MAX as u64 + REFUSALS_MAX as u64;
/// How long an access token is taken to be valid where its provider does not say: what nearly all of them give. One that
/// expires before costs a refused request.
pub const TOKEN_LIFE_UNSAID: Duration = Duration::from_hours(1);
/// No access token is used for longer, whatever its provider says: what was granted then is looked at once a day.
pub const TOKEN_LIFE_MAX: Duration = Duration::from_hours(24);
/// Signed tokens say that they were issued so long ago: clocks that differ by no more agree that it is past.
pub const ISSUED_BEFORE: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

/// Attempts at one call when failures are passing; then the cycle fails and the connection backs off.
pub const ATTEMPTS_MAX: u32 = 4;
/// Refusals of one call for quota before the cycle gives up its turn.
pub const REFUSALS_MAX: u32 = 8;
/// First delay between attempts, before jitter.
pub const RETRY_INITIAL: Duration = Duration::from_millis(500);
/// Longest delay between attempts of one call.
pub const RETRY_MAX: Duration = Duration::from_secs(32);
/// A call waits so long for a provider's hold within its cycle; beyond, the cycle ends and the connection waits.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// No provider is believed that wants to be left alone for longer. Limits are counted by the minute, hour or day; more is
/// a mistake (a Unix time where seconds were meant), and a person would notice only when numbers are missing.
pub const SAID_WAIT_MAX: Duration = Duration::from_hours(24);
/// Requests a second that a provider's word can slow a scope down to, unless its configured rate is lower: one an hour, so
/// that a wrong word costs hours and not days.
pub const PACE_MIN: f64 = 1.0 / 3_600.0;

/// First delay of a connection whose cycle failed, before jitter.
pub const BACKOFF_INITIAL: Duration = Duration::from_secs(5);
/// Longest delay of a connection whose cycles fail: it tries for ever, four times an hour.
pub const BACKOFF_MAX: Duration = Duration::from_mins(15);
/// A window of days that fails so often in a row is set aside, and other days are read: often enough that a moment's trouble
/// is none of the window's.
pub const WINDOW_FAILURES_MAX: u32 = 3;
/// Windows of a stream that fail in a row before it may be the provider that is down: enough to find two bad days in one
/// window, each after the halves around it.
pub const FAILURES_IN_A_ROW_MAX: u32 = WINDOW_FAILURES_MAX + 3;
/// Windows of one stream that are set aside at most: with more, the trouble is not with single days.
pub const HOLES_MAX: usize = 32;
/// An object named in the settings that the provider did not manage to answer for in so many readings in a row comes last in
/// the next, and the others are stored without it. Fewer than a single run tries.
pub const OBJECT_FAILURES_MAX: u32 = 2;
/// Parked connections and refused credentials are tried again so often.
pub const PROBE: Duration = Duration::from_hours(1);
/// A connection that another worker has is asked for so often.
pub const TURN_EVERY: Duration = Duration::from_secs(5);
/// A feed whose provider says by itself that there is news is read so often at most.
pub const NEWS_EVERY: Duration = Duration::from_secs(5);
/// Crashes within [`CRASH_WINDOW`] after which a connection is parked.
pub const CRASHES_MAX: usize = 5;
/// The time in which crashes count together.
pub const CRASH_WINDOW: Duration = Duration::from_mins(10);
/// First delay before a crashed connection is rebuilt, before jitter.
pub const RESTART_INITIAL: Duration = Duration::from_secs(1);
/// Longest delay before a crashed connection is rebuilt.
pub const RESTART_MAX: Duration = Duration::from_mins(5);

/// Answers of one set, unpacked, which is held in memory until its end: a quarter of a kilobyte for each of
/// [`SNAPSHOT_ROWS_MAX`] rows. Lists of objects are read with few fields; the largest known accounts stay far below.
pub const SET_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Answers of one window of days, which are stored as they come: half a kilobyte for each of [`WINDOW_KEYS_MAX`] rows.
pub const WINDOW_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Answers of one reading of a feed. Its pages and token are stored one by one, so that the next reading goes on where this
/// one ended: a million objects of a first listing with all that is expanded in them.
pub const FEED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Requests of one cycle: a page takes one or two.
pub const CYCLE_REQUESTS_MAX: u64 = 2 * PAGES_MAX;
/// Requests of one check: ten thousand accounts, asked one by one and once more.
pub const CHECK_REQUESTS_MAX: u64 = 20_000;
/// Pages of one window or set: the paging loop ends whatever the provider says.
pub const PAGES_MAX: u64 = 100_000;
/// Pages in a row that bring only rows which came before: lists that move while they are read repeat a page or two.
pub const STALE_PAGES_MAX: u64 = 3;
/// Pages in a row that bring nothing: providers filter after paging, so that many can be honest.
pub const EMPTY_PAGES_MAX: u64 = 1_000;
/// One reading, without the time that it waits on purpose. A first listing of millions of objects takes hours.
pub const CYCLE_TIME_MAX: Duration = Duration::from_hours(24);
/// A report that the provider prepares is looked at no sooner …
pub const PENDING_MIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);
/// … and no later than this.
pub const PENDING_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Rows of a window's pages that are stored together, two or three megabytes: from here on the cost of a transaction is
/// lost among its rows.
pub const GATHERED_ROWS_MAX: usize = 4_000;
/// Answers whose rows are stored together, whatever their number: texts can be large.
pub const GATHERED_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A window's page waits so long for others to be stored with.
pub const GATHERED_AGE_MAX: Duration = Duration::from_secs(1);
/// Keys that one window may hold in memory, 48 bytes each.
pub const WINDOW_KEYS_MAX: usize = 2_000_000;
/// Rows that one snapshot may hold in memory before its single commit.
pub const SNAPSHOT_ROWS_MAX: usize = 500_000;
/// A file is read once its size and version have stood still for so long: longer than a copy pauses between two writes.
pub const FILE_STILL_FOR: Duration = Duration::from_secs(5);
/// Bringing a file here, from wherever it lies.
pub const FILE_OPEN_TIMEOUT: Duration = Duration::from_hours(1);
/// Rows of a file that are stored in one transaction, which others wait for.
pub const FILE_PAGE_ROWS: usize = 2_000;
/// How often the log tells how far the loading of a large file is.
pub const FILE_PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Files that wait and are named with their reasons where a connection's trouble is shown; the others are counted.
pub const FILES_NAMED_MAX: usize = 3;
/// Cycles of one connection that run at once.
pub const CYCLES_PER_CONNECTION_MAX: usize = 4;
/// Of those, cycles of one account, where there are several.
pub const CYCLES_PER_ACCOUNT_MAX: usize = 2;
/// Parts that a split day may be read in.
pub const PARTS_MAX: usize = 4_096;

/// A provider's clock further off than this is a warning and holds the turn of the day.
pub const CLOCK_SKEW_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
/// A clock further off than this says nothing: no synchronisation, zone or cache is off by so much, only a clock that was
/// never set.
pub const CLOCK_SKEW_BELIEVED_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// The slowest of a provider's clocks counts until it has not been seen for so long: its servers take turns, and the time
/// must not jump with them.
pub const SKEW_KEPT: Duration = Duration::from_hours(1);
/// Scheme, host and port of an address that a provider names, in a message: a host's name has at most 253 characters.
pub const ORIGIN_LENGTH_MAX: usize = 300;

const _: () = assert!(PATIENCE.as_secs() < SAID_WAIT_MAX.as_secs());
const _: () = assert!(RETRY_MAX.as_secs() < PATIENCE.as_secs());
const _: () = assert!(BACKOFF_MAX.as_secs() < PROBE.as_secs());
const _: () = assert!(REQUEST_TIMEOUT.as_secs() < PAGE_TIMEOUT.as_secs());
