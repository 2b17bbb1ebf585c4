//! What Prometheus is shown of each pipeline's Kafka. A pipeline that goes takes its measures with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::gauges::{Labels, encode_gauge};
use kafkapipelines_core::cluster::health::certificates::Expiry;
use kafkapipelines_core::cluster::health::disks::{Disk, Space};
use kafkapipelines_core::cluster::health::voters::Lag;
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_crds::PartitionsStatus;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

type Key = (String, String);

/// What was seen in one look.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) partitions: PartitionsStatus,
    pub(super) disks: Vec<Disk>,
    pub(super) lags: Vec<Lag>,
    pub(super) expiries: Vec<Expiry>,
    /// Those wanted, and those ready.
    pub(super) topics: Option<(i32, i32)>,
    /// Those wanted, and those ready.
    pub(super) users: Option<(i32, i32)>,
}

/// The measures of all pipelines.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Metrics(Arc<Mutex<BTreeMap<Key, Shown>>>);

/// The measures of one pipeline.
#[derive(Debug, Default)]
struct Shown {
    /// None where the newest look failed: what was seen before may be wrong by now.
    picture: Option<Picture>,
    sent: BTreeMap<&'static str, u64>,
}

impl Picture {
    /// With what the report says of topics and users.
    pub(super) fn with(self, report: &Report) -> Self {
        let topics = report.topics.as_ref().map(|topics| (topics.desired, topics.ready));
        let users = report.users.as_ref().map(|users| (users.desired, users.ready));
        Self { topics, users, ..self }
    }
}

impl Metrics {
    /// Makes the measures and registers them.
    pub(in super::super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register_collector(Box::new(metrics.clone()));
        metrics
    }

    /// A look has ended, with a picture if it came to its end.
    pub(super) fn looked(&self, namespace: &str, name: &str, picture: Option<Picture>) {
        self.lock().entry((namespace.to_owned(), name.to_owned())).or_default().picture = picture;
    }

    /// So many requests of each kind were sent so far.
    pub(super) fn sent(&self, namespace: &str, name: &str, sent: BTreeMap<&'static str, u64>) {
        self.lock().entry((namespace.to_owned(), name.to_owned())).or_default().sent = sent;
    }

    /// The pipeline is gone, or not looked into any more.
    pub(super) fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A measure of every picture: name, meaning, unit, and its values.
struct Gauge(&'static str, &'static str, Option<Unit>, fn(&Picture) -> Vec<(Labels, i64)>);

const UP: (&str, &str) = ("kafka_up", "1 when the newest look into Kafka came to its end, else 0");

const SENT: (&str, &str) = ("kafka_requests", "Requests that were sent to Kafka");

const GAUGES: &[Gauge] = &[
    Gauge("kafka_partitions", "Partitions of all topics", None, |of| one(of.partitions.total)),
    Gauge("kafka_under_replicated_partitions", "Partitions with a replica that is not in sync", None, |of| {
        one(of.partitions.under_replicated)
    }),
    Gauge("kafka_under_min_isr_partitions", "Partitions with too few replicas in sync for acks=all", None, |of| {
        one(of.partitions.under_min_isr)
    }),
    Gauge("kafka_offline_partitions", "Partitions without a leader", None, |of| one(of.partitions.offline)),
    Gauge("kafka_reassigning_partitions", "Partitions that are being moved", None, |of| one(of.partitions.reassigning)),
    Gauge("kafka_quorum_voters", "Controllers that vote", None, |of| {
        one(i32::try_from(of.lags.len()).unwrap_or(i32::MAX))
    }),
    Gauge("kafka_quorum_lag_records", "Records of the metadata log that a voter does not have", None, |of| {
        of.lags.iter().map(|lag| (vec![node(lag.id)], lag.records)).collect()
    }),
    Gauge("kafka_quorum_lag", "Time since a voter had all of the metadata log", Some(Unit::Seconds), |of| {
        of.lags.iter().filter_map(|lag| Some((vec![node(lag.id)], lag.ms? / 1000))).collect()
    }),
    Gauge("kafka_log_dir_failed", "1 when a broker does not use a directory any more", None, |of| {
        by_disk(of, |disk| Some(disk.failure.is_some().into()))
    }),
    Gauge("kafka_log_dir_used", "What the partitions in a directory take up", Some(Unit::Bytes), |of| {
        by_disk(of, |disk| disk.failure.is_none().then_some(disk.data))
    }),
    Gauge("kafka_log_dir_volume", "Size of the volume that a directory is on", Some(Unit::Bytes), |of| {
        by_disk(of, |disk| disk.space.map(|Space { total, .. }| total))
    }),
    Gauge("kafka_log_dir_free", "What is free on the volume that a directory is on", Some(Unit::Bytes), |of| {
        by_disk(of, |disk| disk.space.map(|Space { free, .. }| free))
    }),
    Gauge("kafka_topics", "Topics of the spec", None, |of| of.topics.map_or(vec![], |(wanted, _)| one(wanted))),
    Gauge("kafka_topics_ready", "Topics that are as the spec says", None, |of| {
        of.topics.map_or(vec![], |(_, ready)| one(ready))
    }),
    Gauge("kafka_users", "Users of the spec", None, |of| of.users.map_or(vec![], |(wanted, _)| one(wanted))),
    Gauge("kafka_users_ready", "Users that are as the spec says", None, |of| {
        of.users.map_or(vec![], |(_, ready)| one(ready))
    }),
    Gauge(
        "certificate_expiry_timestamp",
        "When the first certificate of a Secret ends, in seconds since 1970",
        Some(Unit::Seconds),
        |of| of.expiries.iter().map(|of| (vec![("secret", of.secret.clone())], of.at.as_second())).collect(),
    ),
];

fn one(value: i32) -> Vec<(Labels, i64)> {
    vec![(Labels::new(), value.into())]
}

fn node(id: i32) -> (&'static str, String) {
    ("node", id.to_string())
}

fn by_disk(picture: &Picture, value: impl Fn(&Disk) -> Option<i64>) -> Vec<(Labels, i64)> {
    let labels = |disk: &Disk| vec![node(disk.broker), ("path", disk.path.clone())];
    picture.disks.iter().filter_map(|disk| Some((labels(disk), value(disk)?))).collect()
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let shown = self.lock();
        let up = shown.iter().map(|(key, shown)| (labels(key, vec![]), i64::from(shown.picture.is_some())));
        encode_gauge(&mut encoder, UP, None, up)?;
        let pictures: Vec<_> = shown.iter().filter_map(|(key, shown)| Some((key, shown.picture.as_ref()?))).collect();
        for Gauge(name, help, unit, values) in GAUGES {
            let of_pipeline = |(key, picture): &(&Key, &Picture)| {
                let key = (*key).clone();
                values(picture).into_iter().map(move |(more, value)| (labels(&key, more), value))
            };
            encode_gauge(&mut encoder, (name, help), unit.as_ref(), pictures.iter().flat_map(of_pipeline))?;
        }
        let (name, help) = SENT;
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (key, (api, count)) in shown.iter().flat_map(|(key, shown)| shown.sent.iter().map(move |sent| (key, sent)))
        {
            let labels = labels(key, vec![("api", (*api).to_owned())]);
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(count, None)?;
        }
        Ok(())
    }
}

fn labels((namespace, name): &Key, more: Labels) -> Labels {
    let pipeline = [("namespace", namespace.clone()), ("pipeline", name.clone())];
    pipeline.into_iter().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use prometheus_client::encoding::text;

    fn shown(registry: &Registry) -> String {
        let mut shown = String::new();
        text::encode(&mut shown, registry).unwrap();
        shown
    }

    fn picture() -> Picture {
        let space = Some(Space { total: 1000, free: 400 });
        let good = Disk { broker: 1, path: "/data".to_owned(), space, data: 300, failure: None };
        let failed = Disk { broker: 2, space: None, failure: Some("KafkaStorageError".to_owned()), ..good.clone() };
        let secret = "logs-cluster-ca-cert".to_owned();
        Picture {
            partitions: PartitionsStatus { total: 24, offline: 2, ..PartitionsStatus::default() },
            disks: vec![good, failed],
            lags: vec![Lag { id: 9000, records: 0, ms: Some(0) }, Lag { id: 9001, records: 7, ms: None }],
            expiries: vec![Expiry { secret, at: Timestamp::from_second(1_800_000_000).unwrap(), by_user: false }],
            topics: Some((3, 2)),
            users: None,
        }
    }

    #[test]
    fn a_picture_is_shown_until_a_look_fails_or_the_pipeline_goes() {
        let mut registry = Registry::default();
        let metrics = Metrics::register(registry.sub_registry_with_prefix("kafkapipelines"));
        metrics.looked("kafka", "logs", Some(picture()));
        metrics.sent("kafka", "logs", BTreeMap::from([("Metadata", 7)]));
        insta::assert_snapshot!(shown(&registry));
        metrics.looked("kafka", "logs", None);
        let down = shown(&registry);
        assert_eq!(down.lines().filter(|line| line.contains("logs")).count(), 2, "{down}");
        assert!(down.contains("kafkapipelines_kafka_up{namespace=\"kafka\",pipeline=\"logs\"} 0\n"), "{down}");
        metrics.forget("kafka", "logs");
        assert!(!shown(&registry).contains("logs"));
    }

    #[test]
    fn the_document_explains_every_measure() {
        let document = include_str!("../../../../docs/metrics.md");
        let unit = |unit: &Option<Unit>| unit.as_ref().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
        let names = GAUGES.iter().map(|Gauge(name, _, of, _)| format!("{name}{}", unit(of)));
        for name in names.chain([UP.0.to_owned(), format!("{}_total", SENT.0)]) {
            assert!(document.contains(&format!("| `kafkapipelines_{name}` |")), "{name}");
        }
    }
}
