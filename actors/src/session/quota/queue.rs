//! Who waits at a gate: fresh before deep, and within each, one of every connection in turn.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::sync::oneshot;

use super::Urgency;

/// A deep read that has waited for so long goes in turn with fresh ones: where those alone need more than there is, its
/// stream would else never be read again, as a stream is read by one at a time.
pub(super) const DEEP_WAIT_MAX: Duration = Duration::from_hours(1);

/// One request that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// What it costs.
    pub cost: u32,
    /// Since when it waits.
    pub since: Duration,
    /// Told when it may pass; gone when the request was given up.
    pub turn: oneshot::Sender<()>,
}

/// Waiters of one urgency.
#[derive(Debug, Default)]
struct Ring {
    /// Connections in the order of their turns.
    order: VecDeque<String>,
    waiting: HashMap<String, VecDeque<Waiter>>,
}

/// All waiters of a gate.
#[derive(Debug, Default)]
pub(super) struct Queue {
    fresh: Ring,
    deep: Ring,
}

// === impl Ring ===

impl Ring {
    fn push(&mut self, connection: &str, waiter: Waiter) {
        if let Some(waiting) = self.waiting.get_mut(connection) {
            waiting.push_back(waiter);
        } else {
            self.order.push_back(connection.to_owned());
            self.waiting.insert(connection.to_owned(), VecDeque::from([waiter]));
        }
    }

    /// The cost of the next one that still waits.
    fn peek(&mut self) -> Option<u32> {
        loop {
            let connection = self.order.front()?;
            let waiting = self.waiting.get_mut(connection)?;
            while waiting.front().is_some_and(|waiter| waiter.turn.is_closed()) {
                waiting.pop_front();
            }
            if let Some(waiter) = waiting.front() {
                return Some(waiter.cost);
            }
            let connection = self.order.pop_front()?;
            self.waiting.remove(&connection);
        }
    }

    /// Takes out, of every connection, the next one if it has waited since then or longer.
    fn take_since(&mut self, since: Duration) -> Vec<(String, Waiter)> {
        let is_over = |waiter: &mut Waiter| waiter.since <= since;
        let mut taken = Vec::new();
        for connection in &self.order {
            if let Some(waiter) = self.waiting.get_mut(connection).and_then(|line| line.pop_front_if(is_over))
            {
                taken.push((connection.clone(), waiter));
            }
        }
        taken
    }

    /// Takes what [`Ring::peek`] saw; its connection goes to the end of the line.
    fn pop(&mut self) -> Option<Waiter> {
        let connection = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&connection)?;
        let waiter = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&connection);
        } else {
            self.order.push_back(connection);
        }
        waiter
    }
}

// === impl Queue ===

impl Queue {
    pub(super) fn push(&mut self, connection: &str, urgency: Urgency, waiter: Waiter) {
        self.ring(urgency).push(connection, waiter);
    }

    /// Urgency and cost of the next one. Deep ones that have waited for too long count as fresh from now on.
    pub(super) fn peek(&mut self, now: Duration) -> Option<(Urgency, u32)> {
        if let Some(since) = now.checked_sub(DEEP_WAIT_MAX) {
            for (connection, waiter) in self.deep.take_since(since) {
                self.fresh.push(&connection, waiter);
            }
        }
        if let Some(cost) = self.fresh.peek() {
            return Some((Urgency::Fresh, cost));
        }
        self.deep.peek().map(|cost| (Urgency::Deep, cost))
    }

    pub(super) fn pop(&mut self, urgency: Urgency) -> Option<Waiter> {
        self.ring(urgency).pop()
    }

    const fn ring(&mut self, urgency: Urgency) -> &mut Ring {
        match urgency {
            Urgency::Fresh => &mut self.fresh,
            Urgency::Deep => &mut self.deep,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiter(cost: u32) -> (Waiter, oneshot::Receiver<()>) {
        let (turn, receiver) = oneshot::channel();
        (Waiter { cost, since: Duration::ZERO, turn }, receiver)
    }

    #[test]
    fn connections_take_turns_and_fresh_goes_first() {
        let mut queue = Queue::default();
        let mut receivers = Vec::new();
        for (connection, urgency, cost) in [
            ("a", Urgency::Deep, 9),
            ("a", Urgency::Fresh, 1),
            ("a", Urgency::Fresh, 2),
            ("a", Urgency::Fresh, 3),
            ("b", Urgency::Fresh, 4),
        ] {
            let (waiter, receiver) = waiter(cost);
            queue.push(connection, urgency, waiter);
            receivers.push(receiver);
        }
        let mut served = Vec::new();
        while let Some((urgency, cost)) = queue.peek(Duration::ZERO) {
            assert_eq!(queue.pop(urgency).unwrap().cost, cost);
            served.push(cost);
        }
        assert_eq!(served, [1, 4, 2, 3, 9]);
    }

    #[test]
    fn those_who_gave_up_are_passed_over() {
        let mut queue = Queue::default();
        let (gone, receiver) = waiter(1);
        queue.push("a", Urgency::Fresh, gone);
        drop(receiver);
        let (waiting, _receiver) = waiter(2);
        queue.push("b", Urgency::Fresh, waiting);
        assert_eq!(queue.peek(Duration::ZERO), Some((Urgency::Fresh, 2)));
    }

    #[test]
    fn deep_work_waits_for_fresh_no_longer_than_an_hour() {
        let mut queue = Queue::default();
        let mut receivers = Vec::new();
        for (urgency, cost) in
            [(Urgency::Deep, 1), (Urgency::Deep, 2), (Urgency::Fresh, 3), (Urgency::Fresh, 4)]
        {
            let (waiter, receiver) = waiter(cost);
            queue.push("a", urgency, waiter);
            receivers.push(receiver);
        }
        let soon = DEEP_WAIT_MAX.saturating_sub(Duration::from_secs(1));
        assert_eq!(queue.peek(soon), Some((Urgency::Fresh, 3)));
        assert_eq!(queue.pop(Urgency::Fresh).unwrap().cost, 3);
        let mut served = Vec::new();
        while let Some((urgency, _)) = queue.peek(DEEP_WAIT_MAX) {
            served.push((urgency, queue.pop(urgency).unwrap().cost));
        }
        assert_eq!(served, [(Urgency::Fresh, 4), (Urgency::Fresh, 1), (Urgency::Fresh, 2)]);
    }
}
