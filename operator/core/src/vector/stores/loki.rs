//! Writing to Loki, by its push API and the `http` sink: Vector's own `loki` sink gives up lines on a wrong password.

use kafkapipelines_crds::LokiSpec;
use serde_saphyr::{FlowSeq, LitString};

use super::{AGE, Shared, TIME};
use crate::vector::file::{Codec, Delimiter, HttpSink, Request, RetryStrategy, SinkFraming, Switch};
use crate::vector::{duration, path, secrets};

/// What makes a stream of a line, once the names of the first part are set.
const STREAM: &str = include_str!("loki.vrl");

/// Loki takes no request above 4 MiB between its own parts.
pub(super) const BATCH_BYTES: u64 = 1_000_000;
/// With this answer Loki says that it will never take some lines of the request, and that it has the others.
const REFUSED: u16 = 400;

/// The sink.
pub(super) fn sink(store: &LokiSpec, inputs: Vec<String>, shared: Shared) -> HttpSink {
    let tenant = store.tenant_id.iter().map(|tenant| ("X-Scope-OrgID".to_owned(), LitString(tenant.clone())));
    HttpSink {
        inputs,
        uri: format!("{}/loki/api/v1/push", store.endpoint.trim_end_matches('/')),
        method: "post",
        encoding: Codec { codec: "json" },
        framing: comma_delimited(),
        payload_prefix: Some("{\"streams\":"),
        payload_suffix: Some("}"),
        compression: "gzip",
        auth: secrets::auth(store.auth.as_ref()),
        tls: secrets::tls(store.tls.as_ref()),
        healthcheck: Switch { enabled: false },
        retry_strategy: RetryStrategy { type_: "custom", status_codes: Some(FlowSeq(retried())) },
        batch: super::batch(BATCH_BYTES),
        buffer: shared.buffer(),
        request: Request { headers: tenant.collect(), ..super::request() },
    }
}

/// The items of a JSON array.
pub(super) fn comma_delimited() -> SinkFraming {
    SinkFraming::CharacterDelimited { character_delimited: Delimiter { delimiter: "," } }
}

/// All answers that are no success, but one.
fn retried() -> Vec<u16> {
    (300..600).filter(|status| *status != REFUSED).collect()
}

/// The program that drops what the store would not keep, and makes streams of the rest.
pub(super) fn guard(store: &LokiSpec) -> String {
    let limits = &store.limits;
    let mut head = super::limits([
        ("max_line_bytes", limits.line_bytes.into()),
        ("max_label_bytes", limits.label_bytes.into()),
        ("max_age_seconds", duration::of(&limits.max_age).as_secs()),
        ("max_ahead_seconds", duration::of(&limits.max_ahead).as_secs()),
    ]);
    head.push(super::time(&store.time_field));
    // Nothing, of a type that the compiler does not know: if all labels were constants, the rest would not compile.
    head.push("labels = object(%kafkapipelines.labels) ?? {}".to_owned());
    head.extend(store.labels.iter().map(|(name, value)| format!("labels.{name} = {}", label(value))));
    head.push(super::line(store.encoding));
    super::program([&head.join("\n"), TIME, AGE, STREAM])
}

/// A field, where the value is one as `{{ field }}`; else the text itself.
fn label(value: &str) -> String {
    let field = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    field.map_or_else(|| text(value), |field| path::value(field.trim()))
}

/// A text of VRL.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
