//! From nothing to logs that flow, by the few commands of docs/install.md.

use anyhow::Result;
use kafkapipelines_e2e::installation::NAMESPACE;

use super::applications::{CONSUMERS, PIPELINE};
use super::bed::{Bed, READY_WITHIN};
use super::watch::{Event, Watch};

pub fn each_waits_for_the_one_before(bed: &Bed) -> Result<()> {
    let operator = Watch::start(&bed.cluster, NAMESPACE, "deployments")?;
    bed.follow_page("The first sync", || come_in_order(bed, &operator))?;
    bed.applications.await_green(&bed.repository.head()?)
}

fn come_in_order(bed: &Bed, operator: &Watch) -> Result<()> {
    let kafka_applied = bed.applications.await_creation(PIPELINE, READY_WITHIN)?;
    let operator_ready = first(operator, "operator", is_rolled_out)?;
    assert!(
        operator_ready < kafka_applied,
        "wave 1 came at {kafka_applied}, the operator was ready at {operator_ready}"
    );

    let pipelines = Watch::start(&bed.cluster, NAMESPACE, "logpipelines")?;
    let consumers_applied = bed.applications.await_creation(CONSUMERS, READY_WITHIN)?;
    let kafka_ready = first(&pipelines, "LogPipeline", |event| event.has_condition("Ready"))?;
    assert!(kafka_ready < consumers_applied, "wave 2 came at {consumers_applied}, Kafka was ready at {kafka_ready}");
    Ok(())
}

/// When an object was ready for the first time, as [`Event::revision`] counts.
fn first(watch: &Watch, what: &str, is_ready: impl Fn(&Event) -> bool) -> Result<u64> {
    let ready = |events: &[Event]| events.iter().find(|event| is_ready(event)).map(Event::revision);
    watch.until(&format!("the {what} is ready"), READY_WITHIN, ready)
}

fn is_rolled_out(deployment: &Event) -> bool {
    let (spec, status) = (&deployment.object["spec"], &deployment.object["status"]);
    !status["readyReplicas"].is_null() && status["readyReplicas"] == spec["replicas"]
}
