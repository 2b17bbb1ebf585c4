//! TLS on both sides: who is trusted, and identities that are replaced while the client runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafkapipelines_core::retry::ReconcileError;
use kafkapipelines_kafka::double::codec::messages::{
    ApiVersionsResponse, DescribeClusterResponse, api_versions_response::ApiVersion,
    describe_cluster_response::DescribeClusterBroker,
};
use kafkapipelines_kafka::double::codec::protocol::{Encodable, StrBytes};
use kafkapipelines_kafka::{Address, Client, Endpoint, Error, Identity, Limits};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Self { issuer: Issuer::new(params, key), der, pem }
    }

    /// A certificate for loopback, and its key.
    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn identity(&self, name: &str, nodes: &Self) -> Identity {
        let (certificate, key) = self.sign(name);
        Identity::from_pem(&certificate.pem(), &key.serialize_pem(), &nodes.pem).unwrap()
    }
}

/// Certificates that clients have shown, by connection.
type Shown = Arc<Mutex<Vec<Vec<u8>>>>;

/// A node that trusts clients of `clients` and says which cluster it is of.
async fn node(nodes: &Authority, clients: &Authority) -> (Address, Vec<u8>, Shown) {
    let (certificate, key) = nodes.sign("node");
    let mut roots = RootCertStore::empty();
    roots.add(clients.der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::new("127.0.0.1", listener.local_addr().unwrap().port());
    let (acceptor, shown) = (TlsAcceptor::from(Arc::new(config)), Shown::default());
    let (port, seen) = (address.port, Arc::clone(&shown));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Only the test's end ends it.
            drop(tokio::spawn(serve(acceptor.clone(), stream, port, Arc::clone(&seen))));
        }
    });
    (address, certificate.der().to_vec(), shown)
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, port: u16, shown: Shown) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    shown.lock().unwrap().push(certificate);
    while answer(&mut stream, port).await.is_some() {}
}

/// Answers the next question; `None` when the client is gone.
async fn answer(stream: &mut TlsStream<TcpStream>, port: u16) -> Option<()> {
    let length = stream.read_i32().await.ok()?;
    let mut question = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut question).await.ok()?;
    let mut body = bytes::BytesMut::from(&question[4..8]);
    if question[..2] == [0, 18] {
        let api = ApiVersion::default().with_api_key(60).with_min_version(0).with_max_version(1);
        ApiVersionsResponse::default().with_api_keys(vec![api]).encode(&mut body, 3).unwrap();
    } else {
        body.extend_from_slice(&[0]);
        let host = StrBytes::from_static_str("127.0.0.1");
        let broker = DescribeClusterBroker::default().with_broker_id(1.into()).with_host(host).with_port(port.into());
        DescribeClusterResponse::default().with_brokers(vec![broker]).encode(&mut body, 1).unwrap();
    }
    stream.write_i32(i32::try_from(body.len()).unwrap()).await.ok()?;
    stream.write_all(&body).await.ok()?;
    stream.flush().await.ok()
}

fn client(address: &Address, identity: &Identity) -> Client {
    let limits = Limits { connect: Duration::from_secs(20), ..Limits::default() };
    Client::new(Endpoint::Brokers, vec![address.clone()], identity, limits)
}

#[tokio::test]
async fn an_identity_is_replaced_without_a_failure() {
    let (nodes, clients) = (Authority::new(), Authority::new());
    let (address, _, shown) = node(&nodes, &clients).await;
    let client = client(&address, &clients.identity("old", &nodes));
    client.describe_cluster().await.unwrap();
    client.describe_cluster().await.unwrap();
    assert_eq!(shown.lock().unwrap().len(), 1, "one connection");
    client.replace_identity(&clients.identity("new", &nodes));
    client.describe_cluster().await.unwrap();
    let shown = shown.lock().unwrap();
    assert_eq!(shown.len(), 2);
    assert_ne!(shown[0], shown[1], "the new certificate is shown");
}

#[tokio::test]
async fn a_client_that_the_node_does_not_trust_is_told_so() {
    let (nodes, clients) = (Authority::new(), Authority::new());
    let (address, ..) = node(&nodes, &clients).await;
    let client = client(&address, &Authority::new().identity("stranger", &nodes));
    let error = client.describe_cluster().await.unwrap_err();
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert_eq!(error.reason(), "KafkaUntrusted");
    client.replace_identity(&clients.identity("operator", &nodes));
    client.describe_cluster().await.unwrap();
}

#[tokio::test]
async fn a_node_that_the_client_does_not_trust_is_not_spoken_to() {
    let (nodes, clients) = (Authority::new(), Authority::new());
    let (address, _, shown) = node(&nodes, &clients).await;
    let client = client(&address, &clients.identity("operator", &Authority::new()));
    let error = client.describe_cluster().await.unwrap_err();
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert!(shown.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_certificate_that_a_node_presents_can_be_seen() {
    let (nodes, clients) = (Authority::new(), Authority::new());
    let (address, certificate, _) = node(&nodes, &clients).await;
    let client = client(&address, &clients.identity("operator", &nodes));
    assert_eq!(client.presented_certificate(1).await.unwrap(), certificate);
}
