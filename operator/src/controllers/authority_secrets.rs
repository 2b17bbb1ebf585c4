//! The authorities of a pipeline as their Secrets have them. The watch does not show a user's own, which has no label of ours.

use kafkapipelines_core::names;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pki::authority::{Authority, Found};
use kafkapipelines_core::pki::node_certificates::trusted_with;
use kafkapipelines_crds::CaSpec;

use super::unwatched_secret;
use crate::io::watches::Watches;
use crate::io::{Error, Io};

/// What the Secret holds; nothing when there is none.
pub(super) async fn read(io: &Io, namespace: &str, name: &str) -> Result<Found, Error> {
    let secret = unwatched_secret::get(io, namespace, name).await?;
    Ok(Found::read(secret.as_ref(), secret.as_ref()))
}

/// The authority that signs the nodes' certificates, as far as it is complete: its certificate is what clients are told to trust.
pub(super) async fn cluster_ca(io: &Io, watches: &Watches, pipeline: &Pipeline) -> Result<Option<Authority>, Error> {
    let (name, spec) = (&pipeline.name, &pipeline.spec.certificates.cluster_ca);
    authority(io, watches, pipeline, spec, (&names::cluster_ca_cert(name), &names::cluster_ca_key(name))).await
}

/// The authority that signs clients' certificates, as far as it is complete.
pub(super) async fn clients_ca(io: &Io, watches: &Watches, pipeline: &Pipeline) -> Result<Option<Authority>, Error> {
    let (name, spec) = (&pipeline.name, &pipeline.spec.certificates.clients_ca);
    authority(io, watches, pipeline, spec, (&names::clients_ca_cert(name), &names::clients_ca_key(name))).await
}

async fn authority(
    io: &Io,
    watches: &Watches,
    pipeline: &Pipeline,
    spec: &CaSpec,
    (certificate, key): (&str, &str),
) -> Result<Option<Authority>, Error> {
    let secret = |name: &str| watches.secrets.get(&pipeline.namespace, name);
    let key = match &spec.secret_ref {
        Some(user) => read(io, &pipeline.namespace, &user.name).await?.key,
        None => Found::read(None, secret(key).as_deref()).key,
    };
    let certificates = Found::read(secret(certificate).as_deref(), None).certificates;
    Ok(certificates.zip(key).map(|(certificates, key)| Authority { certificates, key }))
}

/// The cluster CA, and all authorities that some node trusts: while one takes over from another, nodes have certificates of both.
pub(super) async fn access(
    io: &Io,
    watches: &Watches,
    pipeline: &Pipeline,
) -> Result<Option<(Authority, String)>, Error> {
    let Some(authority) = cluster_ca(io, watches, pipeline).await? else { return Ok(None) };
    let of_pool = |pool: &str| {
        trusted_with(
            watches.secrets.get(&pipeline.namespace, &names::pool_certificates(&pipeline.name, pool))?.as_ref(),
        )
    };
    let mut trusted: Vec<_> = pipeline.pools.iter().filter_map(|pool| of_pool(&pool.name)).collect();
    trusted.push(authority.certificates.clone());
    trusted.dedup();
    Ok(Some((authority, trusted.join("\n"))))
}
