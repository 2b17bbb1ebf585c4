//! What is said to Kafka about users, against a double that knows what it will be asked.

use std::collections::BTreeSet;

use kafkapipelines_core::cluster::users::password::Password;
use kafkapipelines_core::cluster::users::progress::Progress;
use kafkapipelines_crds::{QuotasSpec, UserSpec};
use kafkapipelines_kafka::double::Conversation;
use kafkapipelines_kafka::double::codec::messages::alter_client_quotas_response::{self as altered, EntityData};
use kafkapipelines_kafka::double::codec::messages::alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
use kafkapipelines_kafka::double::codec::messages::create_acls_response::AclCreationResult;
use kafkapipelines_kafka::double::codec::messages::delete_acls_response::DeleteAclsFilterResult;
use kafkapipelines_kafka::double::codec::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafkapipelines_kafka::double::codec::messages::describe_client_quotas_response as described;
use kafkapipelines_kafka::double::codec::messages::describe_user_scram_credentials_response::{
    CredentialInfo, DescribeUserScramCredentialsResult,
};
use kafkapipelines_kafka::double::codec::messages::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse, CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DescribeAclsRequest, DescribeAclsResponse, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
};
use kafkapipelines_kafka::double::codec::protocol::StrBytes;
use kafkapipelines_kafka::{Address, Client, Endpoint, Limits};
use serde_json::{Value, json};

use super::secrets::Shown;
use super::*;

const SECURITY_DISABLED: i16 = 54;

fn client(kafka: &Conversation) -> Client {
    kafka.client(Endpoint::Brokers, &Address::new("bootstrap", 9091), Limits::default())
}

fn string(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn user(name: &str, type_: &str, more: &Value) -> UserSpec {
    let mut user = json!({"name": name, "authentication": {"type": type_}});
    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(user).unwrap()
}

fn shown(user: &UserSpec, is_applied: bool) -> Shown<'_> {
    Shown { user, password: Password::new("secret").unwrap(), is_applied }
}

fn problems(progress: &Progress) -> Vec<(String, String)> {
    progress.status().problems.into_iter().map(|problem| (problem.name, problem.reason)).collect()
}

/// A double whose Kafka has passwords for these users.
fn with_passwords(users: &'static [&'static str]) -> Conversation {
    Conversation::default().expect(|_: DescribeUserScramCredentialsRequest| {
        let sha_512 = CredentialInfo::default().with_mechanism(2).with_iterations(4096);
        let of = |user: &&str| {
            let result = DescribeUserScramCredentialsResult::default().with_user(string(user));
            result.with_credential_infos(vec![sha_512.clone()])
        };
        DescribeUserScramCredentialsResponse::default().with_results(users.iter().map(of).collect())
    })
}

fn scram_outcomes(users: &[(&str, i16)]) -> AlterUserScramCredentialsResponse {
    let of = |(user, code): &(&str, i16)| {
        AlterUserScramCredentialsResult::default().with_user(string(user)).with_error_code(*code)
    };
    AlterUserScramCredentialsResponse::default().with_results(users.iter().map(of).collect())
}

#[tokio::test]
async fn passwords_are_set_where_kafka_lacks_them_and_removed_where_none_is_wanted() {
    let kafka = with_passwords(&["applied", "changed", "certified", "gone", "stranger"])
        .expect(|request: AlterUserScramCredentialsRequest| {
            let removed: Vec<_> = request.deletions.iter().map(|deletion| deletion.name.to_string()).collect();
            assert_eq!((removed, request.upsertions.len()), (vec!["certified".to_owned(), "gone".to_owned()], 0));
            scram_outcomes(&[("certified", 0), ("gone", 0)])
        })
        .expect(|request: AlterUserScramCredentialsRequest| {
            let set: Vec<_> = request.upsertions.iter().map(|upsertion| upsertion.name.to_string()).collect();
            assert_eq!((set, request.deletions.len()), (vec!["changed".to_owned(), "lost".to_owned()], 0));
            scram_outcomes(&[("changed", 0), ("lost", 93)])
        });
    let by_password = |name| user(name, "scram-sha-512", &json!({}));
    let wanted =
        [by_password("applied"), by_password("changed"), by_password("lost"), user("certified", "tls", &json!({}))];
    let people = People { wanted: &wanted, gone: ["gone"].into(), unsettled: BTreeSet::new() };
    let shown = [shown(&wanted[0], true), shown(&wanted[1], false), shown(&wanted[2], true)];
    let mut progress = Progress::of(&wanted);
    let taken = passwords::keep(&client(&kafka), &people, &shown, &mut progress).await.unwrap();
    assert_eq!(taken.iter().map(|shown| shown.user.name.as_str()).collect::<Vec<_>>(), ["changed"]);
    assert_eq!(problems(&progress), [("lost".to_owned(), "UnacceptableCredential".to_owned())]);
    kafka.finish();
}

#[tokio::test]
async fn passwords_that_kafka_has_are_not_sent_again() {
    let kafka = with_passwords(&["shop"]);
    let wanted = [user("shop", "scram-sha-512", &json!({}))];
    let people = People { wanted: &wanted, gone: BTreeSet::new(), unsettled: BTreeSet::new() };
    let shown = [shown(&wanted[0], true)];
    passwords::keep(&client(&kafka), &people, &shown, &mut Progress::of(&wanted)).await.unwrap();
    assert_eq!(kafka.finish().len(), 1);
}

/// A double whose Kafka lets these users read these topics.
fn with_readers(readers: &'static [(&'static str, &'static str)]) -> Conversation {
    Conversation::default().expect(|_: DescribeAclsRequest| {
        let of = |(user, topic): &(&str, &str)| {
            let rule = AclDescription::default().with_principal(string(&format!("User:{user}")));
            let rule = rule.with_host(string("*")).with_operation(3).with_permission_type(3);
            let resource = DescribeAclsResource::default().with_resource_type(2).with_resource_name(string(topic));
            resource.with_pattern_type(3).with_acls(vec![rule])
        };
        DescribeAclsResponse::default().with_resources(readers.iter().map(of).collect())
    })
}

fn reader(name: &str, topic: &str) -> UserSpec {
    user(name, "tls", &json!({"access": [{"operations": ["Read"], "topic": {"name": topic}}]}))
}

#[tokio::test]
async fn access_of_managed_users_is_brought_to_the_spec_and_that_of_others_left_alone() {
    let kafka = with_readers(&[("shop", "a"), ("till", "old"), ("gone", "a"), ("stranger", "a")])
        .expect(|request: CreateAclsRequest| {
            let made: Vec<_> = request
                .creations
                .iter()
                .map(|acl| (acl.principal.to_string(), acl.resource_name.to_string()))
                .collect();
            assert_eq!(made, [("User:till".to_owned(), "new".to_owned())]);
            CreateAclsResponse::default().with_results(vec![AclCreationResult::default().with_error_code(42)])
        })
        .expect(|request: DeleteAclsRequest| {
            let deleted = request.filters.iter().map(|filter| filter.principal_filter.as_ref().unwrap().to_string());
            assert_eq!(deleted.collect::<Vec<_>>(), ["User:gone", "User:till"]);
            DeleteAclsResponse::default().with_filter_results(vec![DeleteAclsFilterResult::default(); 2])
        });
    let wanted = [reader("shop", "a"), reader("till", "new")];
    let people = People { wanted: &wanted, gone: ["gone"].into(), unsettled: BTreeSet::new() };
    let mut progress = Progress::of(&wanted);
    let are_in_place = access::keep(&client(&kafka), &people, true, &mut progress).await.unwrap();
    assert!(!are_in_place, "till's is not");
    assert_eq!(problems(&progress), [("till".to_owned(), "InvalidRequest".to_owned())]);
    kafka.finish();
}

#[tokio::test]
async fn a_consumer_whose_members_may_run_what_was_before_gets_access_and_loses_none() {
    let kafka = with_readers(&[("consumer-a", "old"), ("consumer-b", "old")])
        .expect(|request: CreateAclsRequest| {
            assert_eq!(request.creations.len(), 2);
            CreateAclsResponse::default().with_results(vec![AclCreationResult::default(); 2])
        })
        .expect(|request: DeleteAclsRequest| {
            let deleted = request.filters.iter().map(|filter| filter.principal_filter.as_ref().unwrap().to_string());
            assert_eq!(deleted.collect::<Vec<_>>(), ["User:consumer-b"]);
            DeleteAclsResponse::default().with_filter_results(vec![DeleteAclsFilterResult::default()])
        });
    let wanted = [reader("consumer-a", "new"), reader("consumer-b", "new")];
    let people =
        People { wanted: &wanted, gone: BTreeSet::new(), unsettled: BTreeSet::from(["consumer-a".to_owned()]) };
    assert!(access::keep(&client(&kafka), &people, true, &mut Progress::of(&wanted)).await.unwrap());
    kafka.finish();
}

#[tokio::test]
async fn without_authorization_only_those_who_are_gone_lose_access() {
    let wanted = [reader("shop", "a")];
    let nobody = People { wanted: &wanted, gone: BTreeSet::new(), unsettled: BTreeSet::new() };
    let kafka = Conversation::default();
    access::keep(&client(&kafka), &nobody, false, &mut Progress::of(&wanted)).await.unwrap();
    assert!(kafka.finish().is_empty(), "Kafka is not even asked");

    let kafka = with_readers(&[("shop", "old"), ("gone", "a")]).expect(|request: DeleteAclsRequest| {
        assert_eq!(request.filters.len(), 1);
        DeleteAclsResponse::default().with_filter_results(vec![DeleteAclsFilterResult::default()])
    });
    let people = People { wanted: &wanted, gone: ["gone"].into(), unsettled: BTreeSet::new() };
    access::keep(&client(&kafka), &people, false, &mut Progress::of(&wanted)).await.unwrap();
    kafka.finish();
}

#[tokio::test]
async fn access_that_is_in_place_is_not_sent_again() {
    let kafka = with_readers(&[("shop", "a")]);
    let wanted = [reader("shop", "a")];
    let people = People { wanted: &wanted, gone: BTreeSet::new(), unsettled: BTreeSet::new() };
    assert!(access::keep(&client(&kafka), &people, true, &mut Progress::of(&wanted)).await.unwrap());
    assert_eq!(kafka.finish().len(), 1);
}

#[tokio::test]
async fn while_the_nodes_get_the_authorizer_access_is_awaited() {
    let wanted = [reader("shop", "a")];
    let people = People { wanted: &wanted, gone: ["gone"].into(), unsettled: BTreeSet::new() };
    let nowhere = Conversation::default()
        .expect(|_: DescribeAclsRequest| DescribeAclsResponse::default().with_error_code(SECURITY_DISABLED));
    let not_at_the_controller = with_readers(&[]).expect(|_: CreateAclsRequest| {
        let refused = AclCreationResult::default().with_error_code(SECURITY_DISABLED);
        CreateAclsResponse::default().with_results(vec![refused])
    });
    for kafka in [nowhere, not_at_the_controller] {
        let mut progress = Progress::of(&wanted);
        let are_in_place = access::keep(&client(&kafka), &people, true, &mut progress).await.unwrap();
        assert!(!are_in_place && progress.is_busy() && problems(&progress).is_empty());
        assert!(!progress.is_ready("gone"), "its Secret stays until its access is gone");
        kafka.finish();
    }
}

#[tokio::test]
async fn only_quotas_that_differ_are_sent() {
    let kafka = Conversation::default()
        .expect(|_: DescribeClientQuotasRequest| {
            let of = |user: Option<&str>, key: &str, value: f64| {
                let entity = described::EntityData::default().with_entity_type(string("user"));
                let value = described::ValueData::default().with_key(string(key)).with_value(value);
                described::EntryData::default()
                    .with_entity(vec![entity.with_entity_name(user.map(string))])
                    .with_values(vec![value])
            };
            DescribeClientQuotasResponse::default().with_entries(Some(vec![
                of(Some("shop"), "producer_byte_rate", 1024.0),
                of(Some("gone"), "producer_byte_rate", 1.0),
                of(Some("stranger"), "producer_byte_rate", 1.0),
                of(None, "consumer_byte_rate", 5.0),
            ]))
        })
        .expect(|request: AlterClientQuotasRequest| {
            let ops = |at: usize| -> Vec<_> {
                request.entries[at].ops.iter().map(|op| (op.key.to_string(), op.remove)).collect()
            };
            let gone = vec![("producer_byte_rate".to_owned(), true)];
            let default = vec![("consumer_byte_rate".to_owned(), true), ("request_percentage".to_owned(), false)];
            assert_eq!((request.entries.len(), ops(0), ops(1)), (2, gone, default));
            let of = |user: Option<&str>, code| {
                let entity = EntityData::default().with_entity_type(string("user")).with_entity_name(user.map(string));
                altered::EntryData::default().with_entity(vec![entity]).with_error_code(code)
            };
            AlterClientQuotasResponse::default().with_entries(vec![of(Some("gone"), 0), of(None, 42)])
        });
    let wanted = [user("shop", "tls", &json!({"quotas": {"producerByteRate": "1Ki"}}))];
    let people = People { wanted: &wanted, gone: ["gone"].into(), unsettled: BTreeSet::new() };
    let default = QuotasSpec { request_percentage: Some(50), ..QuotasSpec::default() };
    let mut progress = Progress::of(&wanted);
    quotas::keep(&client(&kafka), &people, Some(&default), &mut progress).await.unwrap();
    assert_eq!(problems(&progress), [("spec.kafka.defaultQuotas".to_owned(), "InvalidRequest".to_owned())]);
    assert!(progress.is_ready("gone") && progress.is_ready("shop"));
    kafka.finish();
}
