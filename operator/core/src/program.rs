//! Users' programs in VRL, and what a compiler says of them.
//!
//! The compiler itself takes time, threads and an async runtime's worth of dependencies, so it is an argument of what
//! judges a spec; `operator/vrl` has it.

use std::fmt;

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

/// Tells why Vector would not start with a program; nothing when it would.
pub type Compiler = fn(&str) -> Vec<Mistake>;
