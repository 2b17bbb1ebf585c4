//! The right to write, asked for at each use.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The side that holds the lease and says until when writing is allowed.
pub struct LeaseHold(watch::Sender<Option<Instant>>);

/// The side that asks before each write. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LeaseGuard(watch::Receiver<Option<Instant>>);

/// A hold that allows nothing yet, and the guard that follows it.
pub fn pair() -> (LeaseHold, LeaseGuard) {
    let (hold, guard) = watch::channel(None);
    (LeaseHold(hold), LeaseGuard(guard))
}

impl LeaseHold {
    /// Allows writing until `until`.
    pub fn extend(&self, until: Instant) {
        self.0.send_replace(Some(until));
    }

    /// Forbids writing from now on.
    pub fn end(&self) {
        self.0.send_replace(None);
    }

    /// Whether writing is allowed now.
    pub fn is_valid(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }
}

impl LeaseGuard {
    /// Until when a write may run; `None` when none may start. A hold that was dropped allows nothing.
    pub fn valid_until(&self) -> Option<Instant> {
        let held = self.0.has_changed().is_ok();
        self.0.borrow().filter(|until| held && Instant::now() < *until)
    }

    /// The time left to write in; zero when none.
    pub fn remaining(&self) -> Duration {
        self.valid_until().map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_guard_allows_nothing_before_after_and_without_the_hold() {
        let (hold, guard) = pair();
        assert_eq!(guard.valid_until(), None, "not yet held");
        hold.extend(Instant::now() + Duration::from_secs(10));
        assert_eq!(guard.remaining(), Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(guard.valid_until(), None, "expired, although nobody said so");
        hold.extend(Instant::now() + Duration::from_secs(10));
        hold.end();
        assert_eq!(guard.valid_until(), None, "released");
        hold.extend(Instant::now() + Duration::from_secs(10));
        drop(hold);
        assert_eq!(guard.valid_until(), None, "the task that renews is dead");
    }
}
