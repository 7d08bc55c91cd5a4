//! One imitation as it is served: behind its limit, its faults and its script, with a log. Free of sockets.

use std::time::Duration;

use crate::chaos::{Chaos, Fault, FaultInjector, mistype};
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::{Limit, LimitCounts, Measure, Meter, Verdict};
use crate::log::{Log, Seen};

/// An imitation and everything between it and its clients.
pub(crate) struct Slot {
    pub(crate) imitation: Box<dyn Imitation>,
    pub(crate) log: Log,
    pub(crate) faults: FaultInjector,
    script: Vec<Scene>,
    meter: Option<Meter>,
}

/// Faults for the requests below one path, one per request.
struct Scene {
    path_prefix: String,
    faults: std::collections::VecDeque<Fault>,
}

/// An answer and how it travels.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) answer: Answer,
    pub(crate) delivery: Delivery,
}

/// How an answer's bytes reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Late(Duration),
    Drip(Duration),
    Truncated,
    Dropped,
}

impl Slot {
    pub(crate) fn new(imitation: Box<dyn Imitation>, chaos: Chaos, seed: u64) -> Self {
        let faults = FaultInjector::new(chaos, seed);
        Self { imitation, log: Log::default(), faults, script: Vec::new(), meter: None }
    }

    /// Sets or lifts the limit; its counts begin again.
    pub(crate) fn set_limit(&mut self, limit: Option<Limit>) {
        self.meter = limit.map(Meter::new);
    }

    pub(crate) fn limit_counts(&self) -> LimitCounts {
        self.meter.as_ref().map(Meter::counts).unwrap_or_default()
    }

    /// Faults for the next requests whose path begins with `path_prefix`, after those already there.
    pub(crate) fn add_script(&mut self, path_prefix: &str, faults: Vec<Fault>) {
        self.script.push(Scene { path_prefix: path_prefix.to_owned(), faults: faults.into() });
    }

    /// Scripted faults that no request has met yet.
    pub(crate) fn script_left(&self) -> usize {
        self.script.iter().map(|scene| scene.faults.len()).sum()
    }

    pub(crate) fn clear_script(&mut self) {
        self.script.clear();
    }

    /// Answers one request and notes it. `elapsed` is real time since the sandbox started.
    pub(crate) fn serve(&mut self, request: &Request, elapsed: Duration) -> Served {
        let served = self.decide(request, elapsed);
        let status = if served.delivery == Delivery::Dropped { 0 } else { served.answer.status };
        self.log.note(Seen {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status,
            at: request.now,
        });
        served
    }

    fn decide(&mut self, request: &Request, elapsed: Duration) -> Served {
        let time = self.meter_time(request, elapsed);
        let counted = self.imitation.is_counted(request);
        let verdict = self.meter.as_mut().filter(|_| counted).map(|meter| meter.judge(time));
        let usage_percent = match verdict {
            Some(Verdict::Refused { usage_percent, wait }) => {
                let announced = self.imitation.announced_wait(wait);
                if let Some(meter) = &mut self.meter {
                    meter.tell(time, announced);
                }
                return whole(self.imitation.limited(request, usage_percent, wait));
            }
            Some(Verdict::Admitted(usage_percent)) => usage_percent,
            None => 0.0,
        };
        let fault = self.next_scripted(&request.path).or_else(|| self.faults.next());
        match fault {
            Some(Fault::Status(status)) => whole(self.imitation.failed(request, status)),
            Some(Fault::Disguised(status)) => {
                whole(Answer { status: 200, ..self.imitation.failed(request, status) })
            }
            Some(Fault::Limited(wait)) => whole(self.imitation.limited(request, 100.0, wait)),
            Some(Fault::Expired) => match self.imitation.expired(request) {
                Some(answer) => whole(answer),
                None => whole(self.answer(request, usage_percent)),
            },
            Some(Fault::Hang(time)) => self.delivered(request, usage_percent, Delivery::Late(time)),
            Some(Fault::Drip(pause)) => self.delivered(request, usage_percent, Delivery::Drip(pause)),
            Some(Fault::Truncate) => self.delivered(request, usage_percent, Delivery::Truncated),
            Some(Fault::Drop) => self.delivered(request, usage_percent, Delivery::Dropped),
            Some(Fault::Garbage) => {
                let answer = self.answer(request, usage_percent);
                whole(Answer { status: 200, body: b"\x00{\"data\":[{]}<html>".to_vec(), ..answer })
            }
            Some(Fault::Mistyped) => {
                let answer = self.answer(request, usage_percent);
                whole(Answer { body: mistype(&answer.body), ..answer })
            }
            None => whole(self.answer(request, usage_percent)),
        }
    }

    /// The time by the clock that the limit is measured by.
    fn meter_time(&self, request: &Request, elapsed: Duration) -> Duration {
        match self.meter.as_ref().map(|meter| meter.limit().measure) {
            Some(Measure::Sandbox) => Duration::try_from(request.now.as_duration()).unwrap_or_default(),
            Some(Measure::Real) | None => elapsed,
        }
    }

    fn next_scripted(&mut self, path: &str) -> Option<Fault> {
        let scene = self
            .script
            .iter_mut()
            .find(|scene| path.starts_with(&scene.path_prefix) && !scene.faults.is_empty())?;
        let fault = scene.faults.pop_front();
        self.script.retain(|scene| !scene.faults.is_empty());
        fault
    }

    fn answer(&mut self, request: &Request, usage_percent: f64) -> Answer {
        let mut answer = self.imitation.answer(request);
        answer.headers.extend(self.imitation.usage_headers(request, usage_percent));
        answer
    }

    fn delivered(&mut self, request: &Request, usage_percent: f64, delivery: Delivery) -> Served {
        Served { answer: self.answer(request, usage_percent), delivery }
    }
}

fn whole(answer: Answer) -> Served {
    Served { answer, delivery: Delivery::Whole }
}

#[cfg(test)]
mod tests {
    use std::any::Any;

    use jiff::Timestamp;

    use super::*;

    struct Echo;

    impl Imitation for Echo {
        fn id(&self) -> &'static str {
            "echo"
        }
        fn answer(&mut self, request: &Request) -> Answer {
            Answer::json(200, &serde_json::json!({ "data": [{ "path": request.path }] }))
        }
        fn advance(&mut self, _now: Timestamp) {}
        fn is_counted(&self, request: &Request) -> bool {
            request.path != "/token"
        }
        fn limited(&self, _request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
            Answer::json(429, &serde_json::json!({ "wait": wait.as_secs() }))
        }
        fn usage_headers(&self, _request: &Request, usage_percent: f64) -> Vec<(String, String)> {
            vec![("x-usage".to_owned(), usage_percent.to_string())]
        }
        fn as_any_mut(&mut self) -> &mut dyn Any {
            self
        }
    }

    fn get(path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            root_url: String::new(),
        }
    }

    #[test]
    fn scripted_faults_strike_matching_requests_once_each_in_order() {
        let mut slot = Slot::new(Box::new(Echo), Chaos::none(), 1);
        slot.add_script("/a", vec![Fault::Status(503), Fault::Drop, Fault::Mistyped, Fault::Expired]);
        assert_eq!(slot.serve(&get("/b"), Duration::ZERO).answer.status, 200);
        assert_eq!(slot.serve(&get("/a/1"), Duration::ZERO).answer.status, 503);
        assert_eq!(slot.serve(&get("/a/2"), Duration::ZERO).delivery, Delivery::Dropped);
        let mistyped = slot.serve(&get("/a/3"), Duration::ZERO).answer;
        assert_eq!(mistyped.body, br#"{"data":[{"path":[{"unexpected":"/a/3"}]}]}"#);
        assert_eq!(slot.serve(&get("/a/4"), Duration::ZERO).answer.status, 200, "nothing here expires");
        assert_eq!(slot.script_left(), 0);
        let statuses = slot.log.newest().iter().map(|seen| seen.status).collect::<Vec<_>>();
        assert_eq!(statuses, [200, 503, 0, 200, 200]);
        assert_eq!(slot.log.paths().get("/b"), Some(&1));
    }

    #[test]
    fn above_the_limit_the_imitation_speaks_and_below_it_usage_rides_along() {
        let mut slot = Slot::new(Box::new(Echo), Chaos::none(), 1);
        slot.set_limit(Some(Limit::per(2, Duration::from_mins(1))));
        let first = slot.serve(&get("/"), Duration::ZERO).answer;
        assert_eq!(first.headers, [("x-usage".to_owned(), "50".to_owned())]);
        slot.serve(&get("/"), Duration::ZERO);
        let refused = slot.serve(&get("/"), Duration::from_secs(20)).answer;
        assert_eq!((refused.status, refused.body.as_slice()), (429, br#"{"wait":40}"#.as_slice()));
        let token = slot.serve(&get("/token"), Duration::from_secs(21)).answer;
        assert_eq!(token.status, 200, "what is not counted is not refused");
        assert_eq!(slot.limit_counts(), LimitCounts { admitted: 2, refused: 1, violations: 0 });
    }

    #[test]
    fn every_profile_serves_on_and_leaves_most_requests_alone() {
        for name in Chaos::names() {
            let chaos = Chaos::profile(name).expect(name);
            let mut slot = Slot::new(Box::new(Echo), chaos, 3);
            let served = (0..400).map(|_| slot.serve(&get("/"), Duration::ZERO)).collect::<Vec<_>>();
            let plain = served.iter().filter(|served| {
                served.delivery == Delivery::Whole && served.answer.body == br#"{"data":[{"path":"/"}]}"#
            });
            let plain = plain.count();
            assert!(plain >= 200, "{name}: {plain}");
            // Nothing expires here, so that profile has no effect.
            assert_eq!(plain == 400, ["none", "expired"].contains(name), "{name}: {plain}");
        }
    }
}
