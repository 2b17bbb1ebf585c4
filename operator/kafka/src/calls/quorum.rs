//! The controllers' quorum.

use kafka_protocol::messages::add_raft_voter_request::Listener as WireListener;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::describe_quorum_response::{PartitionData as Found, ReplicaState};
use kafka_protocol::messages::{
    AddRaftVoterRequest, DescribeQuorumRequest, DescribeQuorumResponse, RemoveRaftVoterRequest, TopicName,
};

pub use kafkapipelines_core::cluster::quorum::{Quorum, Replica};

use super::kafka_timeout;
use crate::address::Address;
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::text::{id_text, id_wire};
use crate::wire::{Api, wire};

fn replica(replica: &ReplicaState) -> Replica {
    Replica {
        id: replica.replica_id.0,
        directory: id_text(&replica.replica_directory_id),
        log_end: replica.log_end_offset,
        last_fetch_ms: Some(replica.last_fetch_timestamp).filter(|time| *time >= 0),
        last_caught_up_ms: Some(replica.last_caught_up_timestamp).filter(|time| *time >= 0),
    }
}

fn quorum(found: &Found) -> Quorum {
    Quorum {
        leader: Some(found.leader_id.0).filter(|id| *id >= 0),
        epoch: found.leader_epoch,
        high_watermark: found.high_watermark,
        voters: found.current_voters.iter().map(replica).collect(),
        observers: found.observers.iter().map(replica).collect(),
    }
}

fn answered(answer: &DescribeQuorumResponse) -> Option<Quorum> {
    answer.topics.first()?.partitions.first().map(quorum)
}

fn question() -> DescribeQuorumRequest {
    let log = TopicData::default()
        .with_topic_name(TopicName(wire("__cluster_metadata")))
        .with_partitions(vec![PartitionData::default().with_partition_index(0)]);
    DescribeQuorumRequest::default().with_topics(vec![log])
}

fn directory_id<R: Api>(directory: &str) -> Result<uuid::Uuid, Error> {
    let cause = || format!("{directory:?} is no directory id (16 bytes in base64url)");
    id_wire(directory).ok_or_else(|| Error::Unaskable { api: R::NAME, cause: cause() })
}

impl Client {
    /// The quorum, as its leader sees it.
    pub async fn describe_quorum(&self) -> Result<Quorum, Error> {
        let answer = self.ask(Route::Controller, &question()).await?;
        answered(&answer).ok_or(Error::NoController)
    }

    /// Makes a controller a voter that is an observer with this directory now. `listeners` are the names and addresses of its controller
    /// listeners. One at a time.
    pub async fn add_voter(&self, id: i32, directory: &str, listeners: &[(String, Address)]) -> Result<(), Error> {
        let listener = |(name, address): &(String, Address)| {
            WireListener::default().with_name(wire(name)).with_host(wire(&address.host)).with_port(address.port)
        };
        // No cluster id at all, which is not the same as an empty one: it is not compared.
        let request = AddRaftVoterRequest::default()
            .with_cluster_id(None)
            .with_timeout_ms(kafka_timeout(self.limits().request))
            .with_voter_id(id)
            .with_voter_directory_id(directory_id::<AddRaftVoterRequest>(directory)?)
            .with_listeners(listeners.iter().map(listener).collect());
        self.ask(Route::Controller, &request).await.map(drop)
    }

    /// Takes the vote from a controller, dead or alive, the active one included. One at a time.
    pub async fn remove_voter(&self, id: i32, directory: &str) -> Result<(), Error> {
        let request = RemoveRaftVoterRequest::default()
            .with_cluster_id(None)
            .with_voter_id(id)
            .with_voter_directory_id(directory_id::<RemoveRaftVoterRequest>(directory)?);
        self.ask(Route::Controller, &request).await.map(drop)
    }
}
