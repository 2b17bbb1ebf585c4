//! The client: which node is asked, what is asked again, and when it is given up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::address::Address;
use crate::cluster::{Cluster, question};
use crate::dial::{Dialer, Tls};
use crate::error::Error;
use crate::identity::Identity;
use crate::limits::Limits;
use crate::pool::Pool;
use crate::route::{Endpoint, Route};
use crate::sent::Sent;
use crate::view::View;
use crate::wire::Api;
use crate::wire::api::Effect;

/// The first pause before asking again, before jitter of up to as much again.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// The door to one Kafka. Cheap to clone; clones share their connections. Connects when it is first asked for something.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    bootstrap: Vec<Address>,
    /// Nodes whose addresses are known whether or not Kafka tells them.
    known: BTreeMap<i32, Address>,
    limits: Limits,
    pool: Pool,
    /// Where the nodes are, as far as is known.
    view: Mutex<Option<Arc<View>>>,
    sent: Sent,
}

impl Client {
    /// A client of the listener at `bootstrap`, which are addresses of any of its nodes.
    pub fn new(endpoint: Endpoint, bootstrap: Vec<Address>, identity: &Identity, limits: Limits) -> Self {
        Self::over(Arc::new(Tls::new(identity)), endpoint, bootstrap, limits)
    }

    /// A client of these nodes, found at their addresses even where Kafka does not tell them: a controller of 3.9 whose registration once
    /// timed out is never listed.
    pub fn of_nodes(endpoint: Endpoint, nodes: BTreeMap<i32, Address>, identity: &Identity, limits: Limits) -> Self {
        Self::knowing(Arc::new(Tls::new(identity)), endpoint, nodes.values().cloned().collect(), nodes, limits)
    }

    /// A client whose streams come about in another way.
    pub(crate) fn over(dialer: Dialer, endpoint: Endpoint, bootstrap: Vec<Address>, limits: Limits) -> Self {
        Self::knowing(dialer, endpoint, bootstrap, BTreeMap::new(), limits)
    }

    fn knowing(
        dialer: Dialer,
        endpoint: Endpoint,
        bootstrap: Vec<Address>,
        known: BTreeMap<i32, Address>,
        limits: Limits,
    ) -> Self {
        let pool = Pool::new(dialer, limits);
        Self(Arc::new(Inner {
            endpoint,
            bootstrap,
            known,
            limits,
            pool,
            view: Mutex::default(),
            sent: Sent::default(),
        }))
    }

    /// From now on, connections are made with `identity`; no call fails because of it.
    pub fn replace_identity(&self, identity: &Identity) {
        self.0.pool.replace_dialer(Arc::new(Tls::new(identity)));
    }

    /// The certificate that a node presents now, DER: a handshake of its own, as connections that are there show the old one.
    ///
    /// # Errors
    /// As every call; also `Unreachable` where there is no TLS.
    pub async fn presented_certificate(&self, node: i32) -> Result<Vec<u8>, Error> {
        self.within("TLS", async {
            let address = self.view().await?.node(node)?.clone();
            let dialed = self.0.pool.dial(&address).await?;
            dialed.certificate.ok_or_else(|| Error::Unreachable { address, cause: "it has no certificate".to_owned() })
        })
        .await
    }

    /// How many requests of each kind were sent so far, by the protocol's names.
    pub fn sent(&self) -> BTreeMap<&'static str, u64> {
        self.0.sent.all()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.0.endpoint
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Asks until there is an answer, an error that stays, or no time left.
    pub(crate) async fn ask<R: Api>(&self, route: Route, request: &R) -> Result<R::Response, Error> {
        self.within(R::NAME, self.ask_again(route, request)).await
    }

    /// Ends `call` when its time is over.
    async fn within<T>(&self, api: &'static str, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let after = self.0.limits.call;
        timeout(after, call).await.unwrap_or(Err(Error::Deadline { api, after }))
    }

    async fn ask_again<R: Api>(&self, route: Route, request: &R) -> Result<R::Response, Error> {
        let mut pauses = self.pauses();
        loop {
            let error = match self.ask_once(route, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(pause) = pauses.next().filter(|_| may_ask_again::<R>(&error)) else { return Err(error) };
            tracing::debug!(api = R::NAME, %error, ?pause, "asking Kafka again");
            self.doubt_view(route);
            sleep(pause).await;
        }
    }

    /// Pauses between tries.
    pub(crate) fn pauses(&self) -> ExponentialBackoff {
        let tries = self.0.limits.tries;
        let builder = ExponentialBuilder::new().with_min_delay(SHORTEST_PAUSE).with_max_times(tries.saturating_sub(1));
        builder.with_jitter().build()
    }

    async fn ask_once<R: Api>(&self, route: Route, request: &R) -> Result<R::Response, Error> {
        match route {
            Route::Node(id) => self.ask_at(self.view().await?.node(id)?, request).await,
            Route::Controller if self.0.endpoint == Endpoint::Controllers => {
                self.ask_at(self.view().await?.controller()?, request).await
            }
            Route::Any | Route::Controller => self.ask_any(self.view_if_known().as_deref(), request).await,
        }
    }

    /// Asks one node after the other until one is reached.
    async fn ask_any<R: Api>(&self, view: Option<&View>, request: &R) -> Result<R::Response, Error> {
        let bootstrap = self.0.bootstrap.iter().filter(|address| view.is_none_or(|view| !view.has(address)));
        let mut addresses: Vec<_> = view.into_iter().flat_map(View::addresses).chain(bootstrap).collect();
        addresses.sort_by_key(|address| !self.0.pool.is_connected(address));
        let mut failed = Err(Error::NoController);
        for address in addresses {
            failed = self.ask_at(address, request).await;
            if !matches!(failed, Err(Error::Unreachable { .. } | Error::Untrusted { .. })) {
                return failed;
            }
        }
        failed
    }

    async fn ask_at<R: Api>(&self, address: &Address, request: &R) -> Result<R::Response, Error> {
        let connection = self.0.pool.connection(address).await?;
        self.0.sent.count(R::NAME);
        let answer = connection.ask(request, self.0.limits.request).await?;
        match R::failure(&answer) {
            Some(error) => Err(Error::Kafka { api: R::NAME, error }),
            None => Ok(answer),
        }
    }

    /// Where the nodes are; asks Kafka if it is not known.
    async fn view(&self) -> Result<Arc<View>, Error> {
        let mut known = self.0.view.lock().await;
        if let Some(view) = &*known {
            return Ok(Arc::clone(view));
        }
        let answer = self.ask_any(None, &question(self.0.endpoint)).await?;
        let view = Arc::new(View::of(&Cluster::of(&answer), &self.0.known));
        *known = Some(Arc::clone(&view));
        Ok(view)
    }

    /// Takes note of where the nodes are.
    pub(crate) fn learn(&self, cluster: &Cluster) {
        let view = View::of(cluster, &self.0.known);
        self.0.pool.keep_only(|address| view.has(address) || self.0.bootstrap.contains(address));
        self.set_view(Some(Arc::new(view)));
    }

    fn view_if_known(&self) -> Option<Arc<View>> {
        self.0.view.try_lock().ok().and_then(|view| view.clone())
    }

    /// A node that does not answer may have moved.
    fn doubt_view(&self, route: Route) {
        if route != Route::Any {
            self.set_view(None);
        }
    }

    /// Whoever holds the lock is asking where the nodes are, and will know as well.
    fn set_view(&self, view: Option<Arc<View>>) {
        if let Ok(mut known) = self.0.view.try_lock() {
            *known = view;
        }
    }
}

/// What was not carried out is asked again; what may have been is, if it does no harm.
fn may_ask_again<R: Api>(error: &Error) -> bool {
    error.is_before_asking() || (R::EFFECT == Effect::Reads && error.is_passing())
}
