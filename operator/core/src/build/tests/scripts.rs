//! The scripts run in bash here with stand-ins for Kafka's own; Kafka itself runs in the end-to-end suites.

use super::fixtures::{pool, reference};
use crate::build::start_script;

#[test]
fn a_voter_that_is_no_longer_wanted_stays_in_the_first_quorum() {
    let mut pipeline = reference();
    let before = start_script::variables(&pipeline, pool(&pipeline, "broker"));
    pipeline.pools[0].spec.replicas = 1;
    assert_eq!(start_script::variables(&pipeline, pool(&pipeline, "broker")), before);
    assert!(
        before.contains("9002@log-aggregator-kafka-controller-9002.log-aggregator-kafka-kafka-brokers.kafka.svc:9090:")
    );
}
