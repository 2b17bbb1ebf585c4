//! Durations as the API writes them.

use std::time::Duration;

/// Reads a duration such as `1h30m`; the schema has checked its form.
pub(crate) fn of(text: &str) -> Duration {
    text.parse::<kube::core::Duration>().map(Duration::from).unwrap_or_default()
}
