//! Why a topic is not as the spec says.

/// Why a topic is not as the spec says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// One CamelCase word.
    pub reason: &'static str,
    /// What it is, and what to do.
    pub message: String,
}
