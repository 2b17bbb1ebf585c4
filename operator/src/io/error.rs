//! What can go wrong with a request, with its reason and its retry class.

use std::fmt;
use std::time::Duration;

use kafkapipelines_core::retry::{ReconcileError, Retry};

/// Which request an error is about: `patch Service logs/broker-0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The verb as RBAC spells it.
    pub verb: &'static str,
    /// The kind of the object.
    pub kind: String,
    /// Its namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}/{}", self.verb, self.kind, self.namespace, self.name)
    }
}

/// Why a request was refused, failed, or was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not answer in time.
    #[error("{call}: no answer within {} s", after.as_secs())]
    Deadline {
        /// The request.
        call: Call,
        /// The time it was given.
        after: Duration,
    },
    /// Not sent, for this process does not hold the lease (any more).
    #[error("{call}: not sent, this replica does not hold the lease")]
    NotLeader {
        /// The request.
        call: Call,
    },
    /// The API server or the connection to it failed.
    #[error("{call}: {}", brief(source))]
    Api {
        /// The request.
        call: Call,
        /// What the client says.
        source: Box<kube::Error>,
    },
    /// An object of that name belongs to somebody else and was left alone.
    #[error(
        "{kind} {namespace}/{name} exists already and belongs to {owner}: it was left as it is; \
         delete or rename it, or choose another name here"
    )]
    NotOurs {
        /// The kind of the object.
        kind: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Whom it belongs to.
        owner: String,
    },
    /// The view that the change was computed from is older than our own last write.
    #[error("{kind} {name}: the watch has not shown the last write yet")]
    Stale {
        /// The kind of the object.
        kind: String,
        /// Its name.
        name: String,
    },
    /// An object cannot be written as JSON: a fault of the operator.
    #[error("cannot write as JSON")]
    Json(#[from] serde_json::Error),
}

/// An API error's own message: the client prints it twice otherwise.
pub(super) fn brief(source: &kube::Error) -> String {
    match source {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        other => other.to_string(),
    }
}

impl Error {
    /// The HTTP status, when the API server answered.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Api { source, .. } => match source.as_ref() {
                kube::Error::Api(status) => Some(status.code),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Error {
    /// Whether trying again will not help: a right is missing, a name is taken, the API server refuses the object, or the
    /// fault is the operator's own.
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::NotOurs { .. } | Self::Json(_)) || matches!(self.code(), Some(400 | 403 | 422))
    }
}

impl ReconcileError for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Deadline { .. } => "ApiServerTimeout",
            Self::NotLeader { .. } => "NotLeader",
            Self::NotOurs { .. } => "NameTaken",
            Self::Stale { .. } => "StaleView",
            Self::Json(_) => "InternalError",
            Self::Api { .. } => match self.code() {
                Some(403) => "Forbidden",
                Some(404) => "NotFound",
                Some(409) => "Conflict",
                Some(422 | 400) => "Refused",
                Some(429) => "TooManyRequests",
                Some(_) => "ApiServerError",
                None => "ApiServerUnreachable",
            },
        }
    }

    fn retry(&self) -> Retry {
        // Also without the lease: a late renewal gives it back, and if it is lost, the process ends.
        Retry::Backoff
    }
}
