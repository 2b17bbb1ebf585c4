//! What the first member waits for. A dead letter that its topic refuses is lost, so there is no member before the topic.

use kafkapipelines_crds::ConsumerSpec;

use super::topics::{self, Facts, Unfit};

/// Whether a first member may start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Start {
    /// Everything that it needs is there.
    May,
    /// It waits: reason and message.
    Waits(&'static str, String),
}

/// What the first member waits for, by the topics that exist. `may_work`: Kafka has the ACLs of the consumer's user, or asks for none.
pub fn start(spec: &ConsumerSpec, facts: &Facts, may_work: bool) -> Start {
    let letters = &spec.dead_letter.topic;
    let missing = topics::missing(spec, facts);
    if !missing.is_empty() {
        let message = format!(
            "waits for what it reads: there is no topic {}; list it in spec.topics of the LogPipeline, or make it",
            missing.join(", ")
        );
        return Start::Waits("TopicPending", message);
    }
    match topics::dead_letters_unfit(spec, facts) {
        Some(Unfit::Missing) => {
            let message = format!(
                "waits for the dead-letter topic {letters}: without it, lines that cannot be stored would be lost; the operator makes it"
            );
            Start::Waits("DeadLetterTopicPending", message)
        }
        Some(Unfit::TooSmall { takes, needs }) => {
            let message = format!(
                "waits for the dead-letter topic {letters} to take {needs} bytes: with its max.message.bytes of {takes}, long lines that cannot be \
                 stored would be lost; raise it in spec.topics of the LogPipeline"
            );
            Start::Waits("DeadLetterTopicPending", message)
        }
        None if !may_work => Start::Waits(
            "UserPending",
            "waits for the access of its user in Kafka, which the operator gives it".to_owned(),
        ),
        None => Start::May,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer_health::topics::TopicFacts;
    use serde_json::json;

    #[test]
    fn a_first_member_waits_for_one_thing_after_the_other() {
        let sink = json!({"name": "store", "victoriaLogs": {"endpoint": "http://vl:9428"}});
        let spec = json!({"pipeline": "logs", "topics": ["a", "b"], "sinks": [sink], "deadLetter": {"topic": "dead"}});
        let spec: ConsumerSpec = serde_json::from_value(spec).unwrap();
        let topic = |bytes| TopicFacts { partitions: 1, max_message_bytes: Some(bytes), retention: None };
        for (names, dead, may_work, reason, message) in [
            (&["dead"][..], 5_000_000, true, "TopicPending", "no topic a, b;"),
            (&["a", "dead"], 5_000_000, true, "TopicPending", "no topic b;"),
            (&["a", "b"], 0, true, "DeadLetterTopicPending", "waits for the dead-letter topic dead: "),
            (
                &["a", "b", "dead"],
                1_500_000,
                true,
                "DeadLetterTopicPending",
                "to take 2000000 bytes: with its max.message.bytes of 1500000",
            ),
            (&["a", "b", "dead"], 5_000_000, false, "UserPending", "access"),
            (&["a", "b", "dead"], 5_000_000, true, "", ""),
        ] {
            let bytes = |name: &&str| if *name == "dead" { dead } else { 1_000_000 };
            let facts = names.iter().map(|name| ((*name).to_owned(), topic(bytes(name)))).collect();
            match start(&spec, &facts, may_work) {
                Start::May => assert_eq!(reason, "", "{names:?}"),
                Start::Waits(said, text) => {
                    assert_eq!(said, reason, "{text}");
                    assert!(text.contains(message), "{text}");
                }
            }
        }
    }
}
