//! Which version of a request both sides have.

use std::collections::BTreeMap;

use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::{HeaderVersion, Request};

use super::{Api, wire};

/// The version in which a node is asked for its versions: every node from 3.9 on has it.
pub(crate) const FIRST: i16 = 3;

/// Versions that a node has, by the number of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions(BTreeMap<i16, (i16, i16)>);

/// The question for a node's versions.
pub(crate) fn question() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
        .with_client_software_name(wire(super::message::CLIENT_ID))
        .with_client_software_version(wire(env!("CARGO_PKG_VERSION")))
}

impl Versions {
    /// What a node says it has.
    pub(crate) fn of(answer: &ApiVersionsResponse) -> Self {
        Self(answer.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version))).collect())
    }

    /// The newest version of `R` that both sides have. `Err` says what each has.
    ///
    /// Only flexible versions will do, as [`super::bounded`] needs them; every Kafka from 3.9 on has them for all that is asked.
    pub(crate) fn negotiate<R: Api>(&self) -> Result<i16, String> {
        let Some(&(least, most)) = self.0.get(&R::KEY) else { return Err("it does not know the request".to_owned()) };
        let ours = (R::VERSIONS.min.max(R::LEAST), R::VERSIONS.max);
        let version = most.min(ours.1);
        if version < least.max(ours.0) || !is_flexible::<R>(version) {
            return Err(format!("it has versions {least} to {most}, this client {} to {}", ours.0, ours.1));
        }
        Ok(version)
    }
}

/// The answer to the question for versions has an old header in all versions, and a flexible body from the third on.
fn is_flexible<R: Api>(version: i16) -> bool {
    if R::KEY == ApiVersionsRequest::KEY { version >= FIRST } else { R::Response::header_version(version) >= 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::{CreateTopicsRequest, OffsetFetchRequest, api_versions_response::ApiVersion};

    fn node<R: Request>(least: i16, most: i16) -> Versions {
        let api = ApiVersion::default().with_api_key(R::KEY).with_min_version(least).with_max_version(most);
        Versions::of(&ApiVersionsResponse::default().with_api_keys(vec![api]))
    }

    #[test]
    fn the_newest_version_of_both_is_taken() {
        assert_eq!(node::<CreateTopicsRequest>(2, 6).negotiate::<CreateTopicsRequest>(), Ok(6));
        assert_eq!(node::<CreateTopicsRequest>(2, 99).negotiate::<CreateTopicsRequest>(), Ok(7));
        assert_eq!(node::<OffsetFetchRequest>(1, 10).negotiate::<OffsetFetchRequest>(), Ok(9), "10 is only half there");
    }

    #[test]
    fn no_common_version_is_told_with_what_each_has() {
        let error = node::<CreateTopicsRequest>(8, 9).negotiate::<CreateTopicsRequest>().unwrap_err();
        assert_eq!(error, "it has versions 8 to 9, this client 5 to 7");
        assert!(node::<CreateTopicsRequest>(0, 9).negotiate::<OffsetFetchRequest>().is_err());
    }

    #[test]
    fn versions_that_are_not_flexible_are_not_spoken() {
        assert!(node::<CreateTopicsRequest>(0, 4).negotiate::<CreateTopicsRequest>().is_err());
        assert!(node::<OffsetFetchRequest>(0, 7).negotiate::<OffsetFetchRequest>().is_err(), "batches begin with 8");
    }
}
