//! Secrets that the watch does not show, for they have no label of ours: users name them in their specs.

use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;

use crate::io::error::Call;
use crate::io::{Error, Io};

/// The Secret, if there is one.
pub(super) async fn get(io: &Io, namespace: &str, name: &str) -> Result<Option<Secret>, Error> {
    let call = Call { verb: "get", kind: "Secret".to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
    let secrets = Api::<Secret>::namespaced(io.api.client(), namespace);
    io.api.read(call, async { secrets.get_opt(name).await }).await
}
