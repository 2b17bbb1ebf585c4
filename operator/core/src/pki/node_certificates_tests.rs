use super::*;
use crate::build::tests::fixtures;
use crate::pki::authority::{AuthorityName, Found, own};
use crate::pki::tests::{FreshKeys, at, days};
use kafkapipelines_crds::CaSpec;

fn authority(now: Timestamp) -> Authority {
    let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
    own(&Found::default(), &CaSpec::default(), &name, now, &FreshKeys).unwrap().unwrap().authority
}

fn planned(
    pipeline: &Pipeline,
    cluster_ca: &Authority,
    existing: Option<&Secret>,
    now: Timestamp,
) -> (NodeCertificates, Secret) {
    planned_while(pipeline, cluster_ca, existing, now, true)
}

fn planned_while(
    pipeline: &Pipeline,
    cluster_ca: &Authority,
    existing: Option<&Secret>,
    now: Timestamp,
    trusted_everywhere: bool,
) -> (NodeCertificates, Secret) {
    let pool = fixtures::pool(pipeline, "broker");
    let input = Input {
        template: &Labels::new(),
        pipeline,
        pool,
        cluster_ca,
        clients_ca: "clients",
        existing,
        trusted_everywhere,
        now,
    };
    let plan = plan(&input, &OwnerReference::default(), &FreshKeys).unwrap();
    let secret = serde_json::from_value(plan.secret.intent.clone()).unwrap();
    (plan, secret)
}

fn file(secret: &Secret, node: i32) -> String {
    String::from_utf8(secret.data.as_ref().unwrap()[&format!("{node}.pem")].0.clone()).unwrap()
}

fn edit_broker_pool(pipeline: &mut Pipeline, edit: impl FnOnce(&mut Pool)) {
    edit(pipeline.pools.iter_mut().find(|pool| pool.name == "broker").unwrap());
}

#[test]
fn names_of_a_broker_are_all_by_which_it_is_reached() {
    let (_, secret) = planned(&fixtures::reference(), &authority(at(0)), None, at(0));
    let facts = Facts::first(&file(&secret, 1)).unwrap();
    assert_eq!(facts.common_name, "log-aggregator-kafka-kafka");
    insta::assert_debug_snapshot!(facts.dns_names);
}

#[test]
fn a_leaf_is_signed_by_the_authority_and_lies_beside_its_pkcs8_key() {
    let ca = authority(at(0));
    let (_, secret) = planned(&fixtures::reference(), &ca, None, at(0));
    let file = file(&secret, 0);
    assert!(file.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(Facts::all(&file).len(), 1, "a root is not sent");
    assert!(Facts::first(&file).unwrap().is_signed_by(&Facts::first(&ca.certificates).unwrap()));
    assert!(!Facts::first(&file).unwrap().is_signed_by(&Facts::first(&authority(at(0)).certificates).unwrap()));
}

#[test]
fn what_is_good_is_kept_byte_for_byte() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, secret) = planned(&pipeline, &ca, None, at(0));
    let (second, again) = planned(&pipeline, &ca, Some(&secret), at(days(59)));
    assert_eq!((again, second.generation, second.due), (secret, first.generation, first.due));
    assert_eq!(first.due, at(days(60)));
}

#[test]
fn a_new_node_gets_its_own_and_restarts_nobody() {
    let (mut pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, secret) = planned(&pipeline, &ca, None, at(0));
    edit_broker_pool(&mut pipeline, |pool| pool.spec.replicas = 4);
    let (grown, more) = planned(&pipeline, &ca, Some(&secret), at(1));
    assert_eq!((grown.generation, file(&more, 0)), (first.generation, file(&secret, 0)));
    assert!(Facts::first(&file(&more, 3)).is_some());
}

#[test]
fn replaced_certificates_count_a_generation() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, secret) = planned(&pipeline, &ca, None, at(0));
    let next_generation = first.generation + 1;
    let mut renamed = fixtures::reference();
    renamed
        .spec
        .kafka
        .listeners
        .iter_mut()
        .filter_map(|l| l.ingress.as_mut())
        .for_each(|i| i.bootstrap_host = "other.example.com".into());
    let mut broken = secret.clone();
    broken.data.as_mut().unwrap().insert("2.pem".into(), ByteString(b"x".to_vec()));
    for (pipeline, ca, secret, now, change) in [
        (&pipeline, &ca, &secret, at(days(60)), "Expiring"),
        (&renamed, &ca, &secret, at(1), "NamesChanged"),
        (&pipeline, &authority(at(0)), &secret, at(1), "AuthorityChanged"),
        (&pipeline, &ca, &broken, at(1), "Unreadable"),
    ] {
        let (plan, new) = planned(pipeline, ca, Some(secret), now);
        assert_eq!(
            (plan.generation, plan.changes.iter().copied().collect::<Vec<_>>()),
            (next_generation, vec![change])
        );
        let (next, _) = planned(pipeline, ca, Some(&new), now);
        assert_eq!((next.generation, next.changes.len()), (next_generation, 0), "{change}: once");
    }
}

#[test]
fn a_leaf_ends_with_its_authority_and_is_not_issued_again_and_again() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (plan, secret) = planned(&pipeline, &ca, None, at(days(300)));
    assert_eq!(Facts::first(&file(&secret, 0)).unwrap().not_after, at(days(365)));
    let (later, _) = planned(&pipeline, &ca, Some(&secret), plan.due);
    assert!(later.changes.is_empty(), "it would end at the same time");
}

#[test]
fn trust_changes_with_either_authority() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (one, _) = planned(&pipeline, &ca, None, at(0));
    let (other, _) = planned(&pipeline, &authority(at(0)), None, at(0));
    assert_ne!(one.trust_hash, other.trust_hash);
}

#[test]
fn a_secret_that_was_deleted_comes_back_with_another_generation() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (before, _) = planned(&pipeline, &ca, None, at(0));
    let (after, _) = planned(&pipeline, &ca, None, at(days(1)));
    assert!(after.generation > before.generation, "nodes still hold the lost certificates, which end earlier");
}

#[test]
fn a_leaf_that_ends_with_its_authority_is_not_due_before_it() {
    let (plan, _) = planned(&fixtures::reference(), &authority(at(0)), None, at(days(350)));
    assert_eq!(plan.due, at(days(365)));
}

fn authorities(secret: &Secret) -> Vec<Facts> {
    Facts::all(&text(secret, paths::TRUSTSTORE_KEY).unwrap())
}

#[test]
fn another_authority_is_trusted_by_all_before_it_signs() {
    let (pipeline, old, new) = (fixtures::reference(), authority(at(0)), authority(at(days(1))));
    let (before, secret) = planned(&pipeline, &old, None, at(0));
    let facts = |authority: &Authority| Facts::first(&authority.certificates).unwrap();

    let (held, both) = planned_while(&pipeline, &new, Some(&secret), at(days(2)), false);
    assert_eq!((file(&both, 0), held.generation), (file(&secret, 0), before.generation), "certificates stay");
    assert_eq!(authorities(&both), [facts(&new), facts(&old)]);
    assert_ne!(held.trust_hash, before.trust_hash);
    assert_eq!(held.due, at(days(2) + 5));

    let started = |secret, hash| is_trusted_everywhere(&new, [(Some(secret), Some(hash))]);
    assert!(!started(&secret, before.trust_hash.as_str()), "the Secret does not hold it yet");
    assert!(!started(&both, before.trust_hash.as_str()), "the node started before");
    assert!(started(&both, held.trust_hash.as_str()));
    assert!(!is_trusted_everywhere(&new, [(None, Some(held.trust_hash.as_str()))]));

    let (issued, last) = planned_while(&pipeline, &new, Some(&both), at(days(2)), true);
    assert!(Facts::first(&file(&last, 0)).unwrap().is_signed_by(&facts(&new)));
    assert_eq!((issued.generation, issued.trust_hash), (before.generation + 1, held.trust_hash));

    let (later, _) = planned_while(&pipeline, &new, Some(&last), at(days(30)), true);
    assert!(later.changes.is_empty());
    let (_, without) = planned_while(&pipeline, &new, Some(&last), at(days(366)), true);
    assert_eq!(authorities(&without), [facts(&new)], "what has expired is trusted no longer");
}

#[test]
fn a_renewed_authority_takes_the_place_of_its_old_certificate() {
    let (pipeline, old) = (fixtures::reference(), authority(at(0)));
    let name = AuthorityName { common_name: "ca", certificate_secret: "c", key_secret: "k" };
    let found = Found { certificates: Some(old.certificates.clone()), key: Some(old.key.clone()) };
    let renewed = own(&found, &CaSpec::default(), &name, at(days(340)), &FreshKeys).unwrap().unwrap().authority;
    let (_, secret) = planned(&pipeline, &old, None, at(days(300)));
    let (plan, secret) = planned_while(&pipeline, &renewed, Some(&secret), at(days(340)), false);
    assert_eq!(authorities(&secret), Facts::all(&renewed.certificates));
    assert_eq!(plan.changes.into_iter().collect::<Vec<_>>(), ["Expiring"], "the same key still signs");
}

#[test]
fn renewed_certificates_restart_nobody_until_those_of_the_start_end() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, mut secret) = planned(&pipeline, &ca, None, at(0));
    assert_eq!(first.at_start, AtStart { generation: first.generation, until: at(days(90)) });
    for (day, renewals, restarted) in [(60, 1, false), (74, 1, false), (75, 1, true), (119, 1, true), (120, 2, true)] {
        let (plan, next) = planned(&pipeline, &ca, Some(&secret), at(days(day)));
        assert_eq!(plan.generation, first.generation + renewals, "day {day}");
        assert_eq!(plan.at_start != first.at_start, restarted, "day {day}");
        assert_eq!([60, 74].contains(&day), plan.due == at(days(75)), "day {day}");
        secret = next;
    }
}

#[test]
fn nodes_that_cannot_take_up_a_certificate_are_restarted_with_it() {
    let ca = authority(at(0));
    let controllers = |version: &str, at_second| {
        let mut pipeline = fixtures::reference();
        pipeline.version = version.parse().unwrap();
        let pool = fixtures::pool(&pipeline, "controller");
        let plan_at = |existing: Option<&Secret>, now| {
            let owner = OwnerReference::default();
            let input = Input {
                pipeline: &pipeline,
                pool,
                cluster_ca: &ca,
                clients_ca: "c",
                existing,
                template: &Labels::new(),
                trusted_everywhere: true,
                now,
            };
            plan(&input, &owner, &FreshKeys).unwrap()
        };
        let first = plan_at(None, at(0));
        let secret = serde_json::from_value(first.secret.intent.clone()).unwrap();
        plan_at(Some(&secret), at_second).at_start != first.at_start
    };
    assert!(controllers("3.9.2", at(days(60))), "Kafka 3.9 tells nothing to a node that is a controller alone");
    assert!(!controllers("4.3.1", at(days(60))));

    let (mut pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, secret) = planned(&pipeline, &ca, None, at(0));
    let ingresses = pipeline.spec.kafka.listeners.iter_mut().filter_map(|listener| listener.ingress.as_mut());
    ingresses.for_each(|ingress| ingress.bootstrap_host = "other.example.com".into());
    let (renamed, _) = planned(&pipeline, &ca, Some(&secret), at(1));
    assert_eq!(renamed.at_start.generation, first.generation + 1, "Kafka refuses a certificate that lacks a name");
}

#[test]
fn a_secret_that_was_deleted_restarts_nobody_either() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (before, _) = planned(&pipeline, &ca, None, at(0));
    let pool = fixtures::pool(&pipeline, "broker");
    let input = Input {
        pipeline: &pipeline,
        pool,
        cluster_ca: &ca,
        clients_ca: "clients",
        existing: None,
        template: &[(labels::CERTIFICATE_AT_START.to_owned(), before.at_start.to_string())].into(),
        trusted_everywhere: true,
        now: at(days(1)),
    };
    let after = plan(&input, &OwnerReference::default(), &FreshKeys).unwrap();
    assert!(after.generation > before.generation);
    assert_eq!(after.at_start, before.at_start);
}

#[test]
fn the_certificate_to_present_is_the_nodes_own() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (_, secret) = planned(&pipeline, &ca, None, at(0));
    assert_eq!(leaf(&secret, 1), Facts::first(&file(&secret, 1)).map(Facts::into_der));
    assert_ne!(leaf(&secret, 1), leaf(&secret, 0));
    assert_eq!(leaf(&secret, 99), None);
}

#[test]
fn nodes_that_restart_anyway_start_with_the_newest_certificates() {
    let (pipeline, ca) = (fixtures::reference(), authority(at(0)));
    let (first, secret) = planned(&pipeline, &ca, None, at(0));
    let (renewed, secret) = planned(&pipeline, &ca, Some(&secret), at(days(60)));
    assert_eq!(renewed.at_start, first.at_start);
    let pool = fixtures::pool(&pipeline, "broker");
    let at_start = |hash: &str| {
        let template = [(labels::CONFIG_HASH.to_owned(), hash.to_owned())].into();
        let (existing, now) = (Some(&secret), at(days(61)));
        let input = Input {
            template: &template,
            pipeline: &pipeline,
            pool,
            cluster_ca: &ca,
            clients_ca: "c",
            existing,
            trusted_everywhere: true,
            now,
        };
        plan(&input, &OwnerReference::default(), &FreshKeys).unwrap().at_start
    };
    assert_eq!(at_start(&restart_hash(&pipeline, pool)), first.at_start);
    assert_eq!(at_start("another"), AtStart { generation: renewed.generation, until: at(days(150)) });
}

#[test]
fn what_is_read_back_is_what_was_issued_to_the_fraction_of_a_second() {
    let mut pipeline = fixtures::reference();
    pipeline.version = "3.9.2".parse().unwrap();
    let (ca, pool) = (authority(at(0)), fixtures::pool(&pipeline, "controller"));
    let now = at(0) + std::time::Duration::from_millis(123);
    let plan_with = |existing: Option<&Secret>| {
        let template = &Labels::new();
        let input = Input {
            template,
            pipeline: &pipeline,
            pool,
            cluster_ca: &ca,
            clients_ca: "c",
            existing,
            trusted_everywhere: true,
            now,
        };
        plan(&input, &OwnerReference::default(), &FreshKeys).unwrap()
    };
    let first = plan_with(None);
    let secret = serde_json::from_value(first.secret.intent.clone()).unwrap();
    assert_eq!(
        plan_with(Some(&secret)).at_start,
        first.at_start,
        "or the nodes would restart a moment after they were made"
    );
}
