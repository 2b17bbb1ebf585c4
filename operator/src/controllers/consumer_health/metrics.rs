//! What Prometheus is shown of each consumer. A consumer that goes takes its measures with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::{Registry, Unit};

use super::super::gauges::{Labels, encode_gauge};

type Key = (String, String);

/// What was seen in one look.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    /// Lines to read, by topic.
    pub(super) lag: BTreeMap<String, i64>,
    /// How old the oldest of them is at least, in seconds.
    pub(super) time_lag: Option<i64>,
    pub(super) dead_letters_last_hour: Option<i64>,
    /// Lines that were lost and that nobody has acknowledged.
    pub(super) lost: i64,
    /// Sinks, and whether they take lines.
    pub(super) blocked: BTreeMap<String, bool>,
    /// Members whose metrics cannot be read.
    pub(super) unread: usize,
}

/// The measures of all consumers.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Metrics(Arc<Mutex<BTreeMap<Key, Picture>>>);

impl Metrics {
    /// Makes the measures and registers them.
    pub(in super::super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register_collector(Box::new(metrics.clone()));
        metrics
    }

    /// A look has ended.
    pub(super) fn looked(&self, namespace: &str, name: &str, picture: Picture) {
        self.lock().insert((namespace.to_owned(), name.to_owned()), picture);
    }

    /// The consumer is gone, or not looked at any more.
    pub(super) fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Picture>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A measure of every picture: name, meaning, unit, and its values.
struct Gauge(&'static str, &'static str, Option<Unit>, fn(&Picture) -> Vec<(Labels, i64)>);

const GAUGES: &[Gauge] = &[
    Gauge("consumer_lag_lines", "Lines that the consumer has still to read", None, |of| {
        of.lag.iter().map(|(topic, lag)| (vec![("topic", topic.clone())], *lag)).collect()
    }),
    Gauge("consumer_time_lag", "The oldest unread line is older than this", Some(Unit::Seconds), |of| {
        of.time_lag.map(|seconds| (vec![], seconds)).into_iter().collect()
    }),
    Gauge(
        "consumer_dead_letters_last_hour",
        "What was written to the dead-letter topic in the last hour",
        None,
        |of| of.dead_letters_last_hour.map(|count| (vec![], count)).into_iter().collect(),
    ),
    Gauge("consumer_lost_lines", "Lines that were lost and that nobody has acknowledged", None, |of| {
        vec![(vec![], of.lost)]
    }),
    Gauge("consumer_blocked", "1 while a sink does not get rid of its lines, else 0", None, |of| {
        of.blocked.iter().map(|(sink, blocked)| (vec![("sink", sink.clone())], i64::from(*blocked))).collect()
    }),
    Gauge("consumer_unread_members", "Members whose metrics cannot be read", None, |of| {
        vec![(vec![], i64::try_from(of.unread).unwrap_or(i64::MAX))]
    }),
];

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let shown = self.lock();
        for Gauge(name, help, unit, values) in GAUGES {
            let of_consumer = |(key, picture): (&Key, &Picture)| {
                let key = key.clone();
                values(picture).into_iter().map(move |(more, value)| (labels(&key, more), value))
            };
            encode_gauge(&mut encoder, (name, help), unit.as_ref(), shown.iter().flat_map(of_consumer))?;
        }
        Ok(())
    }
}

fn labels((namespace, name): &Key, more: Labels) -> Labels {
    let consumer = [("namespace", namespace.clone()), ("consumer", name.clone())];
    consumer.into_iter().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text;

    #[test]
    fn a_picture_is_shown_until_the_consumer_goes() {
        let mut registry = Registry::default();
        let metrics = Metrics::register(registry.sub_registry_with_prefix("kafkapipelines"));
        let shown = |registry: &Registry| {
            let mut shown = String::new();
            text::encode(&mut shown, registry).unwrap();
            shown
        };
        let picture = Picture {
            lag: BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 0)]),
            time_lag: Some(60),
            blocked: BTreeMap::from([("store".to_owned(), true)]),
            ..Picture::default()
        };
        metrics.looked("kafka", "drain", picture);
        let page = shown(&registry);
        for line in [
            "consumer_lag_lines{namespace=\"kafka\",consumer=\"drain\",topic=\"a\"} 3",
            "consumer_time_lag_seconds{namespace=\"kafka\",consumer=\"drain\"} 60",
            "consumer_lost_lines{namespace=\"kafka\",consumer=\"drain\"} 0",
            "consumer_blocked{namespace=\"kafka\",consumer=\"drain\",sink=\"store\"} 1",
        ] {
            assert!(page.contains(&format!("kafkapipelines_{line}\n")), "{line}: {page}");
        }
        assert!(!page.contains("last_hour{"), "it is not known: {page}");
        metrics.forget("kafka", "drain");
        assert!(!shown(&registry).contains("drain"));
    }

    #[test]
    fn the_document_explains_every_measure() {
        let document = include_str!("../../../../docs/metrics.md");
        let unit = |unit: &Option<Unit>| unit.as_ref().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
        for Gauge(name, _, of, _) in GAUGES {
            assert!(document.contains(&format!("| `kafkapipelines_{name}{}` |", unit(of))), "{name}");
        }
    }
}
