//! Writing to any server that takes JSON.

use kafkapipelines_crds::{HttpCompression, HttpEncoding, HttpMethod, HttpSpec};
use serde_saphyr::LitString;

use super::{Shared, loki};
use crate::vector::file::{Codec, HttpSink, Request, RetryStrategy, SinkFraming, Switch};
use crate::vector::secrets;

pub(super) const BATCH_BYTES: u64 = 1_000_000;

/// The sink. It rejects nothing: what the server will never take stops the flow.
pub(super) fn sink(server: &HttpSpec, inputs: Vec<String>, shared: Shared) -> HttpSink {
    let headers = server.headers.iter().map(|(name, value)| (name.clone(), LitString(value.clone())));
    HttpSink {
        inputs,
        uri: server.uri.clone(),
        method: match server.method {
            HttpMethod::Post => "post",
            HttpMethod::Put => "put",
            HttpMethod::Patch => "patch",
        },
        encoding: Codec { codec: "json" },
        framing: match server.encoding {
            HttpEncoding::Ndjson => SinkFraming::NewlineDelimited,
            HttpEncoding::Json => loki::comma_delimited(),
        },
        payload_prefix: None,
        payload_suffix: None,
        compression: match server.compression {
            HttpCompression::None => "none",
            HttpCompression::Gzip => "gzip",
            HttpCompression::Zstd => "zstd",
        },
        auth: secrets::auth(server.auth.as_ref()),
        tls: secrets::tls(server.tls.as_ref()),
        healthcheck: Switch { enabled: false },
        retry_strategy: RetryStrategy { type_: "all", status_codes: None },
        batch: super::batch(BATCH_BYTES),
        buffer: shared.buffer(),
        request: Request { headers: headers.collect(), ..super::request() },
    }
}
