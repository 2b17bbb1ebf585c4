//! The transforms of a file, as they are put together.

use super::file::{Components, Remap, Transform};
use super::ids;

/// The steps so far: the chain that every line passes, and branches from it.
pub(super) struct Steps {
    all: Vec<(String, Transform)>,
    last: String,
    dropped: Vec<String>,
    joins_lines: bool,
}

impl Steps {
    /// No step yet: lines come from the source `id`.
    pub(super) fn after(id: &str) -> Self {
        Self { all: Vec::new(), last: id.to_owned(), dropped: Vec::new(), joins_lines: false }
    }

    /// The output of the last step of the chain.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    /// Whether a step makes one line of several.
    pub(super) fn joins_lines(&self) -> bool {
        self.joins_lines
    }

    /// The programs so far.
    pub(super) fn programs(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter_map(|(_, step)| match step {
            Transform::Remap(remap) => Some(remap.source.as_str()),
            _ => None,
        })
    }

    /// Says that a step makes one line of several.
    pub(super) fn join_lines(&mut self) {
        self.joins_lines = true;
    }

    /// The next step of the chain.
    pub(super) fn push(&mut self, id: &str, step: impl FnOnce(Vec<String>) -> Transform) {
        let input = std::mem::replace(&mut self.last, id.to_owned());
        self.all.push((id.to_owned(), step(vec![input])));
    }

    /// The next step of the chain: a program that cannot fail.
    pub(super) fn push_infallible(&mut self, id: &str, program: &str) {
        self.push(id, |inputs| infallible(program, inputs));
    }

    /// The next step of the chain: a program whose errors and aborts become dead letters.
    pub(super) fn push_dropper(&mut self, id: &str, program: String) {
        self.dropped.push(ids::dropped(id));
        self.push(id, |inputs| dropper(program, inputs));
    }

    /// A step beside the chain, from any output.
    pub(super) fn branch(&mut self, id: &str, step: Transform) {
        self.all.push((id.to_owned(), step));
    }

    /// A program beside the chain, whose errors and aborts become dead letters.
    pub(super) fn branch_dropper(&mut self, id: &str, program: String, input: String) {
        self.dropped.push(ids::dropped(id));
        self.branch(id, dropper(program, vec![input]));
    }

    /// A program beside the chain that cannot fail, and whose lines are all dead letters.
    pub(super) fn branch_of_dead_letters(&mut self, id: &str, program: &str, input: String) {
        self.dropped.push(id.to_owned());
        self.branch(id, infallible(program, vec![input]));
    }

    /// All steps, with the one that makes dead letters at the end.
    pub(super) fn finish(mut self, dead_letter: &str) -> Components<Transform> {
        let dropped = std::mem::take(&mut self.dropped);
        self.branch(ids::DEAD_LETTER, infallible(dead_letter, dropped));
        Components(self.all)
    }
}

/// A step that drops nothing, for its program cannot fail.
fn infallible(source: &str, inputs: Vec<String>) -> Transform {
    Transform::Remap(Remap::infallible(source.to_owned(), inputs))
}

/// A step whose errors and aborts go to its output `<id>.dropped`.
fn dropper(source: String, inputs: Vec<String>) -> Transform {
    Transform::Remap(Remap { inputs, drop_on_error: true, drop_on_abort: true, reroute_dropped: true, source })
}
