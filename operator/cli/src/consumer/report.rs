//! What was found of one consumer, for people and for programs.

use std::collections::BTreeMap;

use kafkapipelines_vrl::Fate;
use serde::Serialize;

use super::sample::SampleLine;
use crate::problem::Problem;
use crate::readiness::{BAD, DOUBTFUL, mark};

/// Characters of an event that are shown.
const EVENT: usize = 200;

/// What was found of one consumer.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// File as it was given.
    pub file: String,
    /// Namespace; empty when the document has none.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Why it is refused; then nothing was run.
    pub problems: Vec<Problem>,
    /// Its tests.
    pub tests: Vec<TestResult>,
    /// What becomes of the lines of the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Vec<SampleLine>>,
}

/// A test that was run.
#[derive(Debug, Serialize)]
pub(super) struct TestResult {
    /// Name.
    pub name: String,
    /// Whether it got what it expects.
    pub passed: bool,
    /// The line, cut, of one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What was expected, and what became of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

impl Report {
    pub(super) fn is_good(&self) -> bool {
        self.problems.is_empty() && self.tests.iter().all(|test| test.passed)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: Consumer/{}", self.file, self.name)];
        lines.extend(self.problems.iter().map(|problem| format!("  {}{BAD}{problem}{BAD:#}", mark(false))));
        lines.extend(self.tests.iter().map(TestResult::shown));
        let sample = self.sample.as_deref().unwrap_or_default();
        lines.extend(sample.iter().flat_map(SampleLine::shown));
        lines.extend(self.sample.as_ref().map(|sample| summary(sample)));
        lines
    }
}

impl TestResult {
    fn shown(&self) -> String {
        let Self { name, passed, line, difference } = self;
        match (line, difference) {
            (Some(line), Some(difference)) => format!("  {}{name}: {line}: {BAD}{difference}{BAD:#}", mark(*passed)),
            _ => format!("  {}{name}", mark(*passed)),
        }
    }
}

impl SampleLine {
    fn shown(&self) -> Vec<String> {
        let number = if self.line == 0 { "the end".to_owned() } else { format!("line {}", self.line) };
        if self.fates.is_empty() {
            return vec![format!("  {number}: {DOUBTFUL}dropped{DOUBTFUL:#}")];
        }
        self.fates.iter().map(|fate| format!("  {number}: {}", of(fate))).collect()
    }
}

fn of(fate: &Fate) -> String {
    match fate {
        Fate::Stored { sink, event } => format!("{sink} gets {}", cut(&event.to_string())),
        Fate::DeadLetter { component, error } => {
            format!("{BAD}dead letter of {component}: {}{BAD:#}", cut(error))
        }
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(EVENT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(EVENT).is_some() {
        shown.push('…');
    }
    shown
}

/// How many lines end where. A line of several events counts in each place.
fn summary(sample: &[SampleLine]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in sample {
        let mut places: Vec<_> = line.fates.iter().map(place).collect();
        places.sort();
        places.dedup();
        if places.is_empty() {
            places.push("dropped".to_owned());
        }
        for place in places {
            *counts.entry(place).or_default() += 1;
        }
    }
    let counts: Vec<_> = counts.iter().map(|(place, count)| format!("{count} {place}")).collect();
    let lines = sample.iter().filter(|line| line.line > 0).count();
    format!("  {lines} lines: {}", counts.join(", "))
}

fn place(fate: &Fate) -> String {
    match fate {
        Fate::Stored { sink, .. } => format!("to {sink}"),
        Fate::DeadLetter { .. } => "dead letters".to_owned(),
    }
}

/// All reports, then how many tests passed.
pub(super) fn text(reports: &[Report]) -> String {
    let text: String = reports.iter().flat_map(Report::lines).map(|line| line + "\n").collect();
    let tests = || reports.iter().flat_map(|report| &report.tests);
    let passed = tests().filter(|test| test.passed).count();
    let refused = reports.iter().filter(|report| !report.problems.is_empty()).count();
    format!("{text}{passed} tests passed, {} failed, {refused} consumers refused\n", tests().count() - passed)
}
