//! Names of the operator's own components. A user's names begin with a letter, so these cannot clash with them.

/// Source: the lines of the topics.
pub const KAFKA: &str = "_kafka";
/// Source: Vector's own metrics.
pub const INTERNAL_METRICS: &str = "_internal_metrics";
/// Transform of a replay: lets pass the dead letters that are replayed.
pub const REPLAYED: &str = "_replayed";
/// Transform of a replay: makes of a dead letter what the source of the topics had seen.
pub const RESTORE: &str = "_restore";
/// Transform: keeps payload and place of a line in its metadata.
pub const ORIGIN: &str = "_origin";
/// Transform: parses the payload, where the spec says how.
pub const DECODE: &str = "_decode";
/// Transform: sends a line to the sinks that want it, where a sink has a `when`.
pub const ROUTE: &str = "_route";
/// Transform: says of a line that no sink wants it, where every sink has a `when`.
pub const UNWANTED: &str = "_unwanted";
/// Transform: makes a dead letter of what was dropped.
pub const DEAD_LETTER: &str = "_dead_letter";
/// Sink: the dead-letter topic.
pub const DEAD_LETTERS: &str = "_dead_letters";
/// Sink: the metrics' endpoint.
pub const METRICS: &str = "_metrics";

/// Transform: drops to the dead letters what the store of this sink would not keep.
pub fn guard(sink: &str) -> String {
    format!("_guard_{sink}")
}

/// Transform: remembers the lines that a `reduce` will join.
pub fn before(reduce: &str) -> String {
    format!("_before_{reduce}")
}

/// Transform: makes metadata of what was remembered before a `reduce`.
pub fn after(reduce: &str) -> String {
    format!("_after_{reduce}")
}

/// The output of a transform with what it dropped.
pub fn dropped(transform: &str) -> String {
    format!("{transform}.dropped")
}
