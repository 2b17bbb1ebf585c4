//! What can end a reconcile early.

use kafkapipelines_core::pki;
use kafkapipelines_core::retry::{ReconcileError, Retry};
use kafkapipelines_core::vector::Unwritable;

use crate::io;

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request to the API server.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A certificate could not be made.
    #[error(transparent)]
    Pki(#[from] pki::Error),
    /// Kafka could not be asked, or refused.
    #[error(transparent)]
    Kafka(#[from] kafkapipelines_kafka::Error),
    /// The operator's own certificate for Kafka cannot be used.
    #[error(transparent)]
    Identity(#[from] kafkapipelines_kafka::InvalidIdentity),
    /// The Vector file could not be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// The Kubernetes node of a Pod lacks the label that names racks.
    #[error(
        "the Kubernetes node {host} has no label {key}: label it, or change spec.kafka.rack.topologyKey of the LogPipeline"
    )]
    NoRack {
        /// The Kubernetes node.
        host: String,
        /// The label.
        key: String,
    },
}

impl Error {
    /// Whether trying again will not help: then it is shown as a condition.
    fn needs_a_person(&self) -> bool {
        match self {
            Self::Io(error) => error.needs_a_person(),
            Self::Kafka(_) => false,
            Self::Pki(_) | Self::Identity(_) | Self::Unwritable(_) | Self::NoRack { .. } => true,
        }
    }
}

/// Reason and message of what ended a reconcile, where trying again will not help.
pub(super) fn to_show<T>(ended: &Result<T, Error>) -> Option<(&'static str, String)> {
    let error = ended.as_ref().err().filter(|error| error.needs_a_person())?;
    Some((error.reason(), error.to_string()))
}

impl ReconcileError for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Io(error) => error.reason(),
            Self::Kafka(error) => error.reason(),
            Self::Pki(_) | Self::Identity(_) => "CertificateError",
            Self::Unwritable(_) => "InternalError",
            Self::NoRack { .. } => "NoRackLabel",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Io(error) => error.retry(),
            Self::Unwritable(_) => Retry::AwaitChange,
            Self::Kafka(error) => error.retry(),
            Self::Pki(_) | Self::Identity(_) | Self::NoRack { .. } => Retry::Backoff,
        }
    }
}
