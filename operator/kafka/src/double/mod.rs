//! Doubles of a Kafka, for tests alone: [`Conversation`] is one in memory that knows what it will be asked; [`without_tls`] speaks to a
//! real one, or to a listener of the test's own.

mod conversation;

use std::sync::Arc;

use futures::future::BoxFuture;
pub use kafka_protocol as codec;

pub use self::conversation::Conversation;
use crate::address::Address;
use crate::client::Client;
use crate::dial::{Dial, Dialed, connect};
use crate::error::Error;
use crate::limits::Limits;
use crate::route::Endpoint;

/// A client that speaks in the clear. The product never does.
pub fn without_tls(endpoint: Endpoint, bootstrap: Vec<Address>, limits: Limits) -> Client {
    Client::over(Arc::new(Clear), endpoint, bootstrap, limits)
}

/// TCP alone.
struct Clear;

impl Dial for Clear {
    fn dial<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, Result<Dialed, Error>> {
        Box::pin(async move { Ok(Dialed { stream: Box::new(connect(address).await?), certificate: None }) })
    }
}
