//! Which sink gets which lines.

use std::collections::BTreeMap;

use kafkapipelines_crds::SinkSpec;

use super::file::{Route, Transform};
use super::ids::{ROUTE, UNWANTED};
use super::steps::Steps;
use super::transforms::program;

/// Says why a line that no sink wants is a dead letter, as Vector says it of what a transform drops.
const NOBODY: &str = ".metadata.dropped = {\"message\": \"no sink wants it\", \"component_id\": \"_route\"}\n";

/// Adds what sends lines to the sinks that want them, and to the dead letters what none wants.
pub(super) fn add(steps: &mut Steps, sinks: &[SinkSpec]) {
    let route: BTreeMap<_, _> =
        sinks.iter().filter_map(|sink| Some((sink.name.clone(), program(sink.when.as_deref()?)))).collect();
    if route.is_empty() {
        return;
    }
    let reroute_unmatched = route.len() == sinks.len();
    steps.branch(ROUTE, Transform::Route(Route { inputs: vec![steps.last().to_owned()], reroute_unmatched, route }));
    if reroute_unmatched {
        steps.branch_of_dead_letters(UNWANTED, NOBODY, format!("{ROUTE}._unmatched"));
    }
}

/// Where a sink's lines come from.
pub(super) fn output(steps: &Steps, sink: &SinkSpec) -> String {
    if sink.when.is_some() { format!("{ROUTE}.{}", sink.name) } else { steps.last().to_owned() }
}
