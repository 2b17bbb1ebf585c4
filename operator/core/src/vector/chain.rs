//! The chain: which component takes its lines from which.

use kafkapipelines_crds::ConsumerSpec;

use super::file::{Api, Components, InternalMetrics, PrometheusExporter, Remap, Sink, Source, Switch, VectorFile};
use super::ids::{self, DEAD_LETTER, DEAD_LETTERS, INTERNAL_METRICS, KAFKA, METRICS, ORIGIN};
use super::{API_PORT, Bootstrap, DATA_DIR, METRICS_PORT, dead_letter, guard, kafka, victoria_logs};

/// The file of the consumer called `name`.
pub(super) fn assemble(name: &str, spec: &ConsumerSpec, bootstrap: &Bootstrap) -> VectorFile {
    VectorFile {
        data_dir: DATA_DIR,
        api: Api { enabled: true, address: everywhere(API_PORT) },
        acknowledgements: Switch { enabled: true },
        sources: sources(name, spec, bootstrap),
        transforms: transforms(spec),
        sinks: sinks(spec, bootstrap),
    }
}

fn sources(name: &str, spec: &ConsumerSpec, bootstrap: &Bootstrap) -> Components<Source> {
    Components(vec![
        (KAFKA.to_owned(), Source::Kafka(Box::new(kafka::source(name, spec, bootstrap)))),
        (INTERNAL_METRICS.to_owned(), Source::InternalMetrics(InternalMetrics { scrape_interval_secs: 5 })),
    ])
}

fn transforms(spec: &ConsumerSpec) -> Components<Remap> {
    let mut steps = vec![(ORIGIN.to_owned(), infallible(include_str!("origin.vrl"), vec![KAFKA.to_owned()]))];
    let mut last = ORIGIN.to_owned();
    let mut dropped = Vec::new();
    for (id, program) in droppers(spec) {
        dropped.push(ids::dropped(&id));
        steps.push((id.clone(), dropper(program, last)));
        last = id;
    }
    steps.push((DEAD_LETTER.to_owned(), infallible(dead_letter::PROGRAM, dropped)));
    Components(steps)
}

/// The steps that may drop a line, in order: the user's, then the guard of the one store.
fn droppers(spec: &ConsumerSpec) -> impl Iterator<Item = (String, String)> {
    let own = spec
        .transforms
        .iter()
        .filter_map(|transform| Some((transform.name.clone(), program(&transform.remap.as_ref()?.source))));
    let guards = spec
        .sinks
        .iter()
        .filter_map(|sink| Some((ids::guard(&sink.name), guard::program(sink.victoria_logs.as_ref()?))));
    own.chain(guards)
}

/// A user's program as it was written, but for blank space before it, which Vector's YAML parser may stumble over.
fn program(source: &str) -> String {
    source.trim_start().to_owned()
}

/// A step that drops nothing, for its program cannot fail.
fn infallible(source: &str, inputs: Vec<String>) -> Remap {
    Remap { inputs, drop_on_error: false, drop_on_abort: false, reroute_dropped: false, source: source.to_owned() }
}

/// A step whose errors and aborts go to its output `<id>.dropped`.
fn dropper(source: String, input: String) -> Remap {
    Remap { inputs: vec![input], drop_on_error: true, drop_on_abort: true, reroute_dropped: true, source }
}

fn sinks(spec: &ConsumerSpec, bootstrap: &Bootstrap) -> Components<Sink> {
    let stores = spec.sinks.iter().filter_map(|sink| {
        Some((
            sink.name.clone(),
            Sink::Http(victoria_logs::sink(sink.victoria_logs.as_ref()?, vec![ids::guard(&sink.name)])),
        ))
    });
    let dead_letters = dead_letter::sink(&spec.dead_letter.topic, bootstrap, vec![DEAD_LETTER.to_owned()]);
    let metrics = PrometheusExporter { inputs: vec![INTERNAL_METRICS.to_owned()], address: everywhere(METRICS_PORT) };
    let own =
        [(DEAD_LETTERS.to_owned(), Sink::Kafka(dead_letters)), (METRICS.to_owned(), Sink::PrometheusExporter(metrics))];
    Components(stores.chain(own).collect())
}

fn everywhere(port: i32) -> String {
    format!("0.0.0.0:{port}")
}
