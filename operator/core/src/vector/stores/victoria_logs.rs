//! Writing to VictoriaLogs, by JSON lines. It drops lines and answers 200: the guard finds them before.

use kafkapipelines_crds::VictoriaLogsSpec;

use super::{AGE, Shared, TIME};
use crate::vector::file::{Codec, HttpSink, RetryStrategy, SinkFraming, Switch};
use crate::vector::{duration, path, secrets};

/// What finds lines that are too large, once the limits and the stream have names.
const MEASURE: &str = include_str!("victoria_logs.vrl");
/// What finds lines of which nothing would be stored.
const NO_VALUES: &str = include_str!("no_values.vrl");

const PURPOSE: &str = "# Sends to the dead-letter topic what VictoriaLogs would drop although it answers 200.";
const EVERYDAY: &str = "# Lines of every day pass: too small for a limit, of a time near the middle of what the store takes, without its own names.";
const UNKNOWN_SIZE: &str = "# How large a line is, its payload does not say.";

/// The payload as it came.
const RAW: &str = "%kafkapipelines.raw";
/// More seconds than any log is old; a text that is no time counts as older.
const CENTURIES: u64 = 10_000_000_000;

/// Names by which the store calls its own fields. Of two fields of one name, one value is lost.
const RESERVED: [&str; 4] = ["_msg", "_stream", "_stream_id", "_time"];
/// Bytes of a field's name: a limit of the store that no flag changes.
const NAME_BYTES: u64 = 128;
/// Bytes of all stream fields together: the same.
const STREAM_BYTES: u64 = 16_000;

pub(super) const BATCH_BYTES: u64 = 4_000_000;

/// The sink. It never gives up and rejects nothing: an event that a sink rejects is skipped by the Kafka source, and lost.
pub(super) fn sink(store: &VictoriaLogsSpec, inputs: Vec<String>, shared: Shared) -> HttpSink {
    HttpSink {
        inputs,
        uri: uri(store),
        method: "post",
        encoding: Codec { codec: "json" },
        framing: SinkFraming::NewlineDelimited,
        payload_prefix: None,
        payload_suffix: None,
        compression: "zstd",
        auth: secrets::auth(store.auth.as_ref()),
        tls: secrets::tls(store.tls.as_ref()),
        // It would only log, and a store that is down is no reason not to start.
        healthcheck: Switch { enabled: false },
        retry_strategy: RetryStrategy { type_: "all", status_codes: None },
        batch: super::batch(BATCH_BYTES),
        buffer: shared.buffer(),
        request: super::request(),
    }
}

/// The URL of the store's endpoint for JSON lines.
///
/// Nothing is percent-encoded: Vector takes `%` in a URL for the time format of a template, and refuses what is none.
/// The API allows no field name that would need it.
fn uri(store: &VictoriaLogsSpec) -> String {
    let query: Vec<_> = store.query().into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query: Vec<_> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{}/insert/jsonline?{}", store.endpoint.trim_end_matches('/'), query.join("&"))
}

/// The program that drops what the store would not keep. Where a field takes `bytes_of_field` of the payload at least, lines of every day
/// pass by one condition: each statement costs time for each line.
pub(super) fn guard(store: &VictoriaLogsSpec, bytes_of_field: Option<u32>) -> String {
    let large = bytes_of_field.map(|bytes| large(store, bytes));
    let checks = [&head(store), &measure(store, large.as_deref()), TIME, AGE, NO_VALUES, &renames(store)];
    let checks = super::program(checks);
    let Some(large) = large else { return format!("{PURPOSE}\n{UNKNOWN_SIZE}\n\n{checks}") };
    let (named, time) = match path::of_field(&store.time_field).as_slice() {
        [path] => (String::new(), path.clone()),
        // An `if` is no argument of a function.
        _ => (super::time(&store.time_field) + "\n", "time".to_owned()),
    };
    let taken = reserved(store).map(|name| format!("exists(.{name})"));
    let odd: Vec<_> = [large, distant(store, &time)].into_iter().chain(taken).collect();
    format!("{PURPOSE}\n{EVERYDAY}\n{named}if {} {{\n{}}}\n", odd.join(" ||\n  "), indented(&checks))
}

/// Whether a payload may reach a limit. A character takes at most eight times as many bytes when it is written anew.
fn large(store: &VictoriaLogsSpec, bytes_of_field: u32) -> String {
    let limits = &store.limits;
    let everyday = limits.fields.saturating_mul(bytes_of_field).min(limits.line_bytes / 8);
    format!("(length({RAW}) ?? {}) > {everyday}", limits.line_bytes)
}

/// Whether a time is no text in RFC 3339, or out of the range of the store.
fn distant(store: &VictoriaLogsSpec, time: &str) -> String {
    let [age, ahead] = range(store).map(|seconds| seconds.min(CENTURIES));
    let middle = (i128::from(age) - i128::from(ahead)) / 2;
    let written = format!("to_unix_timestamp(parse_timestamp({time}, \"%+\") ?? t'0001-01-01T00:00:00Z')");
    format!("abs(to_unix_timestamp(now()) - ({middle}) - {written}) > {}", age.midpoint(ahead))
}

/// The numbers and fields that are asked about.
fn head(store: &VictoriaLogsSpec) -> String {
    let [age, ahead] = range(store);
    let limits = super::limits([("max_age_seconds", age), ("max_ahead_seconds", ahead)]);
    let fields = [format!("message = {}", path::value(&store.msg_field)), super::time(&store.time_field)];
    [limits, fields.into()].concat().join("\n")
}

/// How old a line may be, and how far ahead, in seconds.
fn range(store: &VictoriaLogsSpec) -> [u64; 2] {
    [&store.limits.max_age, &store.limits.max_ahead].map(|text| duration::of(text).as_secs())
}

/// The part that measures lines, which no small payload needs.
fn measure(store: &VictoriaLogsSpec, large: Option<&str>) -> String {
    let limits = &store.limits;
    let names = super::limits([
        ("  max_line_bytes", limits.line_bytes.into()),
        ("  max_fields", limits.fields.into()),
        ("  max_name_bytes", NAME_BYTES),
        ("  max_stream_bytes", STREAM_BYTES),
    ])
    .join("\n");
    let stream = stream(&store.stream_fields);
    format!("if {} {{\n{names}\n  stream = [{stream}]\n{MEASURE}", large.unwrap_or("true"))
}

/// The values of all stream fields, as the items of an array.
fn stream(fields: &[String]) -> String {
    fields.iter().flat_map(|field| path::of_field(field)).collect::<Vec<_>>().join(", ")
}

/// A payload's field of a reserved name gets another one, unless the user made it the message or the time.
fn renames(store: &VictoriaLogsSpec) -> String {
    let renames = reserved(store).map(|name| format!("if exists(.{name}) {{ .x{name} = del(.{name}) }}"));
    let comment = "# Names of the store's own: of two fields of one name it would keep one.".to_owned();
    std::iter::once(comment).chain(renames).collect::<Vec<_>>().join("\n")
}

/// The reserved names that a payload's fields must not have.
fn reserved(store: &VictoriaLogsSpec) -> impl Iterator<Item = &'static str> {
    RESERVED.into_iter().filter(|name| *name != store.msg_field && *name != store.time_field)
}

/// The lines of a program inside of a block.
fn indented(program: &str) -> String {
    program.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_of_the_store_are_said_in_the_query() {
        let mut store: VictoriaLogsSpec = serde_json::from_value(json!({"endpoint": "https://[fd00::1]:9428/base/",
            "timeField": "@timestamp", "streamFields": ["host", "kubernetes.pod_name"]}))
        .unwrap();
        let base = "https://[fd00::1]:9428/base/insert/jsonline?_msg_field=message";
        assert_eq!(uri(&store), format!("{base}&_stream_fields=host,kubernetes.pod_name&_time_field=@timestamp"));
        store.stream_fields.clear();
        assert_eq!(uri(&store), format!("{base}&_time_field=@timestamp"));
    }
}
