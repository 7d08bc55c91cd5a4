//! Reports that Meta prepares: asked for, polled, then read page by page. Nothing waits here: between two polls only
//! the report's id is kept.

use jiff::{SignedDuration, Timestamp};
use rows::DayRange;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    errors, paged_list, parts,
    reading::{Part, Position, Reading},
    wire,
};
use crate::{
    failure::Failure,
    page::{DaysReply, Pending},
    reading::remote_job::{Job, Policy, Progress},
};

/// How long reports are waited for. An hour old, their numbers are of then.
const POLICY: Policy = Policy {
    pause_min: SignedDuration::from_secs(10),
    pause_max: SignedDuration::from_mins(1),
    unknown_max: SignedDuration::from_mins(2),
    begin_max: SignedDuration::from_mins(5),
    finish_max: SignedDuration::from_mins(30),
    useful_max: SignedDuration::from_hours(1),
};
/// So often a report is asked for before its window is cut into parts.
const ATTEMPTS_MAX: u32 = 3;

/// The report that an earlier page asked for: kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRun {
    /// Meta's job.
    #[serde(flatten)]
    job: Job,
    /// Counts from 1.
    attempt: u32,
    /// The days that it covers.
    days: DayRange,
    /// The objects that it covers; nothing = all.
    part: Option<Part>,
}

/// Asks for a report.
pub async fn start(reading: &Reading<'_>, attempt: u32) -> Result<DaysReply, Failure> {
    let parameters = reading.query.parameters().into_iter();
    let call = parameters.fold(reading.post(), |call, (name, value)| call.form(name, value));
    match reading.session.json::<wire::ReportStarted>(call).await {
        Ok(started) => {
            let run = ReportRun::new(started, reading, attempt)?;
            Ok(run.pending(reading.now).into())
        }
        Err(Failure::TooMuch { .. }) => split(reading).await,
        Err(failure) => Err(failure),
    }
}

/// Looks after a report.
pub async fn poll(reading: &Reading<'_>, run: ReportRun) -> Result<DaysReply, Failure> {
    let call = reading
        .get_node(&[&run.job.id])
        .query("fields", "async_status,async_percent_completion,error_code,error_subcode,error_message");
    let age = run.job.age(reading.now);
    let progress = match reading.session.json::<wire::ReportRun>(call).await {
        Ok(status) => POLICY.judge(told(&status), age),
        Err(Failure::Gone { reason }) => POLICY.unknown(reason, age),
        Err(failure) => return Err(failure),
    };
    match progress {
        Progress::Running { .. } => Ok(run.pending(reading.now).into()),
        Progress::Ready => read(reading, &run.job.id, None).await,
        Progress::TooMuch => split(reading).await,
        Progress::Failed(_) if run.attempt < ATTEMPTS_MAX => start(reading, run.attempt + 1).await,
        Progress::Failed(reason) => {
            let parts = parts::split(reading).await?;
            if parts.is_empty() {
                return Err(Failure::Transient {
                    reason: format!(
                        "report {} failed, as did {} before it: {reason}",
                        run.job.id,
                        ATTEMPTS_MAX - 1
                    ),
                });
            }
            Ok(Part::reply(&parts))
        }
    }
}

/// Reads one page of a report that is ready.
pub async fn read(reading: &Reading<'_>, run_id: &str, after: Option<&str>) -> Result<DaysReply, Failure> {
    let call = reading.get_node(&[run_id, "insights"]);
    match paged_list::page_halving(reading.session, &call, reading.source.settings.page_size, after).await {
        Ok(page) => {
            reading.reply(&call.path, &page, |after| Position::Report { run_id: run_id.to_owned(), after })
        }
        Err(Failure::TooMuch { .. }) => split(reading).await,
        Err(Failure::Gone { reason }) => Err(Failure::Transient {
            reason: format!("report {run_id} went away while it was read: {reason}"),
        }),
        Err(failure) => Err(failure),
    }
}

async fn split(reading: &Reading<'_>) -> Result<DaysReply, Failure> {
    parts::split(reading).await.map(|parts| Part::reply(&parts))
}

// === impl ReportRun ===

impl ReportRun {
    fn new(started: wire::ReportStarted, reading: &Reading<'_>, attempt: u32) -> Result<Self, Failure> {
        let run_id = started.report_run_id.0;
        let is_number = run_id.bytes().all(|byte| byte.is_ascii_digit());
        let job = Job::new(run_id, reading.now).filter(|_| is_number);
        let not_a_number = || Failure::Transient { reason: "report_run_id is not a number".to_owned() };
        let query = &reading.query;
        Ok(Self { job: job.ok_or_else(not_a_number)?, attempt, days: query.days, part: query.part.clone() })
    }

    /// The report of an earlier page, if it is this window's and fresh. Otherwise it is forgotten.
    pub fn resumed(resume: &str, reading: &Reading<'_>) -> Option<Self> {
        let run: Self = serde_json::from_str(resume).ok()?;
        let query = &reading.query;
        run.covers(query.days, query.part.as_ref(), reading.now).then_some(run)
    }

    fn covers(&self, days: DayRange, part: Option<&Part>, now: Timestamp) -> bool {
        self.days == days && self.part.as_ref() == part && POLICY.is_useful(&self.job, now)
    }

    fn pending(&self, now: Timestamp) -> Pending {
        self.job.pending(json!(self).to_string(), now, &POLICY)
    }
}

/// What Meta says of a report. Completed is not ready: for a moment, a report says that it is completed below 100 percent.
fn told(run: &wire::ReportRun) -> Progress {
    let percent = run.async_percent_completion.unwrap_or(0);
    match run.async_status.as_deref().unwrap_or_default() {
        "Job Completed" if percent >= 100 => Progress::Ready,
        status @ ("Job Failed" | "Job Skipped") => failed(run, status),
        _ => Progress::Running { has_begun: percent > 0 },
    }
}

fn failed(run: &wire::ReportRun, status: &str) -> Progress {
    let Some(code) = run.error_code else {
        return Progress::Failed(status.to_owned());
    };
    let error = wire::GraphError {
        code,
        error_subcode: run.error_subcode,
        message: run.error_message.clone().unwrap_or_default(),
        ..wire::GraphError::default()
    };
    if errors::is_too_much(&error) {
        Progress::TooMuch
    } else {
        Progress::Failed(format!("{status}: {}", errors::describe(&error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::meta_ads::testing::{NOW, days};

    fn progress(json: &str, minutes: i64) -> Progress {
        POLICY.judge(told(&serde_json::from_str(json).unwrap()), SignedDuration::from_mins(minutes))
    }

    #[test]
    fn a_report_is_ready_when_it_is_completed_to_the_last_percent() {
        let at = |percent: u32| {
            progress(
                &format!(r#"{{"async_status":"Job Completed","async_percent_completion":{percent}}}"#),
                1,
            )
        };
        assert_eq!(at(100), Progress::Ready);
        assert_eq!(at(98), Progress::Running { has_begun: true });
    }

    #[test]
    fn a_running_report_is_waited_for_but_not_for_ever() {
        let at = |percent: u32, minutes: i64| {
            progress(
                &format!(
                    r#"{{"id":"6023920149050","async_status":"Job Running","async_percent_completion":{percent},"is_running":true}}"#
                ),
                minutes,
            )
        };
        assert_eq!(at(46, 29), Progress::Running { has_begun: true });
        assert!(matches!(at(46, 31), Progress::Failed(_)));
        assert_eq!(at(0, 5), Progress::Running { has_begun: false });
        assert!(matches!(at(0, 6), Progress::Failed(_)));
    }

    #[test]
    fn a_failed_report_says_whether_it_was_too_much() {
        let sample = r#"{"id":"6023920149050","async_status":"Job Failed","async_percent_completion":42,"error_code":100,
            "error_subcode":1487534,"error_message":"...","error_user_title":"Too many rows","error_user_msg":"..."}"#;
        assert_eq!(progress(sample, 1), Progress::TooMuch);
        let other =
            r#"{"async_status":"Job Failed","error_code":-2,"error_subcode":2490547,"error_message":"m"}"#;
        assert_eq!(progress(other, 1), Progress::Failed("Job Failed: Meta error -2/2490547".to_owned()));
        assert_eq!(
            progress(r#"{"async_status":"Job Skipped"}"#, 1),
            Progress::Failed("Job Skipped".to_owned())
        );
    }

    #[test]
    fn an_unknown_status_is_waited_for() {
        assert_eq!(
            progress(r#"{"async_status":"Job Dreaming","async_percent_completion":3}"#, 1),
            Progress::Running { has_begun: true }
        );
    }

    fn run() -> ReportRun {
        ReportRun {
            job: Job::new("6023920149050".to_owned(), NOW).unwrap(),
            attempt: 1,
            days: days(21, 21),
            part: None,
        }
    }

    #[test]
    fn polls_grow_apart() {
        for (seconds, wait) in [(0, 10), (10, 10), (20, 20), (40, 40), (600, 60)] {
            let now = NOW + SignedDuration::from_secs(seconds);
            let Pending { not_before, resume } = run().pending(now);
            assert_eq!(not_before.duration_since(now).as_secs(), wait, "after {seconds} s");
            assert_eq!(serde_json::from_str::<ReportRun>(&resume).unwrap(), run());
        }
    }

    #[test]
    fn only_the_same_window_takes_up_a_report_and_only_while_it_is_fresh() {
        let part = Part { level: super::super::entities::Level::Campaign, ids: vec!["1".to_owned()] };
        assert!(run().covers(days(21, 21), None, NOW));
        assert!(!run().covers(days(20, 20), None, NOW));
        assert!(!run().covers(days(21, 21), Some(&part), NOW));
        assert!(!run().covers(days(21, 21), None, NOW + SignedDuration::from_mins(61)));
    }
}
