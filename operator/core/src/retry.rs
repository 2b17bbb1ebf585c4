//! When a failed reconcile is tried again: each error says so itself.

use std::time::Duration;

/// What to do after a failed reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Only a change of some object can help: no timer is set.
    AwaitChange,
    /// Again soon, and later with each failure in a row.
    Backoff,
    /// Again after this time.
    After(Duration),
}

/// An error that tells what became of it and when to try again.
pub trait ReconcileError: std::error::Error {
    /// A CamelCase word of a small, fixed set: it becomes a condition's reason, an Event's reason and a metric's label.
    fn reason(&self) -> &'static str;

    /// When to try again.
    fn retry(&self) -> Retry;
}
