//! Someone else than Git says how many members a consumer has.

use std::time::Duration;

use anyhow::Result;
use kafkapipelines_e2e::installation::NAMESPACE;

use super::applications::{Application, CONSUMERS};
use super::bed::Bed;
use super::watch::{Event, Watch};

const CONSUMER: &str = "victoria-logs";
const WITHIN: Duration = Duration::from_mins(2);

pub fn by_hand_stays(bed: &Bed) -> Result<()> {
    let (applications, mark) = (&bed.applications, bed.applications.watch.now());
    let consumers = Watch::start(&bed.cluster, NAMESPACE, "consumers")?;
    bed.cluster.kubectl(["--namespace", NAMESPACE, "scale", "consumer", CONSUMER, "--replicas=1"])?;
    consumers.until("the consumer has one member", WITHIN, |events| {
        events.last().is_some_and(has_one_member).then_some(())
    })?;
    compare_anew(bed)?;
    assert_eq!(consumers.since(0).last().map(|event| event.object["spec"]["replicas"].clone()), Some(1.into()));
    let flapped: Vec<_> =
        applications.watch.since(mark).iter().filter(|event| !is_synced(event)).map(describe).collect();
    assert_eq!(flapped, [""; 0]);
    Ok(())
}

/// Makes Argo CD compare the consumers with what is in Git now, without its cache, and waits until it has.
fn compare_anew(bed: &Bed) -> Result<()> {
    let latest = |events: &[Event]| {
        let of_consumers = events.iter().rev().find(|event| event.name() == CONSUMERS)?;
        Some(Application::of(of_consumers).compared_at().to_owned())
    };
    let watch = &bed.applications.watch;
    let before = latest(&watch.since(0));
    bed.applications.refresh("hard")?;
    watch.until("the consumers are compared with Git", WITHIN, |events| (latest(events) > before).then_some(()))
}

fn has_one_member(consumer: &Event) -> bool {
    consumer.name() == CONSUMER && consumer.has_condition("Ready") && consumer.object["status"]["readyMembers"] == "1/1"
}

fn is_synced(event: &Event) -> bool {
    Application::of(event).sync() == "Synced"
}

fn describe(event: &Event) -> String {
    format!("{}: {}", event.name(), Application::of(event))
}
