//! Options of the spec's sinks: those of Vector's own that no promise depends on. The names are those of Vector's own reference (0.57).

use kafkapipelines_crds::{ConsumerSpec, SinkKind, SinkSpec};
use serde_json::Value;

use super::{INVALID, OWNED, leaves, shown};
use crate::refusal::Refusal;
use crate::vector::largest_request;
use crate::vector::raw::secret;

/// What a value may be.
#[derive(Clone, Copy)]
enum Allowed {
    /// A whole number of this range.
    Whole(u64, u64),
    /// A number above zero, at most this.
    Number(f64),
    Flag,
    /// Text of one line in which Vector finds no template: a line that does not fit one would be dropped.
    Text,
    Texts,
    OneOf(&'static [&'static str]),
    /// How many requests are under way at a time.
    Concurrency,
    /// A reference to a Secret, or the path of a file of the image.
    File,
    /// A reference to a Secret. What is written out is refused as a credential.
    Secret,
    /// At most what the operator writes: a larger request is more than the store takes.
    RequestBytes,
}
use Allowed::{Concurrency, File, Flag, Number, OneOf, RequestBytes, Secret, Text, Texts, Whole};

/// What may be set, by its path; `*` is any one name.
type Options = &'static [(&'static str, Allowed)];

const MANY: u64 = 1_000_000_000;

/// Of every sink that sends requests.
const OF_REQUESTS: Options = &[
    ("batch.max_bytes", RequestBytes),
    ("batch.max_events", Whole(1, MANY)),
    ("batch.timeout_secs", Number(60.0)),
    ("proxy.enabled", Flag),
    ("proxy.http", Text),
    ("proxy.https", Text),
    ("proxy.no_proxy", Texts),
    ("request.adaptive_concurrency.decrease_ratio", Number(1.0)),
    ("request.adaptive_concurrency.ewma_alpha", Number(1.0)),
    ("request.adaptive_concurrency.initial_concurrency", Whole(1, 1000)),
    ("request.adaptive_concurrency.max_concurrency_limit", Whole(1, 1000)),
    ("request.adaptive_concurrency.rtt_deviation_scale", Number(1000.0)),
    ("request.concurrency", Concurrency),
    ("request.headers.*", Text),
    ("request.rate_limit_duration_secs", Whole(1, 3600)),
    ("request.rate_limit_num", Whole(1, MANY)),
    ("request.timeout_secs", Whole(1, 3600)),
    ("tls.alpn_protocols", Texts),
    ("tls.crt_file", File),
    ("tls.key_file", File),
    ("tls.key_pass", Secret),
    ("tls.server_name", Text),
];
/// Of Elasticsearch and OpenSearch besides.
const OF_ELASTICSEARCH: Options = &[
    ("distribution.retry_initial_backoff_secs", Whole(1, 3600)),
    ("distribution.retry_max_duration_secs", Whole(1, 3600)),
    ("pipeline", Text),
    ("query.*", Text),
];
/// Of a topic.
const OF_TOPICS: Options = &[
    ("compression", OneOf(&["gzip", "lz4", "none", "snappy", "zstd"])),
    ("librdkafka_options.batch.num.messages", Text),
    ("librdkafka_options.batch.size", Text),
    ("librdkafka_options.client.id", Text),
    ("librdkafka_options.client.rack", Text),
    ("librdkafka_options.compression.level", Text),
    ("librdkafka_options.linger.ms", Text),
    ("librdkafka_options.queue.buffering.max.kbytes", Text),
    ("librdkafka_options.queue.buffering.max.messages", Text),
    ("librdkafka_options.socket.keepalive.enable", Text),
    ("librdkafka_options.sticky.partitioning.linger.ms", Text),
    ("rate_limit_duration_secs", Whole(1, 3600)),
    ("rate_limit_num", Whole(1, MANY)),
    ("socket_timeout_ms", Whole(10, 300_000)),
];
/// Of a topic of another Kafka besides; how one's own is reached follows from its listener.
const OF_ANOTHER_KAFKA: Options = &[
    ("sasl.enabled", Flag),
    ("sasl.mechanism", OneOf(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])),
    ("sasl.password", Secret),
    ("sasl.username", Text),
    ("tls.crt_file", File),
    ("tls.key_file", File),
    ("tls.key_pass", Secret),
];

const RETRIES: &str = "a sink tries again for ever, since what it gives up is lost; remove it";
const OF_KIND: &str = "it follows from the fields of the sink in spec.sinks; set those, and remove it";
/// What the operator answers for, by the beginning of its path, and the way out.
const OWNERS: [(&[&str], &str); 9] = [
    (&["acknowledgements"], "an offset is committed only once the store has the line; remove it"),
    (&["buffer"], "memory that blocks, for Kafka is the buffer; set spec.buffer, and remove it"),
    (&["inputs"], "the chain says which lines a sink gets; set when of the sink, and remove it"),
    (&["request.retry_", "request_retry_partial", "retry_strategy", "message_timeout_ms"], RETRIES),
    (&["healthcheck"], "a member must start although its store is away; remove it"),
    (&["auth", "sasl"], "set auth of the sink, or for another Kafka bootstrapServers first, and remove it"),
    (
        &["tls.ca_file", "tls.verify_", "tls.enabled"],
        "whom a sink trusts is said by tls.caFrom of the sink, and another name in a certificate by tls.server_name here; remove it",
    ),
    (
        &[
            "request.headers.content-",
            "request.headers.host",
            "request.headers.authorization",
            "request.headers.x-scope-orgid",
            "query.pretty",
            "query.filter_path",
            "query.timeout",
            "query.human",
        ],
        "the operator or Vector needs it as it is; remove it",
    ),
    (
        &[
            "type",
            "uri",
            "endpoint",
            "bootstrap_servers",
            "topic",
            "key_field",
            "headers_key",
            "method",
            "encoding",
            "framing",
            "payload_",
            "compression",
            "api_version",
            "mode",
            "bulk",
            "data_stream",
            "id_key",
            "dangerously_",
            "tls",
            "librdkafka_options.acks",
            "librdkafka_options.enable.idempotence",
            "librdkafka_options.message.",
        ],
        OF_KIND,
    ),
];

/// What is wrong with the options of the spec's sinks.
pub(super) fn refusals(spec: &ConsumerSpec) -> Vec<Refusal> {
    let with_options = spec.sinks.iter().filter_map(|sink| Some((sink, spec.raw.sinks.get(&sink.name)?)));
    let options = with_options.flat_map(|(sink, fields)| leaves("", fields).into_iter().map(move |leaf| (sink, leaf)));
    options.filter_map(|(sink, (path, value))| of_option(sink, &path, value)).collect()
}

fn of_option(sink: &SinkSpec, path: &str, value: &Value) -> Option<Refusal> {
    let kind = sink.kind()?;
    let field = format!("spec.raw.sinks.{}.{path}", sink.name);
    let options = of_kind(kind);
    // Of what is owned, only what is allowed by its whole path is not the operator's: a client's certificate, or SASL.
    let allowed = options.iter().flat_map(|options| options.iter()).find(|(pattern, _)| fits(pattern, path));
    let owner = owner(path).filter(|_| allowed.is_none_or(|(pattern, _)| pattern.ends_with('*')));
    let owner = owner.or_else(|| is_header_of(kind, path).then_some("http.headers of the sink says it; remove it"));
    if let Some(why) = owner {
        return Some(Refusal::new(OWNED, field, shown(value), format!("the operator answers for this: {why}")));
    }
    let Some((_, allowed)) = allowed else {
        let names = options.iter().flat_map(|options| options.iter()).map(|(pattern, _)| *pattern).collect::<Vec<_>>();
        let message = format!("no option of this sink that can be set here: there are {}", names.join(", "));
        return Some(Refusal::new(INVALID, field, shown(value), message));
    };
    let wrong = wrong(*allowed, value, kind)?;
    Some(Refusal::new(INVALID, field, shown(value), wrong))
}

fn of_kind(kind: SinkKind) -> Vec<Options> {
    match kind {
        SinkKind::VictoriaLogs(_) | SinkKind::Loki(_) | SinkKind::Http(_) => vec![OF_REQUESTS],
        SinkKind::Elasticsearch(_) => vec![OF_REQUESTS, OF_ELASTICSEARCH],
        SinkKind::Kafka(kafka) if kafka.bootstrap_servers.is_some() => vec![OF_TOPICS, OF_ANOTHER_KAFKA],
        SinkKind::Kafka(_) => vec![OF_TOPICS],
    }
}

/// `*` is one name, which may have dots as a header may.
fn fits(pattern: &str, path: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == path, |start| path.strip_prefix(start).is_some_and(|name| !name.is_empty()))
}

fn owner(path: &str) -> Option<&'static str> {
    let path = path.to_lowercase();
    OWNERS.iter().find(|(starts, _)| starts.iter().any(|start| path.starts_with(start))).map(|(_, why)| *why)
}

/// Whether the spec has this header already, in whatever letters.
fn is_header_of(kind: SinkKind, path: &str) -> bool {
    let (SinkKind::Http(server), Some(header)) = (kind, path.strip_prefix("request.headers.")) else { return false };
    server.headers.keys().any(|name| name.eq_ignore_ascii_case(header))
}

/// What a value should be, if it is not.
fn wrong(allowed: Allowed, value: &Value, kind: SinkKind) -> Option<String> {
    let (is_good, should) = match allowed {
        Whole(least, most) => return whole(value, least, most),
        RequestBytes => return whole(value, 1, largest_request(kind)),
        Number(most) => {
            let is_good = value.as_f64().is_some_and(|number| number > 0.0 && number <= most);
            (is_good, format!("a number above 0, at most {most}"))
        }
        Flag => (value.is_boolean(), "true or false".to_owned()),
        Text => (is_text(value), "text of one line in quotes, without {{ and %".to_owned()),
        Texts => (value.as_array().is_some_and(|items| items.iter().all(is_text)), "a list of texts".to_owned()),
        OneOf(choices) => {
            (value.as_str().is_some_and(|text| choices.contains(&text)), format!("one of {}", choices.join(", ")))
        }
        Concurrency => {
            let is_good = matches!(value.as_str(), Some("adaptive" | "none")) || whole(value, 1, 1000).is_none();
            (is_good, "adaptive, none, or a whole number from 1 to 1000".to_owned())
        }
        File => (is_reference(value) || is_text(value), "{secretKeyRef: {name: NAME, key: KEY}}".to_owned()),
        Secret => (is_reference(value), "{secretKeyRef: {name: NAME, key: KEY}}".to_owned()),
    };
    (!is_good).then(|| format!("must be {should}"))
}

fn whole(value: &Value, least: u64, most: u64) -> Option<String> {
    let is_good = value.as_u64().is_some_and(|number| (least..=most).contains(&number));
    (!is_good).then(|| format!("must be a whole number from {least} to {most}"))
}

fn is_reference(value: &Value) -> bool {
    secret::referred(value).is_some()
}

fn is_text(value: &Value) -> bool {
    let is_plain = |text: &str| !text.contains("{{") && !text.contains(['%', '\n', '\r']);
    is_reference(value) || value.as_str().is_some_and(is_plain)
}
