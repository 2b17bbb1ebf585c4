//! The validating webhook, where it is installed: the judgement of `kubectl kafkapipelines check`, given to `kubectl apply` at once.
//!
//! It is a courtesy. Whatever it refuses the controllers refuse too, by a condition, so its configuration says
//! `failurePolicy: Ignore`: while it is down, or its certificate is not trusted yet, objects pass.
//!
//! - [`review`] judges one object, by itself alone: what it needs of others may be applied after it;
//! - [`server`] answers the API server, on every replica, with the certificate that the Secret holds;
//! - [`certificate`] keeps Secret and configuration, on the replica that leads.

pub mod certificate;
mod review;
pub mod server;

use std::collections::BTreeSet;
use std::net::SocketAddr;

/// How the webhook is called and where it listens.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of its Service and its Secret; with the namespace behind it, of its configuration.
    pub name: String,
    /// Namespace of Service and Secret.
    pub namespace: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Names in its certificate besides the Service's.
    pub hosts: Vec<String>,
}

impl Settings {
    /// Name of the `ValidatingWebhookConfiguration`, which has no namespace.
    fn configuration(&self) -> String {
        format!("{}.{}", self.name, self.namespace)
    }

    /// The Service's name as the API server calls it.
    fn service(&self) -> String {
        format!("{}.{}.svc", self.name, self.namespace)
    }

    /// The names in the certificate.
    fn names(&self) -> BTreeSet<String> {
        self.hosts.iter().cloned().chain([self.service()]).collect()
    }
}
