//! What a member counts, by its own metrics. Counters begin at zero with every start of a container.

use std::collections::BTreeMap;

use kafkapipelines_crds::ConsumerSpec;

use super::exposition::{Sample, samples};
use crate::vector::ids;
use crate::vector::raw::own_components;

/// What one member has counted since it began, or between two looks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counters {
    /// Lines that were discarded though nobody asked for it, by component.
    pub discarded: BTreeMap<String, u64>,
    /// Of each sink of the spec, and of the dead letters' sink.
    pub sinks: BTreeMap<String, SinkCounters>,
}

/// What one sink of one member has counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SinkCounters {
    /// Lines that the store has taken.
    pub sent: u64,
    /// Answers that are no success, by status code.
    pub refused: BTreeMap<u16, u64>,
    /// Requests without an answer: no connection, or a connection that broke.
    pub failed: u64,
    /// Lines that wait for the store now, or for its answer.
    pub waiting: u64,
}

/// What the page of metrics of a member of this spec says. Components of `spec.raw` promise nothing, so what they discard is no loss.
pub fn read(page: &str, spec: &ConsumerSpec) -> Counters {
    let own = spec.sinks.iter().map(|sink| sink.name.as_str()).chain([ids::DEAD_LETTERS]);
    let mut counters =
        Counters { sinks: own.map(|sink| (sink.to_owned(), SinkCounters::default())).collect(), ..Counters::default() };
    samples(page).for_each(|sample| counters.add(&sample));
    for (sink, unanswered) in unanswered(page) {
        if let Some(sink) = counters.sinks.get_mut(&sink) {
            sink.waiting += unanswered;
        }
    }
    counters.discarded.retain(|id, _| !own_components(spec).any(|own| own == id));
    counters
}

/// Lines that each component has taken and not got rid of yet. Those that a request carries are in no buffer any more.
fn unanswered(page: &str) -> BTreeMap<String, u64> {
    let mut balance: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for sample in samples(page) {
        let (taken, done) = match sample.name {
            "vector_component_received_events_total" => (sample.count, 0),
            "vector_component_sent_events_total" | "vector_component_discarded_events_total" => (0, sample.count),
            _ => continue,
        };
        let sums = balance.entry(sample.label("component_id").unwrap_or_default().to_owned()).or_default();
        (sums.0, sums.1) = (sums.0 + taken, sums.1 + done);
    }
    balance.into_iter().map(|(component, (taken, done))| (component, taken.saturating_sub(done))).collect()
}

impl Counters {
    fn add(&mut self, sample: &Sample<'_>) {
        let component = sample.label("component_id").or_else(|| sample.label("buffer_id")).unwrap_or_default();
        if is_loss(sample, component) && sample.count > 0 {
            *self.discarded.entry(component.to_owned()).or_default() += sample.count;
        }
        let Some(sink) = self.sinks.get_mut(component) else { return };
        match sample.name {
            "vector_component_sent_events_total" => sink.sent += sample.count,
            "vector_http_client_errors_total" => sink.failed += sample.count,
            // The buffer of a kafka sink stays empty; librdkafka has one of its own.
            "vector_buffer_size_events" | "vector_kafka_queue_messages" => sink.waiting += sample.count,
            "vector_http_client_responses_total" => {
                let status = sample.label("status").and_then(|status| status.parse().ok()).unwrap_or_default();
                if !(200..300).contains(&status) {
                    *sink.refused.entry(status).or_default() += sample.count;
                }
            }
            _ => {}
        }
    }

    /// What was counted since `before`. A counter that fell began anew.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let sink = |(name, now): (&String, &SinkCounters)| {
            let before = before.sinks.get(name).cloned().unwrap_or_default();
            let risen = SinkCounters {
                sent: rise(now.sent, before.sent),
                refused: rises(&now.refused, &before.refused),
                failed: rise(now.failed, before.failed),
                waiting: now.waiting,
            };
            (name.clone(), risen)
        };
        Self { discarded: rises(&self.discarded, &before.discarded), sinks: self.sinks.iter().map(sink).collect() }
    }
}

/// Lines that a component threw away by mistake, or that the source could not read. The endpoint of the metrics has no lines.
fn is_loss(sample: &Sample<'_>, component: &str) -> bool {
    match sample.name {
        "vector_component_discarded_events_total" => {
            sample.label("intentional") == Some("false") && ![ids::METRICS, ids::INTERNAL_METRICS].contains(&component)
        }
        "vector_component_errors_total" => {
            component == ids::KAFKA && sample.label("error_code") == Some("decoder_deserialize")
        }
        _ => false,
    }
}

fn rises<K: Clone + Ord>(now: &BTreeMap<K, u64>, before: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    let risen = now.iter().map(|(key, now)| (key.clone(), rise(*now, before.get(key).copied().unwrap_or_default())));
    risen.filter(|(_, risen)| *risen > 0).collect()
}

fn rise(now: u64, before: u64) -> u64 {
    if now < before { now } else { now - before }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"
vector_component_sent_events_total{component_id="store",component_kind="sink",component_type="http",host="a"} 40
vector_component_sent_events_total{component_id="_dead_letters"} 3
vector_component_sent_events_total{component_id="_guard_store"} 43
vector_component_received_events_total{component_id="store",component_kind="sink"} 149
vector_component_received_events_total{component_id="_dead_letters"} 2
vector_buffer_size_events{buffer_id="store",stage="0"} 500
vector_kafka_queue_messages{component_id="_dead_letters"} 7
vector_http_client_responses_total{component_id="store",status="200"} 5
vector_http_client_responses_total{component_id="store",status="503"} 2
vector_http_client_responses_total{component_id="store",status="401"} 1
vector_http_client_errors_total{component_id="store",error_kind="connection error: refused"} 4
vector_component_discarded_events_total{component_id="store",intentional="false"} 6
vector_component_discarded_events_total{component_id="store",intentional="true"} 99
vector_component_discarded_events_total{component_id="own",intentional="false"} 99
vector_component_discarded_events_total{component_id="_metrics",intentional="false"} 99
vector_component_discarded_events_total{component_id="_dead_letters",intentional="false"} 0
vector_component_errors_total{component_id="_kafka",error_code="decoder_deserialize"} 2
vector_component_errors_total{component_id="_kafka",error_code="reading_message"} 99
"#;

    fn pairs(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
        counts.iter().map(|(name, count)| (name.as_str(), *count)).collect()
    }

    fn spec(sinks: &[&str]) -> ConsumerSpec {
        let sinks: Vec<_> = sinks.iter().map(|name| serde_json::json!({"name": name})).collect();
        let raw = serde_json::json!({"sinks": {"own": {"type": "loki"}, "store": {}}});
        serde_json::from_value(serde_json::json!({"pipeline": "logs", "topics": ["a"], "sinks": sinks, "deadLetter": {"topic": "dead"}, "raw": raw}))
            .unwrap()
    }

    #[test]
    fn a_page_is_read_by_component() {
        let counters = read(PAGE, &spec(&["store", "other"]));
        assert_eq!(pairs(&counters.discarded), [("_kafka", 2), ("store", 6)]);
        let store = SinkCounters { sent: 40, refused: BTreeMap::from([(401, 1), (503, 2)]), failed: 4, waiting: 504 };
        assert_eq!(counters.sinks["store"], store);
        assert_eq!(counters.sinks["_dead_letters"], SinkCounters { sent: 3, waiting: 7, ..SinkCounters::default() });
        assert_eq!(counters.sinks["other"], SinkCounters::default());
        assert_eq!(counters.sinks.len(), 3);
    }

    #[test]
    fn what_was_counted_since_survives_a_restart_of_the_member() {
        let before = read(PAGE, &spec(&["store"]));
        let mut now = before.clone();
        assert_eq!(pairs(&now.since(&before).discarded), []);
        now.discarded.insert("store".to_owned(), 8);
        let store = now.sinks.get_mut("store").unwrap();
        (store.sent, store.failed) = (45, 1);
        store.refused.insert(503, 3);
        let risen = now.since(&before);
        assert_eq!(pairs(&risen.discarded), [("store", 2)]);
        let store = SinkCounters { sent: 5, refused: BTreeMap::from([(503, 1)]), failed: 1, waiting: 504 };
        assert_eq!(risen.sinks["store"], store);
    }
}
