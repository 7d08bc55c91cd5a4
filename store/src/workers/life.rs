//! Whether a worker lives, from what can be seen of it.

use jiff::Timestamp;

use super::WorkerStatus;
use crate::{hold::Seen, limits};

/// What is known of a worker's life; the worst for whoever wants its place comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Its place is free.
    Dead,
    /// It was heard of not long ago: time will tell.
    Unknown,
    /// It works.
    Alive,
}

impl WorkerStatus {
    /// From its row, from the lock (one that is ours is free), and from the sign of life that was seen before.
    pub(super) fn life(&self, lock: Seen, is_server: bool, seen: Option<Timestamp>) -> Life {
        let silent = self.silent_seconds.max(0).cast_unsigned();
        if self.locked {
            // Whoever dies loses the lock; only a server that was started again took it from the living, too.
            if lock == Seen::Free && !self.server_restarted {
                return Life::Dead;
            }
            // A file's lock is held by a process that is there. A server's may be of a session whose network is cut.
            let is_heard_of = !is_server || silent < limits::HEARTBEAT_SUSPECT.as_secs();
            if lock == Seen::Taken && is_heard_of {
                return Life::Alive;
            }
        }
        if silent >= limits::HEARTBEAT_EXPIRES.as_secs() {
            return Life::Dead;
        }
        if seen.is_some_and(|seen| self.heartbeat_at > seen) { Life::Alive } else { Life::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(locked: bool, silent_seconds: i64, server_restarted: bool) -> WorkerStatus {
        WorkerStatus {
            instance: "a".to_owned(),
            name: "worker-1".to_owned(),
            kind: "daemon".to_owned(),
            host: "host".to_owned(),
            process_id: 1,
            version: "0".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            heartbeat_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            ending: None,
            age_seconds: 100,
            silent_seconds,
            locked,
            server_restarted,
        }
    }

    #[test]
    fn a_lock_tells_at_once() {
        for is_server in [false, true] {
            assert_eq!(worker(true, 0, false).life(Seen::Free, is_server, None), Life::Dead, "just killed");
            assert_eq!(worker(true, 5, false).life(Seen::Taken, is_server, None), Life::Alive);
        }
        // A process that is stopped, or whose disk is full, is there: its file is locked.
        assert_eq!(worker(true, 10_000, false).life(Seen::Taken, false, None), Life::Alive);
    }

    #[test]
    fn without_a_lock_signs_of_life_decide() {
        let seen = |seconds| Some(Timestamp::from_second(seconds).unwrap());
        for (locked, lock, is_server, restarted) in [
            (false, Seen::Free, true, false),   // behind a pooler
            (false, Seen::Taken, true, false),  // the same, and a lock was left in the pool
            (false, Seen::Free, false, false),  // took over from one that is still there
            (true, Seen::Free, true, true),     // the server took the lock away
            (true, Seen::Taken, true, false),   // a session whose network is cut
            (true, Seen::Hidden, false, false), // whoever asks may not look
        ] {
            let of = |silent, seen| worker(locked, silent, restarted).life(lock, is_server, seen);
            assert_eq!(of(20, None), Life::Unknown, "{locked} {lock:?}");
            assert_eq!(of(20, seen(0)), Life::Unknown, "heard of no more");
            assert_eq!(of(20, seen(-10)), Life::Alive, "heard of again");
            assert_eq!(of(30, None), Life::Dead);
        }
    }
}
