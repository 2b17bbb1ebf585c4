//! What was last seen and done inside a pipeline's Kafka.

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_crds::{PartitionsStatus, TopicsStatus, UsersStatus};

use crate::conditions::{Finding, SYNCED};
use crate::retry::{ReconcileError, Retry};

/// How long looks may fail before it is told: a broker that goes takes connections with it.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// What was last seen and done inside a pipeline's Kafka. What is `None` was not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Generation of the LogPipeline that Kafka was compared with.
    pub generation: Option<i64>,
    /// Everything was looked at: a condition without a finding has come to its end.
    pub complete: bool,
    /// Topics of the spec.
    pub topics: Option<TopicsStatus>,
    /// Users of the spec.
    pub users: Option<UsersStatus>,
    /// Generation of the LogPipeline of which Kafka has all ACLs: a broker that begins to ask for them refuses nobody who may come in.
    pub acls_in_place: Option<i64>,
    /// Partitions of all topics.
    pub partitions: Option<PartitionsStatus>,
    /// Space in use on the fullest disk in percent, in steps of 5.
    pub fullest_disk_percent: Option<i32>,
    /// Controllers that vote.
    pub voters: Option<Vec<i32>>,
    /// The `metadata.version` that is finalized.
    pub metadata_version: Option<String>,
    /// Conditions besides `Ready`.
    pub findings: Vec<Finding>,
    /// Something is under way: Kafka is looked at again soon.
    pub busy: bool,
    /// Partitions lack replicas or leaders: Kafka is looked at again sooner than usual.
    pub troubled: bool,
}

/// Since when looks have failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failing(Option<Timestamp>);

impl Failing {
    /// Takes note of how a look ended; what is to be said of it, once it has failed for a while or where trying again does not help.
    pub fn note<E: ReconcileError>(&mut self, ended: &Result<(), E>, now: Timestamp) -> Option<Finding> {
        let Err(error) = ended else {
            self.0 = None;
            return None;
        };
        let since = *self.0.get_or_insert(now);
        let lasts = error.retry() == Retry::AwaitChange || now.duration_since(since) >= PATIENCE;
        lasts.then(|| Finding::new(SYNCED, false, error.reason(), error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no connection to logs-broker-0")]
    struct Failed(Retry);

    impl ReconcileError for Failed {
        fn reason(&self) -> &'static str {
            "KafkaUnreachable"
        }

        fn retry(&self) -> Retry {
            self.0
        }
    }

    #[test]
    fn a_look_that_fails_is_told_when_it_has_failed_for_a_while() {
        let mut failing = Failing::default();
        let mut note = |second: i64, ended: Result<(), Retry>| {
            let now = Timestamp::from_second(second).unwrap();
            failing.note(&ended.map_err(Failed), now).map(|finding| finding.reason)
        };
        assert_eq!(note(0, Err(Retry::Backoff)), None);
        assert_eq!(note(29, Err(Retry::Backoff)), None);
        assert_eq!(note(30, Err(Retry::Backoff)).as_deref(), Some("KafkaUnreachable"));
        assert_eq!(note(31, Ok(())), None);
        assert_eq!(note(60, Err(Retry::Backoff)), None, "time begins anew");
        assert_eq!(note(61, Err(Retry::AwaitChange)).as_deref(), Some("KafkaUnreachable"), "nobody will try again");
    }
}
