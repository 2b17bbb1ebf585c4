//! The Vector file of a gateway.
//!
//! ```text
//! each protocol → its own fields made those of all → line → Kafka
//! ```
//!
//! Who can be answered is answered once Kafka has the lines; Kafka's sink never gives up, so senders wait while it is away.

use kafkapipelines_crds::{GatewayHttp, GatewaySpec};

use super::file::{Auth, GatewayFile, HttpServer, Listener, PrometheusExporter, ServerTls, Sink, Source, SyslogSource};
use super::ports::{self, Port};
use super::{TLS_CERTIFICATE, TLS_DIR, TLS_KEY, secrets};
use crate::producer::{CertificateFiles, Connection, Producer, SHORTEN};
use crate::vector::file::{Api, Codec, Components, Framing, InternalMetrics, Remap, Switch, everywhere};
use crate::vector::ids::{INTERNAL_METRICS, METRICS};
use crate::vector::{
    self, API_PORT, Bootstrap, CA_DIR, CA_KEY, DATA_DIR, METRICS_PORT, USER_CERTIFICATE, USER_DIR, USER_KEY, Unwritable,
};

/// Bytes of a line by syslog; Vector drops a longer one.
const SYSLOG_LINE_BYTES: u64 = 1_000_000;
const LOKI_PATH: &str = "/loki/api/v1/push";
const KAFKA: &str = "kafka";
const LINE: &str = "line";

/// The file, as YAML.
///
/// # Errors
/// [`Unwritable`], which no spec is known to cause.
pub fn render(spec: &GatewaySpec, bootstrap: &Bootstrap) -> Result<String, Unwritable> {
    let ports = ports::ports(spec);
    let file = GatewayFile {
        data_dir: DATA_DIR,
        api: Api { enabled: true, address: everywhere(API_PORT) },
        acknowledgements: Switch { enabled: true },
        sources: sources(spec, &ports),
        transforms: transforms(&ports),
        sinks: sinks(spec, bootstrap),
    };
    vector::write(&file)
}

fn sources(spec: &GatewaySpec, ports: &[Port]) -> Components<Source> {
    let own = (INTERNAL_METRICS.to_owned(), Source::InternalMetrics(InternalMetrics { scrape_interval_secs: 5 }));
    let sources = ports.iter().map(|port| (port.name.to_owned(), source(spec, *port)));
    Components(sources.chain([own]).collect())
}

fn source(spec: &GatewaySpec, port: Port) -> Source {
    let address = everywhere(port.pod);
    match port.name {
        ports::HTTP => Source::HttpServer(http(address, spec.http.as_ref())),
        ports::LOKI => Source::HttpServer(loki(address, spec.loki.as_ref())),
        ports::FLUENT => Source::Fluent(Listener { address }),
        ports::LOGSTASH => Source::Logstash(Listener { address }),
        transport => Source::Syslog(syslog(transport, address)),
    }
}

fn syslog(transport: &str, address: String) -> SyslogSource {
    let file = |name: &str| format!("{TLS_DIR}/{name}");
    let tls = ServerTls { enabled: true, crt_file: file(TLS_CERTIFICATE), key_file: file(TLS_KEY) };
    SyslogSource {
        mode: if transport == ports::SYSLOG_UDP { "udp" } else { "tcp" },
        address,
        max_length: SYSLOG_LINE_BYTES,
        tls: (transport == ports::SYSLOG_TLS).then_some(tls),
    }
}

/// Any path, one line of the log on each line of the body.
fn http(address: String, spec: Option<&GatewayHttp>) -> HttpServer {
    HttpServer {
        address,
        path: "",
        strict_path: false,
        response_code: 200,
        host_key: "host_ip",
        framing: Framing { method: "newline_delimited" },
        decoding: Codec { codec: "bytes" },
        auth: auth(ports::HTTP, spec),
    }
}

/// Loki's own path and answer, the body as a whole.
fn loki(address: String, spec: Option<&GatewayHttp>) -> HttpServer {
    HttpServer {
        path: LOKI_PATH,
        strict_path: true,
        response_code: 204,
        framing: Framing { method: "bytes" },
        auth: auth(ports::LOKI, spec),
        ..http(address, None)
    }
}

/// User and password come by the environment, so that no character in them can mean anything to the file.
fn auth(protocol: &str, spec: Option<&GatewayHttp>) -> Option<Auth> {
    spec?.authentication.as_ref()?;
    let [user, password] = secrets::variables(protocol);
    let expected = format!(r#""Basic " + encode_base64(get_env_var!("{user}") + ":" + get_env_var!("{password}"))"#);
    Some(Auth { strategy: "custom", source: format!(".headers.authorization == {expected}") })
}

fn transforms(ports: &[Port]) -> Components<Remap> {
    let id = |port: &Port| format!("{}-fields", port.name);
    let fields = ports
        .iter()
        .map(|port| (id(port), Remap::infallible(program(port.name).to_owned(), vec![port.name.to_owned()])));
    let line = format!("{}{SHORTEN}", include_str!("programs/line.vrl"));
    let line = (LINE.to_owned(), Remap::infallible(line, ports.iter().map(id).collect()));
    Components(fields.chain([line]).collect())
}

fn program(protocol: &str) -> &'static str {
    match protocol {
        ports::HTTP => include_str!("programs/http.vrl"),
        ports::LOKI => include_str!("programs/loki.vrl"),
        ports::FLUENT => include_str!("programs/fluent.vrl"),
        ports::LOGSTASH => include_str!("programs/logstash.vrl"),
        _ => include_str!("programs/syslog.vrl"),
    }
}

fn sinks(spec: &GatewaySpec, bootstrap: &Bootstrap) -> Components<Sink> {
    let kafka = Producer::new(LINE, &connection(bootstrap), &spec.topic);
    let metrics = PrometheusExporter { inputs: vec![INTERNAL_METRICS.to_owned()], address: everywhere(METRICS_PORT) };
    Components(vec![(KAFKA.to_owned(), Sink::Kafka(Box::new(kafka))), (METRICS.to_owned(), Sink::Metrics(metrics))])
}

fn connection(bootstrap: &Bootstrap) -> Connection {
    let security = bootstrap.security;
    let own = || (format!("{USER_DIR}/{USER_CERTIFICATE}"), format!("{USER_DIR}/{USER_KEY}"));
    let tls = security.has_tls().then(|| CertificateFiles {
        trusted: format!("{CA_DIR}/{CA_KEY}"),
        own: security.needs_certificate().then(own),
    });
    Connection { servers: bootstrap.servers.clone(), tls, password: None }
}
