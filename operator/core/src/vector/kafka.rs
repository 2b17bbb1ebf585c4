//! Reading from Kafka, and the connection that reader and dead letters share.

use std::collections::BTreeMap;

use kafkapipelines_crds::{AutoOffsetReset, ConsumerSpec};

use super::file::{Codec, KafkaMetrics, KafkaSource, Tls};
use super::{Bootstrap, CA_DIR, CA_KEY, USER_CERTIFICATE, USER_DIR, USER_KEY};
use crate::kafka_config::librdkafka;
use crate::topic_selection::TopicSelection;

/// The largest message that is fetched; also above what the topics allow, for a larger one would stop its partition.
pub(super) const MAX_MESSAGE_BYTES: u64 = 20_000_000;

/// What is repeated after a crash: at most the lines of this time.
const COMMIT_INTERVAL_MS: u64 = 1_000;
/// A crashed member's partitions stand still for so long.
const SESSION_TIMEOUT_MS: u64 = 30_000;
/// A member that stops waits so long for the store, then commits; below the session's end, and below Vector's own limit.
const DRAIN_TIMEOUT_MS: u64 = 25_000;
/// Kilobytes that are fetched ahead.
const QUEUED_KBYTES: u64 = 16_384;
/// Where topics are found by a pattern: how soon a new one is. librdkafka's own five minutes are longer than a person waits.
const NEW_TOPIC_MS: u64 = 30_000;

/// A source that reads `topics` in `group`, with the consumer's own options.
pub(super) fn source(
    spec: &ConsumerSpec,
    bootstrap: &Bootstrap,
    group_id: String,
    topics: &TopicSelection,
    reset: AutoOffsetReset,
) -> KafkaSource {
    let mut options = BTreeMap::from([
        ("fetch.message.max.bytes".to_owned(), MAX_MESSAGE_BYTES.to_string()),
        // A member that comes or goes stops only the partitions that move.
        ("partition.assignment.strategy".to_owned(), "cooperative-sticky".to_owned()),
        ("queued.max.messages.kbytes".to_owned(), QUEUED_KBYTES.to_string()),
    ]);
    if let Some(overlooked) = topics.overlooked() {
        options.insert("topic.blacklist".to_owned(), overlooked);
        options.insert("topic.metadata.refresh.interval.ms".to_owned(), NEW_TOPIC_MS.to_string());
    }
    options.extend(librdkafka::check("spec.librdkafka", &spec.librdkafka).0);
    KafkaSource {
        bootstrap_servers: bootstrap.servers.clone(),
        tls: tls(bootstrap),
        group_id,
        topics: topics.subscription(),
        auto_offset_reset: match reset {
            AutoOffsetReset::Earliest => "earliest",
            AutoOffsetReset::Latest => "latest",
        },
        // With a codec that can fail, a line that cannot be decoded is skipped and committed.
        decoding: Codec { codec: "bytes" },
        commit_interval_ms: COMMIT_INTERVAL_MS,
        session_timeout_ms: SESSION_TIMEOUT_MS,
        drain_timeout_ms: DRAIN_TIMEOUT_MS,
        metrics: KafkaMetrics { topic_lag_metric: true },
        librdkafka_options: options,
    }
}

/// Trust in the cluster CA, and the consumer's own certificate, as the listener asks for them.
pub(super) fn tls(bootstrap: &Bootstrap) -> Option<Tls> {
    let own = |file: &str| bootstrap.security.needs_certificate().then(|| format!("{USER_DIR}/{file}"));
    bootstrap.security.has_tls().then(|| Tls {
        enabled: true,
        ca_file: format!("{CA_DIR}/{CA_KEY}"),
        crt_file: own(USER_CERTIFICATE),
        key_file: own(USER_KEY),
    })
}
