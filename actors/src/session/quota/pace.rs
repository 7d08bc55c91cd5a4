//! The pace of one gate: a steady rate, what the provider's answers make of it, and how it recovers. Pure but for the
//! clock readings that callers hand in.

mod parts;

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};

use super::{
    QuotaRule,
    holds::{Holds, Moment},
};
use crate::{limits, session::said::SaidWait};

/// Share of a limit that is used. Requests leave evenly spaced but arrive with the network's jitter: at exactly the
/// limit, every second one would fall over the edge of a sliding window.
const HEADROOM: f64 = 0.93;
/// A request is this many of the limiter's cells, so that fractions of a request can be allowed as slack.
const CELLS: u32 = 16;
/// Cells of slack: half a request's time of lateness is made up for, more is lost.
const SLACK_CELLS: u32 = CELLS / 2;
/// No more than the limit in any period, this much longer than the period itself.
const WINDOW_MARGIN: f64 = 1.02;
/// Limits up to this are also counted exactly over their period.
const WINDOW_COUNT_MAX: usize = 1_000;
/// After a refusal the pace falls to this share of what had passed in the last period.
const DECREASE: f64 = 0.95;
/// … or, when that cannot be told, to this share of itself.
const DECREASE_BLIND: f64 = 0.9;
/// One refusal after a good while, of a pace of which less than this share had really passed in the period: whoever it was about,
/// it tells no limit …
const DOUBTED_SHARE: f64 = 0.5;
/// … and the pace falls to this share of itself, to be back within a minute. A second one is believed.
const DECREASE_DOUBTED: f64 = 0.5;
/// How long the first one is remembered.
const DOUBTED_AFTER: Duration = Duration::from_mins(1);
/// A refusal after no less than this share of the rule's requests has really passed in a period …
const JITTER_SHARE: f64 = 0.75;
/// … is the network's jitter, so many times a minute: the rule is right, and only the headroom grows, by this much …
const JITTER_MAX: usize = 8;
const JITTER_STEP: f64 = 0.005;
/// … until the share used is this.
const HEADROOM_MIN: f64 = 0.92;
/// The part of the period that such a refusal holds, where the provider does not say how long.
const JITTER_HOLD: u32 = 8;
/// How long such refusals count together.
const JITTER_WINDOW: Duration = Duration::from_mins(1);
/// The pace never falls below this share of the rule.
const FLOOR: f64 = 1.0 / 64.0;
/// Share of the limit that is added a second while the pace is below what was last refused.
const INCREASE: f64 = 0.02;
/// Share of the last refused pace at which increasing stops …
const CEILING: f64 = 0.96;
/// … for so long; then a higher pace is tried, and one that is higher still by twice as much when nothing is refused.
const PROBE_AFTER: Duration = Duration::from_mins(2);
/// Most doublings of such a step: it is no more than the pace itself.
const PROBES_MAX: u32 = 6;
/// The allowance is nearly used up: slow down.
const NEARLY_USED: f64 = 0.97;
/// First hold after a refusal; doubles while refusals follow each other. What a provider says can be longer, and after the
/// first refusal shorter.
const HOLD_INITIAL: Duration = Duration::from_secs(1);
/// Longest such hold.
const HOLD_MAX: Duration = Duration::from_secs(64);
/// Without a part of a shared limit, ask again after this: a part that comes is told at once.
const PARTLESS: Duration = Duration::from_millis(250);

type Limiter = RateLimiter<NotKeyed, InMemoryState, HandedClock, NoOpMiddleware<Nanos>>;

/// A clock that shows what it was last told: the limiter is only ever asked right after.
#[derive(Debug, Clone, Default)]
struct HandedClock(std::sync::Arc<std::sync::atomic::AtomicU64>);

impl Clock for HandedClock {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// How fast a gate lets requests through. All times are readings of one monotonic clock.
#[derive(Debug)]
pub struct Pace {
    /// As configured.
    configured: Option<QuotaRule>,
    /// The whole rule, for all workers that share it; the provider may have told another one.
    whole: Option<QuotaRule>,
    /// This worker's part of it, above 0 up to 1 …
    part: f64,
    /// … of which it may use nothing now.
    partless: bool,
    /// That part of the rule.
    rule: Option<QuotaRule>,
    /// Requests a second now; nothing = unlimited.
    rate: Option<f64>,
    limiter: Option<Limiter>,
    clock: HandedClock,
    /// When requests were let through, within the last period.
    passed: VecDeque<Duration>,
    holds: Holds,
    /// A request that cost more than the burst is paid off until then.
    paid_at: Duration,
    next_deep: Duration,
    refusals_in_a_row: u32,
    /// Refusals near the rule's own pace.
    jitter: VecDeque<Duration>,
    /// Share of the rule's limit that is used.
    headroom: f64,
    last_decrease: Option<Duration>,
    last_increase: Duration,
    /// The pace that was last refused, and when.
    ceiling: Option<(f64, Duration)>,
    /// What had passed before a refusal that was not believed.
    doubted: Option<f64>,
    /// How often a higher pace was tried since the last refusal.
    probes: u32,
    used_ratio: f64,
    /// A pace for all workers that was learned here and is not told yet.
    news: Option<f64>,
    /// The last such pace that was learned elsewhere.
    heard: u64,
}

// === impl Pace ===

impl Pace {
    /// At the rule's rate; unlimited without one.
    pub fn new(rule: Option<QuotaRule>) -> Self {
        let mut pace = Self {
            configured: rule,
            whole: rule,
            part: 1.0,
            partless: false,
            rule,
            rate: None,
            limiter: None,
            clock: HandedClock::default(),
            passed: VecDeque::new(),
            holds: Holds::default(),
            paid_at: Duration::ZERO,
            next_deep: Duration::ZERO,
            refusals_in_a_row: 0,
            jitter: VecDeque::new(),
            headroom: HEADROOM,
            last_decrease: None,
            last_increase: Duration::ZERO,
            ceiling: None,
            doubted: None,
            probes: 0,
            used_ratio: 0.0,
            news: None,
            heard: 0,
        };
        if let Some(rule) = rule {
            pace.set_rate(Duration::ZERO, rule.limit / rule.per.as_secs_f64() * HEADROOM, true);
        }
        pace
    }

    /// Lets a request of this cost through now, or says how long to wait and ask again.
    pub fn pass(&mut self, now: Duration, cost: u32, deep: bool) -> Result<(), Duration> {
        if let Some(held) = self.held(now) {
            return Err(held.wait());
        }
        if self.partless {
            return Err(PARTLESS);
        }
        if deep && self.next_deep > now {
            return Err(self.next_deep.saturating_sub(now));
        }
        if let Some(wait) = self.window_full(now) {
            return Err(wait);
        }
        self.clock.0.store(nanos(now), std::sync::atomic::Ordering::Relaxed);
        if let Some(limiter) = &self.limiter
            && let Some(cells) = NonZeroU32::new(cost.saturating_mul(CELLS))
        {
            match limiter.check_n(cells) {
                Ok(Ok(())) => {}
                Ok(Err(not_until)) => return Err(not_until.wait_time_from(self.clock.now())),
                // More than the burst: the burst is what the limiter can give, the rest is waited for.
                Err(_) => {
                    if let Some(burst) = NonZeroU32::new(self.burst_cells())
                        && let Ok(Err(not_until)) = limiter.check_n(burst)
                    {
                        return Err(not_until.wait_time_from(self.clock.now()));
                    }
                    let rest = f64::from(cost) - f64::from(self.burst_cells()) / f64::from(CELLS);
                    self.paid_at = now + Duration::from_secs_f64(rest.max(0.0) / self.rate.unwrap_or(1.0));
                }
            }
        }
        if deep && let Some(rate) = self.rate {
            self.next_deep = now + Duration::from_secs_f64(2.0 * f64::from(cost) / rate);
        }
        self.passed.push_back(now);
        let kept = WINDOW_COUNT_MAX.max(self.window_count().unwrap_or(0));
        while self.passed.len() > kept {
            self.passed.pop_front();
        }
        // Not before: a new limiter begins empty, and what a slow request has waited for would be waited for again.
        self.recover(now);
        Ok(())
    }

    /// How long the provider's hold lasts, or a costly request is paid off.
    pub fn held(&self, now: Duration) -> Option<SaidWait> {
        let paid = self.paid_at.checked_sub(now).filter(|wait| !wait.is_zero()).map(SaidWait::new);
        self.holds.left(now).max(paid)
    }

    /// Holds everything for so long; a hold is never shortened but by a person.
    pub fn hold(&mut self, now: Duration, wait: SaidWait) {
        self.holds.tell(now, wait);
    }

    /// A person said then to ask again in spite of holds. True if that is new.
    pub fn lift(&mut self, at: Moment) -> bool {
        self.holds.lift(at)
    }

    /// The configured rule; one that has changed begins anew.
    pub fn configure(&mut self, now: Duration, rule: Option<QuotaRule>) {
        if rule != self.configured {
            let part = self.part();
            let holds = std::mem::take(&mut self.holds);
            *self = Self { holds, ..Self::new(rule) };
            self.share(now, part);
        }
    }

    /// How long ago a person last said so.
    pub fn lifted(&self, now: Duration) -> Option<Duration> {
        self.holds.lifted(now)
    }

    /// A request sent at `sent_at` was refused. `wait` is what the provider said. Gives how long the gate is held.
    pub fn refused(&mut self, now: Duration, wait: Option<SaidWait>, sent_at: Duration) -> SaidWait {
        // Requests that were on their way when the pace fell say nothing about the new one.
        let known = self.last_decrease.is_some_and(|decreased| sent_at <= decreased);
        if !known {
            let (refused_pace, next) = self.refused_pace(now, sent_at);
            if self.is_jitter(now, sent_at) {
                self.headroom = (self.headroom - JITTER_STEP).max(HEADROOM_MIN);
                if let Some(top) = self.top() {
                    self.set_rate(now, top, false);
                }
                self.last_decrease = Some(now);
                let own = SaidWait::new(self.period() / JITTER_HOLD);
                self.hold(now, wait.unwrap_or(own));
                return self.held(now).unwrap_or_default();
            }
            self.ceiling = Some((refused_pace, now));
            self.probes = 0;
            self.set_rate(now, next.max(self.floor()), false);
            self.news = self.rate.map(|rate| rate / self.part);
            self.last_decrease = Some(now);
            self.refusals_in_a_row = self.refusals_in_a_row.saturating_add(1);
        }
        let doubled = HOLD_INITIAL.saturating_mul(1 << self.refusals_in_a_row.saturating_sub(1).min(6));
        let own = SaidWait::new(doubled.min(HOLD_MAX));
        // A provider that says "now" again and again is not taken at its word.
        let floor = if self.refusals_in_a_row > 1 { own } else { SaidWait::default() };
        self.hold(now, wait.map_or(own, |said| said.max(floor)));
        self.held(now).unwrap_or_default()
    }

    /// Whether a refusal says nothing against the rule: as many requests as it allows had really passed.
    fn is_jitter(&mut self, now: Duration, sent_at: Duration) -> bool {
        let passed = self.measured(now, sent_at);
        if self.ceiling.is_some() || self.top().is_none_or(|top| passed < top * JITTER_SHARE) {
            return false;
        }
        self.jitter.retain(|at| *at + JITTER_WINDOW > now);
        self.jitter.push_back(now);
        self.jitter.len() <= JITTER_MAX
    }

    /// The rule's pace.
    fn top(&self) -> Option<f64> {
        self.rule.map(|rule| rule.limit / rule.per.as_secs_f64() * self.headroom)
    }

    /// The pace at which a request sent at `sent_at` was refused, and the next one: measured by what had passed in
    /// the period before, or, when a hold falls into that period and the count says little, taken from the present.
    fn refused_pace(&mut self, now: Duration, sent_at: Duration) -> (f64, f64) {
        let period = self.period();
        let current = self.rate.unwrap_or(f64::INFINITY);
        let is_single = self.last_decrease.is_none_or(|before| before + period.max(DOUBTED_AFTER) < sent_at);
        if let Some(doubted) = self.doubted.take().filter(|_| !is_single) {
            let pace = doubted.max(self.measured(now, sent_at)).min(current);
            return (pace, pace * DECREASE);
        }
        let held_until = self.holds.end().max(self.paid_at);
        let interrupted = !held_until.is_zero() && held_until + period > sent_at;
        if interrupted && current.is_finite() {
            return (current, current * DECREASE_BLIND);
        }
        let passed = self.measured(now, sent_at).max(1.0 / period.as_secs_f64());
        if is_single && current.is_finite() && passed < current * DOUBTED_SHARE {
            self.doubted = Some(passed);
            return (current, current * DECREASE_DOUBTED);
        }
        let pace = passed.min(current);
        (pace, pace * DECREASE)
    }

    /// Requests a second that passed in the period before the refusal. Whatever was on its way when the answer came may
    /// have been admitted before the refused one arrived.
    fn measured(&self, now: Duration, sent_at: Duration) -> f64 {
        let period = self.period();
        let within =
            |until: Duration| self.passed.iter().filter(|at| **at + period > until && **at <= until).count();
        let passed = within(sent_at).max(within(now));
        f64::from(u32::try_from(passed).unwrap_or(u32::MAX)) / period.as_secs_f64()
    }

    /// A request was answered well.
    pub const fn succeeded(&mut self) {
        self.refusals_in_a_row = 0;
    }

    /// The provider says how much of the allowance is used.
    pub fn used(&mut self, now: Duration, ratio: f64) {
        if !ratio.is_finite() {
            return;
        }
        self.used_ratio = ratio;
        let period = self.period();
        let recently = self.last_decrease.is_some_and(|decreased| decreased + period > now);
        if ratio < NEARLY_USED || recently {
            return;
        }
        self.last_decrease = Some(now);
        if let Some(rate) = self.rate {
            self.set_rate(now, (rate * DECREASE_BLIND).max(self.floor()), false);
        }
        if ratio >= 1.0 {
            // The next one would be refused; without a stated time, look again after one period.
            self.hold(now, SaidWait::new(period.min(HOLD_MAX)));
        }
    }

    /// The provider says its limit.
    pub fn limit(&mut self, now: Duration, per_second: f64) {
        if per_second.is_finite() && per_second > 0.0 {
            let per_second = per_second.max(limits::PACE_MIN);
            let burst = self.whole.map_or(1, |rule| rule.burst);
            let scope = self.whole.map_or(super::Scope::Account, |rule| rule.scope);
            let whole = QuotaRule::per_second(scope, per_second, burst);
            self.whole = Some(whole);
            self.rule = Some(whole.part(self.part));
            self.set_rate(now, per_second * self.part * HEADROOM, false);
        }
    }

    /// Requests a second now; nothing = unlimited.
    pub const fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// Additive increase after a request has passed, up to the rule, pausing below what was last refused.
    fn recover(&mut self, now: Duration) {
        let Some(rate) = self.rate else { return };
        let elapsed = now.saturating_sub(self.last_increase.max(self.last_decrease.unwrap_or_default()));
        if elapsed < Duration::from_secs(1) {
            return;
        }
        // The seconds of one request where it takes more than one; time without requests counts for nothing.
        let seconds = elapsed.as_secs_f64().min(1.0 / rate).max(1.0);
        self.last_increase = now;
        let top = self.top();
        if top.is_some_and(|top| rate >= top) || self.used_ratio >= 0.9 {
            return;
        }
        if self.last_decrease.is_some_and(|decreased| now.saturating_sub(decreased) < Duration::from_secs(2))
        {
            return;
        }
        let mut next = rate + top.or(self.ceiling.map(|(pace, _)| pace)).unwrap_or(rate) * INCREASE * seconds;
        if let Some((pace, at)) = self.ceiling {
            if now.saturating_sub(at) < PROBE_AFTER {
                next = next.min(pace * CEILING).max(rate);
            } else {
                // A probe: one step above, then wait again.
                next = rate * (1.0 + (INCREASE * f64::from(1_u32 << self.probes)).min(1.0));
                self.probes = (self.probes + 1).min(PROBES_MAX);
                self.ceiling = Some((next / CEILING, now));
            }
        }
        let next = top.map_or(next, |top| next.min(top));
        if next > rate {
            self.set_rate(now, next, false);
        }
    }

    /// Whether the limit's number of requests has passed within the last period: how long until the oldest leaves it.
    fn window_full(&self, now: Duration) -> Option<Duration> {
        let count = self.window_count()?;
        let oldest = self.passed.len().checked_sub(count).and_then(|index| self.passed.get(index))?;
        (*oldest + self.period().mul_f64(WINDOW_MARGIN)).checked_sub(now).filter(|wait| !wait.is_zero())
    }

    fn window_count(&self) -> Option<usize> {
        let limit = self.rule?.limit;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded on both sides just before"
        )]
        (1.0..=1_000.0).contains(&limit).then_some(limit as usize)
    }

    fn period(&self) -> Duration {
        self.rule.map_or(Duration::from_secs(1), |rule| rule.per)
    }

    fn floor(&self) -> f64 {
        self.rule.map_or(0.01, |rule| {
            let rate = rule.limit / rule.per.as_secs_f64();
            (rate * FLOOR).max(rate.min(limits::PACE_MIN))
        })
    }

    /// The rule's burst belongs to the rule's rate: at a learned, lower pace requests go one by one.
    fn burst_cells(&self) -> u32 {
        let learned = self.ceiling.is_some();
        let burst = self.rule.map_or(1, |rule| if learned { 1 } else { rule.burst.max(1) });
        burst.saturating_mul(CELLS).saturating_add(SLACK_CELLS)
    }

    /// The limiter cannot change its quota: a new one takes over, empty unless `full`.
    fn set_rate(&mut self, now: Duration, per_second: f64, full: bool) {
        let per_cell = Duration::try_from_secs_f64(1.0 / (per_second * f64::from(CELLS)));
        let quota = per_cell.ok().and_then(Quota::with_period);
        let burst = NonZeroU32::new(self.burst_cells());
        let (Some(quota), Some(burst)) = (quota, burst) else {
            // Faster than a cell a nanosecond: no limit at all.
            self.rate = None;
            self.limiter = None;
            return;
        };
        self.clock.0.store(nanos(now), std::sync::atomic::Ordering::Relaxed);
        let limiter = RateLimiter::direct_with_clock(quota.allow_burst(burst), self.clock.clone());
        if !full {
            let _ = limiter.check_n(burst);
        }
        self.rate = Some(per_second);
        self.limiter = Some(limiter);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
