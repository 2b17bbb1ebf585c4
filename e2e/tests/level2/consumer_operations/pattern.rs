//! Topics by a pattern: a topic that is made later is read by the members that are there, and what consumers write is not.

use anyhow::{Result, ensure};
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::Access;
use serde_json::json;

use crate::bed::bootstrap;
use crate::consumer_bed::{ConsumerBed, SOON};
use crate::load;

/// Numbers of lines that the load does not come to.
const IN_THE_SECOND: usize = 1_000_001;
const IN_THE_THIRD: usize = 1_000_002;

pub fn topics_are_found_and_nobody_restarts(bed: &ConsumerBed) -> Result<()> {
    list_topics(bed, &["lines", "lines-b"])?;
    // The dead-letter topic is called lines-dlq. New topics are looked for more often than by default, to save time.
    let often = json!({"topic.metadata.refresh.interval.ms": 3000});
    bed.patch_consumer(&json!({"spec": {"topics": null, "topicPattern": "lines.*", "librdkafka": often}}))?;
    until("both topics are found", SOON, || Ok(found(bed)? == "lines,lines-b"))?;
    until("the members read by the pattern", SOON, || bed.consumer_says("Ready", "True", "all members are ready"))?;
    bed.members_are_ready(1)?;
    bed.lines_arrive(100)?;
    arrives(bed, "lines-b", IN_THE_SECOND)?;

    let members = bed.member_uids()?;
    list_topics(bed, &["lines", "lines-b", "lines-c"])?;
    arrives(bed, "lines-c", IN_THE_THIRD)?;
    until("the third topic is told", SOON, || Ok(found(bed)? == "lines,lines-b,lines-c"))?;
    ensure!(bed.member_uids()? == members, "a new topic restarts nobody");
    ensure!(bed.consumer_says("NoLoss", "True", "")?, "nothing is lost");
    Ok(())
}

fn list_topics(bed: &ConsumerBed, names: &[&str]) -> Result<()> {
    let topic =
        |name: &&str| json!({"name": name, "partitions": 6, "replicas": 1, "config": {"max.message.bytes": 4_000_000}});
    let topics: Vec<_> = names.iter().map(topic).collect();
    let patch = json!({"spec": {"topics": topics}}).to_string();
    bed.pipeline.kubectl(&["patch", "logpipeline", bed.pipeline.name(), "--type=merge", "--patch", &patch]).map(drop)
}

/// Writes a line, once there is the topic, and waits until the store has it.
fn arrives(bed: &ConsumerBed, topic: &str, number: usize) -> Result<()> {
    bed.client.produce(&bootstrap(&bed.pipeline, 9093), Access::Tls, topic, &load::line(number))?;
    until(&format!("the store gets the line in {topic}"), SOON, || Ok(bed.store().times(number)? > 0))
}

fn found(bed: &ConsumerBed) -> Result<String> {
    Ok(bed.consumer()?["status"]["topics"].as_str().unwrap_or_default().to_owned())
}
