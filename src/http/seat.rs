//! A connection's seat: what it is about, and since when.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    task::Waker,
    time::Duration,
};

use rows::Clock;

use super::limits;

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub head: Duration,
    pub body: Duration,
    pub answer: Duration,
    pub idle: Duration,
}

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// TLS is agreed on.
    Handshake,
    /// A request was answered, and none has begun.
    Idle,
    /// A request's head comes in.
    Head,
    /// A request is there and is answered. Nothing more is read meanwhile.
    Answer {
        /// The answer's bytes, once they are known.
        bytes: u64,
    },
    /// A request's body comes in.
    Body {
        /// Bytes that are missing.
        left: u64,
    },
    /// The last answer was given without reading the request to its end: what still comes is thrown away.
    Leaving,
}

/// A connection's seat. It belongs to one thread.
pub(super) struct Seat {
    clock: Arc<dyn Clock>,
    patience: Patience,
    stage: Cell<Stage>,
    since: Cell<Duration>,
    reader: RefCell<Option<Waker>>,
    /// The request has a body that was not read to its end.
    unread: Cell<bool>,
    /// Since when the client has taken nothing of what waits for it.
    stalled: Cell<Option<Duration>>,
}

// === impl Patience ===

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: limits::HEAD_TIME,
            body: limits::BODY_TIME,
            answer: limits::ANSWER_TIME,
            idle: limits::KEEP_ALIVE,
        }
    }
}

impl Patience {
    /// How long a connection may be about this.
    const fn of(self, stage: Stage) -> Duration {
        match stage {
            Stage::Handshake | Stage::Head => self.head,
            Stage::Body { .. } => self.body,
            Stage::Idle => self.idle,
            Stage::Leaving => limits::DISCONNECT_TIME,
            Stage::Answer { bytes } => {
                self.answer.saturating_add(Duration::from_secs(bytes / limits::ANSWER_BYTES_PER_SECOND))
            }
        }
    }
}

// === impl Stage ===

impl Stage {
    /// The server waits for the client, and not the other way round.
    pub const fn is_incomplete(self) -> bool {
        !matches!(self, Self::Answer { .. })
    }
}

// === impl Seat ===

impl Seat {
    /// Of a connection that begins with this.
    pub fn new(stage: Stage, patience: Patience, clock: Arc<dyn Clock>) -> Self {
        let since = Cell::new(clock.elapsed());
        Self {
            clock,
            patience,
            stage: Cell::new(stage),
            since,
            reader: RefCell::default(),
            unread: Cell::default(),
            stalled: Cell::default(),
        }
    }

    pub fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Since when it is about that.
    pub fn since(&self) -> Duration {
        self.since.get()
    }

    /// Since when the server waits for the client, if it is not the other way round.
    pub fn waits_since(&self) -> Option<Duration> {
        self.stalled.get().or_else(|| self.stage().is_incomplete().then(|| self.since()))
    }

    /// It is about something else from now on.
    pub fn enter(&self, stage: Stage) {
        self.stage.set(stage);
        self.since.set(self.clock.elapsed());
        self.wake();
    }

    /// More of the body has come.
    pub fn body_shrinks_to(&self, left: u64) {
        if left == 0 {
            self.unread.set(false);
            self.enter(Stage::Answer { bytes: 0 });
        } else {
            self.stage.set(Stage::Body { left });
        }
    }

    /// A request begins to be answered; whether it has a body.
    pub fn begins(&self, has_body: bool) {
        self.unread.set(has_body);
    }

    /// The answer has so many bytes.
    pub fn answers(&self, bytes: u64) {
        if matches!(self.stage(), Stage::Answer { .. }) {
            self.stage.set(Stage::Answer { bytes });
        }
    }

    /// The answer was given.
    pub fn answered(&self) {
        self.enter(if self.unread.get() { Stage::Leaving } else { Stage::Idle });
    }

    /// Whether its time is up.
    pub fn is_overdue(&self) -> bool {
        let now = self.clock.elapsed();
        let is_over = |since: Duration, time: Duration| now.saturating_sub(since) > time;
        is_over(self.since(), self.patience.of(self.stage()))
            || self.stalled.get().is_some_and(|since| is_over(since, self.patience.answer))
    }

    /// Whether what was written waits for the client.
    pub fn is_stalled(&self) -> bool {
        self.stalled.get().is_some()
    }

    /// Whether the client takes what is written.
    pub fn set_stalled(&self, stalled: bool) {
        let before = self.stalled.get();
        self.stalled.set(stalled.then(|| before.unwrap_or_else(|| self.clock.elapsed())));
        if before.is_some() && !stalled {
            self.wake();
        }
    }

    /// Whoever reads is woken when it may go on.
    pub fn wait(&self, reader: &Waker) {
        *self.reader.borrow_mut() = Some(reader.clone());
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.borrow_mut().take() {
            reader.wake();
        }
    }
}
