//! `spec.tests` of a consumer: its lines pass the transforms, and what becomes of them is compared with what is expected.

mod difference;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use kafkapipelines_core::program::TestFailure;
use kafkapipelines_core::vector::ids;
use kafkapipelines_crds::{ConsumerSpec, ConsumerTest, Fields, TestExpectation, TestInput};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use vrl::path;

use crate::chain::{Arrival, Chain, ChainError, Line};
use crate::mistake::one_line;
use crate::patience::{Unsaid, Verdicts};
use difference::quoted;

/// Bytes of a line that are shown.
const LINE_BYTES: usize = 60;
/// Bytes of a difference.
const DIFFERENCE_BYTES: usize = 600;

/// What makes a verdict what it is.
#[derive(Deserialize, Serialize)]
struct Question {
    file: String,
    topic: String,
    tests: Vec<ConsumerTest>,
}

/// What becomes of one event of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It comes to a sink.
    Stored {
        /// Id of the sink.
        sink: String,
        /// The event as the sink gets it.
        event: Json,
    },
    /// It becomes a dead letter.
    DeadLetter {
        /// The transform that dropped it.
        component: String,
        /// Why.
        error: String,
    },
}

/// The tests that fail. Waits for at most five seconds; what was once said of a file with its tests is remembered.
pub(super) fn failures(file: &str, spec: &ConsumerSpec) -> Vec<TestFailure> {
    static VERDICTS: Verdicts<Vec<TestFailure>> = Verdicts::new();
    let topic = spec.topics.first().cloned().unwrap_or_default();
    let question = Question { file: file.to_owned(), topic, tests: spec.tests.clone() };
    let all_fail = |why: &str| spec.tests.iter().map(|test| failure(test, why)).collect();
    match serde_json::to_string(&question).map(|question| VERDICTS.of(&question, judge)) {
        Ok(Ok(failures)) => failures,
        Ok(Err(Unsaid::TooSlow)) => all_fail("all tests together take more than 5 seconds"),
        Ok(Err(Unsaid::Panicked)) => all_fail("the transforms fail in a way that would stop Vector too"),
        Err(error) => all_fail(&error.to_string()),
    }
}

fn judge(question: &str) -> Vec<TestFailure> {
    let Ok(Question { file, topic, tests }) = serde_json::from_str(question) else { return Vec::new() };
    match Chain::of(&file) {
        Ok(mut chain) => tests.iter().filter_map(|test| run(&mut chain, test, &topic)).collect(),
        Err(error) => tests.iter().map(|test| failure(test, &cannot_run(&error))).collect(),
    }
}

fn cannot_run(error: &ChainError) -> String {
    format!("the transforms cannot be run: {error}")
}

fn failure(test: &ConsumerTest, difference: &str) -> TestFailure {
    let line = String::from_utf8_lossy(&payload(&test.input)).into_owned();
    TestFailure {
        test: test.name.clone(),
        line: one_line(&line, LINE_BYTES),
        difference: one_line(difference, DIFFERENCE_BYTES),
    }
}

fn run(chain: &mut Chain, test: &ConsumerTest, topic: &str) -> Option<TestFailure> {
    let Ok(now) = test.now.parse() else { return Some(failure(test, "now is no time, such as 2026-01-01T00:00:00Z")) };
    if let Some(sink) = test.expect.sink.as_deref().filter(|sink| !chain.has_sink(sink)) {
        return Some(failure(test, &format!("the consumer has no sink {sink}")));
    }
    chain.forget();
    let mut arrivals = chain.pass(&line(&test.input, topic, now), now);
    arrivals.extend(chain.finish());
    mismatch(&test.expect, &fates(&arrivals), now).map(|difference| failure(test, &difference))
}

/// What became of the events that arrived. A line without any is dropped on purpose.
pub fn fates(arrivals: &[Arrival]) -> Vec<Fate> {
    arrivals.iter().map(Fate::of).collect()
}

fn line(input: &TestInput, topic: &str, now: Timestamp) -> Line {
    Line {
        payload: payload(input),
        key: input.key.as_ref().map(|key| key.clone().into_bytes()),
        headers: input.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect(),
        topic: input.topic.clone().unwrap_or_else(|| topic.to_owned()),
        timestamp: Some(now),
        ..Line::default()
    }
}

fn payload(input: &TestInput) -> Vec<u8> {
    let json = || serde_json::to_vec(&input.fields).unwrap_or_default();
    input.message.clone().map_or_else(json, String::into_bytes)
}

impl Fate {
    fn of(arrival: &Arrival) -> Self {
        let header = |name| arrival.event.fields.get(path!("headers", name)).map(|text| text.to_string_lossy().into());
        if &*arrival.sink == ids::DEAD_LETTERS {
            let (component, error) = (header("dlq.component"), header("dlq.error"));
            return Self::DeadLetter { component: component.unwrap_or_default(), error: error.unwrap_or_default() };
        }
        let event = serde_json::to_value(&arrival.event.fields).unwrap_or_default();
        Self::Stored { sink: arrival.sink.to_string(), event }
    }
}

/// How what became of a line differs from what is expected.
fn mismatch(expect: &TestExpectation, fates: &[Fate], now: Timestamp) -> Option<String> {
    let got = || told(fates, now);
    if let Some(part) = &expect.dead_letter {
        let errors = || fates.iter().filter_map(error);
        return match errors().next() {
            None => Some(format!("expected a dead letter, but {}", got())),
            Some(_) if errors().any(|error| error.contains(part.as_str())) => None,
            Some(error) => Some(format!("expected a dead letter with {}, got {}", quoted(part), quoted(error))),
        };
    }
    if expect.dropped.is_some() {
        return (!fates.is_empty()).then(|| format!("expected that it is dropped, but {}", got()));
    }
    let stored: Vec<_> = fates.iter().filter_map(|fate| event_at(fate, expect.sink.as_deref())).collect();
    let none = Fields::default();
    let differences = stored.iter().map(|event| difference::of(expect.fields.as_ref().unwrap_or(&none), event));
    match differences.min_by_key(Vec::len) {
        None => Some(format!("expected that {} gets it, but {}", expect.sink.as_deref().unwrap_or("a sink"), got())),
        Some(differences) if differences.is_empty() => None,
        Some(differences) => Some(difference::told(&differences)),
    }
}

fn error(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::DeadLetter { error, .. } => Some(error),
        Fate::Stored { .. } => None,
    }
}

/// The event, if the sink gets it.
fn event_at<'a>(fate: &'a Fate, wanted: Option<&str>) -> Option<&'a Json> {
    match fate {
        Fate::Stored { sink, event } => wanted.is_none_or(|wanted| wanted == sink).then_some(event),
        Fate::DeadLetter { .. } => None,
    }
}

/// What became of a line, in a sentence. A guard judges a line's age, so the clock is told with its word.
fn told(fates: &[Fate], now: Timestamp) -> String {
    match fates.first() {
        None => "it is dropped".to_owned(),
        Some(Fate::Stored { sink, event }) => format!("{sink} gets {}", difference::shown(event)),
        Some(Fate::DeadLetter { component, error }) => {
            let clock = if component.starts_with('_') { format!(" (now is {now})") } else { String::new() };
            format!("{component} makes it a dead letter: {error}{clock}")
        }
    }
}
