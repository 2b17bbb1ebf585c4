//! Secrets of users: which are mounted into the members, and what the file says of them.

use std::collections::{BTreeMap, BTreeSet};

use kafkapipelines_crds::{ConsumerSpec, SecretKey, SinkAuth, SinkSpec, SinkTls};
use serde_saphyr::LitString;

use super::file::{Auth, Components, SecretBackend, StoreTls};
use super::raw::secret::references;
use super::secret_names::{backend_name, directory, path, text};

/// Keys of a Secret of type `kubernetes.io/basic-auth`.
const USERNAME: &str = "username";
const PASSWORD: &str = "password";

/// The keys that are needed of each Secret, by its name.
pub fn mounted(spec: &ConsumerSpec) -> BTreeMap<String, BTreeSet<String>> {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let connections = spec.sinks.iter().map(SinkSpec::connection);
    for (name, key) in connections.flat_map(|(auth, tls)| credentials(auth).into_iter().chain(authorities(tls))) {
        wanted.entry(name.to_owned()).or_default().insert(key.to_owned());
    }
    for reference in references(&spec.raw) {
        wanted.entry(reference.key.name).or_default().insert(reference.key.key);
    }
    wanted
}

/// The backends of all Secrets that hold credentials.
pub(super) fn backends(spec: &ConsumerSpec) -> Components<SecretBackend> {
    let credentials = spec.sinks.iter().flat_map(|sink| credentials(sink.connection().0));
    let texts = references(&spec.raw).into_iter().filter(|reference| !reference.is_file);
    let names: BTreeSet<_> =
        credentials.map(|(name, _)| name.to_owned()).chain(texts.map(|reference| reference.key.name)).collect();
    let backend = |name: &str| SecretBackend { path: directory(name), remove_trailing_whitespace: true };
    Components(names.iter().map(|name| (backend_name(name), backend(name))).collect())
}

/// How an `http` sink proves who it is.
pub(super) fn auth(auth: Option<&SinkAuth>) -> Option<Auth> {
    let auth = auth?;
    let key = |from: &SecretKey, scheme: &str| LitString(format!("{scheme}{}", text(&from.name, &from.key)));
    let basic = auth.basic_from.as_ref().map(|from| basic(&from.name));
    let bearer = || Some(Auth::Bearer { token: key(auth.bearer_from.as_ref()?, "") });
    let api_key = || Some(Auth::Custom { value: key(auth.api_key_from.as_ref()?, "ApiKey ") });
    basic.or_else(bearer).or_else(api_key)
}

/// The same for an `elasticsearch` sink, which knows passwords only: anything else is a header.
pub(super) fn auth_or_header(from: Option<&SinkAuth>) -> (Option<Auth>, BTreeMap<String, LitString>) {
    let header = |value: String| BTreeMap::from([("Authorization".to_owned(), LitString(value))]);
    match auth(from) {
        Some(Auth::Bearer { token }) => (None, header(format!("Bearer {}", token.0))),
        Some(Auth::Custom { value }) => (None, header(value.0)),
        basic => (basic, BTreeMap::new()),
    }
}

/// The file with the authorities to trust.
pub(super) fn trust(tls: Option<&SinkTls>) -> Option<String> {
    tls?.ca_from.as_ref().map(path)
}

/// The same for the sink of a store.
pub(super) fn tls(tls: Option<&SinkTls>) -> Option<StoreTls> {
    trust(tls).map(|ca_file| StoreTls { ca_file })
}

fn basic(secret: &str) -> Auth {
    Auth::Basic { user: LitString(text(secret, USERNAME)), password: LitString(text(secret, PASSWORD)) }
}

fn credentials(auth: Option<&SinkAuth>) -> Vec<(&str, &str)> {
    let Some(auth) = auth else { return Vec::new() };
    let basic =
        auth.basic_from.iter().flat_map(|from| [(from.name.as_str(), USERNAME), (from.name.as_str(), PASSWORD)]);
    let keys = auth.bearer_from.iter().chain(&auth.api_key_from).map(pair);
    basic.chain(keys).collect()
}

fn authorities(tls: Option<&SinkTls>) -> Option<(&str, &str)> {
    tls?.ca_from.as_ref().map(pair)
}

fn pair(from: &SecretKey) -> (&str, &str) {
    (&from.name, &from.key)
}
