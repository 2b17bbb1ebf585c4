//! Configuration of topics, brokers and their loggers.

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use kafka_protocol::protocol::StrBytes;
pub use kafkapipelines_core::cluster::configs::{Change, Changes, Resource, Setting, Settings, Source};

use super::outcome::{Outcomes, complete, outcome};
use super::{BATCH, Mode};
use crate::client::Client;
use crate::error::Error;
use crate::route::{Endpoint, Route};
use crate::wire::{text, wire};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGERS: i8 = 8;

fn wire_resource(resource: &Resource) -> (i8, StrBytes) {
    match resource {
        Resource::Topic(name) => (TOPIC, wire(name)),
        Resource::AllBrokers => (BROKER, wire("")),
        Resource::Broker(id) => (BROKER, wire(id.to_string())),
        Resource::Loggers(id) => (LOGGERS, wire(id.to_string())),
    }
}

fn resource(kind: i8, name: &str) -> Option<Resource> {
    match (kind, name) {
        (TOPIC, name) => Some(Resource::Topic(name.to_owned())),
        (BROKER, "") => Some(Resource::AllBrokers),
        (BROKER, id) => id.parse().ok().map(Resource::Broker),
        (LOGGERS, id) => id.parse().ok().map(Resource::Loggers),
        _ => None,
    }
}

/// A broker checks and tells only its own configuration. The active controller takes that of nodes that are no brokers, unchecked.
fn route(resource: &Resource, endpoint: Endpoint) -> Route {
    match resource {
        Resource::Topic(_) | Resource::AllBrokers => Route::Controller,
        Resource::Broker(_) if endpoint == Endpoint::Controllers => Route::Controller,
        Resource::Broker(id) | Resource::Loggers(id) => Route::Node(*id),
    }
}

fn source(number: i8) -> Source {
    match number {
        1 => Source::Topic,
        2 => Source::Broker,
        3 => Source::AllBrokers,
        4 => Source::File,
        5 => Source::Default,
        6 => Source::Logger,
        _ => Source::Unknown,
    }
}

fn wire_change((name, change): (&String, &Change)) -> AlterableConfig {
    let (operation, value) = match change {
        Change::Set(value) => (0, Some(value)),
        Change::Delete => (1, None),
        Change::Append(value) => (2, Some(value)),
        Change::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig::default().with_name(wire(name)).with_config_operation(operation).with_value(value.map(wire))
}

fn setting(found: &DescribeConfigsResourceResult) -> (String, Setting) {
    let setting = Setting {
        value: found.value.as_ref().map(text),
        source: source(found.config_source),
        sensitive: found.is_sensitive,
        read_only: found.read_only,
    };
    (text(&found.name), setting)
}

fn described(found: &DescribeConfigsResult) -> Option<(Resource, Result<Settings, crate::KafkaError>)> {
    let settings = found.configs.iter().map(setting).collect();
    let resource = resource(found.resource_type, &found.resource_name)?;
    Some((resource, outcome(settings, found.error_code, found.error_message.as_ref())))
}

/// Requests that can be sent: those for one node go to that node, and none has too many items.
fn batches<T>(items: impl IntoIterator<Item = T>, route: impl Fn(&T) -> Route) -> Vec<(Route, Vec<T>)> {
    let mut batches: Vec<(Route, Vec<T>)> = Vec::new();
    for item in items {
        let route = route(&item);
        match batches.iter_mut().find(|(to, batch)| *to == route && batch.len() < BATCH) {
            Some((_, batch)) => batch.push(item),
            None => batches.push((route, vec![item])),
        }
    }
    batches
}

impl Client {
    /// The settings of resources: all, or those of the names in `only`.
    pub async fn describe_configs(
        &self,
        resources: &[Resource],
        only: Option<&[&str]>,
    ) -> Result<Outcomes<Resource, Settings>, Error> {
        let names = only.map(|names| names.iter().map(|name| wire(*name)).collect::<Vec<_>>());
        let mut outcomes = Outcomes::new();
        for (route, batch) in batches(resources, |resource| route(resource, self.endpoint())) {
            let asked = batch.iter().map(|resource| {
                let (kind, name) = wire_resource(resource);
                let asked = DescribeConfigsResource::default().with_resource_type(kind).with_resource_name(name);
                asked.with_configuration_keys(names.clone())
            });
            let request = DescribeConfigsRequest::default().with_resources(asked.collect());
            let answer = self.ask(route, &request).await?;
            outcomes.extend(answer.results.iter().filter_map(described));
        }
        Ok(complete(resources.iter().cloned(), outcomes))
    }

    /// Changes settings and leaves the others as they are.
    pub async fn alter_configs(&self, changes: &Changes, mode: Mode) -> Result<Outcomes<Resource>, Error> {
        let mut outcomes = Outcomes::new();
        for (route, batch) in batches(changes, |(resource, _)| route(resource, self.endpoint())) {
            let altered = batch.iter().map(|(resource, changes)| {
                let (kind, name) = wire_resource(resource);
                let altered = AlterConfigsResource::default().with_resource_type(kind).with_resource_name(name);
                altered.with_configs(changes.iter().map(wire_change).collect())
            });
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(altered.collect())
                .with_validate_only(mode == Mode::Validate);
            let answer = self.ask(route, &request).await?;
            outcomes.extend(answer.responses.iter().filter_map(|altered| {
                let resource = resource(altered.resource_type, &altered.resource_name)?;
                Some((resource, outcome((), altered.error_code, altered.error_message.as_ref())))
            }));
        }
        Ok(complete(changes.keys().cloned(), outcomes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_topics_are_four_requests_and_each_broker_is_asked_itself() {
        let topics = (0..1000).map(|index| Resource::Topic(format!("topic-{index}")));
        let brokers = [Resource::Broker(1), Resource::Loggers(1), Resource::Broker(2), Resource::AllBrokers];
        let batches = batches(topics.chain(brokers), |resource| route(resource, Endpoint::Brokers));
        let sizes: Vec<_> = batches.iter().map(|(route, batch)| (*route, batch.len())).collect();
        let full = (Route::Controller, BATCH);
        let single = [(Route::Node(1), 2), (Route::Node(2), 1), (Route::Controller, 1)];
        assert_eq!(sizes, [[full; 4].as_slice(), &single].concat());
    }

    #[test]
    fn resources_are_read_as_they_are_written() {
        let topic = Resource::Topic("logs".to_owned());
        for known in [topic, Resource::AllBrokers, Resource::Broker(7), Resource::Loggers(7)] {
            let (kind, name) = wire_resource(&known);
            assert_eq!(resource(kind, &name), Some(known));
        }
        assert_eq!(resource(BROKER, "seven"), None);
    }
}
