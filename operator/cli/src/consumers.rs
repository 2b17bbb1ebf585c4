//! Consumers, as a tree shows them.

use kafkapipelines_crds::{Consumer, ConsumerStatus};
use kube::ResourceExt as _;

use crate::branch::{Branch, columns};
use crate::readiness::State;

/// A line for each consumer, and below it what is wrong, and how it does.
pub fn branches(consumers: &[Consumer]) -> Vec<Branch> {
    let rows: Vec<[String; 3]> = consumers.iter().map(cells).collect();
    columns(&rows).into_iter().zip(consumers).map(|(cells, consumer)| branch(&cells, consumer)).collect()
}

fn cells(consumer: &Consumer) -> [String; 3] {
    let sinks: Vec<&str> = consumer.spec.sinks.iter().map(|sink| sink.name.as_str()).collect();
    let members = consumer.status.as_ref().and_then(|status| status.ready_members.as_ref());
    [
        consumer.name_any(),
        format!("{} → {}", topics(consumer), sinks.join(", ")),
        members.map(|members| format!("{members} members ready")).unwrap_or_default(),
    ]
}

/// Those that it lists, or those that its pattern was found to match.
fn topics(consumer: &Consumer) -> String {
    let found = || consumer.status.as_ref()?.topics.as_ref().map(|topics| topics.replace(',', ", "));
    match &consumer.spec.topic_pattern {
        Some(pattern) => found().unwrap_or_else(|| pattern.clone()),
        None => consumer.spec.topics.join(", "),
    }
}

fn branch(cells: &str, consumer: &Consumer) -> Branch {
    let status = consumer.status.as_ref();
    let state = State::new(&consumer.metadata, status.map(|status| (&*status.conditions, status.observed_generation)));
    let below = state.remarks().into_iter().chain(status.and_then(figures)).map(Branch::leaf).collect();
    Branch::new(format!("{cells}{}", state.phrase()), below)
}

/// How far behind it is, and how fast it reads; nothing before Kafka was asked.
fn figures(status: &ConsumerStatus) -> Option<String> {
    let lag = match (status.lag?, status.time_lag.as_deref()) {
        (0, _) => "nothing to read".to_owned(),
        (lag, None | Some("0s")) => format!("{lag} lines to read"),
        (lag, Some(age)) => format!("{lag} lines to read, the oldest for more than {age}"),
    };
    let rate = status.lines_per_second.map(|rate| format!("{rate} lines/s"));
    let letters = status.dead_letters_last_hour.map(|letters| format!("{letters} dead letters in the last hour"));
    let delivered = status.last_delivery.as_ref().filter(|_| status.lines_per_second == Some(0));
    let delivered = delivered.map(|at| format!("last delivery {}", at.0));
    Some([Some(lag), rate, letters, delivered].into_iter().flatten().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn topics_of_a_pattern_are_those_that_were_found() {
        let consumer = |status: serde_json::Value| {
            let spec = json!({"pipeline": "logs", "topicPattern": "l.*", "sinks": [], "deadLetter": {"topic": "dead"}});
            let object = json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer", "metadata": {"name": "drain"},
                "spec": spec, "status": status});
            topics(&serde_json::from_value(object).unwrap())
        };
        assert_eq!(consumer(json!({"topics": "la,lb"})), "la, lb");
        assert_eq!(consumer(json!({})), "l.*");
    }

    #[test]
    fn a_line_says_how_it_does() {
        for (status, expected) in [
            (json!({}), None),
            (json!({"lag": 0}), Some("nothing to read")),
            (json!({"lag": 40, "timeLag": "0s", "linesPerSecond": 70}), Some("40 lines to read; 70 lines/s")),
            (
                json!({"lag": 12000, "timeLag": "30m", "linesPerSecond": 0, "deadLettersLastHour": 3, "lastDelivery": "2026-01-01T10:00:00Z"}),
                Some(
                    "12000 lines to read, the oldest for more than 30m; 0 lines/s; 3 dead letters in the last hour; \
                     last delivery 2026-01-01T10:00:00Z",
                ),
            ),
        ] {
            let status = serde_json::from_value(status).unwrap();
            assert_eq!(figures(&status).as_deref(), expected);
        }
    }
}
