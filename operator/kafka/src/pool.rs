//! One connection a node, made when it is first needed. A node that cannot be reached rests for a while, so that it costs nobody's time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::{Instant, timeout};

use crate::address::Address;
use crate::connection::Connection;
use crate::dial::{Dialed, Dialer};
use crate::error::Error;
use crate::limits::Limits;

/// The first rest of a node, before jitter of up to as much again.
const SHORTEST_REST: Duration = Duration::from_millis(100);
/// The longest rest, before jitter of up to as much again.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// The connections of one client.
pub(crate) struct Pool {
    limits: Limits,
    dialer: RwLock<Dialer>,
    slots: Mutex<HashMap<Address, Arc<Slot>>>,
}

/// Whoever makes the connection holds the lock; the others wait for it, each in its own time.
#[derive(Default)]
struct Slot(tokio::sync::Mutex<State>);

#[derive(Default)]
struct State {
    connection: Option<Arc<Connection>>,
    rest: Option<Rest>,
}

struct Rest {
    until: Instant,
    because: Error,
    pauses: ExponentialBackoff,
}

impl Pool {
    pub(crate) fn new(dialer: Dialer, limits: Limits) -> Self {
        Self { limits, dialer: RwLock::new(dialer), slots: Mutex::default() }
    }

    /// The connection to a node; a new one if there is none that works.
    pub(crate) async fn connection(&self, address: &Address) -> Result<Arc<Connection>, Error> {
        let slot = Arc::clone(self.slots().entry(address.clone()).or_default());
        let mut state = slot.0.lock().await;
        if let Some(connection) = state.connection.as_ref().filter(|connection| !connection.has_ended()) {
            return Ok(Arc::clone(connection));
        }
        if let Some(rest) = state.rest.as_ref().filter(|rest| rest.until > Instant::now()) {
            return Err(rest.because.clone());
        }
        match self.open(address).await {
            Ok(connection) => {
                *state = State { connection: Some(Arc::clone(&connection)), rest: None };
                Ok(connection)
            }
            Err(error) => {
                *state = State { connection: None, rest: Some(Rest::after(&error, state.rest.take())) };
                Err(error)
            }
        }
    }

    /// Whether there is a connection that works. One that is being made does not count.
    pub(crate) fn is_connected(&self, address: &Address) -> bool {
        let slot = self.slots().get(address).cloned();
        slot.is_some_and(|slot| {
            slot.0.try_lock().is_ok_and(|state| state.connection.as_ref().is_some_and(|open| !open.has_ended()))
        })
    }

    /// A stream of its own, for the sake of its handshake.
    pub(crate) async fn dial(&self, address: &Address) -> Result<Dialed, Error> {
        let dialer = Arc::clone(&self.dialer.read().unwrap_or_else(PoisonError::into_inner));
        let late = || Error::Unreachable {
            address: address.clone(),
            cause: format!("no connection within {:?}", self.limits.connect),
        };
        timeout(self.limits.connect, dialer.dial(address)).await.unwrap_or_else(|_| Err(late()))
    }

    /// From now on, connections are made in another way. Those that are there end with the answers that they owe.
    pub(crate) fn replace_dialer(&self, dialer: Dialer) {
        *self.dialer.write().unwrap_or_else(PoisonError::into_inner) = dialer;
        self.slots().clear();
    }

    /// Ends connections to nodes that are no more.
    pub(crate) fn keep_only(&self, is_kept: impl Fn(&Address) -> bool) {
        self.slots().retain(|address, _| is_kept(address));
    }

    async fn open(&self, address: &Address) -> Result<Arc<Connection>, Error> {
        let began = Instant::now();
        let dialed = self.dial(address).await?;
        let rest = self.limits.connect.saturating_sub(began.elapsed());
        let Ok(connection) = timeout(rest, Connection::open(address, dialed.stream, &self.limits)).await else {
            let cause = format!("connected, but it does not speak within {:?}", self.limits.connect);
            return Err(Error::Unreachable { address: address.clone(), cause });
        };
        connection.map(Arc::new)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Address, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rest {
    /// A longer one with each failure in a row.
    fn after(error: &Error, before: Option<Self>) -> Self {
        let mut pauses = before.map_or_else(pauses, |rest| rest.pauses);
        let pause = pauses.next().unwrap_or(LONGEST_REST);
        Self { until: Instant::now() + pause, because: error.clone(), pauses }
    }
}

fn pauses() -> ExponentialBackoff {
    let builder = ExponentialBuilder::new().with_min_delay(SHORTEST_REST).with_max_delay(LONGEST_REST);
    builder.with_jitter().without_max_times().build()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::BoxFuture;

    use super::*;
    use crate::dial::Dial;

    /// A network in which nobody is reached.
    #[derive(Default)]
    struct Nobody(AtomicUsize);

    impl Dial for Nobody {
        fn dial<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, Result<Dialed, Error>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let (address, cause) = (address.clone(), "nobody".to_owned());
            Box::pin(async move { Err(Error::Unreachable { address, cause }) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_cannot_be_reached_rests_and_longer_each_time() {
        let nobody = Arc::new(Nobody::default());
        let pool = Pool::new(nobody.clone(), Limits::default());
        let address = Address::new("nobody", 1);
        let mut times = Vec::new();
        while times.len() < 4 {
            let before = nobody.0.load(Ordering::Relaxed);
            assert!(pool.connection(&address).await.is_err());
            if nobody.0.load(Ordering::Relaxed) > before {
                times.push(Instant::now());
            }
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        let rests: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(rests[0] >= SHORTEST_REST && rests.is_sorted(), "{rests:?}");
    }
}
