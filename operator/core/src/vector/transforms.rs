//! The users' transforms.

use kafkapipelines_crds::{DedupeSpec, ReduceSpec, SampleSpec, ThrottleSpec, TransformKind, TransformSpec};

use super::file::{Dedupe, DedupeCache, DedupeFields, Filter, Reduce, Sample, Throttle, Transform};
use super::steps::Steps;
use super::{duration, ids, path};

/// Remembers each line before lines are joined, for the joined one has no metadata.
const BEFORE_REDUCE: &str = include_str!("before_reduce.vrl");
/// Makes metadata again of what was remembered.
const AFTER_REDUCE: &str = include_str!("after_reduce.vrl");
/// The field in between; both programs name it.
const REMEMBERED: &str = "_kafkapipelines";

/// Adds a transform to the chain.
pub(super) fn add(steps: &mut Steps, transform: &TransformSpec) {
    let id = &transform.name;
    match transform.kind() {
        Some(TransformKind::Remap(remap)) => {
            steps.push_dropper(id, program(remap.source.as_deref().unwrap_or_default()));
        }
        Some(TransformKind::Filter(filter)) => {
            steps.push(id, |inputs| Transform::Filter(Filter { inputs, condition: program(&filter.condition) }));
        }
        Some(TransformKind::Throttle(spec)) => steps.push(id, |inputs| throttle(spec, inputs)),
        Some(TransformKind::Sample(spec)) => steps.push(id, |inputs| sample(spec, inputs)),
        Some(TransformKind::Dedupe(spec)) => steps.push(id, |inputs| dedupe(spec, inputs)),
        Some(TransformKind::Reduce(spec)) => {
            steps.push_infallible(&ids::before(id), BEFORE_REDUCE);
            steps.push(id, |inputs| reduce(spec, inputs));
            steps.push_infallible(&ids::after(id), AFTER_REDUCE);
            steps.join_lines();
        }
        None => {}
    }
}

/// A user's program as it was written, but for blank space before it, which Vector's YAML parser may stumble over.
pub(super) fn program(source: &str) -> String {
    source.trim_start().to_owned()
}

fn throttle(spec: &ThrottleSpec, inputs: Vec<String>) -> Transform {
    Transform::Throttle(Throttle {
        inputs,
        threshold: spec.threshold,
        window_secs: duration::of(&spec.window).as_secs_f64(),
        key_field: spec.key_field.as_deref().map(|field| format!("{{{{ {} }}}}", path::nested(field))),
    })
}

fn sample(spec: &SampleSpec, inputs: Vec<String>) -> Transform {
    Transform::Sample(Sample {
        inputs,
        rate: spec.rate,
        key_field: spec.key_field.as_deref().map(path::nested),
        exclude: spec.exclude.as_deref().map(program),
    })
}

fn dedupe(spec: &DedupeSpec, inputs: Vec<String>) -> Transform {
    let fields = if spec.match_.is_empty() {
        DedupeFields::Ignore(paths(&spec.ignore))
    } else {
        DedupeFields::Match(paths(&spec.match_))
    };
    Transform::Dedupe(Dedupe { inputs, fields, cache: DedupeCache { num_events: spec.cache_events } })
}

fn reduce(spec: &ReduceSpec, inputs: Vec<String>) -> Transform {
    let users = spec.merge_strategies.iter().map(|(field, strategy)| (path::nested(field), *strategy));
    let own = (REMEMBERED.to_owned(), kafkapipelines_crds::MergeStrategy::Concat);
    Transform::Reduce(Reduce {
        inputs,
        group_by: paths(&spec.group_by),
        starts_when: spec.starts_when.as_deref().map(program),
        ends_when: spec.ends_when.as_deref().map(program),
        expire_after_ms: u64::try_from(duration::of(&spec.expire_after).as_millis()).unwrap_or(u64::MAX),
        max_events: spec.max_events,
        merge_strategies: users.chain([own]).collect(),
    })
}

fn paths(fields: &[String]) -> Vec<String> {
    fields.iter().map(|field| path::nested(field)).collect()
}
