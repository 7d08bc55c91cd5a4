//! Everybody who is connected, and who has to go when there is no room.
//!
//! Attackers, scrapers and a health check may come from one address, so that none is told from another by it. What tells
//! them apart is that whoever is well asks and takes the answer: so the connection goes that has kept the server waiting
//! longest.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc, time::Duration};

use rows::Clock;
use tokio::task::AbortHandle;

use super::{
    limits::{BODIES_MAX, CONNECTIONS_MAX, GRACE, ROOM_EVERY},
    refusals::{Refusals, Refused},
    seat::{Patience, Seat, Stage},
};

/// All connections of one thread.
pub(super) struct Crowd {
    clock: Arc<dyn Clock>,
    patience: Patience,
    refusals: Arc<Refusals>,
    members: RefCell<Members>,
}

#[derive(Default)]
struct Members {
    last: u64,
    all: HashMap<u64, Member>,
}

/// A connection as far as it matters here.
#[derive(Debug, Clone, Copy)]
struct Standing {
    number: u64,
    /// Since when the server waits for it, if it is not the other way round.
    waits_since: Option<Duration>,
    came: Duration,
}

struct Member {
    seat: Rc<Seat>,
    came: Duration,
    task: Option<AbortHandle>,
}

/// A place in the crowd; given back when dropped.
pub(super) struct Place {
    crowd: Rc<Crowd>,
    number: u64,
}

// === impl Crowd ===

impl Crowd {
    pub fn new(patience: Patience, clock: Arc<dyn Clock>, refusals: Arc<Refusals>) -> Self {
        Self { clock, patience, refusals, members: RefCell::default() }
    }

    /// A place for one more, which begins with this.
    pub fn place(self: &Rc<Self>, stage: Stage) -> (Place, Rc<Seat>) {
        let seat = Rc::new(Seat::new(stage, self.patience, self.clock.clone()));
        let mut members = self.members.borrow_mut();
        members.last += 1;
        let number = members.last;
        members.all.insert(number, Member { seat: seat.clone(), came: seat.since(), task: None });
        (Place { crowd: self.clone(), number }, seat)
    }

    /// Closes the connection that has kept us waiting longest, if there is no room; waits while all have only just come.
    pub async fn make_room(&self) {
        while self.members.borrow().all.len() >= CONNECTIONS_MAX && !self.close_one() {
            self.clock.sleep(ROOM_EVERY).await;
        }
    }

    /// Closes the connection that has kept us waiting longest; whether one was old enough.
    pub fn close_one(&self) -> bool {
        let first = first_to_go(&self.standings(|_| true), self.clock.elapsed());
        first.inspect(|number| self.close(*number, Refused::Crowded)).is_some()
    }

    /// Gives up the body that has taken longest, if there is no room for one more.
    pub fn make_room_for_a_body(&self) {
        let bodies = self.standings(|stage| matches!(stage, Stage::Body { .. }));
        if bodies.len() >= BODIES_MAX
            && let Some(longest) = bodies.iter().min_by_key(|body| body.waits_since)
        {
            self.close(longest.number, Refused::Crowded);
        }
    }

    /// Closes all whose time is up.
    pub fn sweep(&self) {
        let is_overdue = |(number, member): (&u64, &Member)| member.seat.is_overdue().then_some(*number);
        let overdue: Vec<_> = self.members.borrow().all.iter().filter_map(is_overdue).collect();
        for number in overdue {
            self.close(number, Refused::Slow);
        }
    }

    /// Closes all that are not being answered; whether none is left.
    pub fn dismiss(&self) -> bool {
        let members = self.members.borrow();
        let is_served = |member: &Member| !member.seat.stage().is_incomplete() || member.seat.is_stalled();
        for member in members.all.values().filter(|member| !is_served(member)) {
            member.task.iter().for_each(AbortHandle::abort);
        }
        !members.all.values().any(is_served)
    }

    fn standings(&self, of: impl Fn(Stage) -> bool) -> Vec<Standing> {
        let members = self.members.borrow();
        let wanted = members.all.iter().filter(|(_, member)| of(member.seat.stage()));
        let standings = wanted.map(|(number, Member { seat, came, .. })| Standing {
            number: *number,
            waits_since: seat.waits_since(),
            came: *came,
        });
        standings.collect()
    }

    fn close(&self, number: u64, why: Refused) {
        let Some(member) = self.members.borrow_mut().all.remove(&number) else { return };
        // One that has asked for nothing yet, or no more, was refused nothing.
        if member.seat.stage() != Stage::Idle {
            self.refusals.note(why, "");
        }
        member.task.iter().for_each(AbortHandle::abort);
    }
}

/// The one that has kept us waiting longest; where none has for more than a moment, the one that has been here longest,
/// for more than a moment, too.
fn first_to_go(all: &[Standing], now: Duration) -> Option<u64> {
    let is_over = |since: Duration| now.saturating_sub(since) >= GRACE;
    let waited_for = all.iter().filter(|one| one.waits_since.is_some_and(is_over));
    let first = waited_for.min_by_key(|one| (one.waits_since, one.number));
    let first =
        first.or_else(|| all.iter().filter(|one| is_over(one.came)).min_by_key(|one| (one.came, one.number)));
    first.map(|first| first.number)
}

// === impl Place ===

impl Place {
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl Crowd {
    /// The task that serves it, so that it can be ended.
    pub fn serves(&self, number: u64, task: AbortHandle) {
        if let Some(member) = self.members.borrow_mut().all.get_mut(&number) {
            member.task = Some(task);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.members.borrow_mut().all.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_keeps_us_waiting_longest_goes_first() {
        let now = Duration::from_secs(10);
        let ago = |millis| now.saturating_sub(Duration::from_millis(millis));
        let of = |number, waits: Option<u64>, came| Standing {
            number,
            waits_since: waits.map(ago),
            came: ago(came),
        };
        assert_eq!(first_to_go(&[], now), None);
        let all = [of(1, None, 900), of(2, Some(400), 950), of(3, Some(500), 500), of(4, Some(5), 5)];
        assert_eq!(first_to_go(&all, now), Some(3));
        let all = [of(1, None, 300), of(2, Some(1), 1), of(3, None, 299)];
        assert_eq!(first_to_go(&all, now), Some(1), "all of them ask and take");
        let all = [of(1, None, 200), of(2, Some(249), 249)];
        assert_eq!(first_to_go(&all, now), None, "who has only just come is not to blame");
    }
}
