//! The ports of a gateway: what senders connect to, and what the Pods listen on.

use kafkapipelines_crds::{GatewayPort, GatewaySpec};

/// How a port is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// By connections.
    Tcp,
    /// By datagrams.
    Udp,
}

/// A protocol that a gateway takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Port {
    /// Name of the protocol, and of the port in Pods and Service.
    pub name: &'static str,
    /// The port of the Service.
    pub service: i32,
    /// The port of the Pods: above 1023, for they have no privileges.
    pub pod: i32,
    /// How it is reached.
    pub transport: Transport,
}

impl Transport {
    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

pub(super) const SYSLOG_TCP: &str = "syslog-tcp";
pub(super) const SYSLOG_UDP: &str = "syslog-udp";
pub(super) const SYSLOG_TLS: &str = "syslog-tls";
pub(super) const HTTP: &str = "http";
pub(super) const LOKI: &str = "loki";
pub(super) const FLUENT: &str = "fluent";
pub(super) const LOGSTASH: &str = "logstash";

/// The ports that a spec asks for.
pub fn ports(spec: &GatewaySpec) -> Vec<Port> {
    let number = |port: &Option<GatewayPort>| port.as_ref().map(|port| port.port);
    let syslog = spec.syslog.clone().unwrap_or_default();
    let all = [
        (SYSLOG_TCP, number(&syslog.tcp), 5140, Transport::Tcp),
        (SYSLOG_UDP, number(&syslog.udp), 5140, Transport::Udp),
        (SYSLOG_TLS, syslog.tls.map(|tls| tls.port), 6514, Transport::Tcp),
        (HTTP, spec.http.as_ref().map(|http| http.port), 8080, Transport::Tcp),
        (LOKI, spec.loki.as_ref().map(|loki| loki.port), 3100, Transport::Tcp),
        (FLUENT, number(&spec.fluent), 24_224, Transport::Tcp),
        (LOGSTASH, number(&spec.logstash), 5044, Transport::Tcp),
    ];
    let wanted = |(name, service, pod, transport): (_, Option<i32>, _, _)| {
        Some(Port { name, service: service?, pod, transport })
    };
    all.into_iter().filter_map(wanted).collect()
}
