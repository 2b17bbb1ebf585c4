//! Writing to VictoriaLogs, by JSON lines.

use kafkapipelines_crds::VictoriaLogsSpec;

use super::file::{Batch, Buffer, Codec, Framing, HttpSink, Request, RetryStrategy, Switch};

/// Uncompressed; larger requests cost memory, smaller ones speed.
const BATCH_BYTES: u64 = 4_000_000;

/// The sink. It never gives up and rejects nothing: an event that a sink rejects is skipped by the Kafka source, and lost.
pub(super) fn sink(store: &VictoriaLogsSpec, inputs: Vec<String>) -> HttpSink {
    HttpSink {
        inputs,
        uri: uri(store),
        method: "post",
        encoding: Codec { codec: "json" },
        framing: Framing { method: "newline_delimited" },
        compression: "zstd",
        // It would only log, and a store that is down is no reason not to start.
        healthcheck: Switch { enabled: false },
        retry_strategy: RetryStrategy { type_: "all" },
        batch: Batch { max_bytes: BATCH_BYTES, timeout_secs: 1 },
        buffer: Buffer { type_: "memory", max_events: 500, when_full: "block" },
        request: Request { timeout_secs: 60, retry_initial_backoff_secs: 1, retry_max_duration_secs: 10 },
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
