//! What the actors tell each other.

use actix::Message;
use jiff::Timestamp;
use rows::sink::BackfillRequest;

use super::blueprint::Blueprint;

/// How a connection's actor ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was told to.
    Stopped,
    /// A single run is over.
    Finished {
        /// Everything was read.
        ok: bool,
        /// Its place in the store.
        epoch: Option<i64>,
    },
    /// It cannot be made from its configuration.
    Unusable {
        /// Why.
        error: String,
    },
    /// A panic or a broken invariant.
    Crashed {
        /// A short word for the metric's label.
        reason: &'static str,
    },
}

/// A connection's actor tells its end.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Ended {
    /// Which.
    pub connection: String,
    /// Which of its lives.
    pub generation: u64,
    /// How.
    pub fate: Fate,
}

/// These connections, and no others, are to run. What did not change is not touched.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Run(pub Vec<Blueprint>);

/// End all connections.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct StopAll;

/// End the actors' thread.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct EndSystem;

/// Operators asked for something just now: look at once.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct LookForControls;

/// The provider of this connection said by itself that there is something new.
#[derive(Message, Debug, Clone)]
#[rtype(result = "()")]
pub struct WebhookReceivedFor(pub String);

/// Answered by whoever's thread turns.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct Beat;

/// What operators asked for.
#[derive(Message, Debug, Clone, Default, PartialEq, Eq)]
#[rtype(result = "()")]
pub struct Controls {
    /// Hold it.
    pub paused: bool,
    /// Why nothing may be read: the consent on which it rests does not hold.
    pub withheld: Option<String>,
    /// Poll everything now.
    pub poll_requested_at: Option<Timestamp>,
    /// Days to read.
    pub backfills: Vec<BackfillRequest>,
}

/// The provider said by itself that there is something new.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct WebhookReceived;

/// Another worker had the store: the connection is taken again.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct BeginAnew;

/// End: cycles stop at their next page, and the actor when the last has.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct Stop;
