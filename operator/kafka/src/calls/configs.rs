//! Configuration of topics, brokers and their loggers.

use std::collections::BTreeMap;
use std::fmt;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use kafka_protocol::protocol::StrBytes;

use super::outcome::{Outcomes, complete, outcome};
use super::{BATCH, Mode};
use crate::client::Client;
use crate::error::Error;
use crate::route::{Endpoint, Route};
use crate::wire::{text, wire};

/// What has configuration.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Resource {
    /// A topic, by name.
    Topic(String),
    /// What all brokers have in common.
    AllBrokers,
    /// A single broker.
    Broker(i32),
    /// The levels of the loggers of a single node.
    Loggers(i32),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Set for this topic.
    Topic,
    /// Set for this broker while it runs.
    Broker,
    /// Set for all brokers while they run.
    AllBrokers,
    /// From the broker's file.
    File,
    /// Nobody has set it.
    Default,
    /// The level of a logger.
    Logger,
    /// Of a newer Kafka.
    Unknown,
}

/// A setting as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Its value; `None` where Kafka keeps it to itself, or where there is none.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Kafka keeps the value to itself: it cannot be compared.
    pub sensitive: bool,
    /// Kafka says that it cannot be changed while the node runs; it is wrong about `listener.name.*`.
    pub read_only: bool,
}

/// Settings by name.
pub type Settings = BTreeMap<String, Setting>;

/// What to do with a setting. Values are never printed.
#[derive(Clone, Eq, PartialEq)]
pub enum Change {
    /// Gives it this value.
    Set(String),
    /// Takes the value away, so that the default holds.
    Delete,
    /// Adds to a list.
    Append(String),
    /// Takes from a list.
    Subtract(String),
}

/// Changes of each resource, by the name of the setting.
pub type Changes = BTreeMap<Resource, BTreeMap<String, Change>>;

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Set(_) => "Set(…)",
            Self::Delete => "Delete",
            Self::Append(_) => "Append(…)",
            Self::Subtract(_) => "Subtract(…)",
        })
    }
}

impl Resource {
    const TOPIC: i8 = 2;
    const BROKER: i8 = 4;
    const LOGGERS: i8 = 8;

    fn wire(&self) -> (i8, StrBytes) {
        match self {
            Self::Topic(name) => (Self::TOPIC, wire(name)),
            Self::AllBrokers => (Self::BROKER, wire("")),
            Self::Broker(id) => (Self::BROKER, wire(id.to_string())),
            Self::Loggers(id) => (Self::LOGGERS, wire(id.to_string())),
        }
    }

    fn of(kind: i8, name: &str) -> Option<Self> {
        match (kind, name) {
            (Self::TOPIC, name) => Some(Self::Topic(name.to_owned())),
            (Self::BROKER, "") => Some(Self::AllBrokers),
            (Self::BROKER, id) => id.parse().ok().map(Self::Broker),
            (Self::LOGGERS, id) => id.parse().ok().map(Self::Loggers),
            _ => None,
        }
    }

    /// A broker checks and tells only its own configuration. The active controller takes that of nodes that are no brokers, unchecked.
    fn route(&self, endpoint: Endpoint) -> Route {
        match self {
            Self::Topic(_) | Self::AllBrokers => Route::Controller,
            Self::Broker(_) if endpoint == Endpoint::Controllers => Route::Controller,
            Self::Broker(id) | Self::Loggers(id) => Route::Node(*id),
        }
    }
}

impl Source {
    fn of(source: i8) -> Self {
        match source {
            1 => Self::Topic,
            2 => Self::Broker,
            3 => Self::AllBrokers,
            4 => Self::File,
            5 => Self::Default,
            6 => Self::Logger,
            _ => Self::Unknown,
        }
    }
}

impl Change {
    fn wire(&self, name: &str) -> AlterableConfig {
        let (operation, value) = match self {
            Self::Set(value) => (0, Some(value)),
            Self::Delete => (1, None),
            Self::Append(value) => (2, Some(value)),
            Self::Subtract(value) => (3, Some(value)),
        };
        AlterableConfig::default().with_name(wire(name)).with_config_operation(operation).with_value(value.map(wire))
    }
}

fn setting(found: &DescribeConfigsResourceResult) -> (String, Setting) {
    let setting = Setting {
        value: found.value.as_ref().map(text),
        source: Source::of(found.config_source),
        sensitive: found.is_sensitive,
        read_only: found.read_only,
    };
    (text(&found.name), setting)
}

fn described(found: &DescribeConfigsResult) -> Option<(Resource, Result<Settings, crate::KafkaError>)> {
    let settings = found.configs.iter().map(setting).collect();
    let resource = Resource::of(found.resource_type, &found.resource_name)?;
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
        for (route, batch) in batches(resources, |resource| resource.route(self.endpoint())) {
            let asked = batch.iter().map(|resource| {
                let (kind, name) = resource.wire();
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
        for (route, batch) in batches(changes, |(resource, _)| resource.route(self.endpoint())) {
            let altered = batch.iter().map(|(resource, changes)| {
                let (kind, name) = resource.wire();
                let changes = changes.iter().map(|(name, change)| change.wire(name));
                let altered = AlterConfigsResource::default().with_resource_type(kind).with_resource_name(name);
                altered.with_configs(changes.collect())
            });
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(altered.collect())
                .with_validate_only(mode == Mode::Validate);
            let answer = self.ask(route, &request).await?;
            outcomes.extend(answer.responses.iter().filter_map(|altered| {
                let resource = Resource::of(altered.resource_type, &altered.resource_name)?;
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
        let batches = batches(topics.chain(brokers), |resource| resource.route(Endpoint::Brokers));
        let sizes: Vec<_> = batches.iter().map(|(route, batch)| (*route, batch.len())).collect();
        let full = (Route::Controller, BATCH);
        let single = [(Route::Node(1), 2), (Route::Node(2), 1), (Route::Controller, 1)];
        assert_eq!(sizes, [[full; 4].as_slice(), &single].concat());
    }

    #[test]
    fn resources_are_read_as_they_are_written() {
        let topic = Resource::Topic("logs".to_owned());
        for resource in [topic, Resource::AllBrokers, Resource::Broker(7), Resource::Loggers(7)] {
            let (kind, name) = resource.wire();
            assert_eq!(Resource::of(kind, &name), Some(resource));
        }
        assert_eq!(Resource::of(Resource::BROKER, "seven"), None);
    }

    #[test]
    fn values_are_never_printed() {
        let changes =
            [Change::Set("secret".into()), Change::Append("secret".into()), Change::Subtract("secret".into())];
        assert!(!format!("{changes:?}").contains("secret"));
    }
}
