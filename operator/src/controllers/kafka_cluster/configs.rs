//! Asking for the settings of one resource, and changing them.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::configs::{Change, Resource, Settings};
use kafkapipelines_kafka::calls::Mode;
use kafkapipelines_kafka::{Client, Code, Error as Failure, KafkaError};

use super::Error;

/// Whether controllers cannot be spoken to: they answer from `metadata.version` 3.7 on.
pub(super) fn is_unsupported(error: &Error) -> bool {
    matches!(error, Error::Kafka(error) if error.kafka().is_some_and(|kafka| kafka.code == Code::UNSUPPORTED_VERSION))
}

/// Settings: all, or those of the names in `only`.
pub(super) async fn describe(client: &Client, resource: Resource, only: Option<&[&str]>) -> Result<Settings, Error> {
    let mut outcomes = client.describe_configs(std::slice::from_ref(&resource), only).await?;
    let settings = outcomes.remove(&resource).unwrap_or_else(|| Ok(Settings::new()));
    settings.map_err(|error| Failure::Kafka { api: "describing configuration", error }.into())
}

/// Changes settings, all or none. What Kafka says where it does not take them is the inner error.
pub(super) async fn alter(
    client: &Client,
    resource: Resource,
    changes: BTreeMap<String, Change>,
) -> Result<Result<(), KafkaError>, Error> {
    let outcomes = client.alter_configs(&BTreeMap::from([(resource, changes)]), Mode::Apply).await?;
    Ok(outcomes.into_values().collect())
}
