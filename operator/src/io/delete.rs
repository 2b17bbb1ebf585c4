//! Deletes one object, and only the one that was observed.

use kube::api::{Api, DeleteParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;

use super::Error;
use super::api_server::ApiServer;
use super::error::Call;

/// Deletes `object` if it still is the one that was observed, by its uid.
///
/// Returns whether it was there: `false` when it is gone, or was replaced by another of the same name.
///
/// # Errors
/// Of the request.
pub async fn delete<K>(api: &ApiServer, object: &K) -> Result<bool, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let call = Call {
        verb: "delete",
        kind: K::kind(&()).into_owned(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
    };
    let params = DeleteParams::default().preconditions(Preconditions { uid: object.uid(), resource_version: None });
    let objects = Api::<K>::namespaced(api.client(), &call.namespace);
    let name = call.name.clone();
    match api.write(call, async { objects.delete(&name, &params).await }).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(false),
        Err(error) => Err(error),
    }
}
