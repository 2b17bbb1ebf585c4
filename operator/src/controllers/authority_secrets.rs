//! Secrets of authorities that the watch does not show: a user's own has no label of ours, and ours may have lost it.

use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::pki::authority::Found;
use kube::api::Api;

use crate::io::error::Call;
use crate::io::{Error, Io};

/// What the Secret holds; nothing when there is none.
pub(super) async fn read(io: &Io, namespace: &str, name: &str) -> Result<Found, Error> {
    let call = Call { verb: "get", kind: "Secret".to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
    let secrets = Api::<Secret>::namespaced(io.api.client(), namespace);
    let secret = io.api.read(call, async { secrets.get_opt(name).await }).await?;
    Ok(Found::read(secret.as_ref(), secret.as_ref()))
}
