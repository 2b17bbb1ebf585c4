//! How long a call may take, and how large an answer may be.

use std::time::Duration;

/// Bounds of everything that a [`Client`](crate::Client) does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// For a connection: name, TCP, TLS and the exchange of versions together. Default: 5 s.
    pub connect: Duration,
    /// For one question on one connection. Default: 10 s.
    pub request: Duration,
    /// For a call as its caller sees it, with all that is tried again. Default: 30 s.
    pub call: Duration,
    /// How often a call is tried, with growing pauses: seven are over three seconds of pauses, in which Kafka finds a controller or a
    /// coordinator anew; more is the caller's to decide. Default: 7.
    pub tries: usize,
    /// Bytes of an answer. A thousand topics with all their configuration are about 3 MiB. Default: 16 MiB.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(10),
            call: Duration::from_secs(30),
            tries: 7,
            answer: 16 << 20,
        }
    }
}
