//! What was found of one document, for people and for programs.

use std::fmt::Write as _;

use anstyle::Style;
use kafkapipelines_crds::GROUP;
use serde::Serialize;
use serde_json::Value;

use crate::problem::Problem;
use crate::readiness::{BAD, DOUBTFUL, GOOD};

const QUIET: Style = Style::new().dimmed();

/// What becomes of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// API server and operator take it.
    Accepted,
    /// One of them does not.
    Refused,
    /// It is of another API.
    Skipped,
    /// The file is missing or malformed.
    Unreadable,
}

/// What was found of one document.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// File as it was given.
    pub file: String,
    /// Kind; empty when the file is unreadable.
    pub kind: String,
    /// Namespace; empty when the document has none.
    pub namespace: String,
    /// Name; empty when the document has none.
    pub name: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why it is refused or unreadable.
    pub problems: Vec<Problem>,
    /// What works, but not for long or not well.
    pub warnings: Vec<Problem>,
    /// What could not be judged, or why it was skipped.
    pub notes: Vec<String>,
}

impl Judgement {
    /// A judgement on an object of this API.
    pub fn of(file: &str, object: &Value, problems: Vec<Problem>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            file: file.to_owned(),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
            outcome: if problems.is_empty() { Outcome::Accepted } else { Outcome::Refused },
            problems,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// An object of another API.
    pub fn skipped(file: &str, object: &Value) -> Self {
        let notes = vec![format!("skipped, for it is not of {GROUP}")];
        Self { outcome: Outcome::Skipped, notes, ..Self::of(file, object, Vec::new()) }
    }

    /// A file that cannot be read.
    pub fn unreadable(file: &str, error: &str) -> Self {
        let problems = vec![Problem::new("", error)];
        Self { outcome: Outcome::Unreadable, ..Self::of(file, &Value::Null, problems) }
    }

    /// Whether it is on the object of this kind, namespace and name, and the API server accepts it.
    pub fn is_on(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.outcome == Outcome::Accepted && self.kind == kind && self.namespace == namespace && self.name == name
    }

    /// Adds problems; with one, the document is refused.
    pub fn refuse(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems);
        if !self.problems.is_empty() {
            self.outcome = Outcome::Refused;
        }
    }

    fn lines(&self) -> Vec<String> {
        let object = if self.kind.is_empty() { String::new() } else { format!("{}/{}: ", self.kind, self.name) };
        let line = |style: Style, text: String| format!("{}: {object}{style}{text}{style:#}\n", self.file);
        let accepted = (self.outcome == Outcome::Accepted).then(|| line(GOOD, "accepted".to_owned()));
        let problems = self.problems.iter().map(|problem| line(BAD, problem.to_string()));
        let warnings = self.warnings.iter().map(|warning| line(DOUBTFUL, format!("warning: {warning}")));
        let notes = self.notes.iter().map(|note| line(QUIET, format!("note: {note}")));
        accepted.into_iter().chain(problems).chain(warnings).chain(notes).collect()
    }
}

/// One line for each finding, then the count.
pub fn render(judgements: &[Judgement]) -> String {
    let mut text: String = judgements.iter().flat_map(Judgement::lines).collect();
    let count = |outcome| judgements.iter().filter(|judgement| judgement.outcome == outcome).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} accepted, {} refused, {} skipped, {} unreadable",
        count(Outcome::Accepted),
        count(Outcome::Refused),
        count(Outcome::Skipped),
        count(Outcome::Unreadable)
    );
    text
}
