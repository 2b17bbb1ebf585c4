//! Why a call failed, and when to try again.

use std::time::Duration;

use kafkapipelines_core::retry::{ReconcileError, Retry};

use crate::address::Address;
use crate::code::{Class, Code};

/// Messages of Kafka's are cut here: they become Events and conditions.
const LONGEST_MESSAGE: usize = 500;

/// An error that Kafka answered with, for a call or for one item of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KafkaError {
    /// Which.
    pub code: Code,
    /// Kafka's own words, if it found some.
    pub message: Option<String>,
}

impl KafkaError {
    /// `None` where there is no error.
    pub(crate) fn of(code: i16, message: Option<&str>) -> Option<Self> {
        Some(Self { code: Code::of(code)?, message: message.filter(|text| !text.is_empty()).map(cut) })
    }

    /// Whether nothing was done: another node is to be asked, or this one in a moment.
    pub(crate) fn is_before_asking(&self) -> bool {
        let serves_later = [Code::COORDINATOR_LOAD_IN_PROGRESS, Code::COORDINATOR_NOT_AVAILABLE];
        self.class() == Class::Reroute || serves_later.contains(&self.code)
    }

    /// What it means for the one who asked.
    pub fn class(&self) -> Class {
        self.code.class()
    }
}

impl std::fmt::Display for KafkaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

impl std::error::Error for KafkaError {}

impl ReconcileError for KafkaError {
    fn reason(&self) -> &'static str {
        self.code.reason()
    }

    fn retry(&self) -> Retry {
        self.class().retry()
    }
}

/// Why a call failed as a whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// No connection came about; nothing was asked.
    #[error("no connection to {address}: {cause}")]
    Unreachable {
        /// Of the node.
        address: Address,
        /// In the system's words.
        cause: String,
    },
    /// The node does not accept our certificate, or we not the node's; nothing was asked.
    #[error("no trust between us and {address}: {cause}")]
    Untrusted {
        /// Of the node.
        address: Address,
        /// What TLS says.
        cause: String,
    },
    /// The connection ended before the answer; whether the request was carried out is not known.
    #[error("the connection to {address} was lost before {api} was answered: {cause}")]
    Lost {
        /// Of the node.
        address: Address,
        /// What was asked.
        api: &'static str,
        /// In the system's words.
        cause: String,
    },
    /// No answer in time; whether the request was carried out is not known.
    #[error("{api} was not answered in {after:?}")]
    Deadline {
        /// What was asked.
        api: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// What the node says is not Kafka's protocol, or too long.
    #[error("{address} answers {api} with what cannot be read: {cause}")]
    Unreadable {
        /// Of the node.
        address: Address,
        /// What was asked.
        api: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The node has no version of this request that this client has.
    #[error("Kafka at {address} cannot do {api}: {cause}")]
    Unsupported {
        /// Of the node.
        address: Address,
        /// What was asked.
        api: &'static str,
        /// Versions of both.
        cause: String,
    },
    /// No node of this id is alive.
    #[error("Kafka knows no live node {0}")]
    UnknownNode(i32),
    /// No active controller is known.
    #[error("Kafka knows no active controller")]
    NoController,
    /// What was to be asked cannot be said in the protocol.
    #[error("{api} cannot be asked: {cause}")]
    Unaskable {
        /// What was to be asked.
        api: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// Kafka refused the call as a whole.
    #[error("{api}: {error}")]
    Kafka {
        /// What was asked.
        api: &'static str,
        /// The answer.
        error: KafkaError,
    },
}

impl Error {
    /// Whether nothing was asked, so that asking again cannot do anything twice.
    pub(crate) fn is_before_asking(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::UnknownNode(_) | Self::NoController)
            || matches!(self, Self::Kafka { error, .. } if error.is_before_asking())
    }

    /// Whether asking again, here or elsewhere, may help in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Deadline { .. })
            || matches!(self, Self::Kafka { error, .. } if error.class() == Class::Transient)
    }

    /// What Kafka answered, if it was Kafka who refused.
    pub fn kafka(&self) -> Option<&KafkaError> {
        if let Self::Kafka { error, .. } = self { Some(error) } else { None }
    }
}

impl ReconcileError for Error {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "KafkaUnreachable",
            Self::Untrusted { .. } => "KafkaUntrusted",
            Self::Lost { .. } => "KafkaConnectionLost",
            Self::Deadline { .. } => "KafkaTimeout",
            Self::Unreadable { .. } => "KafkaUnreadable",
            Self::Unsupported { .. } => "KafkaUnsupported",
            Self::UnknownNode(_) => "KafkaNodeUnknown",
            Self::NoController => "KafkaControllerUnknown",
            Self::Unaskable { .. } => "KafkaRequestInvalid",
            Self::Kafka { error, .. } => error.reason(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unsupported { .. } | Self::Unaskable { .. } => Retry::AwaitChange,
            Self::Kafka { error, .. } => error.retry(),
            _ => Retry::Backoff,
        }
    }
}

fn cut(message: &str) -> String {
    let mut text: String = message.chars().take(LONGEST_MESSAGE).collect();
    if text.len() < message.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_and_empty_ones_are_none() {
        let long = KafkaError::of(40, Some(&"ä".repeat(1000))).unwrap();
        assert_eq!(long.message.unwrap().chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(KafkaError::of(40, Some("")).unwrap().to_string(), "InvalidConfig");
        assert_eq!(KafkaError::of(0, Some("NONE")), None);
    }

    #[test]
    fn an_error_of_kafkas_is_tried_again_as_its_code_says() {
        let of = |code| Error::Kafka { api: "CreateTopics", error: KafkaError::of(code, None).unwrap() };
        assert_eq!((of(44).retry(), of(44).reason()), (Retry::AwaitChange, "PolicyViolation"));
        assert_eq!(of(89).retry(), Retry::Backoff);
        assert!(of(41).is_before_asking() && !of(7).is_before_asking() && of(7).is_passing());
    }
}
