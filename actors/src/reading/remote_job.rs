//! Reports and queries that a provider prepares: asked for, looked at, then read. Nothing waits meanwhile: between two looks
//! only the job is kept, in the checkpoint, so that a kill loses nothing ([`Pending`]).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::page::Pending;

/// A job at the provider. Durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The provider's id of it.
    #[serde(alias = "run_id")]
    pub id: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// How long jobs of one kind are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Shortest pause between two looks; a job is looked at again after as long as it has taken so far …
    pub pause_min: SignedDuration,
    /// … but no later than this.
    pub pause_max: SignedDuration,
    /// For so long the provider may not know the job yet that it has just been asked for.
    pub unknown_max: SignedDuration,
    /// One that has not begun by then has failed.
    pub begin_max: SignedDuration,
    /// One that is not ready by then has failed.
    pub finish_max: SignedDuration,
    /// From this age on it is not taken up again: its numbers are of then and not of now, and the provider forgets it.
    pub useful_max: SignedDuration,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not ready; a status that is not known (yet) is this, since the policy ends it.
    Running {
        /// Whether it has begun.
        has_begun: bool,
    },
    /// Its answer can be read.
    Ready,
    /// It covers too much data.
    TooMuch,
    /// It came to nothing: why, for people. Asking again may help.
    Failed(String),
}

/// Longest id that is taken.
const ID_LENGTH_MAX: usize = 200;

// === impl Job ===

impl Job {
    /// A job that was asked for just now; none where its id has not the form of one (letters, digits, `-`, `_`, `.` and `:`).
    pub fn new(id: String, asked_at: Timestamp) -> Option<Self> {
        let is_id = (1..=ID_LENGTH_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'));
        is_id.then_some(Self { id, asked_at })
    }

    /// How old it is.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.asked_at)
    }

    /// The reply that has the engine come back; `resume` is what to come back with.
    pub fn pending(&self, resume: String, now: Timestamp, policy: &Policy) -> Pending {
        let pause = self.age(now).clamp(policy.pause_min, policy.pause_max);
        Pending { resume, not_before: now.saturating_add(pause).unwrap_or(now) }
    }
}

// === impl Policy ===

impl Policy {
    /// Whether a job can still be taken up.
    pub fn is_useful(&self, job: &Job, now: Timestamp) -> bool {
        job.age(now) < self.useful_max
    }

    /// How far a job is that the provider says is so far: one that takes too long has failed.
    pub fn judge(&self, told: Progress, age: SignedDuration) -> Progress {
        match told {
            Progress::Running { .. } if age > self.finish_max => {
                Progress::Failed(format!("not ready after {:#}", self.finish_max))
            }
            Progress::Running { has_begun: false } if age > self.begin_max => {
                Progress::Failed(format!("not begun after {:#}", self.begin_max))
            }
            told => told,
        }
    }

    /// How far a job is that the provider does not know.
    pub fn unknown(&self, reason: String, age: SignedDuration) -> Progress {
        if age <= self.unknown_max {
            Progress::Running { has_begun: false }
        } else {
            Progress::Failed(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        pause_min: SignedDuration::from_secs(10),
        pause_max: SignedDuration::from_mins(1),
        unknown_max: SignedDuration::from_mins(2),
        begin_max: SignedDuration::from_mins(5),
        finish_max: SignedDuration::from_mins(30),
        useful_max: SignedDuration::from_hours(1),
    };
    const ASKED_AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn job() -> Job {
        Job::new("6023920149050".to_owned(), ASKED_AT).unwrap()
    }

    #[test]
    fn looks_grow_apart() {
        for (seconds, pause) in [(0, 10), (10, 10), (20, 20), (40, 40), (600, 60)] {
            let now = ASKED_AT + SignedDuration::from_secs(seconds);
            let Pending { not_before, resume } = job().pending("resume".to_owned(), now, &POLICY);
            assert_eq!(not_before.duration_since(now).as_secs(), pause, "after {seconds} s");
            assert_eq!(resume, "resume");
        }
    }

    #[test]
    fn a_job_is_waited_for_but_not_for_ever() {
        let judge = |has_begun, minutes| {
            POLICY.judge(Progress::Running { has_begun }, SignedDuration::from_mins(minutes))
        };
        assert_eq!(judge(true, 30), Progress::Running { has_begun: true });
        assert!(matches!(judge(true, 31), Progress::Failed(why) if why.contains("not ready after")));
        assert_eq!(judge(false, 5), Progress::Running { has_begun: false });
        assert!(matches!(judge(false, 6), Progress::Failed(why) if why.contains("not begun after")));
        assert_eq!(POLICY.judge(Progress::Ready, SignedDuration::from_hours(9)), Progress::Ready);
    }

    #[test]
    fn a_job_that_was_just_asked_for_may_not_exist_yet() {
        let unknown = |minutes| POLICY.unknown("gone".to_owned(), SignedDuration::from_mins(minutes));
        assert_eq!(unknown(2), Progress::Running { has_begun: false });
        assert_eq!(unknown(3), Progress::Failed("gone".to_owned()));
    }

    #[test]
    fn an_old_job_is_of_no_use() {
        assert!(POLICY.is_useful(&job(), ASKED_AT + SignedDuration::from_mins(59)));
        assert!(!POLICY.is_useful(&job(), ASKED_AT + SignedDuration::from_mins(60)));
    }

    #[test]
    fn an_id_has_the_form_of_one() {
        for id in ["", "../me", "a b", &"1".repeat(201)] {
            assert_eq!(Job::new(id.to_owned(), ASKED_AT), None, "{id}");
        }
    }

    #[test]
    fn a_job_reads_back_under_its_earlier_name_too() {
        let text = serde_json::json!(job()).to_string();
        assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job());
        let before = r#"{"run_id":"6023920149050","asked_at":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(serde_json::from_str::<Job>(before).unwrap(), job());
    }
}
