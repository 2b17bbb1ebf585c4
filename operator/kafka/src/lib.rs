//! The only door to Kafka's admin protocol.
//!
//! A [`Client`] speaks with one Kafka. Its calls are in one file for each family below `calls`; their types are plain and know nothing of
//! the protocol's versions. Whatever happens ends before a deadline, in an [`Error`] that says when to try again.
//!
//! | layer | does |
//! |---|---|
//! | `wire` | bytes to messages and back, versions; pure |
//! | `dial` | TCP and TLS with an [`Identity`] that can be replaced |
//! | `connection` | many questions at once on one stream, each with a deadline |
//! | `pool` | one connection a node; nodes that cannot be reached rest |
//! | `client` | which node is asked, and what is asked again |
//! | `calls` | what Kafka can be asked, and what it answers |

mod address;
pub mod calls;
mod client;
mod cluster;
mod code;
mod connection;
mod dial;
#[cfg(any(test, feature = "double"))]
pub mod double;
mod error;
mod identity;
mod limits;
mod pool;
mod route;
mod sent;
mod view;
mod wire;

pub use address::{Address, InvalidAddress};
pub use client::Client;
pub use code::{Class, Code};
pub use error::{Error, KafkaError};
pub use identity::{Identity, InvalidIdentity};
pub use limits::Limits;
pub use route::Endpoint;
