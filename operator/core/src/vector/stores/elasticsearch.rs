//! Writing to Elasticsearch and OpenSearch, by `_bulk`. Only this sink reads what the store says of each document.

use kafkapipelines_crds::{DataStreamSpec, ElasticsearchSpec};

use super::{Shared, TIME};
use crate::vector::file::{Bulk, DataStream, ElasticsearchSink, Request, Switch};
use crate::vector::secrets;

/// What finds lines that an index would refuse, once the names of the first part are set.
const MEASURE: &str = include_str!("elasticsearch.vrl");
/// A data stream takes no document without a time; Vector would make one only of a timestamp.
const STAMP: &str = "del(.timestamp)\n.\"@timestamp\" = moment";

pub(super) const BATCH_BYTES: u64 = 4_000_000;

/// The sink.
pub(super) fn sink(store: &ElasticsearchSpec, inputs: Vec<String>, shared: Shared) -> ElasticsearchSink {
    let (auth, headers) = secrets::auth_or_header(store.auth.as_ref());
    ElasticsearchSink {
        inputs,
        endpoints: store.endpoints.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
        // What Vector finds out by itself is wrong for OpenSearch: every line would be refused, and lost.
        api_version: "v8",
        mode: if store.data_stream.is_some() { "data_stream" } else { "bulk" },
        bulk: store.index.as_ref().map(|index| Bulk { action: "index", index: index.clone() }),
        data_stream: store.data_stream.as_ref().map(data_stream),
        // Otherwise one document that is refused for overload loses its whole request.
        request_retry_partial: true,
        compression: "gzip",
        auth,
        tls: secrets::tls(store.tls.as_ref()),
        healthcheck: Switch { enabled: false },
        batch: super::batch(BATCH_BYTES),
        buffer: shared.buffer(),
        request: Request { headers, ..super::request() },
    }
}

fn data_stream(spec: &DataStreamSpec) -> DataStream {
    DataStream {
        type_: spec.type_.clone(),
        dataset: spec.dataset.clone(),
        namespace: spec.namespace.clone(),
        // Names that come from lines may be ones that no stream can have, and Vector drops such lines.
        auto_routing: false,
    }
}

/// The program that drops what the store is known to refuse.
pub(super) fn guard(store: &ElasticsearchSpec) -> String {
    let limits = &store.limits;
    let head = super::limits([("max_fields", limits.fields.into()), ("max_depth", limits.depth.into())]).join("\n");
    if store.data_stream.is_none() {
        return super::program([&head, MEASURE]);
    }
    let time = "time = if exists(.timestamp) { .timestamp } else { .\"@timestamp\" }";
    super::program([&head, MEASURE, time, TIME, STAMP])
}
