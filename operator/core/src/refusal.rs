//! A user error: which field, which value, and the way out.

use std::fmt;

/// Why a spec, or a part of it, is not carried out. Shown in a condition and by `kubectl kafkapipelines check`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Reason of the condition, one CamelCase word.
    pub reason: &'static str,
    /// Path of the field, for example `spec.kafka.config[node.id]`.
    pub field: String,
    /// The value as the user wrote it; never a secret's.
    pub value: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Refusal {
    /// A refusal of `value` in `field`.
    pub fn new(
        reason: &'static str,
        field: impl Into<String>,
        value: impl fmt::Display,
        message: impl Into<String>,
    ) -> Self {
        Self { reason, field: field.into(), value: value.to_string(), message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.field, self.value, self.message)
    }
}
