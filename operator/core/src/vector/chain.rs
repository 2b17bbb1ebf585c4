//! The chain: which component takes its lines from which.

use kafkapipelines_crds::ConsumerSpec;

use super::file::{
    Api, Components, InternalMetrics, KafkaSource, PrometheusExporter, Sink, Source, Switch, VectorFile, everywhere,
};
use super::ids::{DEAD_LETTER, DEAD_LETTERS, DECODE, INTERNAL_METRICS, KAFKA, METRICS, ORIGIN};
use super::steps::Steps;
use super::stores::{self, Shared};
use super::{API_PORT, Bootstrap, DATA_DIR, METRICS_PORT, dead_letter, decode, raw, route, secrets, transforms};

/// By default Vector forgets a metric that did not change for five minutes: a full buffer of a store that is silent would look empty, and what
/// is counted anew would hide a loss.
const NEVER: i32 = -1;

/// Where lines come from.
pub(super) struct Input {
    /// What is read.
    pub source: KafkaSource,
    /// What a record passes before it is a line of the consumer's topics.
    pub steps: Steps,
}

/// A file with the chain of the consumer called `name`.
pub(super) fn assemble(name: &str, spec: &ConsumerSpec, bootstrap: &Bootstrap, input: Input) -> VectorFile {
    let mut steps = chain(spec, input.steps);
    route::add(&mut steps, &spec.sinks);
    let shared = Shared { bootstrap, buffer: &spec.buffer };
    let mut sinks: Vec<_> = Vec::new();
    for sink in &spec.sinks {
        let component = stores::add(&mut steps, sink, shared);
        let options = spec.raw.sinks.get(&sink.name);
        sinks.extend(component.map(|component| (sink.name.clone(), raw::with_options(component, options))));
    }
    sinks.extend(own_sinks(spec, bootstrap));
    let dead_letter = dead_letter::program(name, steps.joins_lines());
    VectorFile {
        data_dir: DATA_DIR,
        api: Api { enabled: true, address: everywhere(API_PORT) },
        acknowledgements: Switch { enabled: true },
        expire_metrics_secs: NEVER,
        secret: secrets::backends(spec),
        sources: sources(input.source),
        transforms: steps.finish(&dead_letter),
        sinks: Components(sinks),
    }
}

fn sources(kafka: KafkaSource) -> Components<Source> {
    Components(vec![
        (KAFKA.to_owned(), Source::Kafka(Box::new(kafka))),
        (INTERNAL_METRICS.to_owned(), Source::InternalMetrics(InternalMetrics { scrape_interval_secs: 5 })),
    ])
}

/// What every line passes, before it is known where it goes.
fn chain(spec: &ConsumerSpec, mut steps: Steps) -> Steps {
    steps.push_infallible(ORIGIN, include_str!("origin.vrl"));
    if let Some(program) = decode::program(spec.decoding.codec) {
        steps.push_dropper(DECODE, program.to_owned());
    }
    for transform in &spec.transforms {
        transforms::add(&mut steps, transform);
    }
    steps
}

/// Dead letters and metrics.
fn own_sinks(spec: &ConsumerSpec, bootstrap: &Bootstrap) -> [(String, Sink); 2] {
    let dead_letters = dead_letter::sink(&spec.dead_letter.topic, bootstrap, vec![DEAD_LETTER.to_owned()]);
    let metrics = PrometheusExporter { inputs: vec![INTERNAL_METRICS.to_owned()], address: everywhere(METRICS_PORT) };
    [
        (DEAD_LETTERS.to_owned(), Sink::Kafka(Box::new(dead_letters))),
        (METRICS.to_owned(), Sink::PrometheusExporter(metrics)),
    ]
}
