//! Deleting the root application.

use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::NAMESPACE;

use super::applications::{CONSUMERS, OPERATOR, PIPELINE, ROOT};
use super::bed::Bed;
use super::watch::{Event, Watch};

const GONE_WITHIN: Duration = Duration::from_mins(4);
/// The order in which they go.
const BACKWARDS: [&str; 4] = [CONSUMERS, PIPELINE, OPERATOR, ROOT];
const WORKLOADS: &str = "statefulsets,deployments,logpipelines,kafkanodepools,consumers";

pub fn goes_backwards(bed: &Bed) -> Result<()> {
    let claims = claims(bed)?;
    let stateful_sets = Watch::start(&bed.cluster, NAMESPACE, "statefulsets")?;
    bed.follow_page("Remove with Argo CD", || cut_goodbyes_short(bed, &stateful_sets))?;
    let watch = &bed.applications.watch;
    watch.until("the root application is gone", GONE_WITHIN, |events| gone(events, ROOT))?;

    let events = watch.since(0);
    for [before, after] in [[CONSUMERS, PIPELINE], [PIPELINE, OPERATOR]] {
        let gone = gone(&events, before).with_context(|| format!("{before} is there"))?;
        let condemned = condemned(&events, after).with_context(|| format!("{after} was never deleted"))?;
        assert!(gone < condemned, "{after} was deleted at {condemned}, before {before} was gone at {gone}");
    }
    assert!(BACKWARDS.iter().is_sorted_by_key(|name| gone(&events, name)), "{BACKWARDS:?}");
    // Argo CD waits for what is in Git; what the operator made of it goes with its owner, a moment later.
    until("no workload is left", GONE_WITHIN, || {
        Ok(bed.cluster.kubectl(["--namespace", NAMESPACE, "get", WORKLOADS, "--output=name"])?.is_empty())
    })?;
    assert_eq!(self::claims(bed)?, claims);
    Ok(())
}

/// Brokers whose controllers go at the same time would try to say goodbye until their two minutes of grace are over.
fn cut_goodbyes_short(bed: &Bed, stateful_sets: &Watch) -> Result<()> {
    stateful_sets.until("Kafka goes", GONE_WITHIN, |events| {
        let mut sets = events.iter().map(Event::name).peekable();
        (sets.peek().is_some() && sets.all(|name| condemned(events, name).is_some())).then_some(())
    })?;
    bed.pipeline.kubectl(&["delete", "pods", &bed.pipeline.kafka_pods(), "--grace-period=1", "--wait=false"]).map(drop)
}

/// When it was deleted, which is when its end begins.
fn condemned(events: &[Event], name: &str) -> Option<u64> {
    let mut of_name = events.iter().filter(|event| event.name() == name);
    of_name.find(|event| is_condemned(event)).map(Event::revision)
}

fn is_condemned(event: &Event) -> bool {
    event.kind == "DELETED" || !event.object["metadata"]["deletionTimestamp"].is_null()
}

/// When nothing was left of it.
fn gone(events: &[Event], name: &str) -> Option<u64> {
    events.iter().find(|event| event.name() == name && event.kind == "DELETED").map(Event::revision)
}

fn claims(bed: &Bed) -> Result<String> {
    let uids = r#"--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}"#;
    bed.pipeline.kubectl(&["get", "persistentvolumeclaims", uids])
}
