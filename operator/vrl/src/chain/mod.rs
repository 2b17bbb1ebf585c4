//! The transforms of a rendered Vector file, run in process: from the line that the Kafka source reads to the inputs of the sinks.
//!
//! The file is the same that the members get, and the programs run in Vector's own runtime, so what a test or a stand-in sees is what
//! Vector does. Two things are left out on purpose: `throttle` and `sample` drop by time and by chance, and let everything pass here.
//! Functions that need Vector itself (its metrics, the network) fail with a sentence that says so. docs/adr/0009-chain-in-process.md

mod clock;
mod condition;
mod dedupe;
mod event;
mod file;
mod graph;
mod line;
mod reduce;
mod remap;
mod route;
mod step;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use vrl::diagnostic::DiagnosticList;

use crate::mistake;
use clock::Clock;
use step::Step;

pub use event::Event;
pub use line::Line;

/// Why a file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// It is no Vector file.
    #[error("the Vector file cannot be read: {0}")]
    Unreadable(String),
    /// Lines come in by one Kafka source that decodes nothing.
    #[error("the Vector file needs one source of type kafka that reads bytes, and has {0}")]
    Source(usize),
    /// A component names an input that is no output of another.
    #[error("{component}: there is no output {input}")]
    Input {
        /// The component.
        component: String,
        /// What it asks for.
        input: String,
    },
    /// Transforms feed one another in a circle.
    #[error("{0}: its lines come back to it")]
    Circle(String),
    /// A program or a condition does not compile.
    #[error("{component}: {text}")]
    Program {
        /// The transform.
        component: String,
        /// The compiler's words.
        text: String,
    },
}

impl ChainError {
    /// A text that does not compile.
    fn program(component: &str, text: &str, found: DiagnosticList) -> Self {
        let mistakes = found.into_iter().filter_map(|found| mistake::of(&found, text));
        let mistakes: Vec<_> = mistakes.map(|mistake| mistake.to_string()).collect();
        Self::Program { component: component.to_owned(), text: mistakes.join("; ") }
    }
}

/// The transforms of a Vector file. They are compiled once; what `dedupe` and `reduce` remember stays from line to line.
pub struct Chain {
    clock: Clock,
    /// Who takes what the source reads.
    first: Vec<Target>,
    /// The ids of all sinks.
    sinks: BTreeSet<String>,
    /// In an order in which each comes after those that feed it.
    nodes: Vec<Node>,
}

/// An event at the input of a sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Id of the sink.
    pub sink: Arc<str>,
    /// The event, before the sink encodes it.
    pub event: Event,
}

/// A transform and who takes what it gives.
struct Node {
    step: Step,
    /// By the number of the output.
    outputs: Vec<Vec<Target>>,
}

/// Who takes an event.
#[derive(Clone, Debug)]
enum Target {
    /// The transform of this number.
    Node(usize),
    /// The sink of this id.
    Sink(Arc<str>),
}

type Queue = VecDeque<(Target, Event)>;

impl Chain {
    /// Compiles the transforms of a file. Its programs are trusted to be judged before: a program made to exhaust the compiler would.
    ///
    /// # Errors
    /// [`ChainError`]: what Vector would not start with, or what the operator never renders.
    pub fn of(file: &str) -> Result<Self, ChainError> {
        let clock = Clock::default();
        let file = file::read(file)?;
        let sinks = file.sinks.keys().cloned().collect();
        let (first, nodes) = graph::build(file, &clock)?;
        Ok(Self { clock, first, sinks, nodes })
    }

    /// Whether the file has a sink of this id.
    pub fn has_sink(&self, id: &str) -> bool {
        self.sinks.contains(id)
    }

    /// Forgets the lines that passed: what `dedupe` and `reduce` remember.
    pub fn forget(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.step.forget());
    }

    /// Passes a line through the transforms. `now` is what `now()` gives them. What `reduce` holds back comes with [`Self::finish`].
    pub fn pass(&mut self, line: &Line, now: Timestamp) -> Vec<Arrival> {
        self.clock.set(now);
        let mut queue = Queue::new();
        send(&self.first, line.event(), &mut queue);
        self.drain(queue)
    }

    /// Ends the groups that `reduce` still holds, as Vector does when it stops.
    pub fn finish(&mut self) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        for index in 0..self.nodes.len() {
            let node = &mut self.nodes[index];
            let mut queue = Queue::new();
            for (output, event) in node.step.finish() {
                send(&node.outputs[output], event, &mut queue);
            }
            arrivals.extend(self.drain(queue));
        }
        arrivals
    }

    fn drain(&mut self, mut queue: Queue) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while let Some((target, event)) = queue.pop_front() {
            match target {
                Target::Sink(sink) => arrivals.push(Arrival { sink, event }),
                Target::Node(index) => {
                    let Node { step, outputs } = &mut self.nodes[index];
                    for (output, event) in step.take(event) {
                        send(&outputs[output], event, &mut queue);
                    }
                }
            }
        }
        arrivals
    }
}

/// Gives an event to each of its takers.
fn send(targets: &[Target], event: Event, queue: &mut Queue) {
    if let Some((last, others)) = targets.split_last() {
        queue.extend(others.iter().map(|target| (target.clone(), event.clone())));
        queue.push_back((last.clone(), event));
    }
}
