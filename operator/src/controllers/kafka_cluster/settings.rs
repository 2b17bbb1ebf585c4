//! Configuration that Kafka changes while it runs, for all brokers at once.

use std::collections::BTreeMap;

use kafkapipelines_core::cluster::configs::{Change, Resource, Settings};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::cluster::settings;
use kafkapipelines_kafka::Client;

use super::Error;
use super::configs::{alter, describe};
use super::turn::Turn;

/// Sends what differs from the spec. A key that Kafka refuses is told, and keeps no other back.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let actual = describe(&turn.clients.brokers, Resource::AllBrokers, None).await?;
    let mut changes = settings::plan(turn.pipeline, &actual);
    if changes.is_empty() {
        return Ok(());
    }
    let running = running(turn, &settings::in_steps(&changes)).await;
    let more_follow = settings::take_steps(&mut changes, &running);
    tracing::info!(pipeline = turn.pipeline.name, keys = ?changes.keys(), "configuration of all brokers is changed");
    let refusals = send(&turn.clients.brokers, changes).await?;
    report.busy |= more_follow && refusals.is_empty();
    report.findings.extend(settings::refused(&refusals));
    Ok(())
}

/// What each broker runs with, as far as it answers.
async fn running(turn: &Turn<'_>, keys: &[&str]) -> Vec<Settings> {
    let mut running = Vec::new();
    for id in turn.seen.cluster.live().filter(|_| !keys.is_empty()) {
        running.extend(describe(&turn.clients.brokers, Resource::Broker(id), Some(keys)).await.ok());
    }
    running
}

/// All at once; where Kafka does not take them, each by itself. Kafka's words for those that it does not take.
async fn send(brokers: &Client, changes: BTreeMap<String, Change>) -> Result<BTreeMap<String, String>, Error> {
    let mut refusals = BTreeMap::new();
    let alter = |changes| alter(brokers, Resource::AllBrokers, changes);
    if alter(changes.clone()).await?.is_err() {
        for (key, change) in changes {
            let refused = alter(BTreeMap::from([(key.clone(), change)])).await?.err();
            refusals.extend(refused.map(|error| (key, error.to_string())));
        }
    }
    Ok(refusals)
}

#[cfg(test)]
mod tests {
    use kafkapipelines_kafka::double::Conversation;
    use kafkapipelines_kafka::double::codec::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
    use kafkapipelines_kafka::double::codec::messages::{
        IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    };
    use kafkapipelines_kafka::double::codec::protocol::StrBytes;
    use kafkapipelines_kafka::{Address, Endpoint, Limits};

    use super::*;

    const INVALID_CONFIG: i16 = 40;

    /// The double takes these keys in one request, and answers with the code.
    fn takes(kafka: Conversation, keys: &'static [&'static str], code: i16) -> Conversation {
        kafka.expect(move |request: IncrementalAlterConfigsRequest| {
            let asked: Vec<_> = request.resources[0].configs.iter().map(|config| config.name.to_string()).collect();
            assert_eq!(
                (request.resources[0].resource_name.as_str(), asked),
                ("", keys.iter().map(ToString::to_string).collect())
            );
            let answer = AlterConfigsResourceResponse::default().with_resource_type(4).with_error_code(code);
            let answer = answer.with_error_message((code != 0).then(|| StrBytes::from_static_str("no such thing")));
            IncrementalAlterConfigsResponse::default().with_responses(vec![answer])
        })
    }

    async fn refused(kafka: &Conversation, keys: &[&str]) -> Vec<(String, String)> {
        let brokers = kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default());
        let changes = keys.iter().map(|key| ((*key).to_owned(), Change::Set("1".to_owned()))).collect();
        send(&brokers, changes).await.unwrap().into_iter().collect()
    }

    #[tokio::test]
    async fn all_keys_are_one_request() {
        let kafka = takes(Conversation::default(), &["a", "b"], 0);
        assert_eq!(refused(&kafka, &["a", "b"]).await, []);
        kafka.finish();
    }

    #[tokio::test]
    async fn a_key_that_kafka_refuses_is_told_and_keeps_no_other_back() {
        let kafka = takes(Conversation::default(), &["a", "b", "c"], INVALID_CONFIG);
        let kafka = takes(takes(takes(kafka, &["a"], 0), &["b"], INVALID_CONFIG), &["c"], 0);
        let refused = refused(&kafka, &["a", "b", "c"]).await;
        assert_eq!(refused, [("b".to_owned(), "InvalidConfig: no such thing".to_owned())]);
        kafka.finish();
    }
}
