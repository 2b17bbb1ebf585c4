//! Users' programs in VRL, and what a compiler says of them.
//!
//! The compiler and the runtime take time, threads and an async runtime's worth of dependencies, so they are an argument of what
//! judges a spec; `operator/vrl` has them.

use std::fmt;

use kafkapipelines_crds::ConsumerSpec;
use serde::{Deserialize, Serialize};

/// What is wrong with a program, and where. One line each, without control characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The place in the program, short.
    pub excerpt: String,
    /// Code and words of the compiler, short enough for a condition.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.text)
    }
}

/// What a judge asks of VRL. Each answer is empty when Vector would start with the text.
#[derive(Clone, Copy, Debug)]
pub struct Vrl {
    /// Why Vector would not start with the program of a `remap`.
    pub program: fn(&str) -> Vec<Mistake>,
    /// Why Vector would not start with a condition: a program that gives a boolean and changes nothing.
    pub condition: fn(&str) -> Vec<Mistake>,
    /// Passes the lines of `spec.tests` through the transforms of the rendered Vector file, and tells which tests fail.
    pub tests: fn(&str, &ConsumerSpec) -> Vec<TestFailure>,
}

/// A test of a consumer that fails. Short enough for a condition, without control characters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TestFailure {
    /// Name of the test.
    pub test: String,
    /// The line, cut.
    pub line: String,
    /// What was expected, and what became of the line.
    pub difference: String,
}
