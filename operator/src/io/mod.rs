//! The only code that talks to the API server.
//!
//! A controller is handed one [`Io`] and does with it:
//!
//! | step | with |
//! |---|---|
//! | observe | [`watch::Watched::get`], and [`api_server::ApiServer::read`] for what is not watched |
//! | apply | [`apply::Applier::apply`]: `Vec<Prepared>` → [`apply::Applied`], server-side apply, no request when nothing changes |
//! | delete | [`delete::delete`]: with the uid that was observed |
//! | status | [`status::StatusWriter::write`]: one server-side apply of `/status`, or none |
//! | tell | [`events::EventSink::publish`]: once for each change |
//!
//! Every request has a deadline, every write asks the [`lease_guard::LeaseGuard`] first and is counted.

pub mod api_server;
pub mod apply;
pub mod delete;
pub mod error;
pub mod events;
pub mod lease_guard;
pub mod metrics;
mod resource_version;
pub mod status;
pub mod watch;
pub mod watches;

pub use error::Error;

use api_server::ApiServer;

/// Everything a controller of one kind may do to the API server.
pub struct Io {
    /// Requests with a deadline; writes only while the lease is held.
    pub api: ApiServer,
    /// Writes children.
    pub children: apply::Applier,
    /// Writes the status of the controller's own kind.
    pub status: status::StatusWriter,
    /// Publishes Events.
    pub events: events::EventSink,
}

impl Io {
    /// The writers of the controller of `kind`: field managers `kafkapipelines-<kind>` and `kafkapipelines-<kind>-status`.
    pub fn new(api: ApiServer, reporter_instance: &str) -> Self {
        Self {
            children: apply::Applier::new(api.clone()),
            status: status::StatusWriter::new(api.clone()),
            events: events::EventSink::new(api.clone(), reporter_instance),
            api,
        }
    }

    /// Drops what is remembered of the object `namespace`/`name`, because it is gone.
    pub fn forget(&self, namespace: &str, name: &str) {
        self.children.forget(namespace, name);
        self.status.forget(namespace, name);
        self.events.forget(namespace, name);
    }
}
