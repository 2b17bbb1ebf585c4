//! How much of the brokers users may take: only what differs is set and removed.

use kafkapipelines_core::cluster::quotas;
use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_crds::QuotasSpec;
use kafkapipelines_kafka::Client;
use kafkapipelines_kafka::calls::Mode;
use kafkapipelines_kafka::calls::quotas::QuotaOf;

use super::{Error, People, refused};

/// Under which name problems with the quotas of users in general are told.
const DEFAULT: &str = "spec.kafka.defaultQuotas";

/// Brings the quotas to Kafka.
pub(super) async fn keep(
    kafka: &Client,
    people: &People<'_>,
    default: Option<&QuotasSpec>,
    progress: &mut Progress,
) -> Result<(), Error> {
    let desired = quotas::desired(people.wanted, &people.gone, default);
    let changes = quotas::plan(&desired, &kafka.describe_quotas().await?);
    if !changes.is_empty() {
        tracing::info!(of = ?changes.keys(), "quotas are changed");
    }
    for (of, outcome) in kafka.alter_quotas(&changes, Mode::Apply).await? {
        let name = match &of {
            QuotaOf::User(name) => name,
            QuotaOf::DefaultUser => DEFAULT,
        };
        if let Err(error) = outcome {
            refused(progress, name, &error);
        }
    }
    Ok(())
}
