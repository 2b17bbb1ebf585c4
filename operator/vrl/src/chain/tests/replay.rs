//! A dead letter that is replayed is the line that it was.

use kafkapipelines_core::consumer_replay::plan::{Plan, Range};
use kafkapipelines_core::vector::{self, Bootstrap, Security};
use kafkapipelines_crds::ConsumerSpec;
use serde_json::json;
use vrl::path;
use vrl::value::Value;

use super::{line, now};
use crate::chain::{Arrival, Chain, Line};

const BROKEN: &str = "abort \"not yet\"\n";
/// The event with all that is known of it.
const KEEPS_ALL: &str = ".origin = %kafkapipelines\n";

fn spec(program: &str) -> ConsumerSpec {
    serde_json::from_value(json!({"pipeline": "p", "topics": ["logs"], "deadLetter": {"topic": "dead"},
        "transforms": [{"name": "parse", "remap": {"source": program}}],
        "sinks": [{"name": "store", "http": {"uri": "http://store"}}]}))
    .unwrap()
}

fn bootstrap() -> Bootstrap {
    Bootstrap { servers: "kafka:9092".to_owned(), security: Security::Plain }
}

fn chain(program: &str) -> Chain {
    Chain::of(&vector::render("drain", &spec(program), &bootstrap()).unwrap()).unwrap()
}

/// Offsets 10 to 19 of partition 2.
fn replay(name: &str, program: &str) -> Chain {
    let partitions = [(0, Range::default()), (2, Range { from: 10, until: 20 })].into();
    let plan = Plan { topic: "dead".to_owned(), partitions };
    let file = vector::replay::render(name, &spec(program), &bootstrap(), "g-replay".to_owned(), &plan).unwrap();
    Chain::of(&file).unwrap()
}

fn only(mut arrivals: Vec<Arrival>, sink: &str) -> Arrival {
    assert_eq!(arrivals.iter().map(|arrival| arrival.sink.as_ref()).collect::<Vec<_>>(), [sink]);
    arrivals.remove(0)
}

/// The record that a dead letter becomes in Kafka.
fn letter(line: &Line, program: &str) -> Line {
    let event = only(chain(program).pass(line, now()), "_dead_letters").event.fields;
    let bytes = |value: &Value| value.as_bytes().unwrap().to_vec();
    let headers = event.get(path!("headers")).unwrap().as_object().unwrap();
    Line {
        payload: bytes(event.get(path!("message")).unwrap()),
        key: event.get(path!("message_key")).map(bytes),
        headers: headers.iter().map(|(name, value)| (name.to_string(), bytes(value))).collect(),
        topic: "dead".to_owned(),
        partition: 2,
        offset: 12,
        timestamp: Some("2026-02-02T00:00:00Z".parse().unwrap()),
    }
}

fn lines() -> [Line; 4] {
    let exact = "2026-01-10T11:59:59.123Z".parse().unwrap();
    [
        line("{\"a\": 1}"),
        Line { key: None, headers: Vec::new(), ..line("") },
        Line { key: Some(vec![0, 255]), timestamp: Some(exact), ..line([0xff, 0, b'\n', 0xc3]) },
        Line { headers: vec![("dlq".to_owned(), b"x".to_vec()), ("a.b".to_owned(), vec![255])], ..line("plain") },
    ]
}

#[test]
fn the_event_is_that_of_the_original_line() {
    for line in lines() {
        let original = only(chain(KEEPS_ALL).pass(&line, now()), "store").event;
        let again = only(replay("drain", KEEPS_ALL).pass(&letter(&line, BROKEN), now()), "store").event;
        assert_eq!(again, original, "{line:?}");
    }
}

#[test]
fn what_fails_again_is_the_same_dead_letter_again() {
    for line in lines() {
        let letter = letter(&line, BROKEN);
        let again = only(replay("drain", BROKEN).pass(&letter, now()), "_dead_letters").event.fields;
        let first = only(chain(BROKEN).pass(&line, now()), "_dead_letters").event.fields;
        assert_eq!(again, first, "{line:?}");
        assert_eq!(again.get(path!("headers", "dlq.offset")), Some(&Value::from("41")));
    }
}

#[test]
fn dead_letters_of_others_and_those_outside_of_the_plan_are_passed_over() {
    let letter = letter(&line("x"), BROKEN);
    let passes = |name: &str, letter: &Line| replay(name, KEEPS_ALL).pass(letter, now()).len();
    assert_eq!(passes("drain", &letter), 1);
    assert_eq!(passes("other", &letter), 0);
    for (partition, offset, expected) in [(2, 9, 0), (2, 10, 1), (2, 19, 1), (2, 20, 0), (0, 0, 0), (5, 12, 0)] {
        let letter = Line { partition, offset, ..letter.clone() };
        assert_eq!(passes("drain", &letter), expected, "{partition} {offset}");
    }
    assert_eq!(passes("drain", &Line { headers: Vec::new(), ..letter }), 0, "not a dead letter at all");
}

#[test]
fn lines_that_were_joined_are_replayed_one_by_one() {
    let mut spec = spec(BROKEN);
    let reduce = json!([{"name": "join", "reduce": {"maxEvents": 2}}, {"name": "parse", "remap": {"source": BROKEN}}]);
    spec.transforms = serde_json::from_value(reduce).unwrap();
    let mut chain = Chain::of(&vector::render("drain", &spec, &bootstrap()).unwrap()).unwrap();
    let mut letters = chain.pass(&line("one"), now());
    letters.extend(chain.pass(&Line { offset: 42, ..line("two") }, now()));
    let header = |letter: &Arrival, name: &str| letter.event.fields.get(path!("headers", name)).cloned();
    let offsets: Vec<_> = letters.iter().map(|letter| header(letter, "dlq.offset")).collect();
    assert_eq!(offsets, [Some("41".into()), Some("42".into())]);
    let all =
        ["dlq.consumer", "dlq.timestamp"].map(|name| letters.iter().map(|of| header(of, name)).collect::<Vec<_>>());
    assert_eq!(all[0], [Some("drain".into()), Some("drain".into())]);
    assert_eq!(all[1], [Some("2026-01-10T12:00:00Z".into()), Some("2026-01-10T12:00:00Z".into())]);
}
