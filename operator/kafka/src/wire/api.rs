//! Every request that this client has: what it is called, what it does, and where its answer says that it failed as a whole.

use kafka_protocol::messages::{
    AddRaftVoterRequest, AlterClientQuotasRequest, AlterPartitionReassignmentsRequest,
    AlterUserScramCredentialsRequest, ApiVersionsRequest, ConsumerGroupDescribeRequest, CreateAclsRequest,
    CreatePartitionsRequest, CreateTopicsRequest, DeleteAclsRequest, DeleteGroupsRequest, DeleteTopicsRequest,
    DescribeAclsRequest, DescribeClientQuotasRequest, DescribeClusterRequest, DescribeConfigsRequest,
    DescribeGroupsRequest, DescribeLogDirsRequest, DescribeQuorumRequest, DescribeUserScramCredentialsRequest,
    ElectLeadersRequest, FindCoordinatorRequest, IncrementalAlterConfigsRequest, ListGroupsRequest, ListOffsetsRequest,
    ListPartitionReassignmentsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
    RemoveRaftVoterRequest, UnregisterBrokerRequest, UpdateFeaturesRequest,
};
use kafka_protocol::protocol::{Request, StrBytes};

use crate::code::Code;
use crate::error::KafkaError;

/// What asking twice does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// Nothing changes however often it is asked.
    Reads,
    /// The second time may meet what the first did: never asked again when the outcome of the first is not known.
    Writes,
}

/// A request that this client has.
pub(crate) trait Api: Request<Response: Send> + Clone + Send + Sync {
    /// Its name.
    const NAME: &'static str;
    /// What asking twice does.
    const EFFECT: Effect;
    /// The least version in which it has the fields that are used.
    const LEAST: i16;

    /// Takes out what `version` does not know.
    fn fit(&mut self, version: i16);

    /// The error that the answer as a whole has, as opposed to single items of it.
    fn failure(answer: &Self::Response) -> Option<KafkaError>;
}

/// One line a request: type, name, effect, least version, failure of the answer, and what to take out for older versions.
macro_rules! api {
    ($request:ty, $name:literal, $effect:ident, $least:literal, $failure:expr) => {
        api!($request, $name, $effect, $least, $failure, |_, _| ());
    };
    ($request:ty, $name:literal, $effect:ident, $least:literal, $failure:expr, $fit:expr) => {
        impl Api for $request {
            const NAME: &'static str = $name;
            const EFFECT: Effect = Effect::$effect;
            const LEAST: i16 = $least;

            fn fit(&mut self, version: i16) {
                let fit: fn(&mut Self, i16) = $fit;
                fit(self, version);
            }

            fn failure(answer: &Self::Response) -> Option<KafkaError> {
                let failure: fn(&Self::Response) -> Option<KafkaError> = $failure;
                failure(answer)
            }
        }
    };
}

api!(AddRaftVoterRequest, "AddRaftVoter", Writes, 0, |a| whole(a.error_code, a.error_message.as_ref()));
api!(AlterClientQuotasRequest, "AlterClientQuotas", Writes, 1, |_| None);
api!(AlterPartitionReassignmentsRequest, "AlterPartitionReassignments", Writes, 0, |a| {
    whole(a.error_code, a.error_message.as_ref())
});
api!(AlterUserScramCredentialsRequest, "AlterUserScramCredentials", Writes, 0, |_| None);
api!(ApiVersionsRequest, "ApiVersions", Reads, 3, |a| whole(a.error_code, None));
api!(ConsumerGroupDescribeRequest, "ConsumerGroupDescribe", Reads, 0, |_| None);
api!(CreateAclsRequest, "CreateAcls", Writes, 2, |_| None);
api!(CreatePartitionsRequest, "CreatePartitions", Writes, 2, |a| {
    moved(a.results.iter().map(|item| (item.error_code, item.error_message.as_ref())))
});
api!(CreateTopicsRequest, "CreateTopics", Writes, 5, |a| {
    moved(a.topics.iter().map(|item| (item.error_code, item.error_message.as_ref())))
});
api!(DeleteAclsRequest, "DeleteAcls", Writes, 2, |_| None);
api!(DeleteGroupsRequest, "DeleteGroups", Writes, 2, |_| None);
api!(DeleteTopicsRequest, "DeleteTopics", Writes, 6, |a| {
    moved(a.responses.iter().map(|item| (item.error_code, item.error_message.as_ref())))
});
api!(DescribeAclsRequest, "DescribeAcls", Reads, 2, |a| whole(a.error_code, a.error_message.as_ref()));
api!(DescribeClientQuotasRequest, "DescribeClientQuotas", Reads, 1, |a| whole(a.error_code, a.error_message.as_ref()));
api!(
    DescribeClusterRequest,
    "DescribeCluster",
    Reads,
    1,
    |a| whole(a.error_code, a.error_message.as_ref()),
    |request, version| request.include_fenced_brokers &= version >= 2
);
api!(DescribeConfigsRequest, "DescribeConfigs", Reads, 4, |_| None);
api!(DescribeGroupsRequest, "DescribeGroups", Reads, 5, |_| None);
api!(DescribeLogDirsRequest, "DescribeLogDirs", Reads, 3, |a| whole(a.error_code, None));
api!(DescribeQuorumRequest, "DescribeQuorum", Reads, 2, |a| {
    // A controller that does not lead says so in the partition, and that all is well at the top.
    whole(a.error_code, a.error_message.as_ref()).or_else(|| {
        let mut partitions = a.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.find_map(|partition| whole(partition.error_code, partition.error_message.as_ref()))
    })
});
api!(DescribeUserScramCredentialsRequest, "DescribeUserScramCredentials", Reads, 0, |a| {
    whole(a.error_code, a.error_message.as_ref())
});
api!(ElectLeadersRequest, "ElectLeaders", Writes, 2, |a| whole(a.error_code, None));
api!(FindCoordinatorRequest, "FindCoordinator", Reads, 4, |_| None);
api!(IncrementalAlterConfigsRequest, "IncrementalAlterConfigs", Writes, 1, |a| {
    moved(a.responses.iter().map(|item| (item.error_code, item.error_message.as_ref())))
});
api!(ListGroupsRequest, "ListGroups", Reads, 4, |a| whole(a.error_code, None));
api!(ListOffsetsRequest, "ListOffsets", Reads, 6, |_| None);
api!(ListPartitionReassignmentsRequest, "ListPartitionReassignments", Reads, 0, |a| {
    whole(a.error_code, a.error_message.as_ref())
});
api!(MetadataRequest, "Metadata", Reads, 12, |a| whole(a.error_code, None));
api!(OffsetCommitRequest, "OffsetCommit", Writes, 8, |_| None);
api!(OffsetFetchRequest, "OffsetFetch", Reads, 8, |_| None);
api!(RemoveRaftVoterRequest, "RemoveRaftVoter", Writes, 0, |a| whole(a.error_code, a.error_message.as_ref()));
api!(UnregisterBrokerRequest, "UnregisterBroker", Writes, 0, |a| whole(a.error_code, a.error_message.as_ref()));
api!(UpdateFeaturesRequest, "UpdateFeatures", Writes, 1, |a| whole(a.error_code, a.error_message.as_ref()));

fn whole(code: i16, message: Option<&StrBytes>) -> Option<KafkaError> {
    KafkaError::of(code, message.map(StrBytes::as_str))
}

/// Where there is no error of the whole, a node that is not the controller says so of every item.
fn moved<'a>(items: impl Iterator<Item = (i16, Option<&'a StrBytes>)>) -> Option<KafkaError> {
    let mut errors = items.map(|(code, message)| whole(code, message));
    errors.find_map(|error| error.filter(|error| error.code == Code::NOT_CONTROLLER))
}
