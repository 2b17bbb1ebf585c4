//! What can end a reconcile of a Consumer early.

use kafkapipelines_core::retry::{ReconcileError, Retry};
use kafkapipelines_core::vector::Unwritable;

use crate::io;

/// Why a reconcile of a Consumer failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request to the API server.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The Vector file could not be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

impl Error {
    /// Whether trying again will not help: then it is shown as a condition.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Io(error) => error.needs_a_person(),
            Self::Unwritable(_) => true,
        }
    }
}

impl ReconcileError for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Io(error) => error.reason(),
            Self::Unwritable(_) => "InternalError",
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Io(error) => error.retry(),
            Self::Unwritable(_) => Retry::AwaitChange,
        }
    }
}
