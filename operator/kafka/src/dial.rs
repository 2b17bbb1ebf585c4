//! New streams to nodes.

use std::io;
use std::sync::Arc;

use futures::future::BoxFuture;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::Address;
use crate::error::Error;
use crate::identity::Identity;

/// A stream of bytes in both directions.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A new stream.
pub(crate) struct Dialed {
    /// The stream.
    pub(crate) stream: Box<dyn Stream>,
    /// The node's own certificate, DER; none without TLS.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// How streams come about.
pub(crate) trait Dial: Send + Sync {
    /// A new stream. The caller keeps the time.
    fn dial<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, Result<Dialed, Error>>;
}

/// TCP, and TLS with an identity.
pub(crate) struct Tls(TlsConnector);

impl Tls {
    pub(crate) fn new(identity: &Identity) -> Self {
        Self(identity.config().into())
    }
}

impl Dial for Tls {
    fn dial<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, Result<Dialed, Error>> {
        Box::pin(async move {
            let name = ServerName::try_from(address.host.clone())
                .map_err(|error| Error::Unreachable { address: address.clone(), cause: error.to_string() })?;
            let tcp = connect(address).await?;
            let stream = self.0.connect(name, tcp).await.map_err(|error| failure(address, &error))?;
            let chain = stream.get_ref().1.peer_certificates();
            let certificate = chain.and_then(|chain| chain.first()).map(|own| own.to_vec());
            Ok(Dialed { stream: Box::new(stream), certificate })
        })
    }
}

/// A TCP stream that sends what it is given at once.
pub(crate) async fn connect(address: &Address) -> Result<TcpStream, Error> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
    let stream = stream.map_err(|error| failure(address, &error))?;
    stream.set_nodelay(true).map_err(|error| failure(address, &error))?;
    Ok(stream)
}

/// Tells a lack of trust from a lack of network. A node that refuses our certificate may say so only when it is first read from.
pub(crate) fn failure(address: &Address, error: &io::Error) -> Error {
    let address = address.clone();
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)) => {
            Error::Untrusted { address, cause: error.to_string() }
        }
        _ => Error::Unreachable { address, cause: error.to_string() },
    }
}

/// A reference that can be shared.
pub(crate) type Dialer = Arc<dyn Dial>;
