//! How much of the brokers a user may have.

use std::collections::BTreeMap;

use kafka_protocol::messages::alter_client_quotas_request::{EntityData, EntryData, OpData};
use kafka_protocol::messages::alter_client_quotas_response as altered;
use kafka_protocol::messages::describe_client_quotas_request::ComponentData;
use kafka_protocol::messages::describe_client_quotas_response as described;
use kafka_protocol::messages::{AlterClientQuotasRequest, DescribeClientQuotasRequest};
pub use kafkapipelines_core::cluster::quotas::{QuotaChanges, QuotaOf, Quotas};

use super::outcome::{Outcomes, complete, outcome};
use super::{BATCH, Mode};
use crate::client::Client;
use crate::error::Error;
use crate::route::Route;
use crate::wire::{text, wire};

const USER: &str = "user";
/// In a filter: whoever it is.
const ANY: i8 = 2;

fn of(user: Option<String>) -> QuotaOf {
    user.map_or(QuotaOf::DefaultUser, QuotaOf::User)
}

fn entity(of: &QuotaOf) -> EntityData {
    let name = match of {
        QuotaOf::User(name) => Some(wire(name)),
        QuotaOf::DefaultUser => None,
    };
    EntityData::default().with_entity_type(wire(USER)).with_entity_name(name)
}

fn change((of, changes): &(&QuotaOf, &QuotaChanges)) -> EntryData {
    let operation = |(key, value): (&String, &Option<f64>)| {
        OpData::default().with_key(wire(key)).with_value(value.unwrap_or_default()).with_remove(value.is_none())
    };
    EntryData::default().with_entity(vec![entity(of)]).with_ops(changes.iter().map(operation).collect())
}

fn found(entry: &described::EntryData) -> Option<(QuotaOf, Quotas)> {
    let [entity] = entry.entity.as_slice() else { return None };
    let quotas = entry.values.iter().map(|value| (text(&value.key), value.value)).collect();
    Some((of(entity.entity_name.as_ref().map(text)), quotas))
}

fn changed(entry: &altered::EntryData) -> Option<(QuotaOf, Result<(), crate::KafkaError>)> {
    let [entity] = entry.entity.as_slice() else { return None };
    let outcome = outcome((), entry.error_code, entry.error_message.as_ref());
    Some((of(entity.entity_name.as_ref().map(text)), outcome))
}

impl Client {
    /// Quotas of users. Those of client ids, and of users together with client ids, are not ours and are left out.
    /// A broker may tell a quota a moment after it was set.
    pub async fn describe_quotas(&self) -> Result<BTreeMap<QuotaOf, Quotas>, Error> {
        let users = ComponentData::default().with_entity_type(wire(USER)).with_match_type(ANY).with_match(None);
        let request = DescribeClientQuotasRequest::default().with_components(vec![users]).with_strict(true);
        let answer = self.ask(Route::Any, &request).await?;
        Ok(answer.entries.iter().flatten().filter_map(found).collect())
    }

    /// Sets and removes quotas and leaves the others as they are.
    pub async fn alter_quotas(
        &self,
        changes: &BTreeMap<QuotaOf, QuotaChanges>,
        mode: Mode,
    ) -> Result<Outcomes<QuotaOf>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in changes.iter().collect::<Vec<_>>().chunks(BATCH) {
            let request = AlterClientQuotasRequest::default()
                .with_entries(batch.iter().map(change).collect())
                .with_validate_only(mode == Mode::Validate);
            let answer = self.ask(Route::Controller, &request).await?;
            outcomes.extend(answer.entries.iter().filter_map(changed));
        }
        Ok(complete(changes.keys().cloned(), outcomes))
    }
}
