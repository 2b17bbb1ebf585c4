//! Which nodes there are, and that one is gone.

use kafka_protocol::messages::UnregisterBrokerRequest;

use crate::client::Client;
use crate::cluster::question;
use crate::error::Error;
use crate::route::Route;

pub use crate::cluster::{Cluster, Node};

impl Client {
    /// Which nodes there are.
    pub async fn describe_cluster(&self) -> Result<Cluster, Error> {
        let cluster = Cluster::of(&self.ask(Route::Any, &question(self.endpoint())).await?);
        self.learn(&cluster);
        Ok(cluster)
    }

    /// Forgets a broker that is gone for good. Kafka does not refuse it for one that lives, which then serves no more until it is
    /// restarted: the caller makes sure that it is gone and that no partition lists it.
    pub async fn unregister_broker(&self, id: i32) -> Result<(), Error> {
        self.ask(Route::Controller, &UnregisterBrokerRequest::default().with_broker_id(id.into())).await.map(drop)
    }
}
