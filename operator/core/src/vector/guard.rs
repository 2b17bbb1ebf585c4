//! The guard: finds the lines that VictoriaLogs would drop although it answers 200.

use kafkapipelines_crds::VictoriaLogsSpec;

use super::path;

/// What works on every event, once the names of the first part are set.
const BODY: &str = include_str!("guard.vrl");

/// Names by which the store calls its own fields. Of two fields of one name, one value is lost.
const RESERVED: [&str; 4] = ["_msg", "_stream", "_stream_id", "_time"];

/// Limits of the store, each with a margin: what is above goes to the dead-letter topic.
struct Limits {
    /// Bytes of a line as JSON; the store's `-insert.maxLineSizeBytes` is 256 KiB.
    line_bytes: u64,
    /// Fields of a line; the store's `-insert.maxFieldsPerLine` is 1000.
    fields: u64,
    /// Bytes of a field's name.
    name_bytes: u64,
    /// Bytes of all stream fields together.
    stream_bytes: u64,
    /// Age of a line; the store's `-retentionPeriod` is 7 days.
    age_seconds: u64,
    /// How far ahead of the clock a line may be; the store's `-futureRetention` is 2 days.
    ahead_seconds: u64,
}

/// The store's own defaults.
const DEFAULTS: Limits = Limits {
    line_bytes: 262_000,
    fields: 950,
    name_bytes: 128,
    stream_bytes: 16_000,
    age_seconds: 6 * DAY,
    ahead_seconds: DAY,
};
const DAY: u64 = 86_400;

/// The program for a store.
pub(super) fn program(store: &VictoriaLogsSpec) -> String {
    let mut lines = limits(&DEFAULTS);
    lines.push(format!("message = {}", value(&store.msg_field)));
    lines.push(format!("time = {}", value(&store.time_field)));
    lines.push(format!("stream = [{}]", stream(&store.stream_fields)));
    lines.push(String::new());
    lines.push(BODY.trim_end().to_owned());
    lines.extend(renames(store));
    lines.join("\n") + "\n"
}

fn limits(limits: &Limits) -> Vec<String> {
    [
        ("max_line_bytes", limits.line_bytes),
        ("max_fields", limits.fields),
        ("max_name_bytes", limits.name_bytes),
        ("max_stream_bytes", limits.stream_bytes),
        ("max_age_seconds", limits.age_seconds),
        ("max_ahead_seconds", limits.ahead_seconds),
    ]
    .map(|(name, value)| format!("{name} = {value}"))
    .into()
}

/// The value of a field, wherever it lies.
fn value(field: &str) -> String {
    match path::of_field(field).as_slice() {
        [nested, flat] => format!("if exists({nested}) {{ {nested} }} else {{ {flat} }}"),
        paths => paths.concat(),
    }
}

/// The values of all stream fields, as the items of an array.
fn stream(fields: &[String]) -> String {
    fields.iter().flat_map(|field| path::of_field(field)).collect::<Vec<_>>().join(", ")
}

/// A payload's field of a reserved name gets another one, unless the user made it the message or the time.
fn renames(store: &VictoriaLogsSpec) -> Vec<String> {
    let free = RESERVED.iter().filter(|name| **name != store.msg_field && **name != store.time_field);
    let renames = free.map(|name| format!("if exists(.{name}) {{ .x{name} = del(.{name}) }}"));
    let comment = "\n# Names of the store's own: of two fields of one name it would keep one.".to_owned();
    std::iter::once(comment).chain(renames).collect()
}
