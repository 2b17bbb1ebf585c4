//! Kafka's error codes: what each means for the one who asked.

use std::fmt;

use kafka_protocol::error::ResponseError;
use kafkapipelines_core::retry::Retry;

/// What an error of Kafka's means for the one who asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// It passes by itself.
    Transient,
    /// Another node is to be asked. Nothing was done.
    Reroute,
    /// The cluster is not as it was thought to be: look again, then decide again.
    Stale,
    /// The identity may not do this. Others can change that without any object changing.
    Denied,
    /// It is refused as often as it is asked.
    Refused,
    /// This Kafka cannot do it.
    Unsupported,
}

impl Class {
    /// When to try again.
    pub fn retry(self) -> Retry {
        match self {
            Self::Transient | Self::Reroute | Self::Stale | Self::Denied => Retry::Backoff,
            Self::Refused | Self::Unsupported => Retry::AwaitChange,
        }
    }
}

/// An error code of Kafka's; never 0.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct Code(i16);

impl Code {
    /// Kafka cannot say what happened; also used where an answer does not mention what was asked.
    pub const UNKNOWN_SERVER_ERROR: Self = Self(-1);
    /// There is no such topic, or not yet at this node.
    pub const UNKNOWN_TOPIC_OR_PARTITION: Self = Self(3);
    /// Another node leads this partition or the quorum.
    pub const NOT_LEADER_OR_FOLLOWER: Self = Self(6);
    /// The coordinator does not serve yet: it reads what it is to know.
    pub const COORDINATOR_LOAD_IN_PROGRESS: Self = Self(14);
    /// There is no coordinator yet.
    pub const COORDINATOR_NOT_AVAILABLE: Self = Self(15);
    /// Another node coordinates this group.
    pub const NOT_COORDINATOR: Self = Self(16);
    /// The identity may not do this to the cluster.
    pub const CLUSTER_AUTHORIZATION_FAILED: Self = Self(31);
    /// Kafka does not know this version of a request, or has switched off what it is for.
    pub const UNSUPPORTED_VERSION: Self = Self(35);
    /// The topic is there already.
    pub const TOPIC_ALREADY_EXISTS: Self = Self(36);
    /// A value or a key is refused.
    pub const INVALID_CONFIG: Self = Self(40);
    /// Another controller is the active one.
    pub const NOT_CONTROLLER: Self = Self(41);
    /// The request as a whole makes no sense to Kafka.
    pub const INVALID_REQUEST: Self = Self(42);
    /// The cluster has no authorizer, so it knows no rules.
    pub const SECURITY_DISABLED: Self = Self(54);
    /// There is no such group.
    pub const GROUP_ID_NOT_FOUND: Self = Self(69);
    /// Every partition is led by its preferred replica already.
    pub const ELECTION_NOT_NEEDED: Self = Self(84);
    /// There is nothing to cancel.
    pub const NO_REASSIGNMENT_IN_PROGRESS: Self = Self(85);
    /// There is no such user, or it has no such credential.
    pub const RESOURCE_NOT_FOUND: Self = Self(91);
    /// A feature cannot be set to this level.
    pub const INVALID_UPDATE_VERSION: Self = Self(95);
    /// No broker of this id is registered.
    pub const BROKER_ID_NOT_REGISTERED: Self = Self(102);
    /// A voter of this id is there already.
    pub const DUPLICATE_VOTER: Self = Self(126);
    /// There is no voter of this id and directory.
    pub const VOTER_NOT_FOUND: Self = Self(127);

    /// `None` for 0, which is no error.
    pub fn of(code: i16) -> Option<Self> {
        (code != 0).then_some(Self(code))
    }

    /// The number.
    pub fn number(self) -> i16 {
        self.0
    }

    /// What it means for the one who asked. A code that is not in the table is of a newer Kafka, or of no concern to administration:
    /// the codec knows at least whether clients are to try again.
    pub fn class(self) -> Class {
        self.row().map_or_else(|| default_class(self.0), |row| row.2)
    }

    /// Its name in CamelCase, for a condition's reason; `KafkaError` for codes that are not in the table.
    pub fn reason(self) -> &'static str {
        self.row().map_or("KafkaError", |row| row.1)
    }

    fn row(self) -> Option<&'static (i16, &'static str, Class)> {
        TABLE.binary_search_by_key(&self.0, |row| row.0).ok().and_then(|index| TABLE.get(index))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ResponseError::try_from_code(self.0) {
            Some(ResponseError::Unknown(code)) => write!(f, "error {code}"),
            Some(error) => error.fmt(f),
            None => f.write_str("None"),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn default_class(code: i16) -> Class {
    let retriable = ResponseError::try_from_code(code).is_some_and(|error| error.is_retriable());
    if retriable { Class::Transient } else { Class::Refused }
}

use Class::{Denied, Refused, Reroute, Stale, Transient, Unsupported};

/// Codes that administration meets, by number.
const TABLE: &[(i16, &str, Class)] = &[
    (-1, "UnknownServerError", Transient),
    (3, "UnknownTopicOrPartition", Stale),
    (5, "LeaderNotAvailable", Transient),
    (6, "NotLeaderOrFollower", Reroute),
    // It may have been done all the same.
    (7, "RequestTimedOut", Transient),
    (8, "BrokerNotAvailable", Transient),
    (9, "ReplicaNotAvailable", Transient),
    (11, "StaleControllerEpoch", Transient),
    (13, "NetworkException", Transient),
    (14, "CoordinatorLoadInProgress", Transient),
    // For about half a second after the first question for a coordinator ever, which creates the offsets topic.
    (15, "CoordinatorNotAvailable", Transient),
    (16, "NotCoordinator", Reroute),
    (17, "InvalidTopicException", Refused),
    (29, "TopicAuthorizationFailed", Denied),
    (30, "GroupAuthorizationFailed", Denied),
    (31, "ClusterAuthorizationFailed", Denied),
    (35, "UnsupportedVersion", Unsupported),
    (36, "TopicAlreadyExists", Stale),
    (37, "InvalidPartitions", Refused),
    // Fewer brokers are alive than replicas are asked for: brokers come back.
    (38, "InvalidReplicationFactor", Transient),
    (39, "InvalidReplicaAssignment", Stale),
    (40, "InvalidConfig", Refused),
    (41, "NotController", Reroute),
    (42, "InvalidRequest", Refused),
    (44, "PolicyViolation", Refused),
    // No authorizer: nodes are restarted to switch it on.
    (54, "SecurityDisabled", Stale),
    (55, "OperationNotAttempted", Transient),
    (56, "KafkaStorageError", Transient),
    (57, "LogDirNotFound", Refused),
    (58, "SaslAuthenticationFailed", Denied),
    (60, "ReassignmentInProgress", Transient),
    (68, "NonEmptyGroup", Stale),
    (69, "GroupIdNotFound", Stale),
    (72, "ListenerNotFound", Transient),
    (73, "TopicDeletionDisabled", Refused),
    (80, "PreferredLeaderNotAvailable", Transient),
    (83, "EligibleLeadersNotAvailable", Transient),
    (84, "ElectionNotNeeded", Stale),
    (85, "NoReassignmentInProgress", Stale),
    (89, "ThrottlingQuotaExceeded", Transient),
    (91, "ResourceNotFound", Stale),
    (92, "DuplicateResource", Refused),
    (93, "UnacceptableCredential", Refused),
    (94, "InconsistentVoterSet", Stale),
    // Some node does not support the level, or not yet.
    (95, "InvalidUpdateVersion", Stale),
    (96, "FeatureUpdateFailed", Transient),
    (100, "UnknownTopicId", Stale),
    (102, "BrokerIdNotRegistered", Stale),
    (104, "InconsistentClusterId", Refused),
    (114, "MismatchedEndpointType", Refused),
    (115, "UnsupportedEndpointType", Refused),
    (116, "UnknownControllerId", Stale),
    (125, "InvalidVoterKey", Refused),
    (126, "DuplicateVoter", Stale),
    (127, "VoterNotFound", Stale),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_names_are_those_of_the_codec() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        for (code, name, _) in TABLE {
            assert_eq!(ResponseError::try_from_code(*code).unwrap().to_string(), *name);
            assert_eq!(Code(*code).reason(), *name);
        }
    }

    #[test]
    fn what_kafka_calls_retriable_is_tried_again() {
        for (code, name, class) in TABLE {
            if ResponseError::try_from_code(*code).unwrap().is_retriable() {
                assert_eq!(class.retry(), Retry::Backoff, "{name}");
            }
        }
    }

    #[test]
    fn codes_that_are_not_in_the_table_are_classed_by_the_codec() {
        assert_eq!(Code(78).class(), Class::Transient, "OffsetNotAvailable");
        assert_eq!(Code(1234).class(), Class::Refused);
        assert_eq!((Code(1234).reason(), Code(1234).to_string()), ("KafkaError", "error 1234".to_owned()));
        assert_eq!(Code::of(0), None);
    }
}
