//! How an object is, by its conditions, in one coloured phrase.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use kafkapipelines_core::conditions::{self, ACCEPTED, AT_RISK, READY, STALLED, SUSPENDED, WARNING};

/// What is good.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is not.
pub const BAD: Style = AnsiColor::Red.on_default();
/// What is not known, or needs attention.
pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default();

/// What `metadata` and `status` say of an object's state.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    metadata: &'a ObjectMeta,
    conditions: &'a [Condition],
    observed_generation: Option<i64>,
}

impl<'a> State<'a> {
    /// The state of an object whose status has these conditions and this `observedGeneration`.
    pub fn new(metadata: &'a ObjectMeta, status: Option<(&'a [Condition], Option<i64>)>) -> Self {
        let (conditions, observed_generation) = status.unwrap_or_default();
        Self { metadata, conditions, observed_generation }
    }

    /// `✓ Ready`, or why not.
    pub fn phrase(&self) -> String {
        let Some(ready) = conditions::find(self.conditions, READY) else {
            return format!("{DOUBTFUL}? no status yet: is the operator running?{DOUBTFUL:#}");
        };
        let mut phrase = match ready.status.as_str() {
            "True" => format!("{GOOD}✓ Ready{GOOD:#}"),
            "False" => {
                let style = if self.needs_a_person() { BAD } else { DOUBTFUL };
                format!("{style}✗ {}: {}{style:#}", ready.reason, ready.message)
            }
            _ => format!("{DOUBTFUL}? {}: {}{DOUBTFUL:#}", ready.reason, ready.message),
        };
        if self.observed_generation < self.metadata.generation {
            // Writing to a String cannot fail.
            let _ = write!(phrase, "  {DOUBTFUL}(the newest change has not been seen yet){DOUBTFUL:#}");
        }
        if self.metadata.deletion_timestamp.is_some() {
            let _ = write!(phrase, "  {DOUBTFUL}(being deleted){DOUBTFUL:#}");
        }
        phrase
    }

    /// Whether it stays as it is until somebody acts.
    fn needs_a_person(&self) -> bool {
        conditions::is_true(self.conditions, STALLED)
    }

    /// Conditions beside `Ready` that say something that `Ready` does not: what is refused or stalled is there already, and what
    /// holds is what one expects.
    pub fn remarks(&self) -> Vec<String> {
        let ready = conditions::find(self.conditions, READY);
        let telling = |condition: &&Condition| {
            ![READY, ACCEPTED, STALLED].contains(&condition.type_.as_str())
                && (condition.status != "True" || [WARNING, SUSPENDED, AT_RISK].contains(&condition.type_.as_str()))
                && ready.is_none_or(|ready| ready.message != condition.message)
        };
        let phrase =
            |condition: &Condition| format!("{DOUBTFUL}! {}: {}{DOUBTFUL:#}", condition.reason, condition.message);
        self.conditions.iter().filter(telling).map(phrase).collect()
    }
}

/// The mark before a line: ✓ or ✗.
pub fn mark(good: bool) -> String {
    if good { format!("{GOOD}✓{GOOD:#} ") } else { format!("{BAD}✗{BAD:#} ") }
}
