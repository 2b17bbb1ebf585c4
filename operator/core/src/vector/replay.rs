//! The Vector file of a replay: the chain of a consumer, with its dead letters as the source.
//!
//! ```text
//! dead-letter topic → replayed → restore → origin → … as in the consumer's own file
//! ```
//!
//! - `replayed` lets pass what was planned: the dead letters of this consumer, from where the replay begins to where the topic ended when it
//!   was asked for. What fails again is written behind that, and so does not go round for ever;
//! - `restore` makes of a dead letter what the source of the topics had seen. If it fails again, its origin is the true one.

use kafkapipelines_crds::{AutoOffsetReset, ConsumerSpec};

use super::chain::{self, Input};
use super::file::{Filter, Transform};
use super::ids::{KAFKA, REPLAYED, RESTORE};
use super::steps::Steps;
use super::{Bootstrap, Unwritable, kafka, write};
use crate::consumer_replay::plan::{Plan, Range};
use crate::topic_selection::TopicSelection;

/// Makes of a dead letter what the source of the topics had seen.
const RESTORED: &str = include_str!("replay.vrl");

/// The Vector file of a replay for the consumer called `name`, whose member reads in `group`.
///
/// # Errors
/// [`Unwritable`], which no spec is known to cause.
pub fn render(
    name: &str,
    spec: &ConsumerSpec,
    bootstrap: &Bootstrap,
    group: String,
    plan: &Plan,
) -> Result<String, Unwritable> {
    let letters = TopicSelection::Listed(vec![plan.topic.clone()]);
    let source = kafka::source(spec, bootstrap, group, &letters, AutoOffsetReset::Earliest);
    let mut steps = Steps::after(KAFKA);
    let condition = condition(name, plan);
    steps.push(REPLAYED, |inputs| Transform::Filter(Filter { inputs, condition }));
    steps.push_infallible(RESTORE, RESTORED);
    write(&chain::assemble(name, spec, bootstrap, Input { source, steps }))
}

/// Whether a record is to be replayed. It holds the range as well, so that nothing else passes though offsets of the group were lost.
fn condition(name: &str, plan: &Plan) -> String {
    let range = |(partition, range): (&i32, &Range)| format!("  \"{partition}\": [{}, {}],\n", range.from, range.until);
    let ranges: String = plan.partitions.iter().map(range).collect();
    format!(
        "ranges = {{\n{ranges}}}\n\
        range = array(get(ranges, [to_string(.partition) ?? \"\"]) ?? null) ?? []\n\
        offset = to_int(.offset) ?? -1\n\
        .headers.\"dlq.consumer\" == \"{name}\" && offset >= (int(range[0]) ?? 0) && offset < (int(range[1]) ?? 0)\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Security;
    use serde_json::{Value, json};

    fn spec() -> ConsumerSpec {
        let sink = json!({"name": "store", "victoriaLogs": {"endpoint": "http://store:9428"}});
        let parse = json!({"name": "parse", "remap": {"source": ". = parse_json!(.message)"}});
        serde_json::from_value(json!({"pipeline": "logs", "topics": ["a", "b"], "autoOffsetReset": "latest",
            "transforms": [parse], "sinks": [sink], "deadLetter": {"topic": "dead"}}))
        .unwrap()
    }

    fn plan() -> Plan {
        let partitions = [(0, Range { from: 3, until: 10 }), (7, Range { from: 0, until: 1 })];
        Plan { topic: "dead".to_owned(), partitions: partitions.into() }
    }

    fn bootstrap() -> Bootstrap {
        Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9094".to_owned(), security: Security::MutualTls }
    }

    #[test]
    fn the_file_of_a_replay() {
        insta::assert_snapshot!(render("drain", &spec(), &bootstrap(), "drain-replay".to_owned(), &plan()).unwrap());
    }

    #[test]
    fn behind_what_restores_a_line_it_is_the_file_of_the_consumer() {
        let read = |file: String| -> Value { serde_saphyr::from_str(&file).unwrap() };
        let own = read(crate::vector::render("drain", &spec(), &bootstrap()).unwrap());
        let mut replay = read(render("drain", &spec(), &bootstrap(), "drain-replay".to_owned(), &plan()).unwrap());
        assert_eq!(replay["transforms"]["_origin"]["inputs"], json!(["_restore"]));
        replay["transforms"]["_origin"]["inputs"] = own["transforms"]["_origin"]["inputs"].clone();
        let transforms = replay["transforms"].as_object_mut().unwrap();
        assert!(transforms.remove("_replayed").is_some() && transforms.remove("_restore").is_some());
        assert_eq!((&replay["transforms"], &replay["sinks"]), (&own["transforms"], &own["sinks"]));
        let source = &replay["sources"]["_kafka"];
        assert_eq!((&source["group_id"], &source["topics"]), (&json!("drain-replay"), &json!(["dead"])));
    }
}
