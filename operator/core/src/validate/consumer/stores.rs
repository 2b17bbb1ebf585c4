//! Where lines go: URLs and topics.

use kafkapipelines_crds::{ConsumerSpec, LogPipeline, SinkKind, SinkSpec};

use crate::refusal::Refusal;

/// What is wrong with the sinks by themselves.
pub(super) fn refusals(spec: &ConsumerSpec) -> Vec<Refusal> {
    let urls = spec.sinks.iter().flat_map(urls);
    let refused = urls.filter_map(|(field, url, kind)| endpoint(field, url, kind));
    refused.chain(topics(spec).filter_map(|(field, topic)| circle(spec, field, topic))).collect()
}

/// Topics of the pipeline that a sink writes to and that nothing makes. Vector gives up lines to a topic that is missing.
pub(super) fn unlisted_topics(spec: &ConsumerSpec, pipeline: &LogPipeline) -> Vec<Refusal> {
    let message = "the pipeline does not declare this topic, and lines to a missing topic are lost: add it to spec.topics of the LogPipeline";
    let is_declared = |topic: &str| pipeline.spec.topics.iter().any(|declared| declared.name == topic);
    let missing = topics(spec).filter(|(_, topic)| !is_declared(topic));
    missing.map(|(field, topic)| Refusal::new("UnlistedTopic", field, topic, message)).collect()
}

/// Topics of the own pipeline that sinks write to, with their fields.
fn topics(spec: &ConsumerSpec) -> impl Iterator<Item = (String, &str)> {
    spec.sinks.iter().filter_map(|sink| match sink.kind()? {
        SinkKind::Kafka(kafka) if kafka.bootstrap_servers.is_none() => {
            Some((format!("spec.sinks[{}].kafka.topic", sink.name), kafka.topic.as_str()))
        }
        _ => None,
    })
}

fn circle(spec: &ConsumerSpec, field: String, topic: &str) -> Option<Refusal> {
    let message = "the consumer reads this topic, and its lines would go round for ever: name another topic";
    spec.topics.iter().any(|read| read == topic).then(|| Refusal::new("SinkLoop", field, topic, message))
}

/// What the server behind a URL is.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    VictoriaLogs,
    Other,
}

/// The URLs of a sink, with their fields.
fn urls(sink: &SinkSpec) -> Vec<(String, &str, Server)> {
    let field = |rest: &str| format!("spec.sinks[{}].{rest}", sink.name);
    match sink.kind() {
        Some(SinkKind::VictoriaLogs(store)) => {
            vec![(field("victoriaLogs.endpoint"), &store.endpoint, Server::VictoriaLogs)]
        }
        Some(SinkKind::Elasticsearch(store)) => {
            let urls = store.endpoints.iter().enumerate();
            urls.map(|(i, url)| (field(&format!("elasticsearch.endpoints[{i}]")), url.as_str(), Server::Other))
                .collect()
        }
        Some(SinkKind::Loki(store)) => vec![(field("loki.endpoint"), &store.endpoint, Server::Other)],
        Some(SinkKind::Http(server)) => vec![(field("http.uri"), &server.uri, Server::Other)],
        Some(SinkKind::Kafka(_)) | None => Vec::new(),
    }
}

fn endpoint(field: String, text: &str, server: Server) -> Option<Refusal> {
    let refuse = |reason, message: &str| Some(Refusal::new(reason, field, text, message));
    let url = match text.parse::<http::Uri>() {
        Ok(url) if url.host().is_some_and(|host| !host.is_empty()) && is_http(&url) && has_port_in_range(&url) => url,
        _ => return refuse("InvalidEndpoint", "is no URL: write for example http://victoria-logs.victoria.svc:9428"),
    };
    if url.path().contains(['%', '{']) {
        return refuse("InvalidEndpoint", "Vector takes % and {{ in a URL for a template: choose a path without them");
    }
    if url.path().contains("/insert/elasticsearch") {
        return refuse(
            "LossyEndpoint",
            "VictoriaLogs drops lines on its Elasticsearch path without an error: use a sink victoriaLogs, and remove the path from its URL",
        );
    }
    if server == Server::VictoriaLogs && url.path().contains("/insert/") {
        return refuse(
            "InvalidEndpoint",
            "the operator adds the path /insert/jsonline itself: remove the path from the URL",
        );
    }
    None
}

fn is_http(url: &http::Uri) -> bool {
    matches!(url.scheme_str(), Some("http" | "https"))
}

/// The library lets a port pass that is too high.
fn has_port_in_range(url: &http::Uri) -> bool {
    let after_host = url.authority().and_then(|authority| authority.as_str().strip_prefix(authority.host()));
    after_host.is_some_and(|rest| rest.is_empty() || rest[1..].parse::<u16>().is_ok_and(|port| port > 0))
}
