//! Every bound of the HTTP side, with its reason. Whoever reaches the address without credentials may be an attacker: what
//! one connection can hold, and all of them together, is bounded in number, bytes and time.

use std::time::Duration;

/// Connections at a time: scrapers and people, and as many again that mean harm. When one more comes, the one that has
/// kept the server waiting longest is closed.
pub const CONNECTIONS_MAX: usize = 256;
/// Connections that the system holds for us: a burst must not make it turn anybody away.
pub const BACKLOG: u32 = 1_024;
/// Connections that are accepted in a row; then those that are there have their turn.
pub const ACCEPTED_IN_A_ROW: usize = 16;
/// A pause when the system gives no more connections (too many open files): without one, it would be asked for ever.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Nobody is closed before this: a client must be able to say what it wants, however busy the machine is. When all have
/// only just come, the next one waits.
pub const GRACE: Duration = Duration::from_millis(250);
/// How often is looked for room while there is none.
pub const ROOM_EVERY: Duration = Duration::from_millis(10);
/// A client that does not finish a handshake or a request's head is cut off.
pub const HEAD_TIME: Duration = Duration::from_secs(5);
/// Likewise a request's body.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// Likewise one that does not take its answer: so long, and a second more for each [`ANSWER_BYTES_PER_SECOND`]. Scrapers
/// give up after ten seconds.
pub const ANSWER_TIME: Duration = Duration::from_secs(15);
/// See [`ANSWER_TIME`].
pub const ANSWER_BYTES_PER_SECOND: u64 = 256 * 1_024;
/// A client that does not read the end of its last answer is cut off.
pub const DISCONNECT_TIME: Duration = Duration::from_secs(2);
/// Longer than the usual scrape interval, so that a scraper keeps its connection.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// What answers under way get when the server stops.
pub const SHUTDOWN_TIME: Duration = Duration::from_secs(2);
/// How often is looked for connections whose time is up.
pub const SWEEP_EVERY: Duration = Duration::from_millis(250);

/// Bytes that are read from a connection at a time.
pub const READ_BYTES: usize = 4 * 1_024;
/// Bytes of an answer that wait for a client, beside those that the system holds. An answer is copied in pieces of this
/// size; the rest of it is shared by all who ask.
pub const PIECE_BYTES: usize = 16 * 1_024;
/// Most bytes of a form: one token.
pub const FORM_BYTES_MAX: usize = 1_024;
/// Most bytes of a webhook's message: an event with its object.
pub const WEBHOOK_BYTES_MAX: usize = 512 * 1_024;
/// Most bytes of what is said of one user.
pub const RECORD_BYTES_MAX: usize = 64 * 1_024;
/// Most bytes of users that are handed over at once: some ten thousand records. Only who has a token is read so much of.
pub const IMPORT_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// How long an import goes on in one request: what it tells is to arrive within [`ANSWER_TIME`].
pub const IMPORT_TIME: Duration = Duration::from_secs(9);
/// Bodies that are read at a time, each up to [`WEBHOOK_BYTES_MAX`], or of those with a token [`IMPORT_BYTES_MAX`]. When one more comes, the one that has taken longest
/// is given up.
pub const BODIES_MAX: usize = 16;

/// Pages and lists that are made at a time: they take milliseconds and memory, and must not hold up anything else.
pub const MADE_AT_ONCE: usize = 2;
/// Requests that wait for one to be made; further ones are told to come back.
pub const WAITING_MAX: usize = 32;
/// Bytes of made pages and lists that clients have not taken yet, all together.
pub const MADE_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// Refused requests are told of in the log at most so often.
pub const TOLD_EVERY: Duration = Duration::from_mins(1);
