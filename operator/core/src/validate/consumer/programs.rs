//! What is written in VRL: programs and conditions, each judged by its compiler.

use kafkapipelines_crds::{ConsumerSpec, TransformKind, TransformSpec};

use crate::program::{Mistake, Vrl};
use crate::refusal::Refusal;

/// The mistakes in all programs and conditions of a spec.
pub(super) fn refusals(spec: &ConsumerSpec, vrl: Vrl) -> Vec<Refusal> {
    let transforms = spec.transforms.iter().flat_map(|transform| of_transform(transform, vrl));
    let conditions = spec.sinks.iter().filter_map(|sink| Some((&sink.name, sink.when.as_deref()?)));
    let sinks = conditions.flat_map(|(name, when)| said(&format!("spec.sinks[{name}].when"), &(vrl.condition)(when)));
    transforms.chain(sinks).collect()
}

fn of_transform(transform: &TransformSpec, vrl: Vrl) -> Vec<Refusal> {
    let path = |field: &str| format!("spec.transforms[{}].{field}", transform.name);
    let conditions: Vec<(&str, Option<&str>)> = match transform.kind() {
        Some(TransformKind::Remap(remap)) => {
            let field = if remap.source_from.is_some() { "remap.sourceFrom" } else { "remap.source" };
            let source = remap.source.as_deref();
            return source.map(|source| said(&path(field), &(vrl.program)(source))).unwrap_or_default();
        }
        Some(TransformKind::Filter(filter)) => vec![("filter.condition", Some(&filter.condition))],
        Some(TransformKind::Sample(sample)) => vec![("sample.exclude", sample.exclude.as_deref())],
        Some(TransformKind::Reduce(reduce)) => {
            vec![("reduce.startsWhen", reduce.starts_when.as_deref()), ("reduce.endsWhen", reduce.ends_when.as_deref())]
        }
        Some(TransformKind::Throttle(_) | TransformKind::Dedupe(_)) | None => Vec::new(),
    };
    let written = conditions.into_iter().filter_map(|(field, condition)| Some((path(field), condition?)));
    written.flat_map(|(field, condition)| said(&field, &(vrl.condition)(condition))).collect()
}

pub(super) fn said(field: &str, mistakes: &[Mistake]) -> Vec<Refusal> {
    mistakes.iter().map(|m| Refusal::new("InvalidVrl", field, &m.excerpt, m.to_string())).collect()
}
