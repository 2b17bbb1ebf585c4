//! Which components of Vector may be added. The names are those of Vector's own reference (website/cue/reference/components, 0.57).

/// Sources that take nothing from the host, open no port, and have nobody who waits for them.
const SOURCES: &[&str] =
    &["demo_logs", "http_client", "internal_logs", "internal_metrics", "prometheus_scrape", "static_metrics"];

/// Transforms that let go of a line at once.
const TRANSFORMS: &[&str] = &[
    "dedupe",
    "exclusive_route",
    "filter",
    "incremental_to_absolute",
    "log_to_metric",
    "metric_to_log",
    "remap",
    "route",
    "sample",
    "tag_cardinality_limit",
    "throttle",
    "trace_to_log",
];

/// Sinks that send over the network, and start without their server.
#[rustfmt::skip] // one line for each letter or so
const SINKS: &[&str] = &[
    "appsignal", "aws_cloudwatch_logs", "aws_cloudwatch_metrics", "aws_kinesis_firehose", "aws_kinesis_streams", "aws_s3", "aws_sns", "aws_sqs",
    "axiom", "azure_blob", "azure_logs_ingestion", "azure_monitor_logs", "blackhole", "clickhouse", "datadog_events",
    "datadog_logs", "datadog_metrics", "datadog_traces", "doris", "elasticsearch",
    "greptimedb_logs", "greptimedb_metrics", "honeycomb", "http", "humio_logs", "humio_metrics",
    "influxdb_logs", "influxdb_metrics", "kafka", "keep", "loki", "mezmo", "mqtt", "new_relic", "opentelemetry", "papertrail", "postgres",
    "prometheus_remote_write", "sematext_logs", "sematext_metrics", "socket", "splunk_hec_logs", "splunk_hec_metrics", "statsd",
    "vector", "webhdfs", "websocket",
];

const PROGRAMS: &str = "a member runs no programs but Vector, and its image has no others; remove it";
const HOST: &str = "a member has no files and nothing of the host: its root is read-only, and nothing is mounted; set up an agent on the host instead";
const PORTS: &str = "nothing may connect to a member but for its metrics; use the gateway (spec.gateway of the LogPipeline), which keeps what it takes";
const TAKES: &str = "what it takes from there would be gone there, and a component of your own promises nothing; bring it into a topic, and name that in spec.topics";
const HOLDS: &str = "it holds lines back, and with them the offsets of the chain; use reduce in spec.transforms, or let the store do it";
const LOOP: &str = "what a Pod writes there may be collected into the topics that are read, and go round for ever; use a sink http, or kubectl kafkapipelines consumer test --sample";
const NO_FILES: &str = "the root of a member is read-only; use a sink that sends over the network";
const SERVES: &str = "nothing may connect to a member but for its metrics; use prometheus_remote_write or websocket";
pub(super) const ASKS: &str = "it asks its server at the start, and a member could not start while that is away; use a sink that does not, such as http, or a sink \
    kafka in spec.sinks, and let another program read there";
const LUA: &str =
    "nothing checks what a program in Lua does, and Vector forgets whose line it has; write it in VRL (remap)";

/// Components that are not for members of a consumer, and why. The same name may be that of a source and of a sink.
type Unfit = (&'static [&'static str], &'static str);

#[rustfmt::skip] // names of one reason stand together
const UNFIT_SOURCES: [Unfit; 4] = [
    (&["exec"], PROGRAMS),
    (&["aws_ecs_metrics", "docker_logs", "file", "file_descriptor", "host_metrics", "journald", "kubernetes_logs", "stdin", "windows_event_log"], HOST),
    (&["aws_kinesis_firehose", "datadog_agent", "dnstap", "fluent", "heroku_logs", "http_server", "logstash", "opentelemetry", "prometheus_pushgateway",
        "prometheus_remote_write", "socket", "splunk_hec", "statsd", "syslog", "vector"], PORTS),
    (&["amqp", "aws_s3", "aws_sqs", "gcp_pubsub", "kafka", "mqtt", "nats", "okta", "pulsar", "redis", "websocket"], TAKES),
];
const UNFIT_TRANSFORMS: [Unfit; 3] =
    [(&["lua"], LUA), (&["aggregate", "delay", "reduce", "window"], HOLDS), (&["aws_ec2_metadata"], HOST)];
const UNFIT_SINKS: [Unfit; 4] = [
    (
        &[
            "amqp",
            "databend",
            "databricks_zerobus",
            "gcp_chronicle_unstructured",
            "gcp_cloud_storage",
            "gcp_pubsub",
            "gcp_stackdriver_logs",
            "gcp_stackdriver_metrics",
            "nats",
            "pulsar",
            "redis",
        ],
        ASKS,
    ),
    (&["console"], LOOP),
    (&["file"], NO_FILES),
    (&["prometheus_exporter", "websocket_server"], SERVES),
];

/// What a component is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Source,
    Transform,
    Sink,
}

impl Kind {
    /// Its section in `raw`.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Transform => "transforms",
            Self::Sink => "sinks",
        }
    }

    /// Why a component of this type cannot be added, if it cannot.
    pub(super) fn unfit(self, type_: &str) -> Option<String> {
        let (fit, unfit): (_, &[Unfit]) = match self {
            Self::Source => (SOURCES, &UNFIT_SOURCES),
            Self::Transform => (TRANSFORMS, &UNFIT_TRANSFORMS),
            Self::Sink => (SINKS, &UNFIT_SINKS),
        };
        if fit.contains(&type_) {
            return None;
        }
        let why = unfit
            .iter()
            .find(|(types, _)| types.contains(&type_))
            .map(|(_, why)| format!("not in a member of a consumer: {why}"));
        Some(why.unwrap_or_else(|| {
            format!("none of the {} of Vector 0.57 that can be added: {}", self.section(), fit.join(", "))
        }))
    }
}
