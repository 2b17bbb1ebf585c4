//! The table that is printed: what was measured, beside its goal.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use kafkapipelines_e2e::audit::Request;

/// All rows and notes.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// One measurement.
#[derive(Default)]
pub(super) struct Row {
    what: String,
    measured: String,
    goal: String,
    requests: String,
}

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.rows.push(row);
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Row {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    pub(super) fn seconds(self, measured: Duration, goal: f64) -> Self {
        Self { goal: format!("{goal} s"), ..self.seconds_without_goal(measured) }
    }

    pub(super) fn seconds_without_goal(self, measured: Duration) -> Self {
        Self { measured: format!("{:.3} s", measured.as_secs_f64()), ..self }
    }

    pub(super) fn megabytes(self, measured: f64, goal: Option<f64>) -> Self {
        let goal = goal.map(|goal| format!("{goal} MB")).unwrap_or_default();
        Self { measured: format!("{measured:.1} MB"), goal, ..self }
    }

    pub(super) fn count(self, measured: usize, goal: usize) -> Self {
        Self { measured: measured.to_string(), goal: goal.to_string(), ..self }
    }

    /// How many requests of each verb.
    pub(super) fn requests(self, requests: &[Request]) -> Self {
        let mut verbs: BTreeMap<&str, usize> = BTreeMap::new();
        for request in requests {
            *verbs.entry(&request.verb).or_default() += 1;
        }
        let each: Vec<_> = verbs.iter().map(|(verb, count)| format!("{count} {verb}")).collect();
        Self { requests: each.join(", "), ..self }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, measured, goal, requests } = self;
        write!(f, "| {what} | {measured} | {goal} | {requests} |")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | goal | requests |\n|---|---|---|---|")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}
